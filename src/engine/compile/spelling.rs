//! Old spellings, and keys that a configuration doesn't have: hints for `lint`, and mistakes where a finding is meant.

use super::Compiler;
use crate::engine::keys::{self, KeyKnowledge};
use crate::fact::did_you_mean;
use crate::probe::{Key, Probe};
use crate::rule::{Code, Diagnostic, Place};

impl Compiler<'_> {
    /// Notes a word that is not written as it is today.
    pub(super) fn spelling(&mut self, place: &Place, written: &str, word: &str) {
        if written != word {
            let message = format!("`{written}` is the old spelling of `{word}`");
            let help = format!("write `{word}`");
            self.hints.push(Diagnostic::at(place, Code::OldSpelling, message).help(help));
        }
    }

    /// None after a mistake.
    pub(super) fn look_at_key(&mut self, probe: &Probe, key: &Key, place: &Place) -> Option<()> {
        match keys::look(probe, key.as_str()) {
            KeyKnowledge::Known => {}
            KeyKnowledge::Old(other, word) => {
                let written = format!("{} = \"{key}\"", probe.word());
                self.spelling(place, &written, &format!("{} = \"{}\"", other.word(), word.word));
            }
            KeyKnowledge::Misspelt(other, word) => {
                let message = format!("`{key}` is no {} of the probe {}", probe.key.noun()?, probe.word());
                let help = did_you_mean(&format!("{} = \"{}\"", other.word(), word.word));
                self.mistakes.push(Diagnostic::at(place, Code::BadProbeKey, message).help(help));
                return None;
            }
            KeyKnowledge::Unknown(near) => {
                let message = format!("no known version of {} has the key `{key}`", probe.name);
                let help = near.map(|near| did_you_mean(&near));
                self.hints.push(Diagnostic::at(place, Code::UnknownSetting, message).help(help));
            }
        }
        Some(())
    }
}
