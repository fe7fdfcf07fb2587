//! Opens what the arguments name: the host. All opening happens here, so that a sandbox can close behind it.

use clap::builder::PossibleValuesParser;

use super::SourceArguments;
use super::error::Failure;
use crate::fact::Moment;
use crate::host::{Host, HostError};
use crate::report::render::FORMATS;

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

/// The names that `--format` takes.
pub(super) fn format_names() -> PossibleValuesParser {
    PossibleValuesParser::new(FORMATS.iter().map(|format| format.name))
}
