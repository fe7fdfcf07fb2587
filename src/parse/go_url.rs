//! What `net/url` of Go takes for a URL: as much of it as says whether a text is refused, its scheme, and the path of a Unix
//! socket.

/// The scheme of a URL in small letters; empty if it has none.
///
/// # Errors
/// Why Go refuses the text.
pub fn scheme(text: &str) -> Result<String, &'static str> {
    if text.bytes().any(|byte| byte < 0x20 || byte == 0x7f) {
        return Err("has a control character");
    }
    let (text, fragment) = text.split_once('#').unwrap_or((text, ""));
    if !is_escaped(fragment) {
        return Err("has a `%` without two hexadecimal digits");
    }
    let (scheme, rest) = split_scheme(text)?;
    let rest = rest.split('?').next().unwrap_or_default();
    if !rest.starts_with('/') {
        // What follows a scheme without a slash is not looked at.
        let first = rest.split('/').next().unwrap_or_default();
        let is_bare = scheme.is_empty();
        return if is_bare && first.contains(':') {
            Err("has a colon before its first slash, and no scheme")
        } else if is_bare && !is_escaped(rest) {
            Err("has a `%` without two hexadecimal digits")
        } else {
            Ok(scheme)
        };
    }
    let (authority, path) = match rest.strip_prefix("//") {
        Some(rest) if !scheme.is_empty() || !rest.starts_with('/') => {
            rest.split_at(rest.find('/').unwrap_or(rest.len()))
        }
        _ => ("", rest),
    };
    host_mistake(authority).map_or(Ok(()), Err)?;
    if is_escaped(path) { Ok(scheme) } else { Err("has a `%` without two hexadecimal digits") }
}

/// The path of a Unix socket: `unix://PATH`, `unix:PATH` in any case, or a path alone; none with another scheme.
#[must_use]
pub fn unix_path(text: &str) -> Option<&str> {
    match text.split_once(':') {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("unix") => {
            Some(rest.strip_prefix("//").unwrap_or(rest))
        }
        Some((scheme, _)) if !scheme.contains('/') => None,
        _ => Some(text),
    }
}

fn split_scheme(text: &str) -> Result<(String, &str), &'static str> {
    for (at, c) in text.char_indices() {
        match c {
            'a'..='z' | 'A'..='Z' => {}
            '0'..='9' | '+' | '-' | '.' if at > 0 => {}
            ':' if at == 0 => return Err("begins with a colon"),
            ':' => return Ok((text[..at].to_ascii_lowercase(), &text[at + 1..])),
            _ => break,
        }
    }
    Ok((String::new(), text))
}

/// What is wrong with `user@host:port`.
fn host_mistake(authority: &str) -> Option<&'static str> {
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let port = if host.starts_with('[') {
        match host.rfind(']') {
            Some(end) => &host[end + 1..],
            None => return Some("has no `]` behind its host"),
        }
    } else {
        host.rfind(':').map_or("", |colon| &host[colon..])
    };
    let is_port =
        port.strip_prefix(':').map_or(port.is_empty(), |digits| digits.bytes().all(|b| b.is_ascii_digit()));
    if !is_port {
        return Some("has a port that is no number");
    }
    let allowed =
        |c: char| !c.is_ascii() || c.is_ascii_alphanumeric() || "-_.~!$&'()*+,;=:[]<>\"%".contains(c);
    if !is_escaped(host) {
        return Some("has a `%` without two hexadecimal digits");
    }
    (!host.chars().all(allowed)).then_some("has a host with a character that no host has")
}

fn is_escaped(text: &str) -> bool {
    let mut parts = text.split('%').map(str::as_bytes);
    parts.next();
    parts.all(|part| part.len() >= 2 && part[..2].iter().all(u8::is_ascii_hexdigit))
}

#[cfg(test)]
mod tests {
    use super::{scheme, unix_path};
    use proptest::prelude::*;

    #[test]
    fn urls_are_split_as_go_does() {
        for (text, expected) in [
            ("unix:///run/crio/crio.sock", "unix"),
            ("unix:/run/crio/crio.sock", "unix"),
            ("HTTPS://a:2379", "https"),
            ("a:2379", "a"),
            ("unix://docker://x", "unix"),
            ("https://[fd00::1]:2379/", "https"),
            ("https://a", "https"),
            ("/a/b c", ""),
            ("", ""),
            ("a_b/c", ""),
        ] {
            assert_eq!(scheme(text).as_deref(), Ok(expected), "{text}");
        }
        for text in [
            "10.0.0.1:2379",
            ":a",
            "https://a:port",
            "https://[fd00::1",
            "https://a b",
            "a\u{1}",
            "/a%zz",
            "https://a/%",
            "x_y:1",
        ] {
            assert!(scheme(text).is_err(), "{text}");
        }
    }

    #[test]
    fn sockets_have_one_path_however_they_are_written() {
        for text in ["unix:///a", "unix:/a", "UNIX:///a", "/a"] {
            assert_eq!(unix_path(text), Some("/a"), "{text}");
        }
        assert_eq!(unix_path("/a:b"), Some("/a:b"));
        assert_eq!(unix_path("tcp://127.0.0.1:1"), None);
    }

    proptest! {
        #[test]
        fn any_text_gives_an_answer(text in ".{0,40}") {
            drop(scheme(&text));
        }
    }
}
