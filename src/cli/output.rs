//! `--format` and `--output`: in which formats something is written, and where to.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::PathBuf;

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, Command};

use super::error::Failure;
use super::terminal;
use crate::report::render::Format;

/// Where something is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Destination {
    StandardOutput,
    File(PathBuf),
}

/// A `--format`: its name, and where to if it says so.
pub(super) struct FormatArgument<D: 'static> {
    pub(super) format: &'static Format<D>,
    to: Option<Destination>,
}

impl<D> fmt::Debug for FormatArgument<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} to {:?}", self.format, self.to)
    }
}

impl<D> Clone for FormatArgument<D> {
    fn clone(&self) -> Self {
        FormatArgument { format: self.format, to: self.to.clone() }
    }
}

/// Reads `NAME` or `NAME=FILE` for `--format`.
pub(super) struct FormatParser<D: 'static>(&'static [Format<D>]);

impl<D> Clone for FormatParser<D> {
    fn clone(&self) -> Self {
        FormatParser(self.0)
    }
}

/// The parser for the formats of a command.
pub(super) fn formats<D>(all: &'static [Format<D>]) -> FormatParser<D> {
    FormatParser(all)
}

impl<D: 'static> TypedValueParser for FormatParser<D> {
    type Value = FormatArgument<D>;

    fn parse_ref(
        &self,
        command: &Command,
        argument: Option<&Arg>,
        value: &OsStr,
    ) -> Result<FormatArgument<D>, clap::Error> {
        let bytes = value.as_bytes();
        let (name, file) = match bytes.iter().position(|byte| *byte == b'=') {
            Some(at) => (&bytes[..at], Some(&bytes[at + 1..])),
            None => (bytes, None),
        };
        let names = PossibleValuesParser::new(self.0.iter().map(|format| format.name));
        let name = names.parse_ref(command, argument, OsStr::from_bytes(name))?;
        let to = match file {
            None => None,
            Some(b"-") => Some(Destination::StandardOutput),
            Some([]) => return Err(no_file(command, argument, &name)),
            Some(file) => Some(Destination::File(OsString::from_vec(file.to_vec()).into())),
        };
        let format = self.0.iter().find(|format| format.name == name);
        // The name is one of these, so there is no error to see.
        let format = format.ok_or_else(|| clap::Error::new(ErrorKind::InvalidValue).with_cmd(command))?;
        Ok(FormatArgument { format, to })
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(self.0.iter().map(|format| PossibleValue::new(format.name).help(format.summary))))
    }
}

/// `json=` names no file.
fn no_file(command: &Command, argument: Option<&Arg>, name: &str) -> clap::Error {
    let mut error = clap::Error::new(ErrorKind::ValueValidation).with_cmd(command);
    let argument = argument.map_or_else(String::new, ToString::to_string);
    error.insert(ContextKind::InvalidArg, ContextValue::String(argument));
    error.insert(ContextKind::InvalidValue, ContextValue::String(format!("{name}=")));
    let hint = format!("name a file, as in {name}=report.{name}, or `-` for standard output");
    error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![hint.into()]));
    error
}

/// A file or standard output, for `--output`.
pub(super) fn destination() -> impl TypedValueParser<Value = Destination> {
    clap::builder::OsStringValueParser::new().try_map(|text| match text.as_bytes() {
        b"" => Err("name a file, or `-` for standard output"),
        b"-" => Ok(Destination::StandardOutput),
        _ => Ok(Destination::File(text.into())),
    })
}

/// Where each format is written.
pub(super) struct Outputs<D: 'static>(Vec<(&'static Format<D>, Destination)>);

impl<D> Outputs<D> {
    /// What the arguments ask for; a single format without a file of its own goes to that of `--output`.
    pub(super) fn of(formats: &[FormatArgument<D>], output: Option<&Destination>) -> Result<Self, Failure> {
        if let (Some(_), [_, _, ..]) = (output, formats) {
            return Err(Failure::input("--output takes a single --format")
                .hint("name the files with the formats: --format table --format json=report.json"));
        }
        let mut outputs: Vec<(&Format<D>, Destination)> = Vec::new();
        for FormatArgument { format, to } in formats {
            let to = match (to, output) {
                (Some(_), Some(_)) => {
                    let text = format!("--output and --format {}=... both say where to write", format.name);
                    return Err(Failure::input(text).hint("leave out one of them"));
                }
                (Some(to), None) | (None, Some(to)) => to.clone(),
                (None, None) => Destination::StandardOutput,
            };
            if let Some((other, _)) = outputs.iter().find(|(_, taken)| *taken == to) {
                return Err(taken(other.name, format.name, &to));
            }
            outputs.push((format, to));
        }
        Ok(Outputs(outputs))
    }

    /// The formats.
    pub(super) fn formats(&self) -> impl Iterator<Item = &'static Format<D>> {
        self.0.iter().map(|(format, _)| *format)
    }

    /// Writes something in each format; `all` is `--all`. Standard output comes last: who reads it finds the files.
    pub(super) fn write(&self, document: &D, all: bool) -> Result<(), Failure> {
        let is_file = |to: &Destination| matches!(to, Destination::File(_));
        let files = self.0.iter().filter(|(_, to)| is_file(to));
        for (format, to) in files.chain(self.0.iter().filter(|(_, to)| !is_file(to))) {
            let mut bytes = Vec::new();
            (format.render)(document, terminal::style(all, !is_file(to)), &mut bytes)?;
            match to {
                Destination::StandardOutput => terminal::write(&bytes)?,
                Destination::File(path) => terminal::write_file(path, &bytes)?,
            }
        }
        Ok(())
    }
}

/// Two formats can't go to one place.
fn taken(first: &str, second: &str, to: &Destination) -> Failure {
    match to {
        Destination::StandardOutput => {
            Failure::input(format!("two formats, {first} and {second}, can't both go to standard output"))
                .hint(format!("name a file for one of them: --format {second}=FILE"))
        }
        Destination::File(path) => {
            let path = path.display();
            Failure::input(format!("two formats, {first} and {second}, can't both go to {path}"))
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::cli::Arguments;
    use crate::report::Report;

    fn parsed(texts: &[&str]) -> Result<Vec<FormatArgument<Report>>, String> {
        let words = texts.iter().flat_map(|text| ["--format", text]);
        let arguments = Arguments::try_parse_from(["node-preflight"].into_iter().chain(words));
        arguments.map(|arguments| arguments.check.format).map_err(|error| error.to_string())
    }

    fn outputs(texts: &[&str], output: Option<&str>) -> Result<Vec<String>, String> {
        let output = output.map(|file| Destination::File(file.into()));
        let outputs = Outputs::of(&parsed(texts)?, output.as_ref()).map_err(|failure| failure.to_string())?;
        let shown = |(format, to): &(&'static Format<Report>, Destination)| match to {
            Destination::StandardOutput => format!("{} -", format.name),
            Destination::File(path) => format!("{} {}", format.name, path.display()),
        };
        Ok(outputs.0.iter().map(shown).collect())
    }

    #[test]
    fn formats_go_where_they_are_told_to() {
        for (formats, output, wanted) in [
            (&["table"][..], None, &["table -"][..]),
            (&["json"], Some("r.json"), &["json r.json"]),
            (&["table", "json=r.json"], None, &["table -", "json r.json"]),
            (&["json=-", "table=a=b"], None, &["json -", "table a=b"]),
            (&["json=a", "json=b"], None, &["json a", "json b"]),
        ] {
            assert_eq!(outputs(formats, output).unwrap(), wanted, "{formats:?} {output:?}");
        }
    }

    #[test]
    fn what_can_not_be_meant_is_refused() {
        for (formats, output, said) in [
            (&["jsno"][..], None, "invalid value 'jsno'"),
            (&["jsno"], None, "a similar value exists: 'json'"),
            (&["jsno=x"], None, "a similar value exists: 'json'"),
            (&["json="], None, "name a file, as in json=report.json"),
            (&["table", "json"], None, "table and json, can't both go to standard output"),
            (&["table=-", "table"], None, "can't both go to standard output"),
            (&["table=x", "json=x"], None, "can't both go to x"),
            (&["table", "json"], Some("x"), "--output takes a single --format"),
            (&["json=x"], Some("y"), "both say where to write"),
        ] {
            let refused = outputs(formats, output).unwrap_err();
            assert!(refused.contains(said), "{formats:?} {output:?}: {refused}");
        }
    }
}
