//! What each side says, in words that can be compared.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::case::split_attribute;

/// What a booted machine wrote: by question, what the shell saw; and what the program said inside.
#[derive(Clone, Debug, Default)]
pub(crate) struct Answers {
    pub(crate) shell: BTreeMap<String, String>,
    pub(crate) program: Value,
    /// What it said of the next boot.
    pub(crate) next: Value,
    /// The report of `check`, where one was asked for.
    pub(crate) report: Value,
    /// Units that failed.
    pub(crate) failed: String,
}

impl Answers {
    /// Reads the lines of `probe.sh`; none if the last one is missing.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut answers = Answers::default();
        let mut late = BTreeMap::new();
        let mut ended = false;
        for line in text.lines() {
            let mut parts = line.splitn(3, '\t');
            match (parts.next()?, parts.next(), parts.next()) {
                ("now", Some(question), Some(answer)) => {
                    answers.shell.insert(question.to_owned(), answer.trim_end().to_owned());
                }
                ("late", Some(question), Some(answer)) => {
                    late.insert(question.to_owned(), answer.trim_end().to_owned());
                }
                ("program-now", Some(json), _) => answers.program = serde_json::from_str(json).ok()?,
                ("program-boot", Some(json), _) => answers.next = serde_json::from_str(json).ok()?,
                ("article", Some(json), _) => answers.report = serde_json::from_str(json).unwrap_or_default(),
                ("failed", Some(units), _) => answers.failed = units.trim().to_owned(),
                ("end", ..) => ended = true,
                _ => {}
            }
        }
        for (question, answer) in late {
            if answers.shell.get(&question).is_some_and(|now| now == "not-loaded") {
                answers.shell.insert(question, answer);
            }
        }
        ended.then_some(answers)
    }

    /// What the shell saw.
    pub(crate) fn seen(&self, question: &str) -> String {
        self.shell.get(question).map_or_else(|| "no answer".into(), |text| plain(question, text))
    }
}

/// Whether a fact about a unit came from systemd itself.
pub(crate) fn asked_systemd(facts: &Value, question: &str) -> bool {
    let because = fact(facts, question).and_then(|fact| fact["because"].as_array());
    because.is_some_and(|origins| origins.iter().any(|origin| origin["path"] == "org.freedesktop.systemd1"))
}

fn fact<'f>(facts: &'f Value, question: &str) -> Option<&'f Value> {
    let (asked, _) = split_attribute(question);
    let (probe, key) = asked.split_once(':').map_or((asked, None), |(probe, key)| (probe, Some(key)));
    facts["facts"].as_array()?.iter().find(|fact| fact["probe"] == probe && fact["key"].as_str() == key)
}

/// A fact of `facts --format json`: its value in the words of the shell, and how sure the program is.
pub(crate) fn told(facts: &Value, question: &str) -> (String, String) {
    let (asked, attribute) = split_attribute(question);
    let Some(fact) = fact(facts, question) else {
        return ("not told".into(), String::new());
    };
    let probe = asked.split(':').next().unwrap_or_default();
    let sure = fact["confidence"].as_str().unwrap_or_default().to_owned();
    let text = match fact["state"].as_str() {
        Some("known") => match attribute {
            Some(name) => text_of(&fact["value"][name]),
            None if probe == "file" => text_of(&fact["value"]["kind"]),
            None => text_of(&fact["value"]),
        },
        Some("unknown") => format!("unknown: {}", fact["reason"].as_str().unwrap_or_default()),
        _ => "absent".to_owned(),
    };
    (plain(question, &text), sure)
}

/// What a case expects, in the words of the shell.
pub(crate) fn expected(question: &str, text: &str) -> String {
    if question == "swap" {
        let devices = text.trim_matches(['[', ']']).split(", ").filter(|item| *item != "none");
        let devices: Vec<&str> = devices.filter_map(|item| item.rsplit_once(' ')).map(|(d, _)| d).collect();
        return devices.join(" ");
    }
    plain(question, text)
}

fn text_of(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => {
            let device = |item: &Value| item["device"].as_str().unwrap_or_default().to_owned();
            let mut devices: Vec<String> = items.iter().map(device).collect();
            devices.sort();
            devices.join(" ")
        }
        Value::Null => "unknown: the attribute".to_owned(),
        other => other.to_string(),
    }
}

/// One word for what a question can't tell apart.
fn plain(question: &str, text: &str) -> String {
    let text = text.trim();
    if question.starts_with("filesystem:") {
        return match text {
            "available" | "loaded" | "built-in" => "available".into(),
            text if text.starts_with("unknown") => text.to_owned(),
            _ => "not available".into(),
        };
    }
    match text {
        // systemctl is-enabled of a unit without a file says nothing, or `not-found`.
        "" | "not-found" if question.ends_with(".enabled") => "absent".into(),
        text => text.to_owned(),
    }
}
