//! Hooks for containers as CRI-O reads them when it starts (`go.podman.io/common/pkg/hooks`).

use super::Since;
use crate::component::go_decoder::{self, Field, Format, Type};
use crate::fact::{State, Value};
use crate::parse::document::Node;
use crate::parse::go_regex;

/// Fields of version 1.0.0, and below `old` those of 0.1.0.
const FIELDS: &[Field] = &[
    ("", "version", Type::Text),
    ("", "hook", Type::Table("hook")),
    ("", "when", Type::Table("when")),
    ("", "stages", Type::Texts),
    ("hook", "path", Type::Text),
    ("hook", "args", Type::Texts),
    ("hook", "env", Type::Texts),
    ("hook", "timeout", Type::Integer),
    ("when", "always", Type::Bool),
    ("when", "annotations", Type::TextMap),
    ("when", "commands", Type::Texts),
    ("when", "hasBindMounts", Type::Bool),
    ("version", "version", Type::Text),
    ("old", "hook", Type::Text),
    ("old", "arguments", Type::Texts),
    ("old", "stages", Type::Texts),
    ("old", "stage", Type::Texts),
    ("old", "cmds", Type::Texts),
    ("old", "cmd", Type::Texts),
    ("old", "annotations", Type::Texts),
    ("old", "annotation", Type::Texts),
    ("old", "hasbindmounts", Type::Bool),
];

const STAGES: [&str; 6] =
    ["createContainer", "createRuntime", "prestart", "poststart", "poststop", "startContainer"];

fn schema(table: &str, key: &str) -> Option<(&'static str, Type)> {
    go_decoder::find(FIELDS, table, key)
}

/// A hook that could be decoded.
#[derive(Debug, PartialEq)]
pub(crate) struct Hook {
    /// The program that it calls. Where it isn't there, CRI-O looks no further.
    pub(crate) program: String,
    /// What is wrong otherwise.
    pub(crate) wrong: Option<String>,
}

/// Since when CRI-O minds what [`Hook::wrong`] says.
pub(crate) const DETAILS_SINCE: Since = Since::Always;

/// Reads a hook.
///
/// # Errors
/// At what CRI-O ends, whatever is on the host.
pub(crate) fn read(bytes: &[u8]) -> Result<Hook, (String, Since)> {
    let json: serde_json::Value = serde_json::from_str(&String::from_utf8_lossy(bytes))
        .map_err(|error| (format!("the hook isn't JSON: {error}"), Since::Always))?;
    if !json.is_object() {
        return Err(("the hook isn't a JSON object".into(), Since::Always));
    }
    let node = go_decoder::from_json(json);
    let decoded = |table| {
        let (node, mistyped) = go_decoder::decode(node.clone(), table, schema, Format::Json);
        match mistyped.into_iter().next() {
            Some(first) => Err((format!("the hook is malformed: {}", first.what), Since::Always)),
            None => Ok(node),
        }
    };
    let version = text(&decoded("version")?, "version").unwrap_or_default();
    match version.as_str() {
        "1.0.0" => current(&decoded("")?),
        "" | "0.1.0" => old(&decoded("old")?),
        _ => Err((format!("the hook has version \"{version}\"; CRI-O accepts \"1.0.0\""), Since::Always)),
    }
}

fn current(node: &Node) -> Result<Hook, (String, Since)> {
    let program = text(node, "hook.path").filter(|path| !path.is_empty());
    let program =
        program.ok_or_else(|| ("a hook without hook.path, the program to call".to_owned(), Since::Always))?;
    let mut patterns = texts(node, "when.commands").unwrap_or_default();
    if let Some(State::Known(Value::Record(annotations))) = node.at("when.annotations").map(Node::state) {
        for (key, value) in &annotations {
            patterns.push(key.clone());
            patterns.extend(match value {
                State::Known(Value::Text(value)) => Some(value.clone()),
                _ => None,
            });
        }
    }
    let wrong = wrong(&patterns, texts(node, "stages").as_deref());
    Ok(Hook { program, wrong })
}

fn old(node: &Node) -> Result<Hook, (String, Since)> {
    let program = text(node, "hook").filter(|path| !path.is_empty());
    let program = program.ok_or_else(|| ("a hook without a program to call".to_owned(), Since::Always))?;
    for (one, other) in [("stage", "stages"), ("cmd", "cmds"), ("annotation", "annotations")] {
        if texts(node, one).is_some() && texts(node, other).is_some() {
            return Err((format!("a hook with both {one} and {other}"), Since::Always));
        }
    }
    let either = |one, other| texts(node, one).or_else(|| texts(node, other));
    let mut patterns = either("cmds", "cmd").unwrap_or_default();
    patterns.extend(either("annotations", "annotation").map(|all| all.join("|")));
    let wrong = wrong(&patterns, either("stages", "stage").as_deref());
    Ok(Hook { program, wrong })
}

fn wrong(patterns: &[String], stages: Option<&[String]>) -> Option<String> {
    let refused = |pattern: &String| {
        let why = go_regex::problem(pattern)?;
        Some(format!("the hook's pattern \"{pattern}\" is no regular expression of Go: {why}"))
    };
    let Some(stages) = stages else {
        return Some("the hook has no stages, the moments at which to call it".into());
    };
    let unknown = stages.iter().find(|stage| !STAGES.contains(&stage.as_str()));
    patterns.iter().find_map(refused).or_else(|| {
        unknown
            .map(|stage| format!("the hook has the stage \"{stage}\"; CRI-O accepts {}", STAGES.join(", ")))
    })
}

fn text(node: &Node, path: &str) -> Option<String> {
    match node.at(path)?.state() {
        State::Known(Value::Text(text)) => Some(text),
        _ => None,
    }
}

fn texts(node: &Node, path: &str) -> Option<Vec<String>> {
    match node.at(path)?.state() {
        State::Known(Value::List(items)) => {
            Some(items.iter().filter_map(Value::as_text).map(str::to_owned).collect())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(text: &str) -> &'static str {
        match read(text.as_bytes()) {
            Err(_) => "refused",
            Ok(Hook { wrong: Some(_), .. }) => "wrong",
            Ok(_) => "taken",
        }
    }

    #[test]
    fn hooks_are_taken_or_refused() {
        let whole =
            r#"{"version":"1.0.0","hook":{"path":"/bin/true"},"when":{"always":true},"stages":["prestart"]}"#;
        let with = |from: &str, to: &str| whole.replace(from, to);
        for (text, wanted) in [
            (whole.to_owned(), "taken"),
            ("{".to_owned(), "refused"),
            ("[]".to_owned(), "refused"),
            (with("1.0.0", "2.0.0"), "refused"),
            (with("\"/bin/true\"", "\"\""), "refused"),
            (with("\"/bin/true\"", "5"), "refused"),
            (with("true}", "\"yes\"}"), "refused"),
            (with(",\"stages\":[\"prestart\"]", ""), "wrong"),
            (with("prestart", "nope"), "wrong"),
            (with("\"always\":true", "\"commands\":[\"(\"]"), "wrong"),
            (with("\"always\":true", "\"annotations\":{\"[\":\"a\"}"), "wrong"),
            (with("\"always\":true", "\"annotations\":{\"a\":\"*\"}"), "wrong"),
            (with("\"always\":true", "\"annotations\":{\"^a$\":\"(?i)b\"}"), "taken"),
            (r#"{"hook":"/bin/true","stages":["prestart"],"cmds":[".*"]}"#.to_owned(), "taken"),
            (r#"{"version":"0.1.0","hook":"/bin/true","stage":["prestart"]}"#.to_owned(), "taken"),
            (r#"{"hook":"/bin/true","stage":["prestart"],"stages":[]}"#.to_owned(), "refused"),
            (r#"{"hook":"/bin/true"}"#.to_owned(), "wrong"),
            ("{}".to_owned(), "refused"),
        ] {
            assert_eq!(verdict(&text), wanted, "{text}");
        }
    }
}
