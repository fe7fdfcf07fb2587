//! The forms that kubeadm demands of a text: names, tokens, keys, versions, sockets, times. Pure text.

use crate::parse::label::is_subdomain;
use crate::parse::{go_address, go_url, image_reference};

/// A bootstrap token: `[a-z0-9]{6}.[a-z0-9]{16}`.
#[must_use]
pub fn is_token(text: &str) -> bool {
    let plain = |part: &str| part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    text.split_once('.')
        .is_some_and(|(id, secret)| id.len() == 6 && secret.len() == 16 && plain(id) && plain(secret))
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

/// A version of Kubernetes as kubeadm takes it without asking the network: `v1.34.2`, `1.34.2-rc.0`, `v1.34.2+k3s1`.
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
    let is_suffix = |part: &str| {
        !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'.' || b == b'-')
    };
    let suffix = &text[end..];
    let (before, build) =
        suffix.split_once('+').map_or((suffix, None), |(before, build)| (before, Some(build)));
    let is_pre = before.is_empty() || before.strip_prefix('-').is_some_and(is_suffix);
    parts.len() == 3 && parts.iter().all(|part| number(part)) && is_pre && build.is_none_or(is_suffix)
}

/// Whether a text is a label for which kubeadm asks the network: `stable`, `latest-1.36`, `ci/latest`.
#[must_use]
pub fn is_version_label(text: &str) -> bool {
    let name =
        ["release/", "ci/", "ci-cross/"].iter().find_map(|bucket| text.strip_prefix(bucket)).unwrap_or(text);
    let mut rest = name;
    while let Some(behind) = ["latest", "stable"].iter().find_map(|word| rest.strip_prefix(word)) {
        rest = behind;
    }
    let is_number = |text: &str| matches!(text.as_bytes(), [b'1'..=b'9'] | [b'1'..=b'9', b'0'..=b'9']);
    let is_label = rest.len() < name.len()
        && match rest.strip_prefix('-').map(|numbers| numbers.split_once('.').unwrap_or((numbers, "1"))) {
            Some((major, minor)) => major.len() == 1 && is_number(major) && is_number(minor),
            None => rest.is_empty(),
        };
    // Such builds are read from a bucket by names that nobody lists.
    is_label || name.starts_with("k8s-") || (name.len() < text.len() && is_version(name))
}

/// What is wrong with the socket of a runtime, of what kubeadm or the first call of the runtime fails with.
#[must_use]
pub fn socket_mistake(text: &str) -> Option<String> {
    // kubeadm puts the scheme before whatever doesn't begin with its name.
    let whole = if text.starts_with("unix") { text.to_owned() } else { format!("unix://{text}") };
    match go_url::scheme(&whole) {
        Err(wrong) => return Some(wrong.to_owned()),
        Ok(scheme) if scheme != "unix" => {
            return Some("is not a path with unix:// in front".to_owned());
        }
        Ok(_) => {}
    }
    let path = whole.strip_prefix("unix:").unwrap_or(&whole);
    match path.strip_prefix("//").unwrap_or(path) {
        path if path.starts_with('/') => None,
        _ if text.starts_with("unix://") => Some("is not absolute: it takes three slashes, unix:///".into()),
        _ => match text.split_once("://") {
            Some((scheme, _)) => Some(format!("has the scheme {scheme}; only unix is taken")),
            None => Some("is not a path with unix:// in front".into()),
        },
    }
}

/// What is wrong with the place that images come from.
#[must_use]
pub fn repository_mistake(text: &str) -> Option<&'static str> {
    if text.contains("://") {
        return Some("has a scheme; write host/path alone");
    }
    if text.ends_with('/') {
        return Some("ends with `/`");
    }
    // A long name is one for the registry to refuse.
    if text.len() > 200 || image_reference::parse(&format!("{text}/name:tag")).is_ok() {
        return None;
    }
    let path = text.split_once('/').map_or("", |(_, path)| path);
    Some(match path.bytes().any(|b| b.is_ascii_uppercase()) {
        true => "has capital letters in its path",
        false if path.contains([':', '@']) => "has a tag or a digest; write host/path alone",
        false => "is not of the form host/path",
    })
}

/// Whether a text may stand in a certificate: an address, a DNS name, or `*.` and a DNS name.
#[must_use]
pub fn is_alternative_name(text: &str) -> bool {
    go_address::address(text).is_some() || is_subdomain(text.strip_prefix("*.").unwrap_or(text))
}

/// Whether a text is a group for bootstrap tokens: `system:bootstrappers:` and a name.
#[must_use]
pub fn is_token_group(text: &str) -> bool {
    text.strip_prefix("system:bootstrappers:").is_some_and(|name| {
        let inner = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b':' || b == b'-';
        !name.is_empty() && name.len() <= 256 && name.bytes().all(inner) && !name.ends_with([':', '-'])
    })
}

/// Whether a text is a time as RFC 3339 has it: `2030-01-01T00:00:00Z`.
#[must_use]
pub fn is_time(text: &str) -> bool {
    let bytes = text.as_bytes();
    let digits =
        |from: usize, to: usize| bytes.get(from..to).is_some_and(|part| part.iter().all(u8::is_ascii_digit));
    let number =
        |from: usize| text.get(from..from + 2).and_then(|part| part.parse::<u8>().ok()).unwrap_or(99);
    let marks = [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':')];
    let is_date = digits(0, 4) && (1..=12).contains(&number(5)) && (1..=31).contains(&number(8));
    let is_clock = number(11) < 24 && number(14) < 60 && number(17) < 60;
    let rest = text.get(19..).unwrap_or_default();
    let zone = match rest.strip_prefix('.') {
        Some(fraction) => fraction.trim_start_matches(|c: char| c.is_ascii_digit()),
        None => rest,
    };
    let is_zone = zone == "Z"
        || (zone.len() == 6 && zone.starts_with(['+', '-']) && zone.as_bytes()[3] == b':' && zone.is_ascii());
    is_date && is_clock && is_zone && marks.iter().all(|(at, mark)| bytes.get(*at) == Some(mark))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

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
    fn labels_groups_and_times_have_their_forms() {
        for text in [
            "stable",
            "latest",
            "stable-1",
            "latest-1.36",
            "ci/latest",
            "ci/latest-1.36",
            "release/stable-1.34",
            "ci/v1.36.0-alpha.1",
        ] {
            assert!(is_version_label(text), "{text}");
        }
        for text in [
            "",
            "newest",
            "stable-x",
            "stable-0",
            "stable-1.x",
            "stable-1.100",
            "stable-",
            "1.36",
            "v1.36",
            "xstable",
        ] {
            assert!(!is_version_label(text), "{text}");
        }
        assert!(is_token_group("system:bootstrappers:kubeadm:default-node-token"));
        for text in
            ["system:masters", "system:bootstrappers:", "system:bootstrappers:A", "system:bootstrappers:a-"]
        {
            assert!(!is_token_group(text), "{text}");
        }
        for text in ["2030-01-01T00:00:00Z", "2030-01-01T00:00:00.5+02:00"] {
            assert!(is_time(text), "{text}");
        }
        for text in ["2030-01-01", "2030-01-01 00:00:00", "2030-13-01T00:00:00Z", "tomorrow", ""] {
            assert!(!is_time(text), "{text}");
        }
    }

    #[test]
    fn sockets_and_repositories_are_those_that_kubeadm_can_use() {
        for text in ["unix:///run/crio/crio.sock", "unix:/run/crio/crio.sock", "/run/crio/crio.sock"] {
            assert_eq!(socket_mistake(text), None, "{text}");
        }
        for (text, said) in [
            ("unix://run/crio.sock", "three slashes"),
            ("tcp://1.2.3.4:1", "only unix"),
            ("crio.sock", "is not a path"),
            ("unixx:///run/crio.sock", "is not a path"),
            ("unix:///run/%zz", "hexadecimal"),
        ] {
            assert!(
                socket_mistake(text).is_some_and(|wrong| wrong.contains(said)),
                "{text}: {:?}",
                socket_mistake(text)
            );
        }
        for text in
            ["registry.k8s.io", "REG.io:5000/a/b", "registry", "[fd00::1]:5000/a", "a__b", "10.0.0.1:5000"]
        {
            assert_eq!(repository_mistake(text), None, "{text}");
        }
        for text in [
            "https://a/b",
            "a/b/",
            "reg.io/A",
            "reg.io/a:tag",
            "reg.io/a@sha256:0",
            ".a",
            "reg.io/a..b",
            "reg.io/a___b",
            "a b",
        ] {
            assert!(repository_mistake(text).is_some(), "{text}");
        }
        for (text, is) in [
            ("*.example.com", true),
            ("fd00::1", true),
            ("a.b", true),
            ("a_b", false),
            ("https://a", false),
            ("a:6443", false),
            ("10.0.0.0/8", false),
            ("a.com,b.com", false),
            ("a.", false),
            ("", false),
            ("*", false),
        ] {
            assert_eq!(is_alternative_name(text), is, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_an_answer(text in ".{0,40}") {
            let _ = (is_subdomain(&text), is_token(&text), hash_mistake(&text), is_version(&text), is_time(&text));
            let _ = (socket_mistake(&text), repository_mistake(&text), is_version_label(&text));
            let _ = (is_alternative_name(&text), is_token_group(&text));
        }
    }
}
