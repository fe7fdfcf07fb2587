//! Kernel variables that a line of shell may write in a way that `kernel::sysctl` doesn't play through.

use crate::host::Files;
use crate::host::Read;
use crate::parse::sysctl_d;

/// Keys of a file in the syntax of sysctl.d become patterns, up to so many.
const MAX_KEYS: usize = 1000;
/// Any variable.
const ANY: &str = "**";

/// What the words behind `sysctl` may write: nothing where they only ask, or are as `kernel::sysctl` reads them.
pub(super) fn command(files: &Files, words: &[String]) -> Vec<String> {
    let mut patterns = Vec::new();
    let mut named = Vec::new();
    let mut loads = false;
    let mut is_plain = true;
    let mut words = words.iter().peekable();
    while let Some(word) = words.next() {
        match word.as_str() {
            "--system" => {}
            "-p" | "-f" | "--load" => loads = true,
            long if long.starts_with("--load=") => {
                loads = true;
                named.push(long["--load=".len()..].to_owned());
            }
            long if long.starts_with("--") => {
                let takes_value = matches!(long, "--pattern");
                let _value = words.next_if(|_| takes_value);
            }
            short if short.starts_with('-') && short.len() > 1 => {
                if let Some((_, file)) = short.split_once(['p', 'f']) {
                    (loads, is_plain) = (true, false);
                    named.extend((!file.is_empty()).then(|| file.to_owned()));
                }
            }
            key if loads => named.push(key.to_owned()),
            pair if pair.contains('=') => patterns.extend(pair_of(pair)),
            // A key that is only read; one that is made when it runs may set something.
            key if key.contains(['$', '`']) || key == "-" => patterns.push(ANY.to_owned()),
            _ => {}
        }
    }
    // One file, named as a word of its own, is read by `kernel::sysctl`.
    let is_played = is_plain && named.len() <= 1 && !named.iter().any(|file| file == "-");
    if loads && !is_played {
        for file in &named {
            patterns.extend(keys_of(files, file));
        }
    }
    patterns
}

/// A plain assignment is played through; one whose key holds several variables isn't.
fn pair_of(pair: &str) -> Option<String> {
    let (key, _) = pair.split_once('=')?;
    key.contains(['{', '(']).then(|| pattern_of(&sysctl_d::path_of(key)))
}

/// The variables that a file in the syntax of sysctl.d sets.
pub(super) fn keys_of(files: &Files, path: &str) -> Vec<String> {
    if !path.starts_with('/') || path.starts_with("/dev/") || path.contains(['$', '`', '*', '?', '[', '{']) {
        return vec![ANY.to_owned()];
    }
    match files.read(path) {
        Read::There(bytes) => {
            let keys: Vec<String> =
                sysctl_d::settings(&bytes).flatten().take(MAX_KEYS + 1).map(|setting| setting.path).collect();
            if keys.len() > MAX_KEYS { vec![ANY.to_owned()] } else { keys }
        }
        // It may be made before it is read, unless it is in a directory of packages.
        Read::Missing(_) if path.starts_with("/run/") || path.starts_with("/tmp/") => vec![ANY.to_owned()],
        Read::Missing(_) => Vec::new(),
        Read::Hidden(_) => vec![ANY.to_owned()],
    }
}

/// The variables that a line may write through `/proc/sys`, other than by a plain redirection, which `kernel::sysctl`
/// plays through.
pub(super) fn written_paths(line: &str) -> Vec<String> {
    const MOUNT: &str = "/proc/sys";
    let mut patterns = Vec::new();
    for part in line.split([';', '&', '|']) {
        let mut from = 0;
        for (at, _) in part.match_indices(MOUNT) {
            let (before, after) = (&part[from..at], &part[at + MOUNT.len()..]);
            let is_first = from == 0;
            from = at + MOUNT.len();
            if !after.is_empty() && !after.starts_with(['/', ' ', '\t', '"', '\'', ')']) {
                continue;
            }
            let end = after.find([' ', '\t', '"', '\'', ')', '`', '>', ']']).unwrap_or(after.len());
            let path = after[..end].trim_start_matches('/');
            let before = before.trim_end_matches(['"', '\'']).trim_end();
            let is_redirected = before.ends_with('>') || before.contains("tee ");
            let is_played =
                is_first && is_redirected && !path.contains(['{', '*', '?', '[']) && !path.is_empty();
            if is_played || (!is_redirected && only_reads(part)) {
                continue;
            }
            patterns.push(below(path, part));
        }
    }
    patterns
}

/// A pattern for a path of a line; where the line goes there with `cd`, all below it.
fn below(path: &str, part: &str) -> String {
    let is_directory = path.is_empty()
        || path.ends_with('/')
        || part.split_whitespace().any(|word| word == "cd" || word == "find");
    let pattern = pattern_of(path.trim_end_matches('/'));
    match (is_directory, pattern.as_str()) {
        (_, "") => ANY.to_owned(),
        (true, pattern) => format!("{pattern}/{ANY}"),
        (false, _) => pattern,
    }
}

/// Whether a command that names a path can only look at it.
fn only_reads(part: &str) -> bool {
    const READERS: [&str; 16] = [
        "cat",
        "[",
        "[[",
        "test",
        "grep",
        "egrep",
        "head",
        "ls",
        "stat",
        "wc",
        "cut",
        "echo",
        "printf",
        "logger",
        "log",
        "mountpoint",
    ];
    let words = part.split_whitespace().map(|word| word.trim_start_matches(['(', '$', '"', '`', '!']));
    let program = words.filter(|word| !word.is_empty()).find(|word| {
        !matches!(*word, "if" | "elif" | "while" | "until" | "then" | "else" | "do" | "!" | "sudo")
    });
    let is_reader = |word: &str| READERS.contains(&word.rsplit('/').next().unwrap_or_default());
    // `value=$(cat /proc/sys/...)` and `read value < /proc/sys/...` look, too.
    program.is_some_and(is_reader) || ["$(cat ", "`cat ", "$(<", "< "].iter().any(|read| part.contains(read))
}

/// A path with shell variables and braces made wildcards.
pub(super) fn pattern_of(path: &str) -> String {
    let one = |part: &str| match part {
        part if part.contains(['$', '`', '{', '}', '%']) => "*".to_owned(),
        part => part.to_owned(),
    };
    // A variable at the start may hold several directories.
    if path.starts_with(['$', '{', '`']) {
        return ANY.to_owned();
    }
    path.split('/').map(one).collect::<Vec<_>>().join("/")
}
