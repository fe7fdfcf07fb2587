//! Reads the command line. Options may stand before the command, as after it. A command for `--kubeadm-join` that was pasted without quotation marks is told as such: clap
//! sees its words as options of this program.

use std::ffi::OsString;
use std::process::ExitCode;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{CommandFactory as _, Parser as _};

use super::{Arguments, terminal};
use crate::fact::is_dangerous;
use crate::kubeadm::syntax;

const OPTION: &str = "--kubeadm-join";
const WHOLE: &str = "a command to join a cluster is given with --kubeadm-join 'kubeadm join ...'";
const HINT: &str =
    "the command needs single quotes around it: --kubeadm-join 'kubeadm join HOST:PORT --token ...'";

/// The arguments of this process.
///
/// # Errors
/// If there is nothing to do, as with `--help`, or they are mistaken: what is to be said is said, and the process is to
/// end with this code.
pub fn arguments() -> Result<Arguments, ExitCode> {
    let words: Vec<OsString> = std::env::args_os().collect();
    let is_harmless = words.iter().all(|word| !word.to_string_lossy().contains(is_dangerous));
    parse(words).map_err(|error| {
        let text = error.render().to_string();
        let masked = if error.use_stderr() { syntax::masked(&text) } else { text.clone() };
        if masked == text && (is_harmless || !error.use_stderr()) {
            // A closed pipe is nobody's problem.
            drop(error.print());
        } else {
            terminal::complain(&masked);
        }
        u8::try_from(error.exit_code()).map_or(ExitCode::FAILURE, ExitCode::from)
    })
}

fn parse(words: Vec<OsString>) -> Result<Arguments, clap::Error> {
    let is_cut = is_cut(&words);
    let is_bare = is_bare(&words);
    // `explain` would take its words for rules.
    let whole = |parsed| {
        if is_cut { Err(Arguments::command().error(ErrorKind::ValueValidation, HINT)) } else { Ok(parsed) }
    };
    Arguments::try_parse_from(command_first(words)).and_then(whole).map_err(|mut error| {
        if is_cut && error.use_stderr() {
            error.remove(ContextKind::SuggestedArg);
            error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![HINT.into()]));
        } else if is_bare && error.use_stderr() {
            error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![WHOLE.into()]));
        }
        error
    })
}

/// The same words with the command in front, where options of it stand before it: `--recording X explain swap-off`.
fn command_first(mut words: Vec<OsString>) -> Vec<OsString> {
    let is_option = |word: &OsString| word.as_encoded_bytes().starts_with(b"-");
    // Nearly always it stands there, and clap need not describe all options twice.
    if !words.get(1).is_some_and(is_option) {
        return words;
    }
    let command = Arguments::command();
    let takes_value = |word: &str| {
        let is_named = |argument: &&clap::Arg| match word.strip_prefix("--") {
            Some(long) => argument.get_long() == Some(long),
            None => argument
                .get_short()
                .is_some_and(|short| word.strip_prefix('-') == Some(short.encode_utf8(&mut [0; 4]))),
        };
        command.get_arguments().find(is_named).is_some_and(|argument| argument.get_action().takes_values())
    };
    let mut at = 1;
    while let Some(word) = words.get(at).and_then(|word| word.to_str()) {
        if word == "--" || !word.starts_with('-') {
            break;
        }
        at += if takes_value(word) { 2 } else { 1 };
    }
    let is_command =
        |word: &OsString| word.to_str().is_some_and(|word| command.find_subcommand(word).is_some());
    if at > 1 && words.get(at).is_some_and(is_command) {
        words[1..=at].rotate_right(1);
    }
    words
}

/// Whether the option was given the first word of a command, and the next words stand for themselves.
fn is_cut(words: &[OsString]) -> bool {
    let is_first =
        |word: &str| ["kubeadm", "join", "sudo"].contains(&word.rsplit('/').next().unwrap_or(word));
    words.windows(2).any(|pair| match [pair[0].to_str(), pair[1].to_str()] {
        [Some(OPTION), Some(word)] => is_first(word),
        [Some(option), _] => {
            option.strip_prefix(OPTION).and_then(|rest| rest.strip_prefix('=')).is_some_and(is_first)
        }
        _ => false,
    })
}

/// Whether a command stands alone, as a word or as several.
fn is_bare(words: &[OsString]) -> bool {
    let words: Vec<&str> = words.iter().skip(1).filter_map(|word| word.to_str()).collect();
    words.windows(2).any(|pair| pair == ["kubeadm", "join"])
        || words.iter().any(|word| word.trim_start().trim_start_matches("sudo ").starts_with("kubeadm join "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complaint(words: &[&str]) -> Option<String> {
        let words = ["node-preflight"].iter().chain(words).map(OsString::from).collect();
        parse(words).err().map(|error| error.to_string())
    }

    #[test]
    fn a_command_without_quotes_is_told_to_need_them() {
        for before in [&[][..], &["check"], &["explain", "swap-off"], &["--moment", "boot"]] {
            for words in [
                &["--kubeadm-join", "kubeadm", "join", "10.0.0.1:6443", "--token", "a.b"][..],
                &["--kubeadm-join", "sudo", "/usr/bin/kubeadm", "join", "10.0.0.1:6443"],
                &["--kubeadm-join", "join", "10.0.0.1:6443"],
                &["--kubeadm-join=kubeadm", "join", "10.0.0.1:6443"],
            ] {
                let said = complaint(&[before, words].concat()).unwrap_or_default();
                assert!(
                    said.contains("single quotes") && !said.contains("a.b"),
                    "{before:?} {words:?}: {said}"
                );
            }
        }
    }

    #[test]
    fn a_command_without_its_option_is_told_which_it_is() {
        for words in [
            &["kubeadm", "join", "10.0.0.1:6443"][..],
            &["kubeadm join 10.0.0.1:6443 --token a.b"],
            &["check", "sudo kubeadm join 10.0.0.1:6443"],
        ] {
            let said = complaint(words).unwrap_or_default();
            assert!(said.contains("is given with --kubeadm-join"), "{words:?}: {said}");
        }
    }

    #[test]
    fn a_command_may_stand_behind_its_options() {
        for (words, wanted) in [
            (
                &["--recording", "x", "explain", "swap-off"][..],
                &["explain", "--recording", "x", "swap-off"][..],
            ),
            (
                &["--moment=now", "--all", "check", "--only", "a"],
                &["check", "--moment=now", "--all", "--only", "a"],
            ),
            (&["-o", "list", "facts"], &["facts", "-o", "list"]),
            // A value is no command, and what isn't one is left to be refused.
            (&["--recording", "explain"], &["--recording", "explain"]),
            (&["--recording", "x", "explian"], &["--recording", "x", "explian"]),
            (&["explain", "--profile", "list"], &["explain", "--profile", "list"]),
            (&["--", "list"], &["--", "list"]),
            (&[], &[]),
        ] {
            let all = |words: &[&str]| ["p"].iter().chain(words).map(OsString::from).collect::<Vec<_>>();
            assert_eq!(command_first(all(words)), all(wanted), "{words:?}");
        }
        // An option that the command doesn't have is refused as one of the command.
        let said = complaint(&["--only", "swap-off", "lint"]).unwrap_or_default();
        assert!(said.contains("--only") && said.contains("lint"), "{said}");
    }

    #[test]
    fn nobody_else_is_told() {
        let quoted = "kubeadm join 10.0.0.1:6443 --token a.b";
        assert_eq!(complaint(&["--kubeadm-join", quoted, "--moment", "boot"]), None);
        for words in [&["--kubeadm-join", quoted, "--jsno"][..], &["--fromat", "json"], &["kubeadm", "join"]]
        {
            let said = complaint(words).unwrap_or_default();
            assert!(!said.is_empty() && !said.contains("single quotes"), "{words:?}: {said}");
        }
        assert!(!complaint(&["--kubeadm-join", "kubeadm", "--help"]).unwrap_or_default().contains("tip:"));
    }
}
