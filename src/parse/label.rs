//! Names and values of labels and taints (apimachinery, `pkg/util/validation`).

/// Whether a text is a qualified name: `name` or `example.com/name`.
#[must_use]
pub fn is_qualified_name(text: &str) -> bool {
    match text.split_once('/') {
        Some((prefix, name)) => is_subdomain(prefix) && is_name(name),
        None => is_name(text),
    }
}

/// Whether a text is the value of a label: empty, or like a name without a prefix.
#[must_use]
pub fn is_value(text: &str) -> bool {
    text.is_empty() || is_name(text)
}

/// 63 letters, digits, `-`, `_` and `.`, with a letter or digit at both ends.
fn is_name(text: &str) -> bool {
    let bytes = text.as_bytes();
    let inside = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    (1..=63).contains(&bytes.len()) && bytes.iter().all(inside) && ends(bytes, u8::is_ascii_alphanumeric)
}

/// Whether a text is a DNS subdomain of RFC 1123 as Kubernetes takes it: small letters, digits, `-` and `.`, at most 253.
#[must_use]
pub fn is_subdomain(text: &str) -> bool {
    let small = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let is_label = |label: &[u8]| label.iter().all(|b| small(b) || *b == b'-') && ends(label, small);
    (1..=253).contains(&text.len()) && text.split('.').all(|label| is_label(label.as_bytes()))
}

fn ends(bytes: &[u8], is: impl Fn(&u8) -> bool) -> bool {
    bytes.first().is_some_and(&is) && bytes.last().is_some_and(&is)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_values_are_told_from_other_text() {
        for (text, name, value) in [
            ("a", true, true),
            ("node-role.kubernetes.io/worker", true, false),
            ("Example.com/a", false, false),
            ("a/b/c", false, false),
            ("/a", false, false),
            ("a/", false, false),
            ("", false, true),
            ("A_b.c-1", true, true),
            ("a=b", false, false),
            ("-a", false, false),
            ("a b", false, false),
            (&"x".repeat(63), true, true),
            (&"x".repeat(64), false, false),
        ] {
            assert_eq!((is_qualified_name(text), is_value(text)), (name, value), "{text}");
        }
    }
}
