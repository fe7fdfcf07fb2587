//! `/etc/zypp/locks`: what zypper(8) keeps as it is (seen with zypper 1.14.42).

use super::glob;

/// One lock: a paragraph of `key: value` lines.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lock {
    /// The names, patterns or parts of names that it locks, with their lines, counted from 1.
    pub names: Vec<(String, u32)>,
    /// How names are compared: `glob`, `exact`, `substring` (the default), `regex`.
    pub match_type: String,
    /// The kind of thing: `package` if nothing is said.
    pub kind: Option<String>,
    /// Whether more is asked than a name: a version, a repository, an architecture.
    pub is_narrowed: bool,
}

/// What a lock does to a package.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Keeps it.
    Locks,
    /// May keep it: that depends on versions and repositories, or on a regular expression.
    MayLock,
}

impl Lock {
    /// What the lock does to a package, and the line that names it; none if it is about others.
    #[must_use]
    pub fn on(&self, package: &str) -> Option<(Effect, u32)> {
        if self.kind.as_deref().is_some_and(|kind| kind != "package") {
            return None;
        }
        let sure = if self.is_narrowed { Effect::MayLock } else { Effect::Locks };
        self.names.iter().find_map(|(name, line)| {
            let effect = match self.match_type.as_str() {
                "exact" => (name == package).then_some(sure),
                "glob" => glob::covers_name(name, package).then_some(sure),
                "regex" => Some(Effect::MayLock),
                _ => package.contains(name.as_str()).then_some(sure),
            };
            Some((effect?, *line))
        })
    }
}

/// The locks of a file, in order.
#[must_use]
pub fn parse(bytes: &[u8]) -> Vec<Lock> {
    let mut locks = Vec::new();
    let mut lock = Lock::default();
    for (line, text) in super::lines(bytes) {
        let text = text.trim();
        if text.is_empty() {
            locks.extend(Some(std::mem::take(&mut lock)).filter(|lock| *lock != Lock::default()));
            continue;
        }
        let Some((key, value)) = text.split_once(':').map(|(key, value)| (key.trim(), value.trim())) else {
            continue;
        };
        match key {
            "solvable_name" if !value.is_empty() => lock.names.push((value.to_owned(), line)),
            "match_type" => value.clone_into(&mut lock.match_type),
            "type" => lock.kind = Some(value.to_owned()),
            "case_sensitive" | "query_string" | "install_status" | "comment" => {}
            _ => lock.is_narrowed |= !value.is_empty(),
        }
    }
    locks.extend(Some(lock).filter(|lock| *lock != Lock::default()));
    locks
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const FILE: &[u8] = b"\ntype: package\nmatch_type: glob\ncase_sensitive: on\nsolvable_name: kube*\n\n\n\
        type: patch\nmatch_type: exact\nsolvable_name: cri-o\n\n\n\
        type: package\nversion: == 1.30\nmatch_type: glob\ncase_sensitive: on\nsolvable_name: cri-o\n\n";

    #[test]
    fn locks_name_packages_and_some_only_versions_of_them() {
        let locks = parse(FILE);
        assert_eq!(locks.len(), 3);
        let on = |package: &str| locks.iter().find_map(|lock| lock.on(package));
        assert_eq!(on("kubelet"), Some((Effect::Locks, 5)));
        assert_eq!(on("cri-o"), Some((Effect::MayLock, 17)));
        assert_eq!(on("crun"), None);
    }

    proptest! {
        #[test]
        fn any_bytes_give_an_answer(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            for lock in parse(&bytes) {
                prop_assert!(lock.on("kubelet").is_none_or(|(_, line)| line > 0));
            }
        }
    }
}
