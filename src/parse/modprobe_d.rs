//! modprobe.d(5): blacklists, aliases, install commands and soft dependencies.

use super::lines;

/// One command of a file, with the line it starts in, counted from 1. Names have `_` for `-`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// What is commanded.
    pub kind: Kind,
    /// The line.
    pub line: u32,
}

/// What modprobe.d can command; `options` and `remove` don't decide whether a module is loaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `blacklist NAME`: its aliases, and modules-load.d, don't load it.
    Blacklist(String),
    /// `alias PATTERN NAME`.
    Alias {
        /// The other name; may be a glob.
        pattern: String,
        /// The module.
        name: String,
    },
    /// `install NAME COMMAND...`: a shell command runs instead.
    Install {
        /// The module.
        name: String,
        /// The command.
        command: String,
    },
    /// `softdep NAME pre: A B post: C`.
    Softdep {
        /// The module.
        name: String,
        /// Loaded before it, if they can be.
        pre: Vec<String>,
        /// Loaded after it, if they can be.
        post: Vec<String>,
    },
}

/// Reads a file of modprobe.d; lines that are no known command are skipped, as kmod does. A line that ends
/// in a backslash goes on in the next.
#[must_use]
pub fn parse(bytes: &[u8]) -> Vec<Command> {
    let mut commands = Vec::new();
    let mut pending: Option<(u32, String)> = None;
    for (number, text) in lines(bytes) {
        let (line, mut whole) = pending.take().unwrap_or((number, String::new()));
        if let Some(part) = text.strip_suffix('\\') {
            whole.push_str(part);
            pending = Some((line, whole));
            continue;
        }
        whole.push_str(&text);
        commands.extend(command(&whole).map(|kind| Command { kind, line }));
    }
    if let Some((line, whole)) = pending {
        commands.extend(command(&whole).map(|kind| Command { kind, line }));
    }
    commands
}

fn command(text: &str) -> Option<Kind> {
    let mut words = text.split_ascii_whitespace();
    match words.next()? {
        "blacklist" => words.next().map(|name| Kind::Blacklist(underscored(name))),
        "alias" => {
            let pattern = underscored(words.next()?);
            Some(Kind::Alias { pattern, name: underscored(words.next()?) })
        }
        "install" => {
            let name = underscored(words.next()?);
            let command = words.collect::<Vec<_>>().join(" ");
            (!command.is_empty()).then_some(Kind::Install { name, command })
        }
        "softdep" => {
            let name = words.next()?;
            // kmod takes one blank too many for a part of the word behind it, so that a `pre:` there is none; two
            // too many are fine (`kmod_config_add_softdep`; seen with kmod 30).
            let rest = text.trim_start()["softdep".len()..].trim_start()[name.len()..].get(1..).unwrap_or("");
            if rest.starts_with([' ', '\t']) && !rest[1..].starts_with([' ', '\t']) {
                words.next();
            }
            let (pre, post) = soft_dependencies(words);
            Some(Kind::Softdep { name: underscored(name), pre, post })
        }
        _ => None,
    }
}

/// The names behind `pre:` and `post:`.
pub(super) fn soft_dependencies<'a>(words: impl Iterator<Item = &'a str>) -> (Vec<String>, Vec<String>) {
    let (mut pre, mut post, mut side) = (Vec::new(), Vec::new(), None);
    for word in words {
        match (word, side) {
            ("pre:", _) => side = Some(true),
            ("post:", _) => side = Some(false),
            (name, Some(true)) => pre.push(underscored(name)),
            (name, Some(false)) => post.push(underscored(name)),
            (_, None) => {}
        }
    }
    (pre, post)
}

/// The name with `_` for `-`: the kernel and kmod take the two for one, except inside `[...]`.
#[must_use]
pub fn underscored(name: &str) -> String {
    if memchr::memchr2(b'-', b'[', name.as_bytes()).is_none() {
        return name.to_owned();
    }
    let mut inside = false;
    name.chars()
        .map(|c| {
            inside = (inside || c == '[') && c != ']';
            if c == '-' && !inside { '_' } else { c }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_commands_that_decide_about_loading_are_read() {
        let text = b"# c\nblacklist a-b\ninstall x \\\n /bin/false\nalias net-pf-[0-9] ip-v6\noptions x y=1\nsoftdep n pre: t-1 u post: v\nblacklist\n";
        let found = parse(text);
        let text = |text: &str| text.to_owned();
        assert_eq!(
            found.into_iter().map(|command| (command.line, command.kind)).collect::<Vec<_>>(),
            [
                (2, Kind::Blacklist(text("a_b"))),
                (3, Kind::Install { name: text("x"), command: text("/bin/false") }),
                (5, Kind::Alias { pattern: text("net_pf_[0-9]"), name: text("ip_v6") }),
                (
                    7,
                    Kind::Softdep {
                        name: text("n"),
                        pre: vec![text("t_1"), text("u")],
                        post: vec![text("v")]
                    }
                ),
            ]
        );
    }

    #[test]
    fn a_soft_dependency_behind_two_blanks_is_none() {
        for (text, expected) in [
            ("softdep a pre: b", vec!["b"]),
            ("softdep a  pre: b", vec![]),
            ("softdep a   pre: b", vec!["b"]),
            ("softdep a \\\n pre: b", vec![]),
            ("softdep a  pre: b pre: c", vec!["c"]),
            ("softdep  a\tpre:\tb", vec!["b"]),
        ] {
            let found = parse(text.as_bytes());
            assert!(matches!(&found[0].kind, Kind::Softdep { pre, .. } if *pre == expected), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_give_commands_in_the_order_of_lines(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            prop_assert!(parse(&bytes).is_sorted_by_key(|command| command.line));
        }

        #[test]
        fn blacklists_survive_any_neighbours(before in "[a-z #]{0,20}", name in "[a-z_]{1,10}") {
            let text = format!("{before}\nblacklist {name}\n");
            let last = parse(text.as_bytes()).pop().map(|command| command.kind);
            prop_assert_eq!(last, Some(Kind::Blacklist(name)));
        }
    }
}
