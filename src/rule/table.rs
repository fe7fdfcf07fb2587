//! Reads TOML tables with known keys, keeps places, and collects every mistake instead of stopping at one.

use std::ops::Range;

use toml::Spanned as Node;
use toml::de::{DeTable, DeValue};

use super::syntax::Key;
use super::{Code, Diagnostic, Entry, Place, Spanned, Text, TomlValue, suggestion};

/// A value as the TOML parser gives it.
pub(super) type Value<'i> = Node<DeValue<'i>>;

/// Reads one file.
pub(super) struct Reader {
    pub(super) file: usize,
    pub(super) mistakes: Vec<Diagnostic>,
}

impl Reader {
    pub(super) fn place(&self, span: Range<usize>) -> Place {
        Place::new(self.file, &span)
    }

    pub(super) fn mistake(
        &mut self,
        span: Range<usize>,
        code: Code,
        message: impl Into<String>,
    ) -> &mut Diagnostic {
        let place = self.place(span);
        self.mistakes.push(Diagnostic::at(&place, code, message));
        let last = self.mistakes.len() - 1;
        &mut self.mistakes[last]
    }

    /// Reports the keys of a table that nobody reads.
    pub(super) fn check_keys(&mut self, table: &DeTable<'_>, known: &[Key], owner: &str) {
        for (key, _) in table {
            let name: &str = key.get_ref();
            if !known.iter().any(|known| known.name == name) {
                let help = suggestion::help(name, known.iter().map(|key| key.name));
                let message = format!("{owner} has no key `{name}`");
                self.mistake(key.span(), Code::UnknownKey, message).help.extend(help);
            }
        }
    }

    /// The table of a value.
    pub(super) fn table<'a, 'i>(&mut self, value: &'a Value<'i>, what: &str) -> Option<&'a DeTable<'i>> {
        let table = value.get_ref().as_table();
        if table.is_none() {
            self.wrong_type(value, what, "a table");
        }
        table
    }

    pub(super) fn wrong_type(&mut self, value: &Value<'_>, what: &str, wanted: &str) {
        let found = kind(value.get_ref());
        self.mistake(value.span(), Code::WrongType, format!("{what} is {found}, but must be {wanted}"));
    }

    pub(super) fn text(&mut self, table: &DeTable<'_>, key: &str) -> Option<Spanned<Text>> {
        let value = table.get(key)?;
        let text = self.as_text(value, &format!("`{key}`"))?;
        if text.value.trim().is_empty() {
            self.mistake(value.span(), Code::MissingKey, format!("`{key}` is empty"));
        }
        Some(text)
    }

    fn as_text(&mut self, value: &Value<'_>, what: &str) -> Option<Spanned<Text>> {
        let DeValue::String(text) = value.get_ref() else {
            self.wrong_type(value, what, "text");
            return None;
        };
        Some(Spanned { value: text.clone().into_owned().into(), place: self.place(value.span()) })
    }

    pub(super) fn texts(&mut self, table: &DeTable<'_>, key: &str) -> Vec<Spanned<Text>> {
        let Some(value) = table.get(key) else { return Vec::new() };
        let Some(items) = value.get_ref().as_array() else {
            self.wrong_type(value, &format!("`{key}`"), "a list of texts");
            return Vec::new();
        };
        let what = format!("an entry of `{key}`");
        items.iter().filter_map(|item| self.as_text(item, &what)).collect()
    }

    /// A name in kebab-case; it is kept even if it is not.
    pub(super) fn check_name(&mut self, name: &Spanned<Text>, what: &str) {
        let text = &name.value;
        let fits = |part: &str| {
            !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
        };
        if !text.split('-').all(fits) {
            let message =
                format!("the {what} `{text}` is not kebab-case: lower-case letters, digits, single dashes");
            self.mistake(name.place.span(), Code::BadName, message);
        }
    }

    /// A value with the places of all its parts.
    pub(super) fn datum(&mut self, value: &Value<'_>) -> Option<Spanned<TomlValue>> {
        let datum = match value.get_ref() {
            DeValue::String(text) => TomlValue::Text(text.clone().into_owned().into()),
            DeValue::Boolean(flag) => TomlValue::Bool(*flag),
            DeValue::Integer(number) => {
                let Ok(number) = i64::from_str_radix(number.as_str(), number.radix()) else {
                    self.mistake(value.span(), Code::WrongType, "the number is too large");
                    return None;
                };
                TomlValue::Integer(number)
            }
            DeValue::Array(items) => {
                TomlValue::List(items.iter().filter_map(|item| self.datum(item)).collect())
            }
            DeValue::Table(table) => TomlValue::Table(self.entries(table)),
            DeValue::Float(_) | DeValue::Datetime(_) => {
                let found = kind(value.get_ref());
                let message = format!("{found} can't be compared; write it as text");
                self.mistake(value.span(), Code::WrongType, message);
                return None;
            }
        };
        Some(Spanned { value: datum, place: self.place(value.span()) })
    }

    /// The entries of a table, in the order of writing.
    pub(super) fn entries(&mut self, table: &DeTable<'_>) -> Vec<Entry> {
        let mut entries: Vec<_> = table
            .iter()
            .filter_map(|(key, value)| {
                let datum = self.datum(value)?;
                let name = Spanned {
                    value: key.get_ref().clone().into_owned().into(),
                    place: self.place(key.span()),
                };
                Some((name, datum))
            })
            .collect();
        entries.sort_by_key(|(key, _)| key.place.span().start);
        entries
    }
}

/// What a value is, in words.
fn kind(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "text",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a fraction",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}
