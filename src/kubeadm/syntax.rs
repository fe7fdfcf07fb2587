//! The forms of names, endpoints, tokens and hashes, as kubeadm demands them. Pure text.

use std::net::IpAddr;

/// Whether a text is a DNS subdomain of RFC 1123 as Kubernetes takes it: lower case, digits, `-` and `.`, at most 253.
#[must_use]
pub fn is_subdomain(text: &str) -> bool {
    let is_label = |label: &str| {
        let inner = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        !label.is_empty() && label.bytes().all(inner) && !label.starts_with('-') && !label.ends_with('-')
    };
    text.len() <= 253 && text.split('.').all(is_label)
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
    let (host, port) = match text.strip_prefix('[') {
        Some(rest) => match rest.split_once(']') {
            Some((host, "")) => (host, None),
            Some((host, port)) => (host, port.strip_prefix(':').map(Some).ok_or("has text after `]`")?),
            None => return Err("has no `]`".into()),
        },
        // An IPv6 address without brackets has no port.
        None if text.parse::<IpAddr>().is_ok() => (text, None),
        None => match text.rsplit_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (text, None),
        },
    };
    let port = match port {
        Some(port) => match port.parse::<u16>() {
            Ok(number) if number > 0 && port.bytes().all(|b| b.is_ascii_digit()) => Some(number),
            _ => return Err(format!("has the port `{port}`; a port is 1 to 65535")),
        },
        None => None,
    };
    if host.parse::<IpAddr>().is_ok() || is_subdomain(host) {
        return Ok((host, port));
    }
    Err(match host {
        "" => "has no host before the port".into(),
        host if is_subdomain(&host.to_lowercase()) => "has capital letters".into(),
        host => format!("has `{host}`, which is neither an address nor a DNS name"),
    })
}

/// A bootstrap token: `[a-z0-9]{6}.[a-z0-9]{16}`.
#[must_use]
pub fn is_token(text: &str) -> bool {
    let plain = |part: &str| part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    text.split_once('.')
        .is_some_and(|(id, secret)| id.len() == 6 && secret.len() == 16 && plain(id) && plain(secret))
}

/// A text in which nothing that looks like a token, or stands beside the name of a secret, can be read. Its bytes keep
/// their places.
#[must_use]
pub fn masked(text: &str) -> String {
    let mut bytes = text.as_bytes().to_vec();
    let lower = text.to_ascii_lowercase();
    let mut start = 0;
    for line in lower.split_inclusive('\n') {
        for word in ["token", "certificatekey", "secret", "certificate-key"] {
            let Some(at) = line.find(word) else { continue };
            let value = line[at..].find([':', '=', ' ']).map_or(line.len(), |colon| at + colon + 1);
            hide(&mut bytes[start + value..start + line.len()]);
        }
        start += line.len();
    }
    hide_tokens(&mut bytes);
    String::from_utf8(bytes).unwrap_or_default()
}

/// A text in which nothing that looks like a token can be read, but for the example in our own messages.
#[must_use]
pub fn without_tokens(text: &str) -> String {
    let mut bytes = text.as_bytes().to_vec();
    hide_tokens(&mut bytes);
    let hidden = String::from_utf8(bytes).unwrap_or_default();
    match text.find(EXAMPLE) {
        Some(at) => hidden[..at].to_owned() + EXAMPLE + &hidden[at + EXAMPLE.len()..],
        None => hidden,
    }
}

/// What a token looks like.
const EXAMPLE: &str = "abcdef.0123456789abcdef";

fn hide_tokens(bytes: &mut [u8]) {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    for at in 0..bytes.len().saturating_sub(22) {
        if bytes[at + 6] == b'.'
            && is_plain(&bytes[at..at + 6], plain)
            && is_plain(&bytes[at + 7..at + 23], plain)
        {
            hide(&mut bytes[at..at + 23]);
        }
    }
}

fn is_plain(bytes: &[u8], plain: impl Fn(u8) -> bool) -> bool {
    bytes.iter().all(|byte| plain(*byte))
}

/// Letters of more than one byte stay: no secret has one.
fn hide(bytes: &mut [u8]) {
    for byte in bytes.iter_mut().filter(|byte| byte.is_ascii_alphanumeric()) {
        *byte = b'*';
    }
}

/// What is wrong with the hash of a CA; nothing if it is `sha256:` and 64 hexadecimal digits.
#[must_use]
pub fn hash_mistake(text: &str) -> Option<String> {
    let Some((kind, digits)) = text.split_once(':') else {
        return Some("lacks `sha256:` before its digits".into());
    };
    if !kind.eq_ignore_ascii_case("sha256") {
        return Some(format!("is `{kind}`, only sha256 is known"));
    }
    if let Some(wrong) = digits.chars().find(|c| !c.is_ascii_hexdigit()) {
        return Some(format!("has `{wrong}`, which is no hexadecimal digit"));
    }
    (digits.len() != 64).then(|| format!("has {} hexadecimal digits instead of 64", digits.len()))
}

/// Whether a text is a certificate key: 32 bytes in hexadecimal digits.
#[must_use]
pub fn is_certificate_key(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|b| b.is_ascii_hexdigit())
}

/// A version of Kubernetes as kubeadm takes it without asking the network: `v1.34.2`, `1.34.2-rc.0`.
#[must_use]
pub fn is_version(text: &str) -> bool {
    let text = text.strip_prefix('v').unwrap_or(text);
    let end = text.find(['-', '+']).unwrap_or(text.len());
    let number = |part: &str| {
        !part.is_empty()
            && part.len() < 6
            && part.bytes().all(|b| b.is_ascii_digit())
            && (part == "0" || !part.starts_with('0'))
    };
    let parts: Vec<&str> = text[..end].split('.').collect();
    parts.len() == 3 && parts.iter().all(|part| number(part))
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
    fn tokens_hashes_keys_and_versions_have_their_forms() {
        assert!(is_token("abcdef.0123456789abcdef"));
        for wrong in ["abcdef.0123456789abcde", "ABCDEF.0123456789abcdef", "abcdef0123456789abcdef", ""] {
            assert!(!is_token(wrong), "{wrong}");
        }
        let hash = format!("sha256:{}", "ab".repeat(32));
        assert_eq!(hash_mistake(&hash), None);
        assert!(hash_mistake(&hash[7..]).unwrap().contains("lacks"));
        assert!(hash_mistake(&hash[..70]).unwrap().contains("63"));
        assert!(hash_mistake("sha1:ab").unwrap().contains("sha1"));
        assert!(hash_mistake("sha256:xy").unwrap().contains("`x`"));
        assert!(is_certificate_key(&"0f".repeat(32)) && !is_certificate_key("0f"));
        for (text, is) in [
            ("v1.34.2", true),
            ("1.34.0-rc.1", true),
            ("1.34", false),
            ("stable-1", false),
            ("v1.3.4.5", false),
            ("1.034.0", false),
        ] {
            assert_eq!(is_version(text), is, "{text}");
        }
    }

    #[test]
    fn secrets_are_masked_where_they_are() {
        let text = "token: abcdef.0123456789abcdef\n- abcdef.0123456789abcdef\nname: node1 # \u{e9}\ncertificateKey: 0a\n";
        let masked = masked(text);
        assert_eq!(
            masked,
            "token: ******.****************\n- ******.****************\nname: node1 # \u{e9}\ncertificateKey: **\n"
        );
        assert_eq!(masked.len(), text.len());
    }

    proptest! {
        #[test]
        fn no_token_survives_masking(token in "[a-z0-9]{6}\\.[a-z0-9]{16}", before in ".{0,20}", after in ".{0,20}") {
            let text = format!("{before}{token}{after}");
            let masked = masked(&text);
            prop_assert!(!masked.contains(&token) && masked.len() == text.len());
        }

        #[test]
        fn any_text_is_an_answer(text in ".{0,40}") {
            let _ = (is_subdomain(&text), is_token(&text), hash_mistake(&text), is_version(&text));
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
