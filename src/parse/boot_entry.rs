//! Boot loader entries and `loader.conf`: a key, blanks, a value a line (Boot Loader Specification).

use super::lines;

/// A file of keys and values; keys may repeat.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BootEntryFile {
    fields: Vec<(String, String, u32)>,
}

impl BootEntryFile {
    /// Reads a file; comments and lines without a value are passed over.
    #[must_use]
    pub fn parse(bytes: &[u8]) -> Self {
        let fields = lines(bytes).filter_map(|(line, text)| {
            let text = text.trim();
            let (key, value) = text.split_once(char::is_whitespace)?;
            (!key.starts_with('#')).then(|| (key.to_owned(), value.trim().to_owned(), line))
        });
        BootEntryFile { fields: fields.collect() }
    }

    /// The last value of a key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&str> {
        self.fields.iter().rev().find(|(name, ..)| name == key).map(|(_, value, _)| value.as_str())
    }

    /// All values of a key, joined by blanks, and the line of the last: `options` may repeat.
    #[must_use]
    pub fn joined(&self, key: &str) -> Option<(String, u32)> {
        let found: Vec<&(String, String, u32)> =
            self.fields.iter().filter(|(name, ..)| name == key).collect();
        let line = found.last()?.2;
        Some((found.iter().map(|(_, value, _)| value.as_str()).collect::<Vec<_>>().join(" "), line))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_accumulate() {
        let entry = BootEntryFile::parse(
            b"# x\ntitle A b\nlinux\t/vmlinuz-6\noptions root=/dev/vda1\noptions rw\nbare\n",
        );
        assert_eq!(entry.get("title"), Some("A b"));
        assert_eq!(entry.joined("options"), Some(("root=/dev/vda1 rw".into(), 5)));
        assert_eq!(entry.joined("none"), None);
    }
}
