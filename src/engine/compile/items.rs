//! The matchers for the items of a list: `each = { matches = "^net" }`, `contains = { matches = "^net" }`.

use super::Compiler;
use super::kind::Kind;
use super::operator::{self, Operator};
use crate::engine::plan::Matcher;
use crate::rule::{Code, Diagnostic, Spanned, TomlValue};

/// Whether a table holds matchers, and not a variable or another probe.
pub(super) fn is_matchers(datum: &Spanned<TomlValue>) -> bool {
    matches!(&datum.value, TomlValue::Table(entries)
        if entries.iter().any(|(key, _)| operator::find(&key.value).is_some()))
}

impl<'r> Compiler<'r> {
    pub(super) fn items(
        &mut self,
        operator: &'static Operator,
        kind: &Kind<'r>,
        datum: &'r Spanned<TomlValue>,
    ) -> Option<Vec<Matcher>> {
        let TomlValue::Table(entries) = &datum.value else {
            let message = format!("`{}` takes matchers for the items", operator.name);
            return self.misfit(
                &datum.place,
                &message,
                Some("write for example { matches = \"^net\" }".into()),
            );
        };
        if entries.is_empty() {
            let message = format!("`{}` is asked, but nothing is compared", operator.name);
            self.mistakes.push(Diagnostic::at(&datum.place, Code::NothingCompared, message));
            return None;
        }
        let item = kind.item().cloned().unwrap_or(Kind::Any);
        let mut matchers = Vec::new();
        for (key, datum) in entries {
            match operator::find(&key.value) {
                Some(operator) => matchers.push(self.matcher(operator, &item, key, datum)),
                None => self.unknown_matcher(key),
            }
        }
        matchers.into_iter().collect()
    }
}
