//! Values at which CRI-O stops though their type is right (the `Validate` functions of `pkg/config/config.go`).

use serde::de::IgnoredAny;

use super::Crio;
use crate::fact::{Origin, State, Value};
use crate::host::{HostError, HostErrorKind, Read};
use crate::subsystem::Subsystems;

/// Keys whose value is one of few words, and the minor version from which on CRI-O looks at them.
const WORDS: &[(&str, u32, &[&str])] = &[
    ("image.image_volumes", 0, &["mkdir", "bind", "ignore"]),
    // The key is unknown before, and ignored.
    ("image.short_name_mode", 34, &["enforcing", "disabled", ""]),
];

/// Directories that must be named by an absolute path.
const ABSOLUTE: &[&str] = &["image.signature_policy_dir", "image.namespaced_auth_dir"];

/// Adds each with its place.
///
/// # Errors
/// What could not be looked at.
pub(super) fn values(
    crio: &Crio,
    subsystems: &Subsystems<'_>,
    found: &mut Vec<(Origin, String)>,
) -> Result<(), String> {
    let minor = crio.minor(subsystems);
    let set = |key: &str| -> Option<(Origin, String)> {
        let fact = crio.effective(subsystems, key);
        match fact.state {
            State::Known(Value::Text(text)) => Some((fact.because.into_iter().next()?, text)),
            _ => None,
        }
    };
    for (key, since, words) in WORDS {
        if let Some((place, word)) = set(key)
            && minor.is_none_or(|minor| minor >= *since)
            && !words.contains(&word.as_str())
        {
            found.push((
                place,
                format!("{key}: {word} is none of {}", words.join(", ").trim_end_matches(", ")),
            ));
        }
    }
    for key in ABSOLUTE {
        if let Some((place, path)) = set(key)
            && !path.starts_with('/')
        {
            found.push((place, format!("{key}: {path} is no absolute path")));
        }
    }
    found.extend(stream(crio, subsystems));
    found.extend(seccomp(crio, subsystems)?);
    Ok(())
}

/// TLS for streams without a certificate or key.
fn stream(crio: &Crio, subsystems: &Subsystems<'_>) -> Option<(Origin, String)> {
    let tls = crio.effective(subsystems, "api.stream_enable_tls");
    if tls.state != State::from(true) {
        return None;
    }
    let missing = ["api.stream_tls_cert", "api.stream_tls_key"]
        .into_iter()
        .find(|key| crio.text(subsystems, key).is_none())?;
    let place = tls.because.into_iter().next().unwrap_or_default();
    Some((place, format!("api.stream_enable_tls without {missing}")))
}

/// A seccomp profile that is there and can't be read; for one that isn't there CRI-O takes its own
/// (`internal/config/seccomp`).
fn seccomp(crio: &Crio, subsystems: &Subsystems<'_>) -> Result<Option<(Origin, String)>, String> {
    // What is compiled in is no path.
    if crio.candidates("runtime.seccomp_profile").is_empty() {
        return Ok(None);
    }
    let path = crio.text(subsystems, "runtime.seccomp_profile").filter(|path| path.starts_with('/'));
    let Some(path) = path else { return Ok(None) };
    let refused = |wrong: String| Ok(Some((Origin::file(&path), wrong)));
    let bytes = match subsystems.host().files().read(&path) {
        Read::There(bytes) => bytes,
        Read::Missing(_) => return Ok(None),
        Read::Hidden(HostError { kind: HostErrorKind::NotAFile(kind), .. }) => {
            return refused(format!("seccomp_profile is {kind}"));
        }
        Read::Hidden(error) => return Err(error.to_string()),
    };
    // Go's decoder takes `null` for an empty object.
    let is_object = matches!(bytes.trim_ascii_start().first(), Some(b'{' | b'n'));
    match serde_json::from_slice::<IgnoredAny>(&bytes) {
        Ok(_) if is_object => Ok(None),
        Ok(_) => refused("seccomp_profile is no object of JSON".into()),
        Err(error) => refused(format!("seccomp_profile is no JSON: {error}")),
    }
}
