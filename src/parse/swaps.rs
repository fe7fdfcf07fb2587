//! `/proc/swaps`: the areas in use (`proc_swaps(5)`).

use super::fstab::unescape;
use super::lines;

/// A swap area in use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SwapArea {
    /// The device or file.
    pub device: String,
    /// `partition` or `file`, as the kernel says.
    pub kind: String,
    /// The file was deleted, and the area is in use all the same.
    pub deleted: bool,
    /// Line, counted from 1.
    pub line: u32,
}

/// The areas below the header.
#[must_use]
pub fn parse(bytes: &[u8]) -> Vec<SwapArea> {
    lines(bytes)
        .skip(1)
        .filter_map(|(line, text)| {
            let mut fields = text.split_ascii_whitespace();
            let name = unescape(fields.next()?);
            // The kernel escapes the blank before its mark, too.
            let left = name.strip_suffix(" (deleted)");
            let device = left.unwrap_or(&name).to_owned();
            Some(SwapArea { device, kind: fields.next()?.to_owned(), deleted: left.is_some(), line })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn areas_are_read_below_the_header() {
        let text = b"Filename\t\t\tType\t\tSize\t\tUsed\t\tPriority\n/dev/sda5 partition 998396 0 -2\n/swap\\040a file 1 0 -3\n";
        let areas = parse(text);
        assert_eq!(areas.len(), 2);
        assert_eq!((areas[1].device.as_str(), areas[1].kind.as_str(), areas[1].line), ("/swap a", "file", 3));
        assert_eq!(parse(b""), []);
    }
    #[test]
    fn a_deleted_file_keeps_its_name() {
        let areas = parse(b"Filename Type Size Used Priority\n/swapfile\\040(deleted) file 8 0 -2\n");
        assert_eq!((areas[0].device.as_str(), areas[0].deleted), ("/swapfile", true));
    }

    proptest! {
        #[test]
        fn any_bytes_are_parsed(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            prop_assert!(parse(&bytes).iter().all(|area| area.line > 1));
        }
    }
}
