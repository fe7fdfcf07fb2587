//! Addresses and names of hosts as Go listens on them and connects to them.

use std::net::Ipv6Addr;

/// An address that is one of each interface, and doesn't say of which.
pub(super) fn is_link_local(text: &str) -> bool {
    text.parse::<Ipv6Addr>().is_ok_and(|address| address.is_unicast_link_local())
}

/// What Go's resolver asks for at all (`net.isDomainName`); a zone of IPv6 stands behind a percent sign.
pub(super) fn is_host_name(text: &str) -> bool {
    let is_label = |label: &str| {
        let is_of_label = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
        !label.is_empty() && label.len() <= 63 && label.bytes().all(is_of_label)
    };
    match text.split_once('%') {
        Some((address, zone)) => address.parse::<Ipv6Addr>().is_ok() && !zone.is_empty(),
        None => text.len() <= 254 && text.trim_end_matches('.').split('.').all(is_label),
    }
}

/// Whether each percent sign of a URL has its digits.
pub(super) fn has_whole_escapes(text: &str) -> bool {
    let is_hex = |digits: &str| digits.bytes().take(2).filter(u8::is_ascii_hexdigit).count() == 2;
    text.split('%').skip(1).all(is_hex)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_and_endpoints() {
        for good in ["localhost", "a_b.example.", "metrics-1", "fe80::1%lo"] {
            assert!(is_host_name(good), "{good}");
        }
        assert!(is_link_local("fe80::1") && !is_link_local("fe80::1%eth0") && !is_link_local("::1"));
        for bad in ["x y", "[::1]", "a..b", "a/b", "%lo", "fe80::1%"] {
            assert!(!is_host_name(bad), "{bad}");
        }
        assert!(has_whole_escapes("127.0.0.1:4317") && has_whole_escapes("a%20b"));
        assert!(!has_whole_escapes("a%zz") && !has_whole_escapes("a%2"));
    }
}
