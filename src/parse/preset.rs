//! Preset files of systemd: which units are enabled by default (systemd.preset(5), systemd 252).

use super::glob::fnmatch_noescape;
use super::lines;

/// One rule of a preset file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PresetRule {
    /// What happens to the units that match.
    pub action: Action,
    /// Pattern over unit names, as fnmatch(3) reads it.
    pub pattern: String,
    /// Instances of a template that `enable` names.
    pub instances: Vec<String>,
    /// Line, counted from 1.
    pub line: u32,
}

/// What a preset does to a unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// It is enabled.
    Enable,
    /// It is disabled.
    Disable,
    /// It stays as it is.
    Ignore,
}

/// The rules of a preset file, in order; lines that are no rule are skipped, as systemd does.
#[must_use]
pub fn parse(bytes: &[u8]) -> Vec<PresetRule> {
    let rule = |(line, text): (u32, std::borrow::Cow<'_, str>)| {
        let mut words = text.split_whitespace();
        let action = match words.next()? {
            "enable" => Action::Enable,
            "disable" => Action::Disable,
            "ignore" => Action::Ignore,
            _ => return None,
        };
        let pattern = words.next()?.to_owned();
        Some(PresetRule { action, pattern, instances: words.map(str::to_owned).collect(), line })
    };
    lines(bytes).filter_map(rule).collect()
}

impl PresetRule {
    /// Whether the rule speaks of a unit.
    #[must_use]
    pub fn matches(&self, unit: &str) -> bool {
        fnmatch_noescape(&self.pattern, unit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn rules_match_by_glob() {
        let rules = parse(b"# c\nenable ssh.service\ndisable *\n\nenable a@.service x y\nnonsense\n");
        assert_eq!(rules.len(), 3);
        assert!(rules[0].matches("ssh.service") && !rules[0].matches("sshd.service"));
        assert!(rules[1].matches("anything.target"));
        assert_eq!((rules[2].line, rules[2].instances.len()), (5, 2));
    }

    #[test]
    fn braces_are_plain_and_so_are_backslashes() {
        let rules = parse(b"enable {docker,podman}.service\ndisable dev\\x2da.swap\n");
        assert!(!rules[0].matches("docker.service") && rules[0].matches("{docker,podman}.service"));
        assert!(rules[1].matches("dev\\x2da.swap"));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read(bytes: Vec<u8>, unit: String) {
            for rule in parse(&bytes) {
                let _ = rule.matches(&unit);
            }
        }

        #[test]
        fn a_plain_name_matches_itself(name in "[a-z]{1,9}\\.service") {
            let text = format!("enable {name}");
            prop_assert!(parse(text.as_bytes())[0].matches(&name));
        }
    }
}
