//! `check` and `when`: `all`, `any` and `not` over terms.

use toml::de::DeTable;

use super::table::{Reader, Value};
use super::{Code, Datum, Entry, Expression, Term};

/// The words that combine conditions.
pub const LOGIC: [(&str, &str); 3] = [
    ("all", "All of these conditions must hold."),
    ("any", "One of these conditions must hold."),
    ("not", "This condition must not hold."),
];

impl Expression {
    /// The first key of each table in it, each once, parted by blanks: the probes are among them, as they are written
    /// first. None if it uses a variable.
    #[must_use]
    pub fn keys(&self) -> Option<String> {
        let mut keys = Vec::new();
        self.add_keys(&mut keys)?;
        Some(keys.join(" "))
    }

    fn add_keys<'e>(&'e self, keys: &mut Vec<&'e str>) -> Option<()> {
        match self {
            Expression::All(parts, _) | Expression::Any(parts, _) => {
                parts.iter().try_for_each(|part| part.add_keys(keys))
            }
            Expression::Not(inner, _) => inner.add_keys(keys),
            Expression::Term(term) => add_keys(&term.entries, keys),
        }
    }
}

fn add_keys<'e>(entries: &'e [Entry], keys: &mut Vec<&'e str>) -> Option<()> {
    let Some(((first, asked), compared)) = entries.split_first() else { return Some(()) };
    if !keys.contains(&first.value.as_str()) {
        keys.push(&first.value);
    }
    // `swap = { exists = true }`: attributes and matchers, which may be spelt like probes.
    let inner = if let Datum::Table(inner) = &asked.value { inner.as_slice() } else { &[] };
    inner.iter().chain(compared).try_for_each(|(_, datum)| add_keys_in(&datum.value, keys))?;
    entries.iter().chain(inner).all(|(key, _)| key.value != "var").then_some(())
}

fn add_keys_in<'e>(datum: &'e Datum, keys: &mut Vec<&'e str>) -> Option<()> {
    match datum {
        Datum::Table(entries) => add_keys(entries, keys),
        Datum::List(items) => items.iter().try_for_each(|item| add_keys_in(&item.value, keys)),
        Datum::Bool(_) | Datum::Integer(_) | Datum::Text(_) => Some(()),
    }
}

/// Reads a condition; none if mistakes left nothing of it.
pub(super) fn read(reader: &mut Reader, value: &Value<'_>, what: &str) -> Option<Expression> {
    let table = reader.table(value, what)?;
    let place = reader.place(value.span());
    let Some((word, _)) = LOGIC.iter().find(|(word, _)| table.contains_key(*word)) else {
        let before = reader.mistakes.len();
        let entries = reader.entries(table);
        // A term that lost an entry would be blamed for lacking it.
        return (reader.mistakes.len() == before).then_some(Expression::Term(Term { entries, place }));
    };
    refuse_neighbours(reader, table, word);
    let inner = table.get(*word)?;
    if *word == "not" {
        return Some(Expression::Not(Box::new(read(reader, inner, "`not`")?), place));
    }
    let Some(items) = inner.get_ref().as_array() else {
        reader.wrong_type(inner, &format!("`{word}`"), "a list of conditions");
        return None;
    };
    if items.is_empty() {
        reader.mistake(inner.span(), Code::BadLogic, format!("`{word}` has no condition inside"));
        return None;
    }
    let parts = items.iter().filter_map(|item| read(reader, item, "a condition")).collect();
    Some(if *word == "all" { Expression::All(parts, place) } else { Expression::Any(parts, place) })
}

fn refuse_neighbours(reader: &mut Reader, table: &DeTable<'_>, word: &str) {
    for (key, _) in table {
        if key.get_ref() != word {
            let message =
                format!("`{word}` stands alone in its table, but here is `{}` beside it", key.get_ref());
            let help =
                format!("put both into a list: all = [{{ {word} = .. }}, {{ {} = .. }}]", key.get_ref());
            reader.mistake(key.span(), Code::BadLogic, message).help.push(help);
        }
    }
}
