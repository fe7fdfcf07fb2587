//! Reads the command line. A command for `--kubeadm-join` that was pasted without quotation marks is told as such: clap
//! sees its words as options of this program.

use std::ffi::OsString;
use std::process::ExitCode;

use clap::Parser as _;
use clap::error::{ContextKind, ContextValue};

use super::Arguments;

const OPTION: &str = "--kubeadm-join";
const HINT: &str =
    "the command needs single quotes around it: --kubeadm-join 'kubeadm join HOST:PORT --token ...'";

/// The arguments of this process.
///
/// # Errors
/// If there is nothing to do, as with `--help`, or they are mistaken: what is to be said is said, and the process is to
/// end with this code.
pub fn arguments() -> Result<Arguments, ExitCode> {
    parse(std::env::args_os().collect()).map_err(|error| {
        // A closed pipe is nobody's problem.
        drop(error.print());
        u8::try_from(error.exit_code()).map_or(ExitCode::FAILURE, ExitCode::from)
    })
}

fn parse(words: Vec<OsString>) -> Result<Arguments, clap::Error> {
    let is_cut = is_cut(&words);
    Arguments::try_parse_from(words).map_err(|mut error| {
        if is_cut && error.use_stderr() {
            error.remove(ContextKind::SuggestedArg);
            error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![HINT.into()]));
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
