//! `NO_PROXY`, as Go's programs read it (golang.org/x/net/http/httpproxy): names, addresses and networks by commas.

use crate::fact::Network;

/// What is reached without the proxy.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NoProxy {
    /// `*`: everything.
    all: bool,
    /// Addresses and networks.
    networks: Vec<Network>,
    /// Suffixes of names with their leading dot, and whether the name itself counts, too.
    domains: Vec<(String, bool)>,
    /// Entries that hold for one port alone.
    with_port: Vec<String>,
    /// Entries with blanks inside: only commas separate, so that such an entry never matches.
    pub mistakes: Vec<String>,
}

/// Whether something is reached without the proxy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Covered {
    /// All of it.
    Yes,
    /// Not all of it.
    No,
    /// An entry holds for one port alone.
    Perhaps,
}

/// Reads the value of the variable.
#[must_use]
pub fn parse(text: &str) -> NoProxy {
    let mut found = NoProxy::default();
    for entry in text.split(',').map(|entry| entry.trim().to_lowercase()).filter(|entry| !entry.is_empty()) {
        if entry.contains(char::is_whitespace) {
            found.mistakes.push(entry);
        } else if entry == "*" {
            found.all = true;
        } else if let Ok(network) = entry.trim_matches(['[', ']']).parse::<Network>() {
            found.networks.push(network);
        } else if entry.contains(':') {
            found.with_port.push(entry);
        } else {
            let suffix = entry.strip_prefix('*').filter(|rest| rest.starts_with('.')).unwrap_or(&entry);
            let itself = !suffix.starts_with('.');
            found.domains.push((if itself { format!(".{suffix}") } else { suffix.to_owned() }, itself));
        }
    }
    found
}

impl NoProxy {
    /// Whether an address, a whole network, a name, or with a leading dot all names of a domain are reached without
    /// the proxy. Loopback addresses and localhost always are.
    #[must_use]
    pub fn covers(&self, target: &str) -> Covered {
        let target = target.to_lowercase();
        let direct = if let Ok(network) = target.parse::<Network>() {
            let loopback = ["127.0.0.0/8", "::1/128"].iter().filter_map(|text| text.parse::<Network>().ok());
            self.networks.iter().copied().chain(loopback).any(|known| known.contains(&network))
        } else {
            let has = |(suffix, itself): &(String, bool)| {
                target.ends_with(suffix) || (*itself && target == suffix[1..])
            };
            target == "localhost" || self.domains.iter().any(has)
        };
        match (self.all || direct, self.with_port.is_empty()) {
            (true, _) => Covered::Yes,
            (false, true) => Covered::No,
            (false, false) => Covered::Perhaps,
        }
    }
}

/// A proxy's address without user and password.
#[must_use]
pub fn redacted(address: &str) -> String {
    let (scheme, rest) =
        address.split_once("://").map_or((None, address), |(scheme, rest)| (Some(scheme), rest));
    let host = rest.rsplit_once('@').map_or(rest, |(_, host)| host);
    // A password with a slash is cut off at the wrong place by others; nothing before the last @ is ever shown.
    scheme.map_or_else(|| host.to_owned(), |scheme| format!("{scheme}://{host}"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn entries_match_as_go_matches_them() {
        let list = "10.0.0.0/8, 192.0.2.7,.svc,example.org,*.corp.example,[fd00::1],fd01::/16";
        for (target, expected) in [
            ("10.96.0.0/12", Covered::Yes),
            ("10.0.0.0/7", Covered::No),
            ("192.0.2.7", Covered::Yes),
            ("192.0.2.0/24", Covered::No),
            ("fd00::1", Covered::Yes),
            ("fd01:2::/32", Covered::Yes),
            (".svc", Covered::Yes),
            ("api.default.svc", Covered::Yes),
            ("example.org", Covered::Yes),
            ("a.Example.org", Covered::Yes),
            ("badexample.org", Covered::No),
            ("corp.example", Covered::No),
            ("x.corp.example", Covered::Yes),
            ("localhost", Covered::Yes),
            ("127.0.0.1", Covered::Yes),
        ] {
            assert_eq!(parse(list).covers(target), expected, "{target}");
        }
        assert_eq!(parse("*").covers("10.0.0.0/8"), Covered::Yes);
        assert_eq!(parse("10.0.0.1:6443").covers("10.0.0.1"), Covered::Perhaps);
        assert_eq!(parse("").covers("10.0.0.1"), Covered::No);
    }

    #[test]
    fn blanks_separate_nothing() {
        let found = parse("10.0.0.0/8 .svc,ok.example");
        assert_eq!(found.mistakes, ["10.0.0.0/8 .svc"]);
        assert_eq!(found.covers("10.1.0.0/16"), Covered::No);
    }

    #[test]
    fn passwords_are_never_shown() {
        for (address, shown) in [
            ("http://user:secret@proxy.example:3128", "http://proxy.example:3128"),
            ("http://user:p@ss/word@proxy.example", "http://proxy.example"),
            ("user:secret@proxy.example:3128", "proxy.example:3128"),
            ("http://proxy.example:3128/", "http://proxy.example:3128/"),
        ] {
            assert_eq!(redacted(address), shown);
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read(text in "\\PC{0,60}", target in "\\PC{0,30}") {
            prop_assert_eq!(parse(&format!("*,{text}")).covers(&target), Covered::Yes);
            let shown = redacted(&format!("http://u:SECRET@{target}"));
            prop_assert!(!shown.contains("SECRET"));
        }
    }
}
