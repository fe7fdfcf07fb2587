//! The administrative files of update-alternatives (`/var/lib/dpkg/alternatives/NAME`; the Red Hat family's
//! `/var/lib/alternatives/NAME` is alike).

use super::lines;

/// What a file says of one group.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Alternatives {
    /// Whether the best choice is taken automatically.
    pub auto: bool,
    /// The generic name, `/usr/sbin/iptables`.
    pub link: String,
    /// The choices with their priorities.
    pub choices: Vec<(String, i64)>,
}

/// Reads a file: the mode, the link, names and links of slaves up to an empty line; then for each choice its
/// path, its priority and the paths of its slaves. None if it isn't such a file.
#[must_use]
pub fn parse(bytes: &[u8]) -> Option<Alternatives> {
    let mut rest = lines(bytes).map(|(_, line)| line.into_owned());
    let auto = match rest.next()?.as_str() {
        "auto" => true,
        "manual" => false,
        _ => return None,
    };
    let link = rest.next()?;
    let mut slaves = 0;
    while !rest.next()?.is_empty() {
        rest.next()?;
        slaves += 1;
    }
    let mut choices = Vec::new();
    while let Some(path) = rest.next().filter(|path| !path.is_empty()) {
        let Some(priority) = rest.next().and_then(|line| priority(&line)) else { break };
        choices.push((path, priority));
        for _ in 0..slaves {
            rest.next();
        }
    }
    Some(Alternatives { auto, link, choices })
}

/// The Red Hat family writes a family before the priority and a service after it: `@nft@10 iptables`.
fn priority(line: &str) -> Option<i64> {
    let rest = line.strip_prefix('@').and_then(|rest| rest.split_once('@')).map_or(line, |(_, rest)| rest);
    rest.split_ascii_whitespace().next()?.parse().ok()
}

impl Alternatives {
    /// The choice of the highest priority: what `auto` stands for.
    #[must_use]
    pub fn best(&self) -> Option<&str> {
        self.choices.iter().max_by_key(|(_, priority)| *priority).map(|(path, _)| path.as_str())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn choices_are_read_past_their_slaves() {
        let text = b"auto\n/usr/sbin/iptables\niptables-save\n/usr/sbin/iptables-save\n\n/usr/sbin/iptables-legacy\n10\n/usr/sbin/iptables-legacy-save\n/usr/sbin/iptables-nft\n20\n/usr/sbin/iptables-nft-save\n\n";
        let parsed = parse(text).expect("a file");
        assert!(parsed.auto);
        assert_eq!(parsed.link, "/usr/sbin/iptables");
        assert_eq!(parsed.choices.len(), 2);
        assert_eq!(parsed.best(), Some("/usr/sbin/iptables-nft"));
        assert_eq!(parse(b"something else\n"), None);
    }

    #[test]
    fn chkconfig_adds_a_family_and_a_service_to_the_priority() {
        let text = b"manual\n/usr/sbin/iptables\n\n/usr/sbin/iptables-legacy\n@old@5 iptables\n/usr/sbin/iptables-nft\n10\n";
        let parsed = parse(text).expect("a file");
        assert_eq!((parsed.auto, parsed.best()), (false, Some("/usr/sbin/iptables-nft")));
        assert_eq!(parsed.choices[0], ("/usr/sbin/iptables-legacy".to_owned(), 5));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            drop(parse(&bytes));
        }
    }
}
