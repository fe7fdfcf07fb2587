//! Keys of a configuration that are none of it: words that have a probe of their own, misspelt ones, and unknown keys.

use crate::fact::KeyWord;
use crate::probe::{self, KeySyntax, Probe};
use crate::rule::suggestion;

/// What a key of a configuration is.
pub enum KeyKnowledge {
    /// A key that it has, or may have.
    Known,
    /// The old spelling of a word of another probe.
    Old(&'static Probe, &'static KeyWord),
    /// Nearly a word of another probe, and no key.
    Misspelt(&'static Probe, &'static KeyWord),
    /// No version that is known has it; the nearest key that one has.
    Unknown(Option<String>),
}

/// What a key that a probe is asked about is.
#[must_use]
pub fn look(probe: &Probe, key: &str) -> KeyKnowledge {
    let KeySyntax::Setting(setting) = probe.key else { return KeyKnowledge::Known };
    let probes = || setting.words.iter().filter_map(|name| probe::find(name));
    let words = || probes().flat_map(|probe| probe.key.words().into_iter().map(move |word| (probe, word)));
    if let Some((probe, word)) = words().find(|(_, word)| word.old == key) {
        return KeyKnowledge::Old(probe, word);
    }
    let Some(known) = (setting.unknown)(key) else { return KeyKnowledge::Known };
    let is_meant = suggestion::nearest(key, words().map(|(_, word)| word.word));
    if let Some((probe, word)) = words().find(|(_, word)| Some(word.word) == is_meant) {
        return KeyKnowledge::Misspelt(probe, word);
    }
    let near = suggestion::nearest(key, known.iter().map(String::as_str));
    KeyKnowledge::Unknown(near.map(str::to_owned))
}
