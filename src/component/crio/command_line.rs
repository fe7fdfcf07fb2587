//! The command line of CRI-O: which flags it has, and what it refuses (`internal/criocli/criocli.go`; urfave/cli v2, which reads as
//! Go's package `flag` does).

use super::options::OPTIONS;
use super::{Refusal, Since};
use crate::component::go_decoder::Type;
use crate::fact::{Origin, State, Value};
use crate::parse::{go_bool, go_duration, go_integer};

/// Flags that are no option of the files.
const OTHERS: &[(&str, Type)] = &[
    ("address", Type::Text),
    ("config", Type::Text),
    ("config-dir", Type::Text),
    ("enable-profile-unix-socket", Type::Bool),
    ("log", Type::Text),
    ("log-format", Type::Text),
    ("nri-enable-default-validator", Type::Bool),
    ("nri-validator-reject-custom-seccomp-adjustment", Type::Bool),
    ("nri-validator-reject-namespace-adjustment", Type::Bool),
    ("nri-validator-reject-oci-hook-adjustment", Type::Bool),
    ("nri-validator-reject-runtime-default-seccomp-adjustment", Type::Bool),
    ("nri-validator-reject-unconfined-seccomp-adjustment", Type::Bool),
    ("nri-validator-required-plugins", Type::Texts),
    ("nri-validator-tolerate-missing-plugins-annotation", Type::Text),
    ("profile", Type::Bool),
    ("profile-cpu", Type::Text),
    ("profile-mem", Type::Text),
    ("profile-port", Type::Integer),
    ("registries-conf", Type::Text),
    ("registries-conf-dir", Type::Text),
    ("runtimes", Type::Texts),
];

/// Their variables, where a value of another form stops CRI-O.
pub(crate) const VARIABLES: &[(&str, Type)] = &[
    ("CONTAINER_PROFILE", Type::Bool),
    ("CONTAINER_PROFILE_PORT", Type::Integer),
    ("ENABLE_PROFILE_UNIX_SOCKET", Type::Bool),
];

/// Short names.
const ALIASES: &[(&str, &str)] = &[
    ("c", "config"),
    ("d", "config-dir"),
    ("l", "log-level"),
    ("r", "root"),
    ("s", "storage-driver"),
    ("tz", "timezone"),
];

/// With these it prints something and ends, as it is meant to.
const INFORMATION: [&str; 4] = ["help", "h", "version", "v"];

/// Commands, which are no daemon.
const COMMANDS: [&str; 12] = [
    "check",
    "complete",
    "completion",
    "config",
    "h",
    "help",
    "man",
    "markdown",
    "md",
    "status",
    "version",
    "wipe",
];

/// A command line that was read.
#[derive(Debug, Default)]
pub(crate) struct CommandLine {
    /// Flags by their long name, in order, each with its value and place.
    pub(crate) flags: Vec<(Origin, &'static str, String)>,
    pub(crate) refusals: Vec<Refusal>,
    /// Why it isn't known what CRI-O makes of it.
    pub(crate) gap: Option<String>,
}

/// Reads the words behind the program.
pub(crate) fn read(words: &[(Origin, String)]) -> CommandLine {
    let mut line = CommandLine::default();
    let mut rest = words.iter();
    while let Some((place, word)) = rest.next() {
        let name = word.strip_prefix("--").or_else(|| word.strip_prefix('-')).filter(|name| !name.is_empty());
        let Some(name) = name else {
            // `--` ends the flags, and so does what is no flag.
            let own = (place.clone(), word.clone());
            let stray = if word == "--" { rest.next() } else { Some(&own) };
            if let Some(stray) = stray {
                line.stray(stray);
            }
            return line;
        };
        let (name, value) = match name.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (name, None),
        };
        let Some((flag, kind)) = find(name) else {
            line.unknown(place, word, name);
            // Whether it takes the next word isn't known.
            if value.is_none() && rest.clone().next().is_some_and(|(_, next)| !next.starts_with('-')) {
                rest.next();
            }
            continue;
        };
        let value = match value {
            Some(value) => value.to_owned(),
            None if kind == Type::Bool => "true".to_owned(),
            None => {
                let Some((_, next)) = rest.next() else {
                    let what = format!("{word} has no value");
                    line.refusals.push(Refusal::new(place.clone(), what, Since::Always));
                    return line;
                };
                next.clone()
            }
        };
        if let Err(wrong) = value_of(kind, &value, Source::Flag) {
            let what = format!("--{flag} is \"{value}\"; CRI-O accepts {wrong}");
            line.refusals.push(Refusal::new(place.clone(), what, Since::Always));
        }
        line.flags.push((place.clone().says(format!("--{flag}={value}")), flag, value));
    }
    line
}

impl CommandLine {
    /// The places that set a flag and its values, the last one counts.
    pub(crate) fn flag(&self, name: &str) -> Vec<(Origin, String)> {
        let of_name = self.flags.iter().filter(|(_, flag, _)| *flag == name);
        of_name.map(|(place, _, value)| (place.clone(), value.clone())).collect()
    }

    fn stray(&mut self, (place, word): &(Origin, String)) {
        if COMMANDS.contains(&word.as_str()) {
            let what = format!("`{word}` is a command, after which CRI-O ends; a daemon has flags only");
            self.refusals.push(Refusal::new(place.clone(), what, Since::Always));
        } else if word.contains("${") {
            self.gap = Some(format!("{place}: {word} isn't set, and what CRI-O makes of it isn't known"));
        } else {
            let what = format!(
                "the word \"{word}\" belongs to no flag; CRI-O accepts flags only, and true or false with `=`: --selinux=false"
            );
            self.refusals.push(Refusal::new(place.clone(), what, Since::Always));
        }
    }

    fn unknown(&mut self, place: &Origin, word: &str, name: &str) {
        if INFORMATION.contains(&name) {
            let what = format!("with {word} CRI-O prints something and ends; a daemon has other flags only");
            self.refusals.push(Refusal::new(place.clone(), what, Since::Always));
            return;
        }
        let what = format!("CRI-O has no flag --{}", name.trim_start_matches('-'));
        self.refusals.push(Refusal::new(place.clone(), what, Since::Recorded));
    }
}

/// The flag of a name, and what it holds.
fn find(name: &str) -> Option<(&'static str, Type)> {
    let name = ALIASES.iter().find(|(short, _)| *short == name).map_or(name, |(_, long)| long);
    let of_files =
        || OPTIONS.iter().find(|option| option.flag == name).map(|option| (option.flag, option.kind));
    OTHERS.iter().find(|(other, _)| *other == name).copied().or_else(of_files)
}

/// Who says a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    Flag,
    Variable,
}

/// The value of a flag or variable; none if it says nothing.
///
/// # Errors
/// What CRI-O accepts.
pub(crate) fn value_of(kind: Type, text: &str, source: Source) -> Result<Option<State>, &'static str> {
    let is_variable = source == Source::Variable;
    Ok(Some(match kind {
        Type::Integer | Type::Duration if is_variable && text.is_empty() => return Ok(None),
        // It counts as set, while others tell that the file wins.
        Type::Bool if is_variable && text.is_empty() => {
            State::unknown("versions differ in what an empty variable means for a yes or no")
        }
        Type::Bool => State::from(go_bool::parse(text).ok_or("true or false")?),
        Type::Integer | Type::Unsigned => State::from(go_integer::parse(text).ok_or("a whole number")?),
        Type::Duration => {
            go_duration::nanoseconds(text).ok_or("a length of time with its unit, such as 10s or 1m30s")?;
            State::from(text)
        }
        Type::Texts => {
            let items = text.split(',').map(|item| if is_variable { item.trim() } else { item });
            State::Known(Value::list(items))
        }
        _ => State::from(text),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(words: &str) -> CommandLine {
        let words: Vec<_> = words
            .split(' ')
            .filter(|word| !word.is_empty())
            .map(|word| (Origin::default(), word.to_owned()))
            .collect();
        read(&words)
    }

    #[test]
    fn flags_are_read_as_go_reads_them() {
        let read =
            line("--log-level=debug -s vfs --selinux --pids-limit -1 -cgroup-manager=cgroupfs --hooks-dir=");
        let flags: Vec<_> = read.flags.iter().map(|(_, name, value)| format!("{name}={value}")).collect();
        assert_eq!(
            flags,
            [
                "log-level=debug",
                "storage-driver=vfs",
                "selinux=true",
                "pids-limit=-1",
                "cgroup-manager=cgroupfs",
                "hooks-dir="
            ]
        );
        assert!(read.refusals.is_empty() && read.gap.is_none());
    }

    #[test]
    fn what_stops_it() {
        for (words, wanted) in [
            ("--cgroup-managr=systemd", 1),
            ("--cgroup-managr systemd --pids-limit=5", 1),
            ("--selinux false", 1),
            ("stray", 1),
            ("-- stray", 1),
            ("-", 1),
            ("--pids-limit=nope", 1),
            ("--pull-progress-timeout=1d", 1),
            ("--selinux=maybe", 1),
            ("--log-level", 1),
            ("--version", 1),
            ("--help", 1),
            ("config", 1),
            ("--pids-limit=0x10 --selinux=T --pull-progress-timeout=1m", 0),
            ("--", 0),
            ("", 0),
        ] {
            assert_eq!(line(words).refusals.len(), wanted, "{words}");
        }
        assert!(line("${CRIO_OPTIONS}").gap.is_some());
    }

    #[test]
    fn an_empty_variable_says_nothing_or_nothing_else() {
        let value = |kind| value_of(kind, "", Source::Variable).unwrap();
        assert_eq!(value(Type::Integer), None);
        assert_eq!(value(Type::Duration), None);
        assert_eq!(value(Type::Text), Some(State::from("")));
        assert_eq!(value(Type::Texts), Some(State::Known(Value::list([""]))));
        assert!(matches!(value(Type::Bool), Some(State::Unknown(_))));
        assert_eq!(
            value_of(Type::Texts, "a, b", Source::Variable).unwrap(),
            Some(State::Known(Value::list(["a", "b"])))
        );
        assert!(value_of(Type::Integer, "", Source::Flag).is_err());
    }

    #[test]
    fn numbers_have_the_forms_of_go() {
        for (text, wanted) in [
            ("0", Some(0)),
            ("017", Some(15)),
            ("0x1F", Some(31)),
            ("0b11", Some(3)),
            ("0o17", Some(15)),
            ("1_000", Some(1000)),
            ("-5", Some(-5)),
            ("+5", Some(5)),
        ] {
            assert_eq!(go_integer::parse(text), wanted, "{text}");
        }
        for text in ["", "nope", "5.0", "08", "1__0", "_1", "1_", "--1", "0x", "9223372036854775808", "1e5"] {
            assert_eq!(go_integer::parse(text), None, "{text}");
        }
    }
}
