//! Opens what the arguments name: the host. All opening happens here, so that a sandbox can close behind it.

use std::path::Path;

use super::error::Failure;
use super::{SourceArguments, terminal};
use crate::engine::VariableOverride;
use crate::fact::{Moment, Origin};
use crate::host::{Host, HostError, HostErrorKind, Read};
use crate::rule::{RuleSet, suggestion};
use crate::subsystem::distribution::os_release::PLACES;

/// The host that the arguments name, and the moments that were asked for and that it has.
pub(super) fn open(arguments: &SourceArguments) -> Result<(Host, Vec<Moment>), Failure> {
    let opened = match (&arguments.root, &arguments.recording) {
        (Some(root), _) => Host::directory(root),
        (None, Some(recording)) => Host::recording(recording),
        (None, None) => Host::live(),
    };
    let host = opened.map_err(|error| unreadable(arguments, &error))?;
    if let Some(root) = &arguments.root {
        refuse_other(root, &host)?;
    }
    let has = |moment: &Moment| *moment == Moment::NextBoot || host.running().is_some();
    let moments: Vec<Moment> = arguments.moment.list().iter().copied().filter(has).collect();
    if moments.is_empty() {
        return Err(Failure::input("--moment now needs a running system, and this host is only files")
            .hint("leave --moment out, or ask for --moment boot"));
    }
    Ok((host, moments))
}

/// What every root filesystem has something of, however small.
const TOP: [&str; 8] = ["/etc", "/usr", "/var", "/lib", "/boot", "/bin", "/sbin", "/opt"];

/// A directory that is no root filesystem would be judged as a host on which nothing is there.
fn refuse_other(root: &Path, host: &Host) -> Result<(), Failure> {
    let mut hidden: Option<HostError> = None;
    for path in TOP {
        match host.files().kind(path) {
            Read::There(_) => return Ok(()),
            Read::Missing(_) => {}
            Read::Hidden(error) => hidden = hidden.or(Some(error)),
        }
    }
    let place = root.display();
    if let Some(error) = hidden {
        return Err(Failure::input(format!("can't look into {place}: {}", error.kind)));
    }
    let failure =
        Failure::input(format!("{place} holds no root filesystem: it has none of {}", TOP.join(", ")));
    Err(match host.files().kind("/root") {
        Read::There(_) => failure
            .hint(format!("did you mean --recording {place}, or --root {}?", root.join("root").display())),
        // Only a hint depends on it.
        Read::Missing(_) | Read::Hidden(_) => {
            failure.hint("--root takes a directory that holds a root filesystem")
        }
    })
}

/// A root directory without an os-release is judged only if that was asked for: a system that boots has one, so that more may be
/// missing here.
pub(super) fn refuse_partial(arguments: &SourceArguments, host: &Host) -> Result<(), Failure> {
    let Some(missing) = missing_release(arguments, host) else { return Ok(()) };
    let hint = match missing.elsewhere {
        Some(place) => format!("{place}; mount it, or judge what is there with --root-partial"),
        None => "--root-partial judges what is there".to_owned(),
    };
    Err(Failure::input(missing.text).hint(hint))
}

/// Facts are told of any directory, with a warning.
pub(super) fn warn_of_partial(arguments: &SourceArguments, host: &Host) {
    if let Some(missing) = missing_release(arguments, host) {
        terminal::complain_line(&format!("warning: {}", missing.text));
    }
}

/// That there is no os-release.
struct MissingRelease {
    text: String,
    /// The file system that it may be on.
    elsewhere: Option<String>,
}

fn missing_release(arguments: &SourceArguments, host: &Host) -> Option<MissingRelease> {
    let root = arguments.root.as_ref().filter(|_| !arguments.root_partial)?;
    let mut elsewhere = None;
    for path in PLACES {
        match host.files().stat(path) {
            Read::Missing(_) => {}
            Read::Hidden(HostError { kind: HostErrorKind::Elsewhere(place), .. }) => {
                elsewhere.get_or_insert(place);
            }
            // One that can't be read is there.
            Read::There(_) | Read::Hidden(_) => return None,
        }
    }
    let place = root.display();
    let text = format!("{place} is no whole root filesystem: it has no {}", PLACES.join(" and no "));
    Some(MissingRelease { text, elsewhere })
}

fn unreadable(arguments: &SourceArguments, error: &HostError) -> Failure {
    let failure = Failure::input(format!("can't open the host: {error}"));
    match (&arguments.root, &arguments.recording) {
        (Some(_), _) => failure.hint("--root takes a directory that holds a root filesystem"),
        (None, Some(_)) => failure.hint("--recording takes a directory with root/ and, optionally, live/"),
        (None, None) => failure,
    }
}

/// What variables of the environment that set variables of rules begin with: `NODE_PREFLIGHT_POD_CIDR` sets `pod-cidr`.
const PREFIX: &str = "NODE_PREFLIGHT_";

/// The values that the environment gives variables; the command line wins against it. A name that is nobody's may belong
/// to other programs: it is told, and no reason not to judge.
pub(super) fn environment(rules: &RuleSet) -> Result<Vec<VariableOverride>, Failure> {
    #[expect(clippy::disallowed_methods, reason = "variables may be set by the environment")]
    let set = std::env::vars_os().filter_map(|(key, value)| {
        let key = key.into_string().ok().filter(|key| key.starts_with(PREFIX))?;
        Some((key, value))
    });
    let names = || rules.variables.iter().map(|variable| variable.name.value.as_str());
    let mut given = Vec::new();
    for (key, value) in set {
        let name = key[PREFIX.len()..].to_lowercase().replace('_', "-");
        if !names().any(|known| known == name) {
            terminal::complain_line(&format!(
                "warning: {}",
                nobodys(&key, suggestion::nearest(&name, names()))
            ));
            continue;
        }
        let value = value
            .into_string()
            .map_err(|_| Failure::input(format!("the value of {key} in the environment is not UTF-8")))?;
        let origin = Origin::given(&key, None).sets(&key, &value);
        given.push(VariableOverride { name, value, origin });
    }
    Ok(given)
}

fn nobodys(key: &str, near: Option<&str>) -> String {
    let hint = near.map_or_else(
        || "`node-preflight list` shows all variables".to_owned(),
        |near| format!("did you mean {PREFIX}{}?", near.to_uppercase().replace('-', "_")),
    );
    format!("{key} in the environment sets no variable: {hint}")
}

/// The values that the command line gives variables.
pub(super) fn variables(given: &[String]) -> Result<Vec<(String, String)>, Failure> {
    let split = |text: &String| match text.split_once('=') {
        Some((name, value)) => Ok((name.to_owned(), value.to_owned())),
        None => Err(Failure::input(format!("--set takes NAME=VALUE, found `{text}`"))
            .hint("for example --set pod-cidr=10.244.0.0/16")),
    };
    given.iter().map(split).collect()
}
