//! A line of shell, or the text of an `ExecStart=`, as simple commands: enough to see which programs are called with
//! which words, and which files are written.

use super::shell;

/// A simple command.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Command {
    /// Its words, quotes removed, without redirections.
    pub words: Vec<String>,
    /// The files that its output is written to.
    pub writes_to: Vec<String>,
    /// Whether it reads what the command before it prints.
    pub is_piped: bool,
}

impl Command {
    /// The name of the program, without directory and systemd's prefixes, and the words behind it. Keywords of the
    /// shell, assignments and programs such as `sudo` are skipped.
    #[must_use]
    pub fn program(&self) -> Option<(&str, &[String])> {
        let at = shell::program(&self.words)?;
        Some((shell::base(&self.words[at]), &self.words[at + 1..]))
    }

    /// The words that are shell scripts of their own: `sh -c "..."`.
    pub fn inner(&self) -> impl Iterator<Item = &str> {
        let is_shell = self.program().is_some_and(|(name, _)| {
            matches!(name, "sh" | "bash" | "dash" | "ash" | "busybox" | "eval" | "su" | "runuser" | "chroot")
        });
        self.words.iter().map(String::as_str).filter(move |word| is_shell && word.contains(' '))
    }
}

/// Shells in shells in shells are nobody's configuration.
const MAX_DEPTH: usize = 4;

/// All simple commands of a line, those that it hands to another shell included.
#[must_use]
pub fn all_commands(line: &str) -> Vec<Command> {
    let mut found = Vec::new();
    collect(line, MAX_DEPTH, &mut found);
    found
}

fn collect(line: &str, depth: usize, found: &mut Vec<Command>) {
    for command in commands(line) {
        if depth > 0 {
            command.inner().for_each(|inner| collect(inner, depth - 1, found));
        }
        found.push(command);
    }
}

/// The simple commands of a line: quotes removed, comments dropped.
#[must_use]
pub fn commands(line: &str) -> Vec<Command> {
    let mut commands = vec![Command::default()];
    let (mut word, mut quote, mut target): (Option<String>, Option<char>, Target) =
        (None, None, Target::None);
    let mut chars = line.chars().peekable();
    while let Some(c) = chars.next() {
        match (c, quote) {
            ('\'' | '"', None) => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (c, Some(open)) if c == open => quote = None,
            ('\\', None | Some('"')) => word.get_or_insert_default().extend(chars.next()),
            ('#', None) if word.is_none() => break,
            ('<' | '>', None) => {
                // A number before it says which of the streams is meant.
                if word.as_deref().is_some_and(|word| word.bytes().all(|byte| byte.is_ascii_digit())) {
                    word = None;
                }
                finish(&mut word, &mut target, &mut commands);
                target = if c == '>' { Target::Written } else { Target::Read };
                while let Some(next) = chars.next_if(|c| matches!(c, '<' | '>' | '&' | '|' | '-')) {
                    if next == '&' {
                        target = Target::Read;
                    }
                }
            }
            (';' | '&' | '|' | '(' | ')' | '`' | '\n', None) => {
                finish(&mut word, &mut target, &mut commands);
                let is_piped = c == '|' && chars.next_if(|next| *next == '|').is_none();
                commands.push(Command { is_piped, ..Command::default() });
            }
            (c, None) if c.is_whitespace() => finish(&mut word, &mut target, &mut commands),
            (c, _) => word.get_or_insert_default().push(c),
        }
    }
    finish(&mut word, &mut target, &mut commands);
    commands.retain(|command| !command.words.is_empty() || !command.writes_to.is_empty());
    commands
}

/// What the next word is the file of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Target {
    None,
    Read,
    Written,
}

fn finish(word: &mut Option<String>, target: &mut Target, commands: &mut [Command]) {
    let (Some(word), Some(command)) = (word.take(), commands.last_mut()) else { return };
    match std::mem::replace(target, Target::None) {
        Target::None => command.words.push(word),
        Target::Written => command.writes_to.push(word),
        Target::Read => {}
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn commands_have_words_and_files_that_they_write() {
        for (line, expected) in [
            ("echo \"a b\" > /x 2>&1; y", vec![(vec!["echo", "a b"], vec!["/x"]), (vec!["y"], vec![])]),
            (
                "cat <<EOF | tee -a /y >/dev/null",
                vec![(vec!["cat"], vec![]), (vec!["tee", "-a", "/y"], vec!["/dev/null"])],
            ),
            ("-/bin/a b # c", vec![(vec!["-/bin/a", "b"], vec![])]),
            ("a>|b <c", vec![(vec!["a"], vec!["b"])]),
        ] {
            let found = commands(line);
            let found: Vec<_> = found
                .iter()
                .map(|c| {
                    (
                        c.words.iter().map(String::as_str).collect::<Vec<_>>(),
                        c.writes_to.iter().map(String::as_str).collect::<Vec<_>>(),
                    )
                })
                .collect();
            assert_eq!(found, expected, "{line}");
        }
    }

    #[test]
    fn the_program_is_found_behind_what_leads_in() {
        for (line, expected) in [
            ("if ! X=1 sudo -n /sbin/sysctl -p", Some("sysctl")),
            ("-/usr/bin/x y", Some("x")),
            ("timeout 5 swapon /a", Some("swapon")),
            ("X=1", None),
        ] {
            assert_eq!(commands(line)[0].program().map(|(name, _)| name), expected, "{line}");
        }
        let all = all_commands("sh -c 'cd /opt && bash -c \"a b; c d\"'");
        assert!(all.iter().any(|command| command.words == ["c", "d"]), "{all:?}");
    }

    proptest! {
        #[test]
        fn any_line_gives_commands(line in ".{0,80}") {
            prop_assert!(all_commands(&line).iter().all(|c| !(c.words.is_empty() && c.writes_to.is_empty())));
        }
    }
}
