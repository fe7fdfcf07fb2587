//! `check` and `when`: `all`, `any` and `not` over terms.

use toml::de::DeTable;

use super::table::{Reader, Value};
use super::{Code, ConditionTable, Expression};

/// The words that combine conditions.
pub const LOGIC: [(&str, &str); 3] = [
    ("all", "All of these conditions must hold."),
    ("any", "One of these conditions must hold."),
    ("not", "This condition must not hold."),
];

/// Reads a condition; none if mistakes left nothing of it.
pub(super) fn read(reader: &mut Reader, value: &Value<'_>, what: &str) -> Option<Expression> {
    let table = reader.table(value, what)?;
    let place = reader.place(value.span());
    let Some((word, _)) = LOGIC.iter().find(|(word, _)| table.contains_key(*word)) else {
        let before = reader.mistakes.len();
        let entries = reader.entries(table);
        // A term that lost an entry would be blamed for lacking it.
        return (reader.mistakes.len() == before)
            .then_some(Expression::Table(ConditionTable { entries, place }));
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
