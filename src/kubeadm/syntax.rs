//! What may be shown of a text that may hold secrets. The forms that kubeadm demands are
//! [`crate::component::kubeadm::form`]'s and [`crate::component::kubeadm::endpoint`]'s.

use crate::fact::distance;

pub use crate::component::kubeadm::endpoint::{host_port, join_endpoint};
pub use crate::component::kubeadm::form::{hash_mistake, is_token};
pub use crate::parse::label::is_subdomain;

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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

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
    }
}
