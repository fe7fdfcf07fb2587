//! Keys: what a probe is asked about. Text becomes a key once, in canonical form, so that one key has one
//! spelling in rules, in `facts`, in the memo and in JSON.

use std::fmt;

use crate::fact::KeyWord;
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
    /// The key is one of declared words.
    Word(&'static KeyWords),
    /// The key is one of a configuration.
    Setting(&'static SettingKey),
}

/// A kind of key.
pub struct KeyKind {
    /// What it names: `kernel variable`, `unit`.
    pub noun: &'static str,
    /// The canonical spelling, or what is wrong with the text.
    pub canonical: fn(&str) -> Result<String, String>,
}

/// Keys that are declared words.
pub struct KeyWords {
    /// What such a word is: `finding`.
    pub noun: &'static str,
    /// All of them, sorted.
    pub all: fn() -> Vec<&'static KeyWord>,
}

/// Keys of a configuration, of which newer versions may have others than those that are known here.
pub struct SettingKey {
    /// What it names: `configuration key`.
    pub noun: &'static str,
    /// The keys that are known, if this one is none of them.
    pub unknown: fn(&str) -> Option<Vec<String>>,
    /// Words that were keys of this probe before they had probes of their own: these probes.
    pub words: &'static [&'static str],
}

impl KeyWords {
    /// A word.
    #[must_use]
    pub fn find(&self, word: &str) -> Option<&'static KeyWord> {
        (self.all)().into_iter().find(|known| known.word == word)
    }
}

impl KeySyntax {
    /// What the key names; none for a probe that takes none.
    #[must_use]
    pub fn noun(&self) -> Option<&'static str> {
        match self {
            KeySyntax::None => None,
            KeySyntax::Optional(kind) | KeySyntax::Required(kind) => Some(kind.noun),
            KeySyntax::Word(words) => Some(words.noun),
            KeySyntax::Setting(setting) => Some(setting.noun),
        }
    }

    /// Whether the probe can be asked without a key.
    #[must_use]
    pub fn may_be_missing(&self) -> bool {
        matches!(self, KeySyntax::None | KeySyntax::Optional(_))
    }

    /// The words that the key may be; none where any key may be asked.
    #[must_use]
    pub fn words(&self) -> Vec<&'static KeyWord> {
        match self {
            KeySyntax::Word(words) => (words.all)(),
            _ => Vec::new(),
        }
    }

    /// The canonical key of a text, or what is wrong with it.
    ///
    /// # Errors
    /// A fragment that fits after "the key is wrong:".
    pub fn parse(&self, text: Option<&str>) -> Result<Key, String> {
        let Some(noun) = self.noun() else {
            return if text.is_none() { Ok(Key::none()) } else { Err("it takes no key".into()) };
        };
        let text = match text {
            None if self.may_be_missing() => return Ok(Key::none()),
            None => return Err(format!("it needs the {noun} to ask about")),
            Some("") => return Err(format!("the {noun} is empty")),
            Some(text) if has_control(text) => return Err(format!("the {noun} has control characters")),
            Some(text) => text,
        };
        match self {
            KeySyntax::Optional(kind) | KeySyntax::Required(kind) => (kind.canonical)(text).map(Key),
            KeySyntax::Word(words) if words.find(text).is_none() => {
                Err(format!("there is no {noun} `{text}`"))
            }
            KeySyntax::None | KeySyntax::Word(_) | KeySyntax::Setting(_) => Ok(Key(text.to_owned())),
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
