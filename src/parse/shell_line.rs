//! A line of shell, or the text of an `ExecStart=`, as simple commands: enough to see which programs are called with
//! which words, and which files are written.

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
        let at = program_at(&self.words)?;
        Some((base(&self.words[at]), &self.words[at + 1..]))
    }

    /// Whether it has a pipe before it and no words yet: `| (`.
    fn is_open_pipe(&self) -> bool {
        self.is_piped && self.words.is_empty()
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
                if is_piped {
                    chars.next_if(|next| *next == '&');
                }
                let is_piped = is_piped || c == '(' && commands.last().is_some_and(Command::is_open_pipe);
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

/// Where the program stands among the words of a command: behind keywords, assignments and programs that start another.
#[must_use]
pub fn program_at(command: &[String]) -> Option<usize> {
    command.iter().position(|word| !leads_in(word))
}

/// Words that may stand before a command's name.
fn leads_in(word: &str) -> bool {
    const KEYWORDS: [&str; 19] = [
        "if", "then", "else", "elif", "while", "until", "do", "!", "{", "exec", "sudo", "nice", "ionice",
        "env", "time", "timeout", "nohup", "setsid", "builtin",
    ];
    assignment(word).is_some()
        || KEYWORDS.contains(&base(word))
        || word.starts_with('-') && !word.contains('/')
        || word.bytes().all(|b| b.is_ascii_digit())
}

/// The name and the value of a word that assigns: `NAME=value`.
#[must_use]
pub fn assignment(word: &str) -> Option<(&str, &str)> {
    word.split_once('=')
        .filter(|(name, _)| !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_'))
}

/// A program's path without systemd's prefixes (systemd.service(5)).
#[must_use]
pub fn bare(word: &str) -> &str {
    let bare = word.trim_start_matches(['-', '@', ':', '+', '!']);
    if bare.is_empty() { word } else { bare }
}

/// A program's name without its directory and systemd's prefixes.
#[must_use]
pub fn base(word: &str) -> &str {
    bare(word).rsplit('/').next().unwrap_or_default()
}

/// How a script ends, where its text tells without following it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExitStatus {
    /// Its first command is `exit`.
    Always(u8),
    /// Its last command is `exit` with another status than 0, unless it ends before.
    AtEnd(u8),
}

/// How a script ends; none if its text doesn't tell.
#[must_use]
pub fn exit_status(script: &[u8]) -> Option<ExitStatus> {
    let text = String::from_utf8_lossy(script);
    let is_command = |line: &&str| !line.trim().is_empty() && !line.trim_start().starts_with('#');
    let mut commands = text.lines().filter(is_command);
    let first = commands.by_ref().find(|line| !line.starts_with("set -"))?;
    if let Some(status) = exit_of(first) {
        return Some(ExitStatus::Always(status));
    }
    commands.next_back().and_then(exit_of).filter(|status| *status != 0).map(ExitStatus::AtEnd)
}

/// The status of a line that is nothing but `exit N`, at its very start: no block and no continuation.
fn exit_of(line: &str) -> Option<u8> {
    let status = line.strip_prefix("exit")?.split('#').next()?;
    if !status.starts_with([' ', '\t']) {
        return None;
    }
    status.trim().trim_end_matches(';').parse().ok()
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
            ("-/sbin/sysctl -w a=b", Some("sysctl")),
            ("X=1", None),
        ] {
            assert_eq!(commands(line)[0].program().map(|(name, _)| name), expected, "{line}");
        }
        let all = all_commands("sh -c 'cd /opt && bash -c \"a b; c d\"'");
        assert!(all.iter().any(|command| command.words == ["c", "d"]), "{all:?}");
    }

    #[test]
    fn a_pipe_is_told_from_an_or() {
        let piped = |line: &str| commands(line).iter().map(|command| command.is_piped).collect::<Vec<_>>();
        assert_eq!(piped("a | b"), [false, true]);
        assert_eq!(piped("a |& b"), [false, true]);
        assert_eq!(piped("a | (b)"), [false, true]);
        assert_eq!(piped("a || b; c"), [false, false, false]);
    }

    #[test]
    fn a_script_that_only_exits_is_told() {
        for (script, expected) in [
            ("#!/bin/sh\nexit 3\n", Some(ExitStatus::Always(3))),
            ("#!/bin/sh\n# c\nset -e\n\nexit 0 # done\nfoo\n", Some(ExitStatus::Always(0))),
            ("#!/bin/sh\nfoo\nexit 1;\n", Some(ExitStatus::AtEnd(1))),
            ("#!/bin/sh\nfoo\nexit 0\n", None),
            ("#!/bin/sh\nif a; then\n  exit 1\nfi\n", None),
            ("#!/bin/sh\nexit $x\n", None),
            ("#!/bin/sh\nexit\n", None),
            ("#!/bin/sh\nexit 300\n", None),
            ("", None),
        ] {
            assert_eq!(exit_status(script.as_bytes()), expected, "{script}");
        }
    }

    proptest! {
        #[test]
        fn any_script_ends_somehow(script: Vec<u8>) {
            prop_assert_ne!(exit_status(&script), Some(ExitStatus::AtEnd(0)));
        }

        #[test]
        fn any_line_gives_commands(line in ".{0,80}") {
            prop_assert!(all_commands(&line).iter().all(|c| !(c.words.is_empty() && c.writes_to.is_empty())));
        }
    }
}
