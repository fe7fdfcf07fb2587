//! Lines of shell and `ExecStart=`, as far as their words tell: simple commands, and which word is the program.

/// The simple commands of a line as words: quotes removed, comments and redirections dropped.
#[must_use]
pub fn commands(line: &str) -> Vec<Vec<String>> {
    let mut commands = vec![Vec::new()];
    let mut word: Option<String> = None;
    let mut quote = None;
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        match (c, quote) {
            ('\'' | '"', None) => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (c, Some(open)) if c == open => quote = None,
            ('\\', None | Some('"')) => word.get_or_insert_default().extend(chars.next()),
            ('#', None) if word.is_none() => break,
            (';' | '&' | '|' | '(' | ')' | '`' | '\n', None) => {
                finish(&mut word, &mut commands);
                commands.push(Vec::new());
            }
            (c, None) if c.is_whitespace() => finish(&mut word, &mut commands),
            (c, _) => word.get_or_insert_default().push(c),
        }
    }
    finish(&mut word, &mut commands);
    commands.iter_mut().for_each(drop_redirections);
    commands
}

fn finish(word: &mut Option<String>, commands: &mut [Vec<String>]) {
    if let (Some(word), Some(command)) = (word.take(), commands.last_mut()) {
        command.push(word);
    }
}

fn drop_redirections(command: &mut Vec<String>) {
    let mut is_target = false;
    command.retain(|word| {
        let operator = word.trim_start_matches(|c: char| c.is_ascii_digit());
        let redirects = operator.starts_with(['<', '>']);
        let keep = !redirects && !is_target;
        is_target = redirects && operator.chars().all(|c| matches!(c, '<' | '>'));
        keep
    });
}

/// Where the program stands among the words of a command: behind keywords, assignments and programs that start another.
#[must_use]
pub fn program(command: &[String]) -> Option<usize> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_are_found_behind_what_leads_in() {
        for (line, expected) in [
            ("if ! A=b sudo -n /sbin/swapon -a", Some("/sbin/swapon")),
            ("-/sbin/sysctl -w a=b", Some("-/sbin/sysctl")),
            ("A=b", None),
            ("timeout 5 x", Some("x")),
        ] {
            let command = commands(line).remove(0);
            assert_eq!(program(&command).map(|at| command[at].as_str()), expected, "{line}");
        }
    }
}
