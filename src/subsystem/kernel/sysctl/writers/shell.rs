//! What a line of shell, or an `ExecStart=`, does to kernel variables: sysctl(8), systemd-sysctl, and files below
//! `/proc/sys`.
//!
//! Source: sysctl(8) of procps 4.0.

use crate::parse::shell_line::{self, Command, base};
use crate::parse::sysctl_d;

/// What a line does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    /// It writes a variable: a pattern, in which `**` stands for parts that can't be told, and the text, none if that
    /// can't be told.
    Sets(String, Option<String>),
    /// It may write any variable in a directory.
    SetsBelow(String),
    /// It applies a file in the syntax of sysctl.d.
    Applies(String),
    /// It applies all of sysctl.d once more.
    AppliesAll,
    /// It writes variables, and which can't be told.
    SetsAny,
}

/// Programs that only read the files that they name.
const READERS: [&str; 16] = [
    "cat", "grep", "egrep", "head", "tail", "awk", "sed", "test", "[", "[[", "ls", "stat", "read", "wc",
    "cut", "tr",
];

/// What a line does to kernel variables, as far as the line alone tells.
pub(super) fn effects(line: &str) -> Vec<Effect> {
    if !line.contains("sysctl") && !line.contains("/proc/sys") {
        return Vec::new();
    }
    let mut effects = Vec::new();
    for command in shell_line::all_commands(line) {
        of_command(&command, &mut effects);
    }
    effects.dedup();
    effects
}

fn of_command(command: &Command, effects: &mut Vec<Effect>) {
    let program = command.program();
    for target in &command.writes_to {
        if let Some(path) = below_proc(target) {
            effects.push(Effect::Sets(pattern_of(path), printed(program)));
        } else if target.contains("sysctl.d/") {
            effects.push(of_file_for_later(program));
        }
    }
    let Some((name, words)) = program else {
        // `P=/proc/sys/net`: what is done with it can't be told.
        effects.extend(command.words.iter().filter_map(|word| mention(word)));
        return;
    };
    match name {
        "sysctl" => of_sysctl(words, effects),
        "systemd-sysctl" => of_systemd_sysctl(words, effects),
        "systemctl" => {
            let restarts =
                words.iter().any(|word| matches!(word.as_str(), "start" | "restart" | "try-restart"));
            let is_meant = words.iter().any(|word| word.trim_end_matches(".service") == "systemd-sysctl");
            effects.extend((restarts && is_meant).then_some(Effect::AppliesAll));
        }
        "xargs" if words.iter().any(|word| base(word) == "sysctl") => effects.push(Effect::SetsAny),
        "tee" => effects
            .extend(words.iter().filter_map(|word| Some(Effect::Sets(pattern_of(below_proc(word)?), None)))),
        "sed" if words.iter().any(|word| word.starts_with("-i") || word == "--in-place") => {}
        "echo" | "printf" => {}
        name if READERS.contains(&name) => {}
        // What another program runs, such as a hook of an interface: `post-up sysctl -w ...`.
        _ => match words.iter().position(|word| base(word) == "sysctl") {
            Some(at) => of_sysctl(&words[at + 1..], effects),
            None => effects.extend(command.words.iter().filter_map(|word| mention(word))),
        },
    }
}

/// A word that names a place below `/proc/sys`, for a purpose that isn't understood.
fn mention(word: &str) -> Option<Effect> {
    // Shells in shells have been taken apart.
    if word.contains(' ') {
        return None;
    }
    let (_, path) = word.split_once("/proc/sys")?;
    match path.strip_prefix('/') {
        Some(path) if !path.is_empty() => Some(Effect::SetsBelow(pattern_of(path.trim_end_matches('/')))),
        Some(_) => Some(Effect::SetsAny),
        None => path.is_empty().then_some(Effect::SetsAny),
    }
}

/// What `echo TEXT` prints, if it is plain.
fn printed(program: Option<(&str, &[String])>) -> Option<String> {
    match program? {
        ("echo" | "printf", [text]) if is_plain(text) && !text.contains('\\') => Some(text.clone()),
        ("echo", [flag, text]) if flag == "-n" && is_plain(text) => Some(text.clone()),
        _ => None,
    }
}

/// `echo k=v > /run/sysctl.d/x.conf`: applied by whoever applies sysctl.d next.
fn of_file_for_later(program: Option<(&str, &[String])>) -> Effect {
    match printed(program).as_deref().and_then(|text| text.split_once('=')) {
        Some((key, _)) => Effect::Sets(pattern_of(&sysctl_d::path_of(key.trim())), None),
        None => Effect::SetsAny,
    }
}

fn of_sysctl(words: &[String], effects: &mut Vec<Effect>) {
    let (mut loads, mut only_reads, mut files, mut words) = (false, false, Vec::new(), words.iter());
    while let Some(word) = words.next() {
        match word.as_str() {
            "--system" => effects.push(Effect::AppliesAll),
            "--load" => loads = true,
            "--all" | "--names" | "--values" | "--help" | "--version" => only_reads = true,
            "--pattern" => drop(words.next()),
            long if long.starts_with("--") => {
                if let Some(file) = long.strip_prefix("--load=") {
                    loads = true;
                    files.push(file.to_owned());
                }
            }
            short if short.len() > 1 && short.starts_with('-') => {
                let letters = &short[1..];
                if let Some(at) = letters.find(['p', 'f']) {
                    loads = true;
                    files.extend((at + 1 < letters.len()).then(|| letters[at + 1..].to_owned()));
                } else if letters.ends_with('r') {
                    words.next();
                }
                let flags = letters.split(['p', 'f']).next().unwrap_or_default();
                only_reads |= flags.contains(['a', 'A', 'X', 'n', 'N', 'V', 'h']);
            }
            word if loads => files.push(word.to_owned()),
            word => match word.split_once('=') {
                Some((key, text)) => {
                    let text = is_plain(text).then(|| text.to_owned());
                    effects.push(Effect::Sets(pattern_of(&sysctl_d::path_of(key)), text));
                }
                // `sysctl $SETTING` may set one; a plain key is only read.
                None if word.contains(['$', '`', '*']) && !only_reads => effects.push(Effect::SetsAny),
                None => {}
            },
        }
    }
    if loads && files.is_empty() {
        files.push("/etc/sysctl.conf".to_owned());
    }
    effects.extend(files.into_iter().map(of_file));
}

fn of_file(file: String) -> Effect {
    let is_file = file.starts_with('/') && !file.starts_with("/dev/") && is_plain(&file);
    if is_file { Effect::Applies(file) } else { Effect::SetsAny }
}

fn of_systemd_sysctl(words: &[String], effects: &mut Vec<Effect>) {
    let (options, files): (Vec<&String>, Vec<&String>) = words.iter().partition(|word| word.starts_with('-'));
    if options.iter().any(|word| matches!(word.as_str(), "--cat-config" | "--tldr" | "--help" | "--version"))
    {
        return;
    }
    if files.is_empty() {
        effects.push(Effect::AppliesAll);
    }
    effects.extend(files.into_iter().cloned().map(of_file));
}

/// What is behind `/proc/sys/` in a word.
fn below_proc(word: &str) -> Option<&str> {
    word.split_once("/proc/sys/").map(|(_, path)| path)
}

/// A path whose parts that the shell fills in are wildcards: `{a,b}` is one part, `$x` may be several.
fn pattern_of(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/').filter(|part| !part.is_empty()) {
        let part = if part.contains(['$', '`']) {
            "**"
        } else if part.contains('{') {
            "*"
        } else {
            part
        };
        if part != "**" || parts.last() != Some(&"**") {
            parts.push(part);
        }
    }
    parts.join("/")
}

/// Whether the shell leaves a text as it is.
pub(super) fn is_plain(text: &str) -> bool {
    !text.contains(['$', '`', '*', '<', '>'])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sets(pattern: &str, text: Option<&str>) -> Effect {
        Effect::Sets(pattern.into(), text.map(str::to_owned))
    }

    #[test]
    fn commands_are_told_by_what_they_write() {
        let applies = |file: &str| Effect::Applies(file.into());
        for (line, expected) in [
            (
                "sysctl -w net.ipv4.ping_group_range=\"0 1000\"",
                vec![sets("net/ipv4/ping_group_range", Some("0 1000"))],
            ),
            ("/sbin/sysctl -e -p /a /b", vec![applies("/a"), applies("/b")]),
            ("sysctl -qp /a", vec![applies("/a")]),
            (
                "sysctl -p/a; sysctl --load=/b; sysctl -p",
                vec![applies("/a"), applies("/b"), applies("/etc/sysctl.conf")],
            ),
            ("cat <<EOF | sysctl -p -", vec![Effect::SetsAny]),
            ("grep x /y | xargs -n1 sysctl -w", vec![Effect::SetsAny]),
            ("sysctl -n kernel.panic; sysctl vm.swappiness; sysctl -a", vec![]),
            ("sysctl -n $key", vec![]),
            ("sysctl -w $a=$b", vec![sets("**", None)]),
            ("echo 1 > /proc/sys/net/ipv4/ip_forward", vec![sets("net/ipv4/ip_forward", Some("1"))]),
            ("echo $x >/proc/sys/net/$y/z", vec![sets("net/**/z", None)]),
            (
                "echo 2 | tee /proc/sys/net/ipv4/conf/{all,default}/rp_filter",
                vec![sets("net/ipv4/conf/*/rp_filter", None)],
            ),
            (
                "for f in /proc/sys/net/ipv4/conf/*/rp_filter; do",
                vec![Effect::SetsBelow("net/ipv4/conf/*/rp_filter".into())],
            ),
            ("cd /proc/sys/net/core && echo 1024 > somaxconn", vec![Effect::SetsBelow("net/core".into())]),
            ("[ -f /proc/sys/a ] && cat /proc/sys/b | grep c", vec![]),
            ("systemctl restart systemd-sysctl.service", vec![Effect::AppliesAll]),
            ("/lib/systemd/systemd-sysctl /etc/a.conf", vec![applies("/etc/a.conf")]),
            ("echo vm.overcommit_ratio=77 > /run/sysctl.d/9.conf", vec![sets("vm/overcommit_ratio", None)]),
            ("sh -c 'sysctl -w a.b=1'", vec![sets("a/b", Some("1"))]),
            ("sysctl --system", vec![Effect::AppliesAll]),
            ("post-up sysctl -w a.b=1", vec![sets("a/b", Some("1"))]),
            ("command -v sysctl >/dev/null", vec![]),
        ] {
            assert_eq!(effects(line), expected, "{line}");
        }
    }
}
