//! `resolv.conf`, as the kubelet reads it (`parseResolvConf` in pkg/kubelet/network/dns) and resolv.conf(5) says.

use super::lines;

/// What the file says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ResolvConf {
    /// Name servers in their order, each with its line, counted from 1.
    pub servers: Vec<(u32, String)>,
    /// Search domains: those of the last `search` line.
    pub search: Vec<String>,
    /// All options.
    pub options: Vec<String>,
}

/// Reads the file. Lines with an unknown first word say nothing to anybody.
#[must_use]
pub fn parse(bytes: &[u8]) -> ResolvConf {
    let mut found = ResolvConf::default();
    for (line, text) in lines(bytes) {
        let mut words = text.split_whitespace();
        match words.next() {
            Some("nameserver") => found.servers.extend(words.next().map(|server| (line, server.to_owned()))),
            Some("search") => found.search = words.map(str::to_owned).collect(),
            Some("options") => found.options.extend(words.map(str::to_owned)),
            _ => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_last_search_line_counts_and_servers_add_up() {
        let found = parse(b"# nameserver 1.1.1.1\nsearch a b\nnameserver 10.0.0.1\n nameserver 10.0.0.2 x\nsearch c\noptions ndots:2 edns0\nnameserver\n");
        assert_eq!(found.servers, [(3, "10.0.0.1".to_owned()), (4, "10.0.0.2".to_owned())]);
        assert_eq!(found.search, ["c"]);
        assert_eq!(found.options, ["ndots:2", "edns0"]);
    }

    proptest! {
        #[test]
        fn any_bytes_are_read(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            prop_assert!(parse(&bytes).servers.iter().all(|(line, _)| *line > 0));
        }
    }
}
