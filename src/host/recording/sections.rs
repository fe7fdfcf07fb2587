//! TOML of a recording, in which tables of one entry each may be many (`[root."/run/x.sock"]`): these are read one after the
//! other, because all of them as one tree in memory are fifty times larger than as text.

use serde::de::DeserializeOwned;

use crate::fact::printable;
use crate::host::documents::most_values;
use crate::host::error::{HostError, HostErrorKind};

/// No line of a file is shown any longer than this, in characters.
const LONGEST_LINE: usize = 100;
/// No recording has more values outside of such tables, and none of these tables has as many.
const MAX_VALUES: u64 = 1 << 15;

/// A description that is read in parts.
pub(super) trait Sections: Default + DeserializeOwned {
    /// How lines begin that begin a table of one entry.
    const HEADS: &'static [&'static str];

    /// Takes the entry of one table; the name of an entry that it has already is the error.
    fn add(&mut self, one: Self) -> Result<(), String>;
}

/// Reads the file of a name.
pub(super) fn parse<T: Sections>(name: &str, bytes: &[u8]) -> Result<T, HostError> {
    let corrupt = |place: String, why: String| HostError::new(place, HostErrorKind::Corrupt(why));
    let text = str::from_utf8(bytes).map_err(|_| corrupt(name.to_owned(), "not UTF-8".into()))?;
    let is_head = |line: &str| T::HEADS.iter().any(|head| line.starts_with(head));
    // Lines that are read with their tables are empty in the rest, so that the others keep their numbers.
    let mut rest = String::new();
    let mut tables: Vec<(usize, &str)> = Vec::new();
    let (mut at, mut in_table) = (0, false);
    for (number, line) in text.split_inclusive('\n').enumerate() {
        if line.starts_with('[') {
            in_table = is_head(line);
            if in_table {
                tables.push((number, &text[at..at]));
            }
        }
        at += line.len();
        match tables.last_mut().filter(|_| in_table) {
            Some((_, table)) => {
                *table = &text[at - line.len() - table.len()..at];
                rest.push('\n');
            }
            None => rest.push_str(line),
        }
    }
    let mut all: T = parse_part(name, &rest, 0)?;
    for (before, table) in tables {
        let one = parse_part(name, table, before)?;
        all.add(one).map_err(|twice| {
            corrupt(format!("{name}:{}", before + 1), format!("`{}` is there twice", cut(&twice)))
        })?;
    }
    Ok(all)
}

/// Reads TOML; a mistake is told with its place and what is written there. `before` lines of the file come before it.
fn parse_part<T: DeserializeOwned>(name: &str, text: &str, before: usize) -> Result<T, HostError> {
    if most_values(text.as_bytes().trim_ascii()) > MAX_VALUES {
        let why = format!("has more than {MAX_VALUES} values");
        return Err(HostError::new(name, HostErrorKind::Corrupt(why)));
    }
    toml::from_str(text).map_err(|error| {
        let at = error.span().map_or(0, |span| span.start).min(text.len());
        let above = &text.as_bytes()[..at];
        let start = memchr::memrchr(b'\n', above).map_or(0, |end| end + 1);
        let line = before + memchr::memchr_iter(b'\n', above).count() + 1;
        let written = text.get(start..).and_then(|rest| rest.lines().next()).unwrap_or_default();
        let why = format!("{}: `{}`", cut(error.message()), cut(written.trim()));
        HostError::new(format!("{name}:{line}"), HostErrorKind::Corrupt(why))
    })
}

fn cut(text: &str) -> String {
    let mut short: String = text.chars().take(LONGEST_LINE).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    printable(&short).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[derive(Debug, Default, PartialEq, serde::Deserialize)]
    #[serde(default, deny_unknown_fields)]
    struct Sample {
        a: u32,
        root: BTreeMap<String, BTreeMap<String, u32>>,
    }

    impl Sections for Sample {
        const HEADS: &'static [&'static str] = &["[root.\""];

        fn add(&mut self, one: Self) -> Result<(), String> {
            for (name, entry) in one.root {
                if self.root.insert(name.clone(), entry).is_some() {
                    return Err(name);
                }
            }
            Ok(())
        }
    }

    #[test]
    fn tables_in_parts_come_to_the_same_as_all_at_once() {
        for text in [
            "",
            "a = 1\n[root.\"/x\"]\nu = 1\n\n# c\n[root.\"/y\"] # d\nu = 2\n[root.z]\nv = 3",
            "[root]\n\"/x\" = {u = 1}\n[root.\"/y\"]\n",
            "[root.\"/x\"]\n[root.\"/y\"]\nu = 1",
        ] {
            assert_eq!(
                parse::<Sample>("x", text.as_bytes()).unwrap(),
                toml::from_str(text).unwrap(),
                "{text}"
            );
        }
    }

    #[test]
    fn mistakes_have_their_line_in_the_file() {
        for (text, expected) in [
            ("a = 1\n[root.\"/x\"]\nu = 1\n\nv = x\n[root.\"/y\"]\n", "x:5: "),
            ("[root.\"/x\"]\nu = 1\n[other]\n", "x:3: "),
            ("[root.\"/x\"]\nu = 1\n[root.\"/x\"]\n", "x:3: `/x` is there twice"),
        ] {
            let error = parse::<Sample>("x", text.as_bytes()).unwrap_err().to_string();
            assert!(error.starts_with(expected), "{text}: {error}");
        }
        let many = format!("a = 1\n[root]\n{}", "x = {}\n".repeat(20_000));
        assert!(parse::<Sample>("x", many.as_bytes()).unwrap_err().to_string().contains("more than 32768"));
    }
}
