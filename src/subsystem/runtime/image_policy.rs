//! The policy that decides which images may be pulled (containers-policy.json(5)). CRI-O doesn't look at it when it
//! starts: only pulls fail.

use serde_json::Value as Json;

use crate::fact::{Answer, Knowledge, Moment, Origin, State, Value};
use crate::host::{Files, Read};
use crate::subsystem::Subsystems;

/// Where it is if CRI-O's `signature_policy` names none. /usr/share/containers is not looked at (cri-o/cri-o#10191).
const FILES: [&str; 2] = ["/root/.config/containers/policy.json", "/etc/containers/policy.json"];

/// Keys that are looked for; no policy names more.
const MAX_KEYS: usize = 256;

/// What a requirement may be, and what it may say (`policy_config.go` and `policy_config_sigstore.go` of containers/image 5.36);
/// all else is refused.
const TYPES: &[(&str, &[&str])] = &[
    ("insecureAcceptAnything", &[]),
    ("reject", &[]),
    ("signedBaseLayer", &["baseLayerIdentity"]),
    ("signedBy", &["keyData", "keyPath", "keyPaths", "keyType", "signedIdentity"]),
    (
        "sigstoreSigned",
        &[
            "fulcio",
            "keyData",
            "keyDatas",
            "keyPath",
            "keyPaths",
            "pki",
            "rekorPublicKeyData",
            "rekorPublicKeyDatas",
            "rekorPublicKeyPath",
            "rekorPublicKeyPaths",
            "signedIdentity",
        ],
    ),
];

/// What came later: by type and key (none for the type itself), the newest minor version of CRI-O that surely doesn't know it
/// (cri-o/cri-o#6197: 1.24.2; containers/image 5.24 of 1.26, 5.32.2 in patches of 1.31, 5.34 of 1.32 and later).
const LATER: &[(&str, &str, u32)] = &[
    ("signedBy", "keyPaths", 24),
    ("sigstoreSigned", "", 24),
    ("sigstoreSigned", "fulcio", 25),
    ("sigstoreSigned", "rekorPublicKeyData", 25),
    ("sigstoreSigned", "rekorPublicKeyPath", 25),
    ("sigstoreSigned", "keyDatas", 30),
    ("sigstoreSigned", "keyPaths", 30),
    ("sigstoreSigned", "rekorPublicKeyDatas", 30),
    ("sigstoreSigned", "rekorPublicKeyPaths", 30),
    ("sigstoreSigned", "pki", 31),
];

/// Of these a requirement has exactly one.
const KEYS: &[(&str, &[&str])] = &[
    ("signedBy", &["keyPath", "keyPaths", "keyData"]),
    ("sigstoreSigned", &["keyPath", "keyPaths", "keyData", "keyDatas", "fulcio", "pki"]),
];

/// The policy that counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImagePolicy {
    /// The file.
    pub path: String,
    /// The type of the first requirement for images that nothing else covers, if there is one.
    pub default: Option<String>,
    /// Why the file is refused.
    pub mistakes: Knowledge<Vec<String>>,
    /// Files with keys that it names and that are not there.
    pub missing_keys: Knowledge<Vec<String>>,
}

/// The policy; absent if there is none.
pub fn policy(subsystems: &Subsystems<'_>, moment: Moment) -> Answer<ImagePolicy> {
    let named = subsystems.crio().ask(subsystems, "image.signature_policy", moment);
    let named = match named.state {
        State::Known(Value::Text(path)) if !path.is_empty() => Some((path, named.because)),
        State::Unknown(reason) => return Answer::unknown(reason),
        _ => None,
    };
    let files = subsystems.host().files();
    let (places, because) = match &named {
        Some((path, because)) => (vec![path.as_str()], because.clone()),
        None => (FILES.to_vec(), Vec::new()),
    };
    for path in &places {
        let bytes = match files.read_document(path) {
            Read::There(bytes) => bytes,
            Read::Missing(_) => continue,
            Read::Hidden(error) => return Answer::unknown(error),
        };
        let (default, mistakes, missing_keys) = match serde_json::from_slice::<Json>(&bytes) {
            Ok(json) => (default(&json), refusals(subsystems, &json), missing(files, &json)),
            Err(error) => {
                let mistakes = vec![format!("no JSON: {error}")];
                (None, Knowledge::Known(mistakes), Knowledge::Known(Vec::new()))
            }
        };
        let policy = ImagePolicy { path: (*path).to_owned(), default, mistakes, missing_keys };
        return Answer::known(policy).because(Origin::file(path)).because_all(because);
    }
    Answer::absent().because_all(because).note(format!("looked for {}", places.join(", ")))
}

/// The type of the first requirement for images that nothing else covers.
fn default(json: &Json) -> Option<String> {
    json["default"][0]["type"].as_str().map(str::to_owned)
}

/// What is wrong with the policy for the installed CRI-O; unknown if that depends on its version, which could not be read.
fn refusals(subsystems: &Subsystems<'_>, json: &Json) -> Knowledge<Vec<String>> {
    let minor = subsystems.crio().minor(subsystems);
    let mistakes_now = mistakes(json, minor);
    if minor.is_none()
        && mistakes_now.is_empty()
        && !mistakes(json, Some(0)).is_empty()
        && let Some(reason) = subsystems.programs().unread(subsystems, "crio")
    {
        return Knowledge::unknown(reason);
    }
    Knowledge::Known(mistakes_now)
}

/// The files with keys that requirements name: for which images, by which word, which file.
fn keys(json: &Json) -> impl Iterator<Item = (String, &'static str, &str)> {
    let default = json["default"].as_array().map(|list| ("default".to_owned(), list));
    let scopes = json["transports"].as_object().into_iter().flatten().flat_map(|(transport, scopes)| {
        scopes.as_object().into_iter().flatten().filter_map(move |(scope, list)| {
            Some((format!("{transport} {scope}").trim_end().to_owned(), list.as_array()?))
        })
    });
    default.into_iter().chain(scopes).flat_map(|(of, list)| {
        list.iter().flat_map(move |requirement| {
            let one = requirement["keyPath"].as_str().map(|path| ("keyPath", path));
            let several = requirement["keyPaths"].as_array().into_iter().flatten();
            let several = several.filter_map(Json::as_str).map(|path| ("keyPaths", path));
            let of = of.clone();
            one.into_iter().chain(several).map(move |(word, path)| (of.clone(), word, path))
        })
    })
}

/// Keys that are not there: images that need them can't be pulled.
fn missing(files: &Files, json: &Json) -> Knowledge<Vec<String>> {
    let mut missing = Vec::new();
    for (of, _, path) in keys(json).take(MAX_KEYS) {
        match files.stat(path) {
            Read::There(_) => {}
            Read::Missing(_) => missing.push(format!("{path}: for {of}")),
            Read::Hidden(error) => return Knowledge::unknown(error),
        }
    }
    Knowledge::Known(missing)
}

fn mistakes(json: &Json, minor: Option<u32>) -> Vec<String> {
    let Some(table) = json.as_object() else { return vec!["it is no JSON object".into()] };
    let mut mistakes = Vec::new();
    for key in table.keys().filter(|key| !["default", "transports"].contains(&key.as_str())) {
        mistakes.push(format!("unknown key {key}"));
    }
    match table.get("default").map(|default| (default, default.as_array())) {
        None => mistakes.push("default is missing".into()),
        Some((_, Some(list))) if !list.is_empty() => requirements("default", list, minor, &mut mistakes),
        Some(_) => mistakes.push("default is no list of requirements".into()),
    }
    for (transport, scopes) in table.get("transports").and_then(Json::as_object).into_iter().flatten() {
        for (scope, list) in scopes.as_object().into_iter().flatten() {
            match list.as_array() {
                Some(list) if !list.is_empty() => {
                    requirements(format!("{transport} {scope}").trim_end(), list, minor, &mut mistakes);
                }
                _ => mistakes.push(format!("{transport} {scope} is no list of requirements")),
            }
        }
    }
    mistakes
}

fn requirements(of: &str, list: &[Json], minor: Option<u32>, mistakes: &mut Vec<String>) {
    for requirement in list {
        let Some(kind) = requirement["type"].as_str() else {
            mistakes.push(format!("{of}: a requirement without a type"));
            continue;
        };
        let is_later = |key: &str| {
            LATER.iter().any(|(later, name, last)| {
                (*later, *name) == (kind, key) && minor.is_some_and(|minor| minor <= *last)
            })
        };
        let Some((_, known)) = TYPES.iter().find(|(name, _)| *name == kind).filter(|_| !is_later("")) else {
            mistakes.push(format!("{of}: unknown type {kind}"));
            continue;
        };
        for key in
            requirement.as_object().into_iter().flat_map(|table| table.keys()).filter(|key| *key != "type")
        {
            if !known.contains(&key.as_str()) || is_later(key) {
                mistakes.push(format!("{of}: unknown key {key}"));
            }
        }
        if let Some((_, keys)) = KEYS.iter().find(|(name, _)| *name == kind)
            && keys.iter().filter(|key| requirement.get(**key).is_some()).count() != 1
        {
            mistakes.push(format!("{of}: {kind} takes exactly one of {}", keys.join(", ")));
        }
    }
}
