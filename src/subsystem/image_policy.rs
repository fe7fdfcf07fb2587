//! The policy that decides which images may be pulled (containers-policy.json(5)). CRI-O doesn't look at it when it
//! starts: only pulls fail.

use serde_json::Value as Json;

use super::Subsystems;
use crate::fact::{Fact, Moment, Origin, State, Value};

/// Where it is if CRI-O's `signature_policy` names none. /usr/share/containers is not looked at (cri-o/cri-o#10191).
const FILES: [&str; 2] = ["/root/.config/containers/policy.json", "/etc/containers/policy.json"];

/// What a requirement may be.
const TYPES: &[&str] = &["insecureAcceptAnything", "reject", "signedBy", "signedBaseLayer", "sigstoreSigned"];

/// The policy: `{path, default, mistakes}`; absent if there is none.
pub fn policy(subsystems: &Subsystems<'_>, moment: Moment) -> Fact {
    let named = subsystems.crio().ask(subsystems, "image.signature_policy", moment);
    let named = match named.state {
        State::Known(Value::Text(path)) if !path.is_empty() => Some((path, named.because)),
        State::Unknown(reason) => return Fact::unknown(reason.as_str()),
        _ => None,
    };
    let files = subsystems.host().files();
    let (places, because) = match &named {
        Some((path, because)) => (vec![path.as_str()], because.clone()),
        None => (FILES.to_vec(), Vec::new()),
    };
    for path in &places {
        let bytes = match files.read(path) {
            Ok(bytes) => bytes,
            Err(error) if error.is_not_found() => continue,
            Err(error) => return Fact::unknown(error.to_string()),
        };
        let (default, mistakes) = match serde_json::from_slice::<Json>(&bytes) {
            Ok(json) => (default(&json), mistakes(&json)),
            Err(error) => (State::Absent, vec![format!("no JSON: {error}")]),
        };
        let record = Value::record([
            ("path", State::from(*path)),
            ("default", default),
            ("mistakes", State::Known(Value::list(mistakes))),
        ]);
        return Fact::new(State::Known(record)).because(Origin::file(path)).because_all(because);
    }
    Fact::absent().because_all(because).note(format!("looked for {}", places.join(", ")))
}

/// The type of the first requirement for images that nothing else covers.
fn default(json: &Json) -> State {
    json["default"][0]["type"].as_str().map_or(State::Absent, State::from)
}

fn mistakes(json: &Json) -> Vec<String> {
    let Some(table) = json.as_object() else { return vec!["it is no JSON object".into()] };
    let mut mistakes = Vec::new();
    for key in table.keys().filter(|key| !["default", "transports"].contains(&key.as_str())) {
        mistakes.push(format!("unknown key {key}"));
    }
    match table.get("default").map(|default| (default, default.as_array())) {
        None => mistakes.push("default is missing".into()),
        Some((_, Some(list))) if !list.is_empty() => requirements("default", list, &mut mistakes),
        Some(_) => mistakes.push("default is no list of requirements".into()),
    }
    for (transport, scopes) in table.get("transports").and_then(Json::as_object).into_iter().flatten() {
        for (scope, list) in scopes.as_object().into_iter().flatten() {
            match list.as_array() {
                Some(list) if !list.is_empty() => {
                    requirements(&format!("{transport} {scope}"), list, &mut mistakes);
                }
                _ => mistakes.push(format!("{transport} {scope} is no list of requirements")),
            }
        }
    }
    mistakes
}

fn requirements(of: &str, list: &[Json], mistakes: &mut Vec<String>) {
    for requirement in list {
        match requirement["type"].as_str() {
            Some(kind) if TYPES.contains(&kind) => {}
            Some(kind) => mistakes.push(format!("{of}: unknown type {kind}")),
            None => mistakes.push(format!("{of}: a requirement without a type")),
        }
    }
}
