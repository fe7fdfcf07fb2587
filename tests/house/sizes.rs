//! How long a file and a function may be, and how large a wing.

use std::collections::BTreeSet;
use std::path::Path;

use super::arrows::WINGS;
use super::{Source, first_word, part_of, sources};

/// A file that passes this asks for a second room.
const LONGEST: usize = 400;

/// The largest wing holds at most a fifth of the lines of the program.
#[test]
fn no_wing_is_a_house_of_its_own() {
    let lines = |sources: &[&Source]| sources.iter().map(|source| source.text.lines().count()).sum::<usize>();
    let all = sources("src");
    let total = lines(&all.iter().collect::<Vec<_>>());
    for (wing, _) in WINGS {
        let own: Vec<&Source> =
            all.iter().filter(|source| part_of(source).is_some_and(|(name, _)| name == *wing)).collect();
        assert!(!own.is_empty(), "the wing {wing} is empty");
        let share = lines(&own) * 100 / total;
        assert!(share <= 20, "the wing {wing} holds {share} % of the lines");
    }
}

#[test]
fn no_file_is_longer_than_a_reader_likes() {
    let mut wrong = Vec::new();
    for source in sources("src").into_iter().chain(sources("tests")) {
        let longest = if source.path == Path::new("src/main.rs") { 60 } else { LONGEST };
        let length = source.text.lines().count();
        if length > longest {
            wrong.push(format!("{}: {length} lines, at most {longest}", source.path.display()));
        }
    }
    assert!(wrong.is_empty(), "files that ask for a second room:\n{}", wrong.join("\n"));
}

/// A function that passes this does two things.
const LONGEST_FUNCTION: usize = 60;

/// The functions of a text that rustfmt has formatted, and how many lines each has: it ends where a line of its own depth
/// ends with a brace, or with a semicolon if it has no body.
fn functions(text: &str) -> Vec<(&str, usize)> {
    let lines: Vec<&str> = text.lines().collect();
    let depth = |line: &str| line.len() - line.trim_start().len();
    let mut found = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        let Some((before, after)) = line.split_once("fn ") else { continue };
        let is_modifier = |word: &str| word.starts_with("pub") || ["const", "async"].contains(&word);
        if !before.replace("(in ", "(").split_whitespace().all(is_modifier) {
            continue;
        }
        let is_end = |end: &&str| depth(end) == depth(line) && end.ends_with(['}', ';']);
        let length = lines[index..].iter().position(is_end).map_or(1, |end| end + 1);
        found.push((first_word(after), length));
    }
    found
}

#[test]
fn no_function_is_longer_than_a_screen() {
    let mut wrong = BTreeSet::new();
    for source in sources("src") {
        let long = functions(&source.text).into_iter().filter(|(_, length)| *length > LONGEST_FUNCTION);
        wrong.extend(long.map(|(name, _)| format!("{}: {name}", source.path.display())));
    }
    assert!(wrong.is_empty(), "functions of more than {LONGEST_FUNCTION} lines: {wrong:?}");
}

#[test]
fn the_test_of_functions_sees_what_it_should() {
    let text = "fn one() {}\n\nimpl X {\n    pub(in crate::a) const fn two(\n        a: u8,\n    ) -> u8 {\n        a\n    }\n\n    fn declared(&self);\n}\n// fn none\nlet x = \"fn none\";\n";
    assert_eq!(functions(text), [("one", 1), ("two", 5), ("declared", 1)]);
}
