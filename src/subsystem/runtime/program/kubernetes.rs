//! The version in a program of Kubernetes that doesn't say it in its build information: its own build uses `-trimpath`
//! and strips the symbols (hack/lib/golang.sh), as distributions do.
//!
//! The build always sets commit, date, major, minor and version in one package (hack/lib/version.sh). Side by side
//! in the data they confirm each other: no other place holds `1`, `31` and `v1.31.2` beside a commit and a date.

use std::collections::BTreeSet;

use crate::fact::Version;
use crate::parse::elf::Elf;
use crate::parse::go_strings;

/// What must hold for the version that [`version`] finds.
pub(super) const ASSUMES: &str = "recognised by the commit, date, major and minor that lie beside it in the program's data, as Kubernetes' build sets them";

/// The length of a commit in hexadecimal digits.
const COMMIT: u64 = 40;

/// The version, if there is exactly one; `v1.31.2`.
///
/// # Errors
/// If the data can't be read.
pub(super) fn version(elf: &Elf<'_>) -> Result<Option<String>, String> {
    let places = go_strings::around(elf, COMMIT, is_commit)?;
    // client-go has variables of its own, which the build sets alike.
    let mut versions: BTreeSet<String> = places.iter().flat_map(|place| agreed(place)).collect();
    Ok(if versions.len() == 1 { versions.pop_first() } else { None })
}

fn is_commit(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
        && text.bytes().any(|b| b.is_ascii_alphabetic())
}

/// The versions among strings that major, minor and a date beside them confirm.
fn agreed(strings: &[String]) -> Vec<String> {
    let has = |wanted: &str| strings.iter().any(|text| text == wanted);
    let confirmed = |text: &&String| {
        let Some(version) =
            text.strip_prefix('v').filter(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
        else {
            return false;
        };
        let Some(parsed) = Version::parse(version) else { return false };
        let minor = parsed.number(1).to_string();
        let is_whole =
            version.split('.').nth(2).is_some_and(|patch| patch.starts_with(|c: char| c.is_ascii_digit()));
        // Between two releases the build marks the minor version with a plus.
        is_whole && has(&parsed.number(0).to_string()) && (has(&minor) || has(&format!("{minor}+")))
    };
    if !strings.iter().any(|text| is_date(text)) {
        return Vec::new();
    }
    strings.iter().filter(confirmed).cloned().collect()
}

/// `2024-10-22T20:28:14Z`.
fn is_date(text: &str) -> bool {
    text.len() == 20
        && text.bytes().zip(*b"dddd-dd-ddTdd:dd:ddZ").all(|(byte, wanted)| match wanted {
            b'd' => byte.is_ascii_digit(),
            wanted => byte == wanted,
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(strings: &[&str]) -> Vec<String> {
        agreed(&strings.iter().map(|&text| text.to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn a_version_counts_only_if_all_its_neighbours_confirm_it() {
        const DATE: &str = "2024-10-22T20:28:14Z";
        for (strings, expected) in [
            (&[DATE, "1", "31", "archive", "v1.31.2"][..], Some("v1.31.2")),
            (&["v1.32.0-alpha.1.39+abc", "32+", "1", DATE], Some("v1.32.0-alpha.1.39+abc")),
            (&[DATE, "1", "30", "v1.31.2"], None),
            (&[DATE, "2", "31", "v1.31.2"], None),
            (&["2024-10-22", "1", "31", "v1.31.2"], None),
            (&[DATE, "1", "31", "1.31.2"], None),
            (&[DATE, "1", "31", "v1.31"], None),
            (&[DATE, "1", "31", "v1.31.x"], None),
            (&[DATE, "1", "31", "v0.0.0-master+$Format:%H$"], None),
            (&[], None),
        ] {
            assert_eq!(found(strings).first().map(String::as_str), expected, "{strings:?}");
        }
    }

    #[test]
    fn commits_are_told_from_numbers() {
        assert!(is_commit("faecb196815e248d3ecfb03c680a4507229c2a56"));
        assert!(!is_commit("1387778780781445675529539585113525390625"));
        assert!(!is_commit("$Format:%H$ of forty characters, padded.."));
    }
}
