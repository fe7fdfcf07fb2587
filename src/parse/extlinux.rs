//! `extlinux.conf` and `syslinux.cfg`: labels, each with a kernel and its command line.

use super::lines;

/// The labels of a file, and which one boots.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Extlinux {
    /// The labels in order.
    pub labels: Vec<Label>,
    default: Option<String>,
    on_timeout: Option<String>,
}

/// One label.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Label {
    /// Its name.
    pub name: String,
    /// Path of the kernel.
    pub kernel: String,
    /// The command line.
    pub append: String,
    /// Line of the command line, or of the label.
    pub line: u32,
    is_menu_default: bool,
}

impl Extlinux {
    /// Reads a file; keywords are case-insensitive.
    #[must_use]
    pub fn parse(bytes: &[u8]) -> Self {
        let mut parsed = Extlinux::default();
        for (line, text) in lines(bytes) {
            let text = text.trim();
            let (keyword, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
            let rest = rest.trim();
            let keyword = keyword.to_ascii_lowercase();
            match (keyword.as_str(), parsed.labels.last_mut()) {
                ("default", _) => parsed.default = Some(rest.to_owned()),
                ("ontimeout", _) => parsed.on_timeout = Some(rest.to_owned()),
                ("label", _) => {
                    parsed.labels.push(Label { name: rest.to_owned(), line, ..Label::default() });
                }
                ("linux" | "kernel", Some(label)) => rest.clone_into(&mut label.kernel),
                ("append", Some(label)) => {
                    rest.clone_into(&mut label.append);
                    label.line = line;
                }
                ("menu", Some(label)) if rest.eq_ignore_ascii_case("default") => label.is_menu_default = true,
                _ => {}
            }
        }
        parsed
    }

    /// The label that boots if nobody is there: the one named by ONTIMEOUT or DEFAULT, the one marked MENU
    /// DEFAULT, or the first.
    #[must_use]
    pub fn default_label(&self) -> Option<&Label> {
        let by_name = |name: &String| self.labels.iter().find(|label| label.name == *name);
        let named =
            self.on_timeout.as_ref().and_then(by_name).or_else(|| self.default.as_ref().and_then(by_name));
        named.or_else(|| self.labels.iter().find(|label| label.is_menu_default)).or(self.labels.first())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_label_boots() {
        let text = b"DEFAULT l1\nLABEL l0\n kernel /vmlinuz-5\n append a\nlabel l1\n\tlinux ../vmlinuz-6\n\tappend root=/dev/sda1 ro\n";
        let parsed = Extlinux::parse(text);
        let label = parsed.default_label().expect("a label");
        assert_eq!(
            (label.kernel.as_str(), label.append.as_str(), label.line),
            ("../vmlinuz-6", "root=/dev/sda1 ro", 7)
        );
        assert_eq!(Extlinux::parse(b"junk").default_label(), None);
        let timed = Extlinux::parse(b"DEFAULT menu.c32\nONTIMEOUT b\nLABEL a\nMENU DEFAULT\nLABEL b\n");
        assert_eq!(timed.default_label().map(|label| label.name.as_str()), Some("b"));
    }
}
