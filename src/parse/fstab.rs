//! `/etc/fstab` as getmntent(3) reads it: blanks between fields, octal escapes, no quotes.

use super::lines;

/// A line of fstab.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mount {
    /// The device: a path, `UUID=`, `LABEL=`, ...
    pub device: String,
    /// Where it is mounted; anything for swap.
    pub target: String,
    /// The type.
    pub kind: String,
    /// The options, separated by commas; `defaults` if the field is missing.
    pub options: String,
    /// Line, counted from 1.
    pub line: u32,
}

/// The mounts of a file, in order. Comments and lines with fewer than three fields are passed over.
#[must_use]
pub fn parse(bytes: &[u8]) -> Vec<Mount> {
    lines(bytes)
        .filter_map(|(line, text)| {
            let text = text.trim_start_matches([' ', '\t']);
            if text.starts_with('#') {
                return None;
            }
            // A carriage return is no blank: `swap\r` is another type (measured with systemd 252).
            let mut fields = text.split([' ', '\t']).filter(|field| !field.is_empty()).map(unescape);
            let (device, target, kind) = (fields.next()?, fields.next()?, fields.next()?);
            let options = fields.next().unwrap_or_else(|| "defaults".into());
            Some(Mount { device, target, kind, options, line })
        })
        .collect()
}

impl Mount {
    /// Whether it is started at boot: the last of `auto` and `noauto` counts.
    #[must_use]
    pub fn is_auto(&self) -> bool {
        self.last_of("auto", "noauto") != Some("noauto")
    }

    /// Whether the boot goes on without it: the last of `nofail` and `fail` counts.
    #[must_use]
    pub fn may_fail(&self) -> bool {
        self.last_of("nofail", "fail") == Some("nofail")
    }

    /// The last of two options; a value behind it makes no difference (`noauto=1`).
    fn last_of(&self, one: &str, other: &str) -> Option<&str> {
        let names = self.options.split(',').map(|option| option.split('=').next().unwrap_or_default());
        names.rev().find(|name| *name == one || *name == other)
    }
}

/// Decodes `\040` and its kin (`/proc/mounts`, `/proc/swaps` and fstab escape blanks so), and `\\`. As
/// glibc does, no other escapes than those of blank, tab, line feed and backslash are known.
#[must_use]
pub fn unescape(field: &str) -> String {
    const KNOWN: [(&str, char); 5] =
        [("\\040", ' '), ("\\011", '\t'), ("\\012", '\n'), ("\\134", '\\'), ("\\\\", '\\')];
    let mut text = String::with_capacity(field.len());
    let mut rest = field;
    while let Some(at) = rest.find('\\') {
        text.push_str(&rest[..at]);
        rest = &rest[at..];
        let known = KNOWN.iter().find_map(|(escape, c)| Some((rest.strip_prefix(escape)?, *c)));
        let (after, c) = known.unwrap_or((&rest[1..], '\\'));
        text.push(c);
        rest = after;
    }
    text.push_str(rest);
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn fields_are_split_at_blanks_and_unescaped() {
        let text = b"# c\n  \t/dev/sda2\tnone swap sw 0 0\n/swap\\040file none swap\nshort line\n#UUID=x none swap sw\n";
        let mounts = parse(text);
        let devices: Vec<(&str, u32)> = mounts.iter().map(|m| (m.device.as_str(), m.line)).collect();
        assert_eq!(devices, [("/dev/sda2", 2), ("/swap file", 3)]);
        assert_eq!(mounts[1].options, "defaults");
    }

    /// Each line was put before systemd-fstab-generator of systemd 252.
    #[test]
    fn a_carriage_return_belongs_to_its_field() {
        let mounts = parse(b"/dev/a none swap\r\n/dev/b none swap noauto\r\n/dev/c none swap sw 0 0\r\n");
        let found: Vec<(&str, bool)> = mounts.iter().map(|m| (m.kind.as_str(), m.is_auto())).collect();
        assert_eq!(found, [("swap\r", true), ("swap", true), ("swap", true)]);
    }

    #[test]
    fn only_blanks_and_backslashes_are_escaped() {
        for (field, expected) in [
            ("a\\040b", "a b"),
            ("a\\043b", "a\\043b"),
            ("c\\\\d", "c\\d"),
            ("\\+12", "\\+12"),
            ("e\\", "e\\"),
        ] {
            assert_eq!(unescape(field), expected, "{field}");
        }
    }

    #[test]
    fn the_last_of_auto_and_noauto_counts() {
        let auto = |options: &str| parse(format!("d none swap {options}").as_bytes())[0].is_auto();
        assert!(auto("sw") && auto("noauto,auto") && auto("noautox"));
        assert!(!auto("auto,noauto") && !auto("auto=x,noauto=1"));
        let may_fail = |options: &str| parse(format!("d none swap {options}").as_bytes())[0].may_fail();
        assert!(may_fail("sw,nofail") && !may_fail("nofail,fail") && !may_fail("sw"));
    }

    proptest! {
        #[test]
        fn any_bytes_are_parsed(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            for mount in parse(&bytes) {
                prop_assert!(!mount.device.starts_with('#'));
            }
        }

        #[test]
        fn escaped_text_comes_back(text in "[ -~]{0,20}") {
            let escaped = text.replace('\\', "\\134").replace(' ', "\\040");
            prop_assert_eq!(unescape(&escaped), text);
        }
    }
}
