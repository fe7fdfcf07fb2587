//! Reads the command line. A command for `--kubeadm-join` that was pasted without quotation marks is told as such: clap
//! sees its words as options of this program.

use std::ffi::OsString;
use std::process::ExitCode;

use clap::Parser as _;
use clap::error::{ContextKind, ContextValue};

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
    Arguments::try_parse_from(words).map_err(|mut error| {
        if is_cut && error.use_stderr() {
            error.remove(ContextKind::SuggestedArg);
            error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![HINT.into()]));
        } else if is_bare && error.use_stderr() {
            error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![WHOLE.into()]));
        }
        error
    })
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
