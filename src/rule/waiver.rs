//! Waivers: failures that somebody accepts, for a reason, until a day. The rule still runs.

use std::collections::HashMap;

use toml::de::{DeTable, DeValue};

use super::peer::{Answer, Peers};
use super::syntax::WAIVER;
use super::table::{Reader, Value};
use super::{
    Code, Diagnostic, Place, Rule, RuleSet, SourceFile, Spanned, Text, diagnostic, suggestion, syntax,
};
use crate::fact::{Date, Moment, Origin};

/// An accepted failure.
#[derive(Clone, Debug, PartialEq)]
pub struct Waiver {
    /// The rule, or a check of another tool that rules cover, as it was written.
    pub name: Text,
    /// Why it is accepted.
    pub reason: Text,
    /// Who accepts it; none on the command line.
    pub owner: Option<Text>,
    /// The last day on which it counts, in UTC; none on the command line.
    pub expires: Option<Date>,
    /// The only moment at which it counts; all if none.
    pub moment: Option<Moment>,
    /// Whether it also accepts that the rule can't be known.
    pub accepts_unknown: bool,
    /// Where it was written, for reports.
    pub by: Origin,
    /// Where it was written, for diagnostics; none on the command line.
    pub place: Option<Place>,
}

/// Waivers of files.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WaiverSet {
    /// The files.
    pub files: Vec<SourceFile>,
    /// Their waivers, in the order of writing.
    pub waivers: Vec<Waiver>,
}

/// What a name stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// These rules, by id; never none.
    Rules(Vec<Text>),
    /// A check of another tool that no rule answers, for this reason.
    Nothing(String),
}

/// The rules that a name stands for: a rule's id, or a check of another tool; upper and lower case are the same.
///
/// # Errors
/// If nothing has this name: what was probably meant.
pub fn target(name: &str, rules: &[Rule], peers: &Peers) -> Result<Target, Option<String>> {
    if let Some(rule) = rules.iter().find(|rule| rule.id.value.eq_ignore_ascii_case(name)) {
        return Ok(Target::Rules(vec![rule.id.value.clone()]));
    }
    let own = |rule: &&Rule| rule.prose.covers.iter().any(|covers| covers.eq_ignore_ascii_case(name));
    let check = peers.find(name);
    let mut ids: Vec<Text> = rules.iter().filter(own).map(|rule| rule.id.value.clone()).collect();
    if let Some(check) = check {
        let answers = peers.rules(check, rules);
        ids = answers.into_iter().map(|index| rules[index].id.value.clone()).collect();
    }
    match (ids.is_empty(), check.map(|check| &check.answer)) {
        (false, _) => Ok(Target::Rules(ids)),
        (true, Some(Answer::Refused(reason))) => Ok(Target::Nothing(format!("no rule answers it: {reason}"))),
        (true, Some(_)) => Ok(Target::Nothing("no rule answers it yet".into())),
        (true, None) => {
            let ids = rules.iter().map(|rule| rule.id.value.as_str());
            Err(suggestion::nearest(name, ids).or_else(|| peers.nearest(name)).map(str::to_owned))
        }
    }
}

/// Whether a file holds waivers, and not rules.
#[must_use]
pub fn is_waivers(file: &SourceFile) -> bool {
    let (document, _) = DeTable::parse_recoverable(&file.text);
    let table = document.get_ref();
    let has = |key: &str| table.contains_key(key);
    has("waiver") && !syntax::FILE.iter().any(|key| has(key.name))
}

/// Reads files of waivers.
///
/// # Errors
/// All mistakes of all files, and the files that they are in.
pub fn load(files: Vec<SourceFile>) -> Result<WaiverSet, (Vec<SourceFile>, Vec<Diagnostic>)> {
    let mut waivers = Vec::new();
    let mut mistakes = Vec::new();
    let mut seen: HashMap<(String, Option<Moment>), Place> = HashMap::new();
    for (index, file) in files.iter().enumerate() {
        let mut reader = Reader { file: index, mistakes: Vec::new() };
        let (document, wrong) = DeTable::parse_recoverable(&file.text);
        let table = document.get_ref();
        reader.check_keys(table, syntax::WAIVERS, "a waiver file");
        match table.get("waiver").map(|value| (value, value.get_ref().as_array())) {
            Some((_, Some(items))) => {
                for item in items {
                    if let Some(waiver) = read(&mut reader, item, file) {
                        reader.mistakes.extend(repeated(&waiver, &mut seen));
                        waivers.push(waiver);
                    }
                }
            }
            Some((value, None)) => reader.wrong_type(value, "`waiver`", "a list of tables: [[waiver]]"),
            None => {}
        }
        if wrong.is_empty() {
            mistakes.append(&mut reader.mistakes);
        }
        mistakes.extend(wrong.iter().map(|error| {
            let place = reader.place(error.span().unwrap_or(0..0));
            Diagnostic::at(&place, Code::Syntax, error.message().replace('\n', "; "))
        }));
    }
    if mistakes.is_empty() {
        return Ok(WaiverSet { files, waivers });
    }
    diagnostic::sort(&mut mistakes);
    Err((files, mistakes))
}

/// A mistake if the same was waived before.
fn repeated(waiver: &Waiver, seen: &mut HashMap<(String, Option<Moment>), Place>) -> Option<Diagnostic> {
    let place = waiver.place.as_ref()?;
    let key = (waiver.name.to_ascii_lowercase(), waiver.moment);
    let Some(first) = seen.get(&key) else {
        seen.insert(key, *place);
        return None;
    };
    let message = format!("`{}` is waived twice", waiver.name);
    Some(Diagnostic::at(place, Code::Duplicate, message).label(first, "first here"))
}

/// Names of waivers that nothing has.
#[must_use]
pub fn unknown_names(waivers: &[Waiver], rules: &RuleSet, peers: &Peers) -> Vec<Diagnostic> {
    let mut mistakes = Vec::new();
    for waiver in waivers {
        let (Some(place), Err(near)) = (&waiver.place, target(&waiver.name, &rules.rules, peers)) else {
            continue;
        };
        let message = format!("there is neither a rule `{0}` nor a check of another tool `{0}`", waiver.name);
        let help = near.map(|near| format!("did you mean `{near}`?"));
        mistakes.push(Diagnostic::at(place, Code::UnknownRule, message).help(help));
    }
    mistakes
}

fn read(reader: &mut Reader, value: &Value<'_>, file: &SourceFile) -> Option<Waiver> {
    let table = reader.table(value, "`waiver`")?;
    reader.check_keys(table, WAIVER, "a waiver");
    let name = reader.text(table, "rule");
    let named =
        name.as_ref().map_or_else(|| "the waiver".to_owned(), |n| format!("the waiver of `{}`", n.value));
    for key in ["rule", "reason", "owner", "expires"] {
        if !table.contains_key(key) {
            reader.mistake(value.span(), Code::MissingKey, format!("{named} has no `{key}`"));
        }
    }
    let reason = reader.text(table, "reason");
    let owner = reader.text(table, "owner");
    let expires = table.get("expires").and_then(|value| date(reader, value));
    let moment = reader.text(table, "moment").and_then(|word| {
        let moment = Moment::ALL.into_iter().find(|moment| moment.name() == word.value);
        if moment.is_none() {
            syntax::unknown_word(reader, &word, "moment", syntax::MOMENTS);
        }
        moment
    });
    let accepts_unknown = accepts(reader, table);
    let name = name?;
    let line = file.text[..name.place.span().start.min(file.text.len())].matches('\n').count();
    Some(Waiver {
        by: Origin::line(&file.name, u32::try_from(line).unwrap_or(u32::MAX - 1) + 1),
        place: Some(name.place),
        name: name.value,
        reason: reason?.value,
        owner: Some(owner?.value),
        expires: Some(expires?),
        moment,
        accepts_unknown,
    })
}

/// Whether `accepts` says `unknown`; it must say `fail`, which is what it says if it isn't there.
fn accepts(reader: &mut Reader, table: &DeTable<'_>) -> bool {
    let Some(value) = table.get("accepts") else { return false };
    let words: Vec<Spanned<Text>> = reader.texts(table, "accepts");
    for word in words.iter().filter(|word| !syntax::ACCEPTS.contains(&word.value.as_str())) {
        syntax::unknown_word(reader, word, "verdict to accept", syntax::ACCEPTS);
    }
    if value.get_ref().as_array().is_some_and(|list| list.is_empty()) {
        reader.mistake(value.span(), Code::MissingKey, "`accepts` is empty, so nothing would be waived");
    }
    words.iter().any(|word| word.value == "unknown")
}

/// A day without a time.
fn date(reader: &mut Reader, value: &Value<'_>) -> Option<Date> {
    const HELP: &str = "write the last day on which it counts, without quotation marks: expires = 2026-12-31";
    let found = match value.get_ref() {
        DeValue::Datetime(found) => match (found.date, found.time, found.offset) {
            (Some(date), None, None) => match Date::new(date.year, date.month, date.day) {
                Some(date) => return Some(date),
                None => "no day of the calendar",
            },
            _ => "a time",
        },
        DeValue::String(_) => "text",
        _ => "no date",
    };
    let message = format!("`expires` is {found}, but must be a day");
    reader.mistake(value.span(), Code::WrongType, message).help.push(HELP.to_owned());
    None
}
