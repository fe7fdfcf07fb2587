//! Unit files of systemd: sections, keys and values with their lines (systemd.syntax(7), systemd 252).

use std::rc::Rc;

use super::lines;

/// One assignment of a unit file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assignment {
    /// Section without brackets: `Service`.
    pub section: Rc<str>,
    /// Key, as written: `ExecStart`.
    pub key: String,
    /// Value with continuation lines joined by a blank; empty if the assignment resets a list.
    pub value: String,
    /// Line of the key, counted from 1.
    pub line: u32,
}

/// The assignments of a unit file or drop-in, in order. What is no assignment is skipped, as systemd does.
#[must_use]
pub fn parse(bytes: &[u8]) -> Vec<Assignment> {
    let mut assignments = Vec::new();
    let mut section: Rc<str> = Rc::from("");
    let mut pending: Option<(u32, String)> = None;
    for (number, line) in lines(bytes) {
        let line = line.strip_suffix('\r').unwrap_or(&line);
        let line = if number == 1 { line.strip_prefix('\u{feff}').unwrap_or(line) } else { line };
        // A comment inside a continued value is skipped and does not end it.
        if line.trim_start().starts_with(['#', ';']) {
            continue;
        }
        if pending.is_none() && !line.ends_with('\\') {
            take(&mut assignments, &mut section, number, line);
            continue;
        }
        let (first, mut text) = pending.take().unwrap_or((number, String::new()));
        text.push_str(line);
        if ends_escaped(line) {
            text.pop();
            text.push(' ');
            pending = Some((first, text));
        } else {
            take(&mut assignments, &mut section, first, &text);
        }
    }
    if let Some((first, text)) = pending {
        take(&mut assignments, &mut section, first, &text);
    }
    assignments
}

/// Whether a line ends in a backslash that is not itself escaped.
fn ends_escaped(line: &str) -> bool {
    line.bytes().rev().take_while(|b| *b == b'\\').count() % 2 == 1
}

fn take(assignments: &mut Vec<Assignment>, section: &mut Rc<str>, line: u32, text: &str) {
    let text = text.trim();
    if let Some(name) = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        *section = Rc::from(name);
    } else if let Some((key, value)) = text.split_once('=') {
        assignments.push(Assignment {
            section: Rc::clone(section),
            key: key.trim_end().to_owned(),
            value: value.trim_start().to_owned(),
            line,
        });
    }
}

/// The words of a value; quotes group, a backslash keeps the next character (systemd.syntax(7), "Quoting").
#[must_use]
pub fn words(value: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    let mut characters = value.chars();
    while let Some(c) = characters.next() {
        match (c, quote) {
            ('\\', _) => {
                let kept = match characters.next() {
                    Some('n') => '\n',
                    Some('t') => '\t',
                    Some('s') => ' ',
                    // Unit names hold escapes such as `\x2d`, which stay as they are.
                    Some('x') => {
                        word.get_or_insert_default().push('\\');
                        'x'
                    }
                    Some(other) => other,
                    None => '\\',
                };
                word.get_or_insert_default().push(kept);
            }
            (c, Some(open)) if c == open => quote = None,
            ('"' | '\'', None) => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (c, None) if c.is_whitespace() => words.extend(word.take()),
            (c, _) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

/// The units that a key such as `Wants=` names. There quotes group nothing: a word with them is no name, and
/// systemd passes it over (seen with 252).
pub fn names(value: &str) -> impl Iterator<Item = &str> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || ":-_.\\@".contains(c);
    value.split_ascii_whitespace().filter(move |word| word.chars().all(is_part))
}

/// A command of `ExecStart=` and its like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// The special characters in front: `-` (failure is ignored), `@`, `:`, `+`, `!`.
    pub prefix: String,
    /// The program, an absolute path or a bare name.
    pub program: String,
    /// What it is given.
    pub arguments: Vec<String>,
}

/// The commands of one assignment: several may be separated by a lone `;` (systemd.service(5)).
#[must_use]
pub fn commands(value: &str) -> Vec<Command> {
    let words = words(value);
    words
        .split(|word| word == ";")
        .filter_map(|words| {
            let (first, arguments) = words.split_first()?;
            let program = first.trim_start_matches(['-', '@', ':', '+', '!', '|']);
            let prefix = first[..first.len() - program.len()].to_owned();
            Some(Command { prefix, program: program.to_owned(), arguments: arguments.to_vec() })
        })
        .collect()
}

/// The template of an instance: `a@b.service` → `a@.service`.
#[must_use]
pub fn template(name: &str) -> Option<String> {
    let (prefix, rest) = name.split_once('@')?;
    let (instance, suffix) = rest.rsplit_once('.')?;
    (!instance.is_empty()).then(|| format!("{prefix}@.{suffix}"))
}

/// The instance of a name: `a@b.service` → `b`.
#[must_use]
pub fn instance(name: &str) -> Option<&str> {
    let (instance, _) = name.split_once('@')?.1.rsplit_once('.')?;
    (!instance.is_empty()).then_some(instance)
}

/// The unit that a template means where another unit names it: with the instance of that unit, or its prefix.
#[must_use]
pub fn of_template(name: &str, by: &str) -> String {
    let stem = || by.rsplit_once('.').map_or(by, |(stem, _)| stem);
    if name.contains("@.") {
        name.replacen("@.", &format!("@{}.", instance(by).unwrap_or_else(stem)), 1)
    } else {
        name.to_owned()
    }
}

/// No line of a unit is longer, in bytes (`LONG_LINE_MAX`).
const MAX_EXPANDED: usize = 1 << 20;

/// Replaces the specifiers that depend on the unit's name only; others stay as written (systemd.unit(5)), and so does a
/// text that would become longer than systemd reads.
#[must_use]
pub fn expand(text: impl Into<String>, name: &str) -> String {
    let text = text.into();
    if !text.contains('%') {
        return text;
    }
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let prefix = stem.split_once('@').map_or(stem, |(prefix, _)| prefix);
    let mut expanded = String::with_capacity(text.len());
    let mut characters = text.chars();
    while let Some(c) = characters.next() {
        if c != '%' {
            expanded.push(c);
            continue;
        }
        if expanded.len() > MAX_EXPANDED {
            return text;
        }
        match characters.next() {
            Some('n') => expanded.push_str(name),
            Some('N') => expanded.push_str(stem),
            Some('p') => expanded.push_str(prefix),
            Some('P') => expanded.push_str(&prefix.replace('-', "/")),
            Some('i') => expanded.push_str(instance(name).unwrap_or_default()),
            Some('I') => expanded.push_str(&instance(name).unwrap_or_default().replace('-', "/")),
            Some('j') => expanded.push_str(prefix.rsplit('-').next().unwrap_or_default()),
            Some('%') | None => expanded.push('%'),
            Some(other) => expanded.extend(['%', other]),
        }
    }
    expanded
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn assignments_keep_their_order_section_and_line() {
        let text = "\u{feff}[Unit]\n# no\nWants = a b\nno assignment\n[Service]\r\nExecStart=/bin/x \\\n  # inside\n  -y\\\\\nExecStart=\n";
        let found: Vec<_> =
            parse(text.as_bytes()).into_iter().map(|a| (a.section, a.key, a.value, a.line)).collect();
        let expected = [
            ("Unit", "Wants", "a b", 3),
            ("Service", "ExecStart", "/bin/x    -y\\\\", 6),
            ("Service", "ExecStart", "", 9),
        ];
        assert_eq!(found, expected.map(|(s, k, v, l)| (s.into(), k.into(), v.into(), l)));
    }

    #[test]
    fn words_are_split_as_systemd_does() {
        assert_eq!(
            words(r#" a "b c" 'd"e' f\sg "" dev-a\x2db.swap"#),
            ["a", "b c", "d\"e", "f g", "", r"dev-a\x2db.swap"]
        );
    }

    #[test]
    fn commands_have_prefixes_and_may_be_several() {
        let found = commands("-@/bin/a b ; +/bin/c");
        assert_eq!(found.len(), 2);
        assert_eq!((found[0].prefix.as_str(), found[0].program.as_str()), ("-@", "/bin/a"));
        assert_eq!((found[1].prefix.as_str(), found[1].program.as_str()), ("+", "/bin/c"));
    }

    #[test]
    fn specifiers_of_the_name_are_replaced() {
        assert_eq!(expand("%n %N %p %i %% %h", "a@b.service"), "a@b.service a@b a b % %h");
        assert_eq!(template("a@b.c.service").as_deref(), Some("a@.service"));
        assert_eq!(template("a@.service"), None);
    }

    #[test]
    fn quotes_are_no_part_of_a_name() {
        let found: Vec<_> =
            names("a.service \"b.service\" 'c.service' d\\x2de.service f@g.service").collect();
        assert_eq!(found, ["a.service", "d\\x2de.service", "f@g.service"]);
        assert_eq!(of_template("d@.service", "multi-user.target"), "d@multi-user.service");
        assert_eq!(of_template("d@.service", "a@x.service"), "d@x.service");
        assert_eq!(of_template("d@y.service", "a.service"), "d@y.service");
    }

    proptest! {
        #[test]
        fn any_bytes_are_read(bytes: Vec<u8>) {
            for assignment in parse(&bytes) {
                drop(words(&assignment.value));
                drop(commands(&assignment.value));
                drop(expand(&assignment.value, &assignment.key));
            }
        }

        #[test]
        fn what_is_written_is_read(key in "[A-Z][a-zA-Z]{0,12}", value in "[a-z0-9/ .=-]{0,30}") {
            let found = parse(format!("[S]\n{key}={value}\n").as_bytes());
            prop_assert_eq!(&found[0].key, &key);
            prop_assert_eq!(found[0].value.as_str(), value.trim());
        }
    }
}
