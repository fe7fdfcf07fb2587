//! `fix` of a rule: its own, those for other states, and what their placeholders stand for.

use toml::de::{DeTable, DeValue};

use super::syntax::{Key, KeyKind, key, missing, plain, unknown_word};
use super::table::{Reader, Value};
use super::{Code, Fails, Fix, FixCase, Fixes, Text, expression};

const FAILS: &[&str] = &["now", "boot", "both"];

// What a fix changes beside its text, its own and those of its cases.
const SYSCTL: Key = key("sysctl", KeyKind::Values, "Kernel variables to set, now and at boot.");
const MODULES: Key = key("modules", KeyKind::Texts, "Kernel modules to load, now and at boot.");
const ENABLE: Key = key("enable", KeyKind::Texts, "Units to enable and start.");
const MASK: Key = key("mask", KeyKind::Texts, "Units to stop and mask.");
const HOLD: Key = key("hold", KeyKind::Texts, "Packages to keep at their version.");

/// The keys of `fix`.
pub const FIX: &[Key] = &[
    key(
        "text",
        KeyKind::Text,
        "What to do, in words and commands. `{file|...}` stands for the place that was found, as `/etc/x.conf:3`, or for the words \
         after the bar where there is none; also `place`, `path`, `files`, `key`, `value`, `found`, and the names of `with`.",
    ),
    SYSCTL,
    MODULES,
    ENABLE,
    MASK,
    HOLD,
    key(
        "with",
        KeyKind::Operands,
        "What placeholders in the texts stand for: `unit = { var = \"cri-unit\" }` for `{unit|the runtime's unit}`.",
    ),
    key(
        "cases",
        KeyKind::Tables(FIX_CASE),
        "Fixes for states that need another one; the first that fits the finding is shown instead.",
    ),
];

/// The keys of `fix.cases`.
pub const FIX_CASE: &[Key] = &[
    key("when", KeyKind::Condition, "What must hold at the moment at which the rule fails."),
    key(
        "fails",
        KeyKind::Word(FAILS),
        "When the rule has to fail: `now` (it holds after a reboot), `boot` (now it doesn't fail), or `both`; any without this key.",
    ),
    key("text", KeyKind::Text, "What to do, in words and commands."),
    SYSCTL,
    MODULES,
    ENABLE,
    MASK,
    HOLD,
];

/// A rule's own fix.
pub(super) fn own(reader: &mut Reader, value: &Value<'_>) -> Fix {
    let Some(table) = reader.table(value, "`fix`") else { return Fix::default() };
    reader.check_keys(table, FIX, "`fix`");
    actions(reader, table)
}

fn actions(reader: &mut Reader, table: &DeTable<'_>) -> Fix {
    Fix {
        text: reader.text(table, "text").map(|text| text.value),
        sysctl: table.get("sysctl").map(|value| sysctl(reader, value)).unwrap_or_default(),
        modules: plain(reader.texts(table, "modules")),
        enable: plain(reader.texts(table, "enable")),
        mask: plain(reader.texts(table, "mask")),
        hold: plain(reader.texts(table, "hold")),
    }
}

/// The parts of `fix` that depend on what was found. (That `fix` is no table is told already.)
pub(super) fn others(reader: &mut Reader, value: &Value<'_>) -> Fixes {
    let Some(table) = value.get_ref().as_table() else { return Fixes::default() };
    let with = match table.get("with") {
        Some(value) => {
            reader.table(value, "`fix.with`").map(|table| reader.entries(table)).unwrap_or_default()
        }
        None => Vec::new(),
    };
    let Some(cases) = table.get("cases") else { return Fixes { with, cases: Vec::new() } };
    let Some(items) = cases.get_ref().as_array() else {
        reader.wrong_type(cases, "`fix.cases`", "a list of tables");
        return Fixes { with, cases: Vec::new() };
    };
    let cases = items.iter().filter_map(|item| fix_case(reader, item)).collect();
    Fixes { with, cases }
}

fn fix_case(reader: &mut Reader, value: &Value<'_>) -> Option<FixCase> {
    let owner = "a case of `fix`";
    let table = reader.table(value, owner)?;
    reader.check_keys(table, FIX_CASE, owner);
    if !table.contains_key("text") {
        missing(reader, value, owner, "text");
    }
    let fails = reader.text(table, "fails").and_then(|word| match word.value.as_str() {
        "now" => Some(Fails::Now),
        "boot" => Some(Fails::Boot),
        "both" => Some(Fails::Both),
        _ => {
            unknown_word(reader, &word, "moment of a fix", FAILS);
            None
        }
    });
    if !table.contains_key("fails") && !table.contains_key("when") {
        reader.mistake(value.span(), Code::MissingKey, "a case of `fix` has neither `when` nor `fails`");
    }
    Some(FixCase {
        when: table.get("when").and_then(|when| expression::read(reader, when, "`when`")),
        fails,
        fix: actions(reader, table),
        place: reader.place(value.span()),
    })
}

fn sysctl(reader: &mut Reader, value: &Value<'_>) -> Vec<(Text, Text)> {
    let Some(table) = reader.table(value, "`fix.sysctl`") else { return Vec::new() };
    let mut settings = Vec::new();
    for (key, value) in table {
        let text = match value.get_ref() {
            DeValue::String(text) => text.clone().into_owned(),
            DeValue::Integer(number) => number.to_string(),
            _ => {
                let message = format!("the value of `{}` must be a number or text", key.get_ref());
                let help = "a dotted name is written in quotes: \"net.ipv4.ip_forward\"".to_owned();
                reader.mistake(key.span(), Code::WrongType, message).help.push(help);
                continue;
            }
        };
        settings.push((key.get_ref().clone().into_owned().into(), text.into()));
    }
    settings
}
