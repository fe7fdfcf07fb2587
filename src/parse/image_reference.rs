//! References of container images: `registry.example.com:5000/path/name:tag@sha256:…` (the grammar of
//! `distribution/reference`, which Docker, CRI-O and containerd share).

/// The longest name of a repository, with its registry.
const LONGEST_NAME: usize = 255;
const LONGEST_TAG: usize = 128;

/// A reference and its parts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImageReference {
    /// The registry; empty if the reference has none.
    pub registry: String,
    /// The repository.
    pub path: String,
    /// Its tag.
    pub tag: Option<String>,
    /// Its digest, with the algorithm.
    pub digest: Option<String>,
}

/// Reads a reference as it is written: the first part is a registry where it could be one.
///
/// # Errors
/// What is wrong with it.
pub fn parse(text: &str) -> Result<ImageReference, &'static str> {
    if text.is_empty() {
        return Err("it is empty");
    }
    if ["http://", "https://"].iter().any(|scheme| text.starts_with(scheme)) {
        return Err("a scheme is not part of it");
    }
    let (rest, digest) = match text.split_once('@') {
        Some((rest, digest)) => (rest, Some(digest)),
        None => (text, None),
    };
    // A colon before the last slash is that of a port.
    let name_start = rest.rfind('/').map_or(0, |slash| slash + 1);
    let (name, tag) = match rest[name_start..].find(':') {
        Some(colon) => (&rest[..name_start + colon], Some(&rest[name_start + colon + 1..])),
        None => (rest, None),
    };
    if let Some(tag) = tag
        && !is_tag(tag)
    {
        return Err("its tag is malformed");
    }
    if let Some(digest) = digest
        && !is_digest(digest)
    {
        return Err("its digest is malformed");
    }
    let (registry, path) = split(name).ok_or_else(|| {
        if split(&name.to_lowercase()).is_some() {
            "the name of a repository is lowercase"
        } else {
            "its name is malformed"
        }
    })?;
    if name.len() > LONGEST_NAME {
        return Err("its name is longer than 255 bytes");
    }
    Ok(ImageReference {
        registry: registry.to_owned(),
        path: path.to_owned(),
        tag: tag.map(str::to_owned),
        digest: digest.map(str::to_owned),
    })
}

/// Reads a reference with the defaults of Docker: without a registry it is of docker.io, and `name` there is
/// `library/name`.
///
/// # Errors
/// What is wrong with it.
pub fn parse_with_defaults(text: &str) -> Result<ImageReference, &'static str> {
    if text.len() == 64 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')) {
        return Err("64 hexadecimal digits are no name");
    }
    let is_registry = |part: &str| part.contains(['.', ':']) || part == "localhost";
    let (registry, rest) = match text.split_once('/') {
        Some((registry, rest)) if is_registry(registry) => (registry, rest),
        _ => ("docker.io", text),
    };
    let registry = if registry == "index.docker.io" { "docker.io" } else { registry };
    if text.is_empty() || rest.is_empty() {
        return Err("it is empty");
    }
    match registry {
        "docker.io" if !rest.contains('/') => parse(&format!("docker.io/library/{rest}")),
        _ => parse(&format!("{registry}/{rest}")),
    }
}

/// Whether a text names a registry: a host or address, and perhaps a port.
#[must_use]
pub fn is_registry(text: &str) -> bool {
    let (host, port) = match text.rfind(':').filter(|colon| !text[*colon..].contains(']')) {
        Some(colon) => (&text[..colon], Some(&text[colon + 1..])),
        None => (text, None),
    };
    if port.is_some_and(|port| port.is_empty() || !port.bytes().all(|byte| byte.is_ascii_digit())) {
        return false;
    }
    if let Some(address) = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
        return !address.is_empty() && address.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b':');
    }
    let is_label = |label: &str| {
        let is_inside = label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        !label.is_empty() && is_inside && !label.starts_with('-') && !label.ends_with('-')
    };
    host.split('.').all(is_label)
}

/// The registry, which may be empty, and the repository of a name.
fn split(name: &str) -> Option<(&str, &str)> {
    match name.split_once('/') {
        Some((registry, path)) if is_registry(registry) && is_path(path) => Some((registry, path)),
        _ => is_path(name).then_some(("", name)),
    }
}

fn is_path(path: &str) -> bool {
    path.split('/').all(is_component)
}

/// Lowercase letters and digits; between them one `.` or `_`, two `_`, or any number of `-`.
fn is_component(text: &str) -> bool {
    let is_word = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let words = text.as_bytes().split(|byte| is_word(*byte));
    // What lies between single letters is empty.
    let separators: Vec<&[u8]> = words.filter(|part| !part.is_empty()).collect();
    let bounded = text.bytes().next().is_some_and(is_word) && text.bytes().next_back().is_some_and(is_word);
    bounded
        && separators
            .iter()
            .all(|part| matches!(*part, b"." | b"_" | b"__") || part.iter().all(|byte| *byte == b'-'))
}

fn is_tag(tag: &str) -> bool {
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let mut bytes = tag.bytes();
    tag.len() <= LONGEST_TAG
        && bytes.next().is_some_and(is_word)
        && bytes.all(|byte| is_word(byte) || matches!(byte, b'.' | b'-'))
}

/// A digest of an algorithm that has one length.
fn is_digest(digest: &str) -> bool {
    let Some((algorithm, digits)) = digest.split_once(':') else { return false };
    let wanted = match algorithm {
        "sha256" => 64,
        "sha384" => 96,
        "sha512" => 128,
        _ => return false,
    };
    digits.len() == wanted && digits.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn references_have_parts() {
        let digest = format!("sha256:{}", "a1".repeat(32));
        let all = parse(&format!("a.example.com:5000/b/c:1.0@{digest}")).unwrap();
        assert_eq!((all.registry.as_str(), all.path.as_str()), ("a.example.com:5000", "b/c"));
        assert_eq!((all.tag.as_deref(), all.digest.as_deref()), (Some("1.0"), Some(digest.as_str())));
        assert_eq!(parse("x").unwrap().registry, "");
        assert_eq!(parse("library/x").unwrap().registry, "library");
        assert_eq!(parse("a_b/x").unwrap().path, "a_b/x");
        assert_eq!(parse_with_defaults("x:1").unwrap().path, "library/x");
        assert_eq!(parse_with_defaults("me/x").unwrap().registry, "docker.io");
        assert_eq!(parse_with_defaults("registry.k8s.io/pause:3.10").unwrap().registry, "registry.k8s.io");
        assert_eq!(parse_with_defaults("localhost/x").unwrap().registry, "localhost");
        assert_eq!(parse_with_defaults("[::1]:5000/x").unwrap().registry, "[::1]:5000");
    }

    #[test]
    fn malformed_references_are_refused() {
        let short = format!("x@sha256:{}", "a".repeat(32));
        for text in [
            "",
            "UPPER/x",
            "registry.k8s.io/pause:",
            "https://a.io/x",
            "a.io/",
            "/x",
            "a.io/x:!",
            "a//b",
            "x y",
            "a.io/X",
            "x@sha256",
            "x@md5:00",
            "-x",
            "x-",
            "a.io/x_.y",
            "a.io/x..y",
            "a.io/x___y",
            &short,
            &"ab".repeat(32),
            &"a".repeat(300),
        ] {
            assert!(parse_with_defaults(text).is_err(), "{text}");
        }
        for text in ["a.io/x--y", "a.io/x__y", "a.io/x.y_z", "A.io/x", "x:_"] {
            assert!(parse_with_defaults(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn registries_are_hosts() {
        for text in ["docker.io", "a", "a:5000", "A-b.c:1", "[::1]", "[fe80::1]:5000", "10.0.0.1:1"] {
            assert!(is_registry(text), "{text}");
        }
        for text in [
            "",
            "docker.io/library",
            "https://a",
            "a_b",
            "-a",
            "a-",
            "a..b",
            "a:",
            "a:x",
            "*.a.io",
            "[]",
            "a b",
        ] {
            assert!(!is_registry(text), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_gives_an_answer(text in ".{0,60}") {
            let _ = parse_with_defaults(&text);
        }
    }
}
