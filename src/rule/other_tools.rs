//! The catalogue of what other tools check: each of their checks has a rule, or a reason to have none.

use crate::fact::did_you_mean;
use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{Rule, Text, suggestion};

/// A file of `peers/`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    check: Vec<Written>,
}

/// A check as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    name: String,
    #[serde(default)]
    also: Vec<String>,
    asks: String,
    refused: Option<String>,
    open: Option<String>,
    parts: Option<String>,
    /// For the documentation only: of what it is a part, and how the tool shows that it went wrong.
    #[serde(rename = "part")]
    _part: Option<String>,
    #[serde(rename = "shows")]
    _shows: Option<String>,
}

/// What another tool checks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound(deserialize = "'de: 'static"))]
pub struct ToolCheck {
    /// Its name, `kubeadm:NumCPU`, and those under which other tools check the same.
    pub names: Vec<Text>,
    /// What it asks, with its value and the versions that ask it.
    pub asks: Text,
    /// Who answers.
    pub answer: Answer,
}

/// Who answers a check of a tool.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound(deserialize = "'de: 'static"))]
pub enum Answer {
    /// The rules that cover one of its names.
    Rules,
    /// Those that cover any check of this tool.
    Parts(Text),
    /// Nobody, for this reason.
    Refused(Text),
    /// Nobody yet: what is missing.
    Open(Text),
}

/// The catalogue.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(bound(deserialize = "'de: 'static"))]
pub struct OtherTools {
    /// The checks, in the order of the files.
    pub checks: Vec<ToolCheck>,
}

/// How many names of a tool have which answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Names that have a rule.
    pub ruled: usize,
    /// Names that have a reason instead.
    pub refused: usize,
    /// Names that have neither yet.
    pub open: usize,
}

impl OtherTools {
    /// Adds the checks of a file.
    ///
    /// # Errors
    /// If the text is not of this form, or a name is no `tool:check` or not the first of its name.
    pub fn read(&mut self, text: &str) -> Result<(), String> {
        let file: File = toml::from_str(text).map_err(|error| error.to_string())?;
        let mut seen: BTreeSet<String> = self.names().map(str::to_ascii_lowercase).collect();
        for written in file.check {
            let Written { name, also, asks, refused, open, parts, .. } = written;
            let answer = match (refused, open, parts) {
                (None, None, None) => Answer::Rules,
                (Some(reason), None, None) => Answer::Refused(reason.into()),
                (None, Some(missing), None) => Answer::Open(missing.into()),
                (None, None, Some(tool)) => Answer::Parts(tool.into()),
                _ => return Err(format!("{name} has more than one of `refused`, `open` and `parts`")),
            };
            let names: Vec<String> = std::iter::once(name).chain(also).collect();
            for name in &names {
                if !split(name).is_some_and(|(tool, check)| !tool.is_empty() && !check.is_empty()) {
                    return Err(format!("`{name}` is not written `tool:check`"));
                }
                if !seen.insert(name.to_ascii_lowercase()) {
                    return Err(format!("`{name}` is there twice"));
                }
            }
            let names = names.into_iter().map(Text::from).collect();
            self.checks.push(ToolCheck { names, asks: asks.into(), answer });
        }
        Ok(())
    }

    /// Every name.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.checks.iter().flat_map(|check| &check.names).map(Text::as_str)
    }

    /// The check of a name; a name without a tool is one of kubeadm's. Upper and lower case are the same, as they are
    /// to kubeadm.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&ToolCheck> {
        let is = |known: &Text| known.eq_ignore_ascii_case(name) || is_kubeadms(known, name);
        self.checks.iter().find(|check| check.names.iter().any(is))
    }

    /// The name that was most likely meant; without `kubeadm:` where that was left out.
    #[must_use]
    pub fn nearest(&self, name: &str) -> Option<&str> {
        let has_tool = split(name).is_some();
        let names = self.names().filter_map(|known| match split(known) {
            _ if has_tool => Some(known),
            Some(("kubeadm", check)) => Some(check),
            _ => None,
        });
        suggestion::nearest(name, names)
    }

    /// The places of the rules that answer a check.
    #[must_use]
    pub fn rules(&self, check: &ToolCheck, rules: &[Rule]) -> Vec<usize> {
        let names: BTreeSet<&str> = match &check.answer {
            Answer::Parts(tool) => {
                let of_tool = |name: &Text| split(name).is_some_and(|(own, _)| *tool == own);
                let parts = self.checks.iter().filter(|part| part.names.iter().any(of_tool));
                parts.flat_map(|part| &part.names).map(Text::as_str).collect()
            }
            Answer::Rules | Answer::Refused(_) | Answer::Open(_) => {
                check.names.iter().map(Text::as_str).collect()
            }
        };
        let covers = |rule: &Rule| rule.prose.covers.iter().any(|name| names.contains(name.as_str()));
        (0..rules.len()).filter(|index| covers(&rules[*index])).collect()
    }

    /// How many names of each tool have which answer.
    #[must_use]
    pub fn tally(&self) -> BTreeMap<&str, Tally> {
        let mut tallies: BTreeMap<&str, Tally> = BTreeMap::new();
        for check in &self.checks {
            for (tool, _) in check.names.iter().filter_map(|name| split(name)) {
                let tally = tallies.entry(tool).or_default();
                match &check.answer {
                    Answer::Rules | Answer::Parts(_) => tally.ruled += 1,
                    Answer::Refused(_) => tally.refused += 1,
                    Answer::Open(_) => tally.open += 1,
                }
            }
        }
        tallies
    }

    /// What is wrong between the catalogue and the rules that are part of the program.
    #[must_use]
    pub fn mistakes(&self, rules: &[Rule]) -> Vec<String> {
        let mut mistakes = Vec::new();
        let known: BTreeSet<&str> = self.names().collect();
        for rule in rules {
            for name in rule.prose.covers.iter().filter(|name| !known.contains(name.as_str())) {
                let near =
                    self.nearest(name).map_or(String::new(), |near| format!(": {}", did_you_mean(near)));
                mistakes.push(format!(
                    "rule `{}` covers `{name}`, which peers/ doesn't have{near}",
                    rule.id.value
                ));
            }
        }
        for check in &self.checks {
            let name = &check.names[0];
            let answers = self.rules(check, rules);
            match (&check.answer, answers.first()) {
                (Answer::Rules | Answer::Parts(_), None) => mistakes
                    .push(format!("`{name}` has neither a rule that covers it nor a reason (`refused`)")),
                (Answer::Refused(_), Some(rule)) => mistakes.push(format!(
                    "`{name}` is refused, and rule `{}` covers it: remove one",
                    rules[*rule].id.value
                )),
                (Answer::Open(_), Some(rule)) => mistakes.push(format!(
                    "`{name}` is covered by rule `{}`: it is no longer `open`",
                    rules[*rule].id.value
                )),
                _ => {}
            }
        }
        mistakes
    }
}

/// The tool and the check of a name.
#[must_use]
pub fn split(name: &str) -> Option<(&str, &str)> {
    name.split_once(':')
}

/// Whether `Swap` is meant where `kubeadm:Swap` is known.
fn is_kubeadms(known: &str, name: &str) -> bool {
    split(known).is_some_and(|(tool, check)| tool == "kubeadm" && check.eq_ignore_ascii_case(name))
}
