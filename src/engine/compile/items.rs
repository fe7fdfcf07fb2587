//! The matchers for the items of a list: `each = { matches = "^net" }`, `contains = { matches = "^net" }`; and of a list of
//! records `none = { state = "exited", attempt = { at-least = 5 } }`.

use super::Compiler;
use super::kind::Kind;
use super::operator::{self, Operator};
use crate::engine::plan::Matcher;
use crate::probe::Attribute;
use crate::rule::{Code, Diagnostic, Spanned, Text, TomlValue, suggestion};

/// Whether a table holds matchers for the items of a list, and not a variable or another probe.
pub(super) fn is_matchers(kind: &Kind<'_>, datum: &Spanned<TomlValue>) -> bool {
    let of_records = matches!(kind.item(), Some(Kind::Record(_)));
    of_records
        || matches!(&datum.value, TomlValue::Table(entries)
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
        let attributes = if let Kind::Record(attributes) = item { attributes } else { &[] };
        for (key, datum) in entries {
            if let Some(attribute) = attributes.iter().find(|attribute| attribute.is_called(&key.value)) {
                self.spelling(&key.place, &key.value, attribute.word);
                let compared = self.attribute_matchers(&attribute.shape.into(), key, datum);
                matchers.push((!compared.is_empty()).then_some(Matcher::Attribute(attribute, compared)));
                continue;
            }
            match operator::find(&key.value) {
                Some(operator) => matchers.push(self.matcher(operator, &item, key, datum)),
                None if attributes.is_empty() => self.unknown_matcher(key),
                None => self.unknown_attribute(key, attributes),
            }
        }
        matchers.into_iter().collect()
    }

    fn unknown_attribute(&mut self, key: &Spanned<Text>, attributes: &[Attribute]) {
        let words = attributes.iter().map(|attribute| attribute.word);
        let message = format!("the items have no attribute `{}`", key.value);
        let help = suggestion::help(&key.value, words);
        self.mistakes.push(Diagnostic::at(&key.place, Code::UnknownEntry, message).help(help));
    }
}
