//! Waivers: failures that somebody accepts, for a reason, until a day. The rule still runs.

use std::collections::HashMap;

use toml::de::{DeTable, DeValue};

use super::other_tools::{self, Answer, OtherTools, ToolCheck};
use super::syntax::WAIVER;
use super::table::{Reader, Value};
use super::{Code, Diagnostic, Place, Rule, SourceFile, Spanned, Text, diagnostic, suggestion, syntax};
use crate::fact::{Date, Moment, Origin, did_you_mean};

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

/// What a waiver may name: rules by their ids, and checks of other tools; upper and lower case are the same.
pub struct Targets<'r> {
    rules: &'r [Rule],
    other_tools: &'r OtherTools,
    ids: HashMap<String, usize>,
    /// The rules that cover a check, which other tools need not have.
    covered: HashMap<String, Vec<usize>>,
    checks: HashMap<String, &'r ToolCheck>,
}

impl<'r> Targets<'r> {
    /// All that these rules and checks are called.
    #[must_use]
    pub fn new(rules: &'r [Rule], other_tools: &'r OtherTools) -> Self {
        let mut targets = Targets {
            rules,
            other_tools,
            ids: HashMap::new(),
            covered: HashMap::new(),
            checks: HashMap::new(),
        };
        for (index, rule) in rules.iter().enumerate() {
            for name in rule.names() {
                targets.ids.entry(name.to_ascii_lowercase()).or_insert(index);
            }
            for covers in &rule.prose.covers {
                targets.covered.entry(covers.to_ascii_lowercase()).or_default().push(index);
            }
        }
        for (name, check) in
            other_tools.checks.iter().flat_map(|check| check.names.iter().map(move |n| (n, check)))
        {
            let name = name.to_ascii_lowercase();
            // A name without a tool is one of kubeadm's.
            if let Some(own) = name.strip_prefix("kubeadm:") {
                targets.checks.entry(own.to_owned()).or_insert(check);
            }
            targets.checks.entry(name).or_insert(check);
        }
        targets
    }

    /// The rules that a name stands for.
    ///
    /// # Errors
    /// If nothing has this name: what was probably meant.
    pub fn find(&self, name: &str) -> Result<Target, Option<String>> {
        let lower = name.to_ascii_lowercase();
        let id = |index: &usize| self.rules[*index].id.value.clone();
        if let Some(index) = self.ids.get(&lower) {
            return Ok(Target::Rules(vec![id(index)]));
        }
        let Some(check) = self.checks.get(&lower) else {
            return match self.covered.get(&lower) {
                Some(rules) => Ok(Target::Rules(rules.iter().map(id).collect())),
                None => Err(self.nearest(name)),
            };
        };
        let ids: Vec<Text> = self.other_tools.rules(check, self.rules).iter().map(id).collect();
        Ok(match &check.answer {
            _ if !ids.is_empty() => Target::Rules(ids),
            Answer::Refused(reason) => Target::Nothing(format!("no rule answers it: {reason}")),
            _ => Target::Nothing("no rule answers it yet".into()),
        })
    }

    /// The full name of a check of kubeadm's, as it is called there without its tool.
    #[must_use]
    pub fn of_kubeadm(&self, check: &str) -> Option<&'r str> {
        let names = &self.checks.get(&check.to_ascii_lowercase())?.names;
        let is = |name: &&str| matches!(other_tools::split(name), Some(("kubeadm", own)) if own.eq_ignore_ascii_case(check));
        names.iter().map(Text::as_str).find(is)
    }

    fn nearest(&self, name: &str) -> Option<String> {
        let ids = self.rules.iter().map(|rule| rule.id.value.as_str());
        suggestion::nearest(name, ids).or_else(|| self.other_tools.nearest(name)).map(str::to_owned)
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
        let lines: Vec<usize> = file.text.match_indices('\n').map(|(newline, _)| newline).collect();
        let line = |place: Place| {
            let before = lines.partition_point(|newline| *newline < place.span().start);
            u32::try_from(before + 1).unwrap_or(u32::MAX)
        };
        reader.check_keys(table, syntax::WAIVERS, "a waiver file");
        match table.get("waiver").map(|value| (value, value.get_ref().as_array())) {
            Some((_, Some(items))) => {
                for item in items {
                    if let Some(waiver) =
                        read(&mut reader, item, &|place| Origin::given(&file.name, Some(line(place))))
                    {
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
pub fn unknown_names(waivers: &[Waiver], targets: &Targets<'_>) -> Vec<Diagnostic> {
    let mut mistakes = Vec::new();
    for waiver in waivers {
        let (Some(place), Err(near)) = (&waiver.place, targets.find(&waiver.name)) else {
            continue;
        };
        let message = format!("there is neither a rule `{0}` nor a check of another tool `{0}`", waiver.name);
        let help = near.map(|near| did_you_mean(&near));
        mistakes.push(Diagnostic::at(place, Code::UnknownRule, message).help(help));
    }
    mistakes
}

fn read(reader: &mut Reader, value: &Value<'_>, written: &dyn Fn(Place) -> Origin) -> Option<Waiver> {
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
    Some(Waiver {
        by: written(name.place),
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
