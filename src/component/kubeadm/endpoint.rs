//! Hosts with ports, as kubeadm splits and judges them. Pure text.

use crate::parse::go_address;
use crate::parse::label::is_subdomain;

/// A host and the text of a port, as Go's `net.SplitHostPort` parts them.
///
/// # Errors
/// What is wrong, as a fragment that fits after the text itself.
pub fn split_host_port(text: &str) -> Result<(&str, &str), &'static str> {
    let colon = text.rfind(':').ok_or("has no port")?;
    let (host, rest) = match text.strip_prefix('[') {
        Some(inside) => {
            let end = inside.find(']').ok_or("has no `]`")?;
            match colon.cmp(&(end + 2)) {
                std::cmp::Ordering::Equal => {}
                std::cmp::Ordering::Less if inside.len() == end + 1 => return Err("has no port"),
                _ => return Err("has text after `]`"),
            }
            (&inside[..end], &inside[end + 1..])
        }
        None => (&text[..colon], &text[colon..]),
    };
    if !text.starts_with('[') && host.contains(':') {
        return Err("has more than one colon; write an IPv6 address in brackets");
    }
    if host.contains(['[', ']']) || rest.contains(['[', ']']) {
        return Err("has a bracket where none may be");
    }
    Ok((host, &text[colon + 1..]))
}

/// A host with a port, where it has one, as kubeadm's `ParseHostPort` splits it.
///
/// # Errors
/// What is wrong, as a fragment that fits after the text itself.
pub fn host_port(text: &str) -> Result<(&str, Option<u16>), String> {
    if text.contains("://") {
        return Err("has a scheme; write host:port alone".into());
    }
    if text.contains('/') {
        return Err("has a `/`; write host:port alone".into());
    }
    let (host, port) = split_host_port(text).unwrap_or((text, ""));
    let port = match port {
        "" => None,
        port => match port.parse::<u16>() {
            Ok(number) if number > 0 && port.bytes().all(|b| b.is_ascii_digit()) => Some(number),
            _ => return Err(format!("has the port `{port}`; a port is 1 to 65535")),
        },
    };
    if go_address::address(host).is_some() || is_subdomain(host) {
        return Ok((host, port));
    }
    Err(match host {
        "" => "has no host before the port".into(),
        host if host.starts_with('[') && !host.contains(']') => "has no `]`".into(),
        host if host.starts_with('[') => match split_host_port(text) {
            Err(wrong) => format!("{wrong}; write an address in brackets with its port"),
            Ok(_) => format!("has `{host}`, which is no address"),
        },
        host if is_subdomain(&host.to_lowercase()) => "has capital letters".into(),
        host => format!("has `{host}`, which is neither an address nor a DNS name"),
    })
}

/// The host and port of an API server that a node joins: capitals and underscores are taken, kubeadm only splits it.
///
/// # Errors
/// What is wrong, as a fragment that fits after the text itself.
pub fn join_endpoint(text: &str) -> Result<(&str, u16), String> {
    if text.contains("://") {
        return Err("has a scheme; write host:port alone".into());
    }
    if text.contains('/') {
        return Err("has a `/`; write host:port alone".into());
    }
    let (host, port) = split_host_port(text)?;
    if host.is_empty() {
        return Err("has no host before the port".into());
    }
    if !host.chars().all(|c| c.is_ascii_alphanumeric() || "-._:%".contains(c)) {
        return Err(format!("has `{host}`, which is neither an address nor a DNS name"));
    }
    match port.parse::<u16>() {
        Ok(number) if number > 0 && port.bytes().all(|b| b.is_ascii_digit()) => Ok((host, number)),
        _ if port.is_empty() => Err("has no port".into()),
        _ => Err(format!("has the port `{port}`; a port is 1 to 65535")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn endpoints_are_split_as_kubeadm_does() {
        for (text, host, port) in [
            ("k8s.example.com:6443", "k8s.example.com", Some(6443)),
            ("k8s.example.com", "k8s.example.com", None),
            ("10.0.0.1:6443", "10.0.0.1", Some(6443)),
            ("[fd00::1]:6443", "fd00::1", Some(6443)),
            ("fd00::1", "fd00::1", None),
        ] {
            assert_eq!(host_port(text), Ok((host, port)), "{text}");
        }
        for (text, said) in [
            ("https://k8s:6443", "scheme"),
            ("k8s:6443/", "`/`"),
            ("K8s:6443", "capital"),
            ("k8s:0", "port"),
            ("k8s:+1", "port"),
            ("k8s:66000", "port"),
            (":6443", "no host"),
            ("k8s_1:6443", "neither"),
            ("[fd00::1:6443", "`]`"),
            ("[fd00::1]6443", "after"),
        ] {
            assert!(host_port(text).unwrap_err().contains(said), "{text}: {:?}", host_port(text));
        }
    }

    #[test]
    fn endpoints_to_join_are_only_split() {
        for (text, host, port) in [
            ("K8s_1.Example.com:6443", "K8s_1.Example.com", 6443),
            ("[fd00::1]:6443", "fd00::1", 6443),
            ("010.0.0.1:1", "010.0.0.1", 1),
        ] {
            assert_eq!(join_endpoint(text), Ok((host, port)), "{text}");
        }
        for text in [
            "10.0.0.1",
            "https://a:1",
            "fd00::1:6443",
            "a:6443/",
            ":6443",
            "a:",
            "a:http",
            "[fd00::1]",
            "a:0",
        ] {
            assert!(join_endpoint(text).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_an_answer(text in ".{0,40}") {
            drop(join_endpoint(&text));
            if let Ok((host, _)) = host_port(&text) {
                prop_assert!(text.contains(host) && !host.is_empty());
            }
        }

        #[test]
        fn every_host_and_port_come_back(host in "[a-z][a-z0-9]{0,9}(\\.[a-z]{1,5}){0,3}", port in 1u16..) {
            let text = format!("{host}:{port}");
            prop_assert_eq!(host_port(&text), Ok((host.as_str(), Some(port))));
        }
    }
}
