//! Addresses and networks as Kubernetes reads them (k8s.io/utils/net, `ParseIPSloppy` and `ParseCIDRSloppy`): leading
//! zeros are nothing, and an IPv4 address that is written as IPv6 is one of IPv4.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

/// The address in a text.
#[must_use]
pub fn address(text: &str) -> Option<IpAddr> {
    if text.contains(':') {
        let address: Ipv6Addr = text.parse().ok()?;
        return Some(address.to_ipv4_mapped().map_or(IpAddr::V6(address), IpAddr::V4));
    }
    four(text).map(IpAddr::V4)
}

/// The network in a text; bits behind its prefix may be set.
#[must_use]
pub fn network(text: &str) -> Option<IpNet> {
    let (address, prefix) = text.split_once('/')?;
    let prefix = number(prefix, 128)?;
    if address.contains(':') {
        let network = Ipv6Net::new(address.parse().ok()?, prefix).ok()?;
        return Some(IpNet::V6(network));
    }
    Ipv4Net::new(four(address)?, prefix).ok().map(IpNet::V4)
}

/// Whether an address is one that others can reach a host by (Go's `IsGlobalUnicast`): private ones, too.
#[must_use]
pub fn is_global_unicast(address: IpAddr) -> bool {
    let is_link_local = match address {
        IpAddr::V4(address) => address.is_link_local() || address.is_broadcast(),
        IpAddr::V6(address) => address.is_unicast_link_local(),
    };
    !is_link_local && !address.is_unspecified() && !address.is_loopback() && !address.is_multicast()
}

fn four(text: &str) -> Option<Ipv4Addr> {
    let mut parts = text.split('.').map(|part| number(part, 255));
    let octets = [parts.next()??, parts.next()??, parts.next()??, parts.next()??];
    parts.next().is_none().then(|| Ipv4Addr::from(octets))
}

fn number(text: &str, most: u8) -> Option<u8> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let digits = text.trim_start_matches('0');
    let number = if digits.is_empty() { 0 } else { digits.parse().ok()? };
    (number <= most).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn leading_zeros_are_nothing_and_mapped_addresses_are_four_numbers() {
        for (text, expected) in [
            ("10.0.0.1", "10.0.0.1"),
            ("010.000.0.01", "10.0.0.1"),
            ("::ffff:10.0.0.1", "10.0.0.1"),
            ("fd00::1", "fd00::1"),
        ] {
            assert_eq!(address(text).unwrap().to_string(), expected);
        }
        for text in
            ["", "10.0.0", "10.0.0.256", "10.0.0.1.1", "[fd00::1]", "fe80::1%eth0", "+1.0.0.1", "node1"]
        {
            assert_eq!(address(text), None, "{text}");
        }
        assert_eq!(network("010.96.0.1/012").unwrap().to_string(), "10.96.0.1/12");
        assert_eq!(network("fd00::/108").unwrap().to_string(), "fd00::/108");
        for text in ["10.0.0.0", "10.0.0.0/33", "10.0.0.0/", " 10.0.0.0/8", "fd00::/129", "10.0.0.0/+8"] {
            assert_eq!(network(text), None, "{text}");
        }
    }

    #[test]
    fn what_only_this_host_or_link_knows_is_not_global() {
        for (text, is_global) in [
            ("10.0.0.1", true),
            ("fd00::1", true),
            ("127.0.0.1", false),
            ("169.254.1.1", false),
            ("224.0.0.1", false),
            ("255.255.255.255", false),
            ("0.0.0.0", false),
            ("fe80::1", false),
            ("::1", false),
        ] {
            assert_eq!(is_global_unicast(address(text).unwrap()), is_global, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_gives_an_answer(text in "[0-9a-f.:/%]{0,24}") {
            let _ = (address(&text), network(&text));
        }
    }
}
