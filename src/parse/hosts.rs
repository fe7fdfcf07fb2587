//! `/etc/hosts` (hosts(5)) and the databases of `/etc/nsswitch.conf` (nsswitch.conf(5)).

use std::net::IpAddr;

use super::lines;

/// The addresses that a file gives a name, in their order, each with its line, counted from 1. Names are compared
/// without regard to case; lines whose first word is no address say nothing.
#[must_use]
pub fn addresses(bytes: &[u8], name: &str) -> Vec<(u32, IpAddr)> {
    let entry = |(line, text): (u32, std::borrow::Cow<'_, str>)| {
        let mut words = text.split('#').next()?.split_whitespace();
        let address = words.next()?.split('%').next()?.parse().ok()?;
        words.any(|word| word.eq_ignore_ascii_case(name)).then_some((line, address))
    };
    lines(bytes).filter_map(entry).collect()
}

/// The sources of a database in their order, and the line: `hosts: files resolve [!UNAVAIL=return] dns`. What is to
/// be done after an answer is left out. The first line of a database counts.
#[must_use]
pub fn sources(bytes: &[u8], database: &str) -> Option<(u32, Vec<String>)> {
    lines(bytes).find_map(|(line, text)| {
        let (name, list) = text.split('#').next()?.split_once(':')?;
        let mut sources = Vec::new();
        let mut action = false;
        for word in list.split_whitespace() {
            action = action || word.starts_with('[');
            if !action {
                sources.push(word.to_owned());
            }
            action = action && !word.ends_with(']');
        }
        (name.trim() == database).then_some((line, sources))
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_have_the_addresses_of_all_their_lines() {
        let file = b"127.0.0.1 localhost\n#10.0.0.1 node1\n127.0.1.1\tnode1.example.org Node1 # node9\n10.0.0.5 node1\nnode1 x\n";
        let found = |name| {
            addresses(file, name).into_iter().map(|(line, a)| format!("{line} {a}")).collect::<Vec<_>>()
        };
        assert_eq!(found("node1"), ["3 127.0.1.1", "4 10.0.0.5"]);
        assert_eq!(found("localhost"), ["1 127.0.0.1"]);
        assert!(found("node9").is_empty());
    }

    #[test]
    fn actions_are_no_sources() {
        let file = b"# hosts: x\npasswd: files\nhosts:  files resolve [!UNAVAIL=return SUCCESS = merge] dns # y\nhosts: dns\n";
        let sources = sources(file, "hosts").unwrap();
        assert_eq!((sources.0, sources.1.join(" ").as_str()), (3, "files resolve dns"));
        assert_eq!(super::sources(file, "ethers"), None);
    }

    proptest! {
        #[test]
        fn any_bytes_are_read(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            drop(addresses(&bytes, "x"));
            drop(sources(&[b"hosts:", &*bytes].concat(), "hosts"));
        }
    }
}
