//! Keys: what a probe is asked about. Text becomes a key once, in canonical form, so that one key has one
//! spelling in rules, in `facts`, in the memo and in JSON.

use std::fmt;

use crate::host::HostPath;

/// A canonical key of one probe; empty for a probe without keys.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key(String);

impl Key {
    /// The key of a probe that is asked without one.
    #[must_use]
    pub fn none() -> Self {
        Key(String::new())
    }

    /// The text; empty for a probe that is asked without a key.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the probe is asked without a key.
    #[must_use]
    pub fn is_none(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What the key of a probe is.
#[derive(Clone, Copy)]
pub enum KeySyntax {
    /// The probe takes no key.
    None,
    /// The probe can be asked with and without a key.
    Optional(&'static KeyKind),
    /// The probe can't be asked without a key.
    Required(&'static KeyKind),
}

/// A kind of key.
pub struct KeyKind {
    /// What it names: `kernel variable`, `unit`.
    pub noun: &'static str,
    /// The canonical spelling, or what is wrong with the text.
    pub canonical: fn(&str) -> Result<String, String>,
}

impl KeySyntax {
    /// The canonical key of a text, or what is wrong with it.
    ///
    /// # Errors
    /// A fragment that fits after "the key is wrong:".
    pub fn parse(&self, text: Option<&str>) -> Result<Key, String> {
        match (self, text) {
            (KeySyntax::None | KeySyntax::Optional(_), None) => Ok(Key::none()),
            (KeySyntax::None, Some(_)) => Err("it takes no key".into()),
            (KeySyntax::Required(kind), None) => Err(format!("it needs the {} to ask about", kind.noun)),
            (KeySyntax::Optional(kind) | KeySyntax::Required(kind), Some(text)) => {
                if text.is_empty() {
                    return Err(format!("the {} is empty", kind.noun));
                }
                if has_control(text) {
                    return Err(format!("the {} has control characters", kind.noun));
                }
                (kind.canonical)(text).map(Key)
            }
        }
    }
}

/// Most keys are ASCII, of which a look at the bytes tells.
fn has_control(text: &str) -> bool {
    if text.is_ascii() {
        text.bytes().any(|byte| byte.is_ascii_control())
    } else {
        text.chars().any(char::is_control)
    }
}

/// Keys that are absolute paths without `..`.
pub(super) fn absolute_path(text: &str) -> Result<String, String> {
    if !text.starts_with('/') {
        return Err(format!("`{text}` is not an absolute path"));
    }
    // Most paths in rules are written as they are meant.
    if text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'.' | b'-' | b'_'))
        && !text.contains("//")
        && !text.contains("/.")
        && (text.len() == 1 || !text.ends_with('/'))
    {
        return Ok(text.to_owned());
    }
    if text.split('/').any(|part| part == "..") {
        return Err(format!("`{text}` has `..` in it"));
    }
    Ok(HostPath::new(text).to_string())
}

/// The key is taken as it is written.
#[expect(clippy::unnecessary_wraps, reason = "it is one of the functions that a kind of key may name")]
pub(crate) fn verbatim(text: &str) -> Result<String, String> {
    Ok(text.to_owned())
}
