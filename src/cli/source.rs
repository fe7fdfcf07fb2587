//! Opens what the arguments name: the host. All opening happens here, so that a sandbox can close behind it.

use clap::builder::PossibleValuesParser;

use super::SourceArguments;
use super::error::Failure;
use crate::fact::Moment;
use crate::host::{Host, HostError};
use crate::report::render::FORMATS;
use crate::rule::RuleSet;

/// The host that the arguments name, and the moments that were asked for and that it has.
pub(super) fn open(arguments: &SourceArguments) -> Result<(Host, Vec<Moment>), Failure> {
    let opened = match (&arguments.root, &arguments.recording) {
        (Some(root), _) => Host::directory(root),
        (None, Some(recording)) => Host::recording(recording),
        (None, None) => Host::live(),
    };
    let host = opened.map_err(|error| unreadable(arguments, &error))?;
    let has = |moment: &Moment| *moment == Moment::Boot || host.running().is_some();
    let moments: Vec<Moment> = arguments.moment.list().iter().copied().filter(has).collect();
    if moments.is_empty() {
        return Err(Failure::input("--moment now needs a running system, and this host is only files")
            .hint("leave --moment out, or ask for --moment boot"));
    }
    Ok((host, moments))
}

fn unreadable(arguments: &SourceArguments, error: &HostError) -> Failure {
    let failure = Failure::input(format!("can't open the host: {error}"));
    match (&arguments.root, &arguments.recording) {
        (Some(_), _) => failure.hint("--root takes a directory that holds a root filesystem"),
        (None, Some(_)) => failure.hint("--recording takes a directory with root/ and, optionally, live/"),
        (None, None) => failure,
    }
}

/// Values of variables: those of the environment (`NODE_PREFLIGHT_POD_CIDR` sets `pod-cidr`), then those of
/// the command line.
pub(super) fn variables(rules: &RuleSet, given: &[String]) -> Result<Vec<(String, String)>, Failure> {
    let mut values: Vec<(String, String)> = Vec::new();
    for variable in &rules.variables {
        let name = &variable.name.value;
        let key = format!("NODE_PREFLIGHT_{}", name.to_uppercase().replace('-', "_"));
        #[expect(clippy::disallowed_methods, reason = "variables may be set by the environment")]
        let value = std::env::var(key);
        values.extend(value.ok().map(|value| (name.to_string(), value)));
    }
    for text in given {
        let Some((name, value)) = text.split_once('=') else {
            return Err(Failure::input(format!("--set takes NAME=VALUE, found `{text}`"))
                .hint("for example --set pod-cidr=10.244.0.0/16"));
        };
        values.push((name.to_owned(), value.to_owned()));
    }
    Ok(values)
}

/// The names that `--format` takes.
pub(super) fn format_names() -> PossibleValuesParser {
    PossibleValuesParser::new(FORMATS.iter().map(|format| format.name))
}
