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
            let mut fields = text.split([' ', '\t', '\r']).filter(|field| !field.is_empty()).map(unescape);
            let (device, target, kind) = (fields.next()?, fields.next()?, fields.next()?);
            let options = fields.next().unwrap_or_else(|| "defaults".into());
            Some(Mount { device, target, kind, options, line })
        })
        .collect()
}

impl Mount {
    /// Whether an option is given.
    #[must_use]
    pub fn has(&self, option: &str) -> bool {
        self.options.split(',').any(|given| given == option)
    }

    /// Whether it is started at boot: the last of `auto` and `noauto` counts.
    #[must_use]
    pub fn is_auto(&self) -> bool {
        let decides = self.options.split(',').rev().find(|option| matches!(*option, "auto" | "noauto"));
        decides != Some("noauto")
    }
}

/// Decodes `\040` and its kin (`/proc/mounts`, `/proc/swaps` and fstab escape blanks so).
#[must_use]
pub fn unescape(field: &str) -> String {
    if !field.contains('\\') {
        return field.to_owned();
    }
    let bytes = field.as_bytes();
    let mut text = Vec::with_capacity(bytes.len());
    let mut index = 0;
    while index < bytes.len() {
        let octal = bytes.get(index + 1..index + 4).filter(|_| bytes[index] == b'\\');
        let code = octal.and_then(|digits| std::str::from_utf8(digits).ok());
        let decoded = code.and_then(|digits| u8::from_str_radix(digits, 8).ok());
        text.push(decoded.unwrap_or(bytes[index]));
        index += if decoded.is_some() { 4 } else { 1 };
    }
    String::from_utf8_lossy(&text).into_owned()
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

    #[test]
    fn the_last_of_auto_and_noauto_counts() {
        let auto = |options: &str| parse(format!("d none swap {options}").as_bytes())[0].is_auto();
        assert!(auto("sw") && auto("noauto,auto") && auto("noautox"));
        assert!(!auto("auto,noauto"));
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
