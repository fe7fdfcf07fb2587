//! The operand of `skew`: `{ from = { program = "kubeadm", attribute = "version" }, older = 3 }`.

use super::Compiler;
use super::kind::Kind;
use crate::engine::plan::Matcher;
use crate::rule::{Code, Diagnostic, Spanned, TomlValue, suggestion};

/// What the table holds.
const ENTRIES: [&str; 3] = ["from", "older", "newer"];
/// No supported pair is further apart; more is a mistake.
const FURTHEST: i64 = 100;

impl<'r> Compiler<'r> {
    pub(super) fn skew(&mut self, datum: &'r Spanned<TomlValue>) -> Option<Matcher> {
        let help = "write for example skew = { from = \"1.31\", older = 3 }";
        let TomlValue::Table(entries) = &datum.value else {
            return self.misfit(&datum.place, "`skew` takes a table", Some(help.into()));
        };
        let (mut from, mut bounds) = (None, [0, 0]);
        for (key, datum) in entries {
            let bound = match key.value.as_str() {
                "from" => {
                    from = Some(self.operand(&Kind::Version, datum)?);
                    continue;
                }
                "older" => &mut bounds[0],
                "newer" => &mut bounds[1],
                other => {
                    let message = format!("`skew` has no entry `{other}`");
                    let help = suggestion::help(other, ENTRIES);
                    self.mistakes.push(Diagnostic::at(&key.place, Code::UnknownEntry, message).help(help));
                    return None;
                }
            };
            match datum.value {
                TomlValue::Integer(number) if (0..=FURTHEST).contains(&number) => {
                    *bound = number.unsigned_abs();
                }
                _ => {
                    return self.misfit(
                        &datum.place,
                        "this is no number of minor versions from 0 to 100",
                        None,
                    );
                }
            }
        }
        match from {
            Some(from) => Some(Matcher::Skew { from, older: bounds[0], newer: bounds[1] }),
            None => {
                self.misfit(&datum.place, "`skew` says from which version: `from = ..`", Some(help.into()))
            }
        }
    }
}
