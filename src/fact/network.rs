//! Address ranges and their overlap.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use ipnet::IpNet;

/// A range of addresses, IPv4 or IPv6: `192.168.0.0/16`; a single address is a range of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Network(IpNet);

impl Network {
    /// A range by its address and prefix length; none if the length is impossible.
    #[must_use]
    pub fn new(address: IpAddr, prefix: u8) -> Option<Self> {
        IpNet::new(address, prefix).ok().map(Network)
    }

    /// Whether the two ranges share an address. Ranges of different families never do.
    #[must_use]
    pub fn overlaps(&self, other: &Network) -> bool {
        self.contains(other) || other.contains(self)
    }

    /// Whether every address of the other range is in this one.
    #[must_use]
    pub fn contains(&self, other: &Network) -> bool {
        self.0.contains(&other.0)
    }
}

impl FromStr for Network {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        text.parse::<IpNet>()
            .or_else(|_| text.parse::<IpAddr>().map(IpNet::from))
            .map(Network)
            .map_err(|_| format!("`{text}` is not an address or network such as 10.0.0.0/8 or fd00::/64"))
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.prefix_len() == self.0.max_prefix_len() { self.0.addr().fmt(f) } else { self.0.fmt(f) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overlap_is_symmetric_and_family_aware() {
        let network = |text: &str| text.parse::<Network>().expect("a network");
        for (a, b, expected) in [
            ("192.168.0.0/16", "192.168.45.2", true),
            ("10.0.0.0/8", "10.200.0.0/16", true),
            ("10.0.0.0/9", "10.128.0.0/9", false),
            ("::/0", "10.0.0.1", false),
            ("fd00::/8", "fd12::/64", true),
        ] {
            assert_eq!(network(a).overlaps(&network(b)), expected, "{a} {b}");
            assert_eq!(network(b).overlaps(&network(a)), expected, "{b} {a}");
        }
        assert!("10.0.0.0/33".parse::<Network>().is_err());
    }
}
