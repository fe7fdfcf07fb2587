//! The forms of names, endpoints, tokens and hashes, as kubeadm demands them. Pure text.

use crate::fact::distance;
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

/// Names of what nobody but kubeadm may know, in small letters and without dashes.
const SECRETS: [&str; 4] = ["token", "tlsbootstraptoken", "discoverytoken", "certificatekey"];

/// Whether a name is that of a secret, or a misspelling of one: `token`, `tokn`, `certificateKey`.
#[must_use]
pub fn names_secret(name: &str) -> bool {
    // No name of a field is longer; comparing costs the product of both lengths.
    if name.len() > 64 {
        return true;
    }
    let plain: String =
        name.chars().filter(|c| *c != '-' && *c != '_').collect::<String>().to_ascii_lowercase();
    SECRETS.iter().any(|secret| distance(&plain, secret) <= secret.len() / 4 + 1)
}

/// A text in which nothing that looks like a token, even a broken one, or stands beside the name of a secret, can be read.
/// Its bytes keep their places.
#[must_use]
pub fn masked(text: &str) -> String {
    let mut bytes = text.as_bytes().to_vec();
    let lower = text.to_ascii_lowercase();
    let mut start = 0;
    let mut goes_on = false;
    for line in lower.split_inclusive('\n') {
        let value = secret_value(line);
        if let Some(value) = value {
            hide(&mut bytes[start + value..start + line.len()]);
        } else if goes_on && !begins_a_field(line) {
            hide(&mut bytes[start..start + line.len()]);
        }
        goes_on = value.is_some() || (goes_on && !begins_a_field(line));
        start += line.len();
    }
    hide_tokens(&mut bytes);
    String::from_utf8(bytes).unwrap_or_default()
}

/// Where the value of a secret begins in a line of small letters.
fn secret_value(line: &str) -> Option<usize> {
    let after = |at: usize| line[at..].find([':', '=', ' ']).map_or(line.len(), |colon| at + colon + 1);
    let named = ["token", "certificatekey", "secret", "certificate-key"];
    if let Some(at) = named.iter().filter_map(|word| line.find(word)).min() {
        return Some(after(at));
    }
    let (name, _) = line.split_once(':')?;
    let bare =
        name.trim_start_matches([' ', '\t', '-', '?', '{', '"', '\'']).trim_end_matches([' ', '"', '\'']);
    names_secret(bare).then_some(name.len() + 1)
}

/// Whether a line of YAML begins another field, a document or a comment: a value that was begun above ends there.
fn begins_a_field(line: &str) -> bool {
    let text = line.trim_start_matches([' ', '\t', '-']).trim_end();
    let is_name = |name: &str| !name.is_empty() && !name.contains(char::is_whitespace);
    line.starts_with("---")
        || text.starts_with('#')
        || text.strip_suffix(':').is_some_and(is_name)
        || text.split_once(": ").is_some_and(|(name, _)| is_name(name))
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

/// How many letters and digits a token has before and behind its dot: 6 and 16, and some fewer or more where it was
/// broken in copying. Behind it there may be more: what it is glued to is hidden as well.
const ID: std::ops::RangeInclusive<usize> = 4..=24;
const SECRET: usize = 9;

/// Hides what looks like a token, whole or broken, with what it is glued to. Names of hosts and files look otherwise: they
/// have no nine letters and digits with a digit among them behind a dot.
fn hide_tokens(bytes: &mut [u8]) {
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric();
    let dots: Vec<usize> = memchr::memchr_iter(b'.', bytes).collect();
    for dot in dots {
        let before = bytes[..dot].iter().rev().take_while(|byte| is_part(byte)).take(ID.end() + 1).count();
        let behind = bytes[dot + 1..].iter().take_while(|byte| is_part(byte)).count();
        let secret = &bytes[dot + 1..dot + 1 + behind];
        let is_secret = behind >= SECRET
            && (secret.iter().any(u8::is_ascii_digit) || behind == 16)
            && before >= *ID.start();
        if is_secret {
            hide(&mut bytes[dot - before..=dot + behind]);
        }
    }
}

/// The name of a flag that is none, as it may be shown: what a secret's flag is glued to, which may be the secret, is left
/// out, and so is whatever no flag is made of.
#[must_use]
pub fn flag_name(word: &str) -> String {
    const FLAGS: [&str; 4] = ["--token", "--certificate-key", "--discovery-token", "--tls-bootstrap-token"];
    let end = word.find(|c: char| !(c.is_ascii_lowercase() || c == '-')).unwrap_or(word.len());
    let name = &word[..end];
    let glued = FLAGS.iter().flat_map(|flag| {
        let lengths = flag.len() - 2..=flag.len() + 1;
        lengths.filter(|length| *length < name.len()).filter_map(|length| {
            let slips = distance(&name[..length], flag);
            (slips <= 2 && name.as_bytes()[length] != b'-').then_some((slips, length))
        })
    });
    let is_near = end == word.len() && super::flags::nearest(name).is_some();
    match glued.min().filter(|_| !is_near) {
        Some((_, length)) => format!("{}...", &name[..length]),
        None if end < word.len() => format!("{name}..."),
        None => word.to_owned(),
    }
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
