//! The options of a run that `explain` needs to say the same of a rule, as they are typed into a shell.

use super::{Moments, RulesArguments, SourceArguments};

/// What stands in the place of a command to join: it holds a token, which is never shown.
const JOIN: &str = "--kubeadm-join '...'";

/// The options, in one line; empty if there are none.
pub(super) fn options(source: &SourceArguments, rules: &RulesArguments) -> String {
    let mut words: Vec<String> = Vec::new();
    let mut add = |option: &str, value: &str| words.extend([option.to_owned(), quoted(value)]);
    let paths = [("--root", &source.root), ("--recording", &source.recording)];
    for (option, path) in paths.into_iter().chain([("--kubeadm-config", &source.kubeadm_config)]) {
        if let Some(path) = path {
            add(option, &path.to_string_lossy());
        }
    }
    if !rules.profile.is_empty() {
        add("--profile", &rules.profile.join(","));
    }
    rules.rules.iter().for_each(|path| add("--rules", &path.to_string_lossy()));
    rules.variables.iter().for_each(|set| add("--set", set));
    match source.moment {
        Moments::Now => add("--moment", "now"),
        Moments::Boot => add("--moment", "boot"),
        Moments::Both => {}
    }
    if source.kubeadm_join.is_some() {
        words.push(JOIN.to_owned());
    }
    words.join(" ")
}

/// A word as a shell takes it.
fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,+@%".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_quoted_where_a_shell_would_take_them_otherwise() {
        for (word, wanted) in [
            ("fixtures/a-b_1.2", "fixtures/a-b_1.2"),
            ("pod-cidr=10.244.0.0/16,fd00::/56", "pod-cidr=10.244.0.0/16,fd00::/56"),
            ("a b", "'a b'"),
            ("it's", r"'it'\''s'"),
            ("$HOME;*", "'$HOME;*'"),
            ("", "''"),
        ] {
            assert_eq!(quoted(word), wanted);
        }
    }
}
