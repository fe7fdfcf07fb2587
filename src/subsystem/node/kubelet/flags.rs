//! The kubelet's command line, read as pflag reads it, and what its flags make of fields.

use std::collections::BTreeMap;

use crate::component::kubelet::field_table::{Type, type_of};
use crate::component::kubelet::flag_table::Kind::{
    self, Address, Bool, Gates, Integer, List, Map, Other, ReservedMemory, Span, Taints, Text, Thresholds,
};
use crate::component::kubelet::flag_table::{FLAGS, SWITCHES, VALUED};
use crate::component::kubelet::{flag_forms, texts};
use crate::fact::Origin;
use crate::parse::document::{Content, Node};
use crate::parse::{go_address, go_bool, go_duration, go_integer};

/// A flag as it is given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Flag {
    /// The place that writes it.
    pub origin: Origin,
    /// Its name without dashes, `_` made `-` as the kubelet does.
    pub name: String,
    /// Its value; `true` for a switch.
    pub value: String,
}

/// A command line.
#[derive(Debug, Default)]
pub(super) struct CommandLine {
    /// The flags in order; the last one of a name counts.
    pub flags: Vec<Flag>,
    /// A word that is no flag: the kubelet takes it for a command and exits.
    pub stray: Option<(Origin, String)>,
    /// A flag at the end that lacks its value.
    pub lacking: Option<(Origin, String)>,
}

/// What flags make of a field.
pub(super) struct Setting<'f> {
    /// The field, dotted.
    pub field: &'static str,
    /// The flags, in order.
    pub flags: Vec<&'f Flag>,
    /// The value; or why there is none.
    pub value: Result<Node, String>,
    /// Whether the kubelet refuses the value, and exits.
    pub refused: bool,
    /// Whether the value is laid over that of the file; else it takes its place.
    pub merges: bool,
}

impl CommandLine {
    /// Reads the words behind the program's name.
    pub(super) fn parse(words: &[(Origin, String)]) -> Self {
        let mut line = CommandLine::default();
        let mut words = words.iter().peekable();
        while let Some((origin, word)) = words.next() {
            if word == "--" {
                line.stray = line.stray.or_else(|| words.next().cloned());
                break;
            }
            let Some(text) = word.strip_prefix('-').filter(|text| !text.is_empty()) else {
                line.stray.get_or_insert_with(|| (origin.clone(), word.clone()));
                continue;
            };
            let Some(long) = text.strip_prefix('-') else {
                line.short(origin, text, &mut words);
                continue;
            };
            let (name, value) =
                long.split_once('=').map_or((long, None), |(name, value)| (name, Some(value.to_owned())));
            let name = name.replace('_', "-");
            let known = FLAGS.iter().find(|(flag, ..)| *flag == name).map(|(.., kind)| *kind);
            let is_switch = known == Some(Bool) || SWITCHES.contains(&name.as_str());
            let is_valued = known.is_some() || VALUED.contains(&name.as_str());
            if value.is_none() && !is_switch && is_valued && words.peek().is_none() {
                line.lacking = Some((origin.clone(), format!("--{name} needs a value")));
                break;
            }
            let value = value.unwrap_or_else(|| {
                if is_switch {
                    return "true".to_owned();
                }
                let next = words.next_if(|(_, next)| is_valued || !next.starts_with('-'));
                next.map_or_else(String::new, |(_, next)| next.clone())
            });
            let origin = origin.clone().says(format!("--{name}={value}"));
            line.flags.push(Flag { origin, name, value });
        }
        line
    }

    /// A flag of one dash: there are `-h`, and `-v` with its value as `-v=2`, `-v2` or `-v 2`.
    fn short<'w>(
        &mut self,
        origin: &Origin,
        text: &str,
        words: &mut impl Iterator<Item = &'w (Origin, String)>,
    ) {
        let value = match text.strip_prefix('v') {
            Some("") => words.next().map_or_else(String::new, |(_, next)| next.clone()),
            Some(rest) => rest.strip_prefix('=').unwrap_or(rest).to_owned(),
            None if text == "h" => return,
            None => {
                self.stray.get_or_insert_with(|| (origin.clone(), format!("-{text}")));
                return;
            }
        };
        let origin = origin.clone().says(format!("-{text}"));
        self.flags.push(Flag { origin, name: "v".to_owned(), value });
    }

    /// All flags of a name, in order.
    pub(super) fn all<'f>(&'f self, name: &'f str) -> impl DoubleEndedIterator<Item = &'f Flag> {
        self.flags.iter().filter(move |flag| flag.name == name)
    }

    /// The flag of a name that counts.
    pub(super) fn last(&self, name: &str) -> Option<&Flag> {
        self.flags.iter().rfind(|flag| flag.name == name)
    }

    /// The flag that names a directory of drop-ins.
    pub(super) fn drop_ins(&self) -> Option<&Flag> {
        self.last("config-dir").filter(|flag| !flag.value.is_empty())
    }

    /// Why the kubelet refuses values, each with its flag.
    pub(super) fn refused(&self) -> impl Iterator<Item = (Origin, String)> {
        let refused = self.settings().into_iter().filter(|setting| setting.refused).filter_map(|setting| {
            let flag = setting.flags.last()?;
            Some((flag.origin.clone(), setting.value.err()?))
        });
        self.lacking.clone().into_iter().chain(refused)
    }

    /// What the flags set, by field.
    pub(super) fn settings(&self) -> Vec<Setting<'_>> {
        let set = |(name, field, kind): &(&'static str, &'static str, Kind)| {
            // Nearly all of them aren't given, and this is asked for each field.
            self.all(name).next()?;
            let flags: Vec<&Flag> = self.all(name).collect();
            let value = value(*kind, field, &flags)?;
            let refused = value.is_err() && *kind != Other;
            Some(Setting { field, flags, value, refused, merges: *kind == Gates })
        };
        FLAGS.iter().filter_map(set).collect()
    }
}

/// Whether a flag sets a field, which makes it deprecated.
pub(super) fn has_field(name: &str) -> bool {
    FLAGS.iter().any(|(flag, ..)| *flag == name)
}

/// The value that flags of one name add up to; none if there are no flags.
fn value(kind: Kind, field: &str, flags: &[&Flag]) -> Option<Result<Node, String>> {
    let last = flags.last()?;
    let content = match kind {
        Bool | Integer | Text | Span | Address => scalar(kind, field, flags),
        Taints => {
            let taints: Result<Vec<_>, _> =
                flags.iter().map(|flag| texts::taints_of_flag(&flag.value)).collect();
            let last_of = |taints: Vec<Vec<Node>>| taints.into_iter().next_back().unwrap_or_default();
            taints
                .map(|taints| Content::List(last_of(taints)))
                .map_err(|wrong| format!("--{}: {wrong}", last.name))
        }
        ReservedMemory => {
            let nodes: Result<Vec<_>, _> =
                flags.iter().map(|flag| flag_forms::reserved_memory(&flag.value)).collect();
            nodes
                .map(|nodes| Content::List(nodes.into_iter().flatten().collect()))
                .map_err(|wanted| format!("--{} {wanted}", last.name))
        }
        List => {
            let item = |item: &str| Node::unplaced(Content::Text(item.trim().to_owned()));
            Ok(Content::List(items(flags).map(item).collect()))
        }
        Map => pairs(flags, '=', |value| Some(text(value))),
        Thresholds => pairs(flags, '<', |value| Some(text(value))),
        Gates => pairs(flags, '=', |value| go_bool::parse(value).map(Content::Bool)),
        Other => Err(format!("the syntax of --{} is not read", last.name)),
    };
    Some(content.map(Node::unplaced))
}

/// A value of its own: each of several flags is parsed, and the last one counts.
fn scalar(kind: Kind, field: &str, flags: &[&Flag]) -> Result<Content, String> {
    let (read, wanted) = match kind {
        Bool => (each(flags, |text| go_bool::parse(text).map(Content::Bool)), "bool"),
        Integer => {
            let fits = |number: &i64| type_of(field) == Some(Type::Long) || i32::try_from(*number).is_ok();
            (each(flags, |text| go_integer::parse(text).filter(fits).map(Content::Integer)), "number")
        }
        Span => {
            let is_span = |text: &str| go_duration::nanoseconds(text).is_some();
            (each(flags, |value| is_span(value).then(|| text(value))), "duration, such as 10s")
        }
        Address => {
            let is_address = |text: &str| text.is_empty() || go_address::address(text).is_some();
            (each(flags, |value| is_address(value.trim()).then(|| text(value.trim()))), "IP address")
        }
        _ => (each(flags, |value| Some(text(value))), "text"),
    };
    read.map_err(|flag| format!("--{}={} is no {wanted}", flag.name, flag.value))
}

fn text(value: &str) -> Content {
    Content::Text(value.to_owned())
}

/// The items of lists, of all flags together.
fn items<'f>(flags: &[&'f Flag]) -> impl Iterator<Item = &'f str> {
    flags.iter().flat_map(|flag| flag.value.split(',')).filter(|item| !item.is_empty())
}

/// Names and values, of all flags together.
fn pairs(flags: &[&Flag], sign: char, read: fn(&str) -> Option<Content>) -> Result<Content, String> {
    let pair = |item: &str| {
        let (name, value) = item.split_once(sign)?;
        Some((name.trim().to_owned(), Node::unplaced(read(value.trim())?)))
    };
    let table: Option<BTreeMap<String, Node>> = items(flags).map(pair).collect();
    let last = flags.last();
    let wrong = || {
        last.map_or_else(String::new, |last| format!("--{}={} is no list of pairs", last.name, last.value))
    };
    table.map(Content::Table).ok_or_else(wrong)
}

/// The value of the last flag, if every one of them has a value.
fn each<'f>(flags: &[&'f Flag], read: impl Fn(&str) -> Option<Content>) -> Result<Content, &'f Flag> {
    let mut last = Content::Null;
    for flag in flags {
        last = read(&flag.value).ok_or(*flag)?;
    }
    Ok(last)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::component::kubelet::field_table::FIELDS;

    fn line(words: &str) -> CommandLine {
        let words: Vec<(Origin, String)> =
            words.split_whitespace().map(|word| (Origin::file("/u"), word.to_owned())).collect();
        CommandLine::parse(&words)
    }

    fn outcome(words: &str) -> Vec<(&'static str, String)> {
        let told = |setting: Setting<'_>| {
            let value = match setting.value {
                Ok(node) => match node.state() {
                    crate::fact::State::Known(value) => value.to_string(),
                    other => format!("{other:?}"),
                },
                Err(wrong) => wrong,
            };
            (setting.field, value)
        };
        line(words).settings().into_iter().map(told).collect()
    }

    #[test]
    fn every_flag_sets_a_known_field_and_stands_once() {
        for (flag, field, _) in FLAGS {
            let top = field.split('.').next().unwrap();
            assert!(FIELDS.iter().any(|(known, _)| *known == top), "--{flag} sets {field}");
        }
        assert!(FLAGS.windows(2).all(|pair| pair[0].0 < pair[1].0));
    }

    #[test]
    fn flags_are_read_as_pflag_reads_them() {
        for (words, expected) in [
            ("--max-pods=5 --max-pods 7", vec![("maxPods", "7")]),
            ("--fail_swap_on=false", vec![("failSwapOn", "false")]),
            (
                "--fail-swap-on --cgroup-driver systemd",
                vec![("cgroupDriver", "systemd"), ("failSwapOn", "true")],
            ),
            (
                "--cluster-dns=10.0.0.1 --cluster-dns=10.0.0.2,10.0.0.3",
                vec![("clusterDNS", "[10.0.0.1, 10.0.0.2, 10.0.0.3]")],
            ),
            (
                "--eviction-hard=memory.available<1Gi,nodefs.available<5%",
                vec![("evictionHard", "memory.available=1Gi nodefs.available=5%")],
            ),
            ("--feature-gates=A=true,B=false", vec![("featureGates", "A=true B=false")]),
            ("--node-ip --max-pods=5", vec![]),
            ("--unheard-of --max-pods=5", vec![("maxPods", "5")]),
            ("--unheard-of x --max-pods=5", vec![("maxPods", "5")]),
            ("-v 2 --max-pods=5 -v=3", vec![("maxPods", "5")]),
            ("--max-pods=many", vec![("maxPods", "--max-pods=many is no number")]),
            ("-- --max-pods=5", vec![]),
        ] {
            let expected: Vec<(&str, String)> =
                expected.into_iter().map(|(f, v)| (f, v.to_owned())).collect();
            assert_eq!(outcome(words), expected, "{words}");
        }
    }

    #[test]
    fn a_word_that_is_no_flag_is_a_command() {
        assert_eq!(line("--fail-swap-on false").stray.unwrap().1, "false");
        assert_eq!(line("--max-pods=5 -- run").stray.unwrap().1, "run");
        assert!(line("--max-pods 5 --v=2 -v 3").stray.is_none());
    }

    #[test]
    fn what_pflag_refuses_is_refused() {
        for (words, count) in [
            ("--max-pods", 1),
            ("--cluster-dns", 1),
            ("--max-pods=2147483648", 1),
            ("--max-open-files=2147483648", 0),
            ("--healthz-bind-address=x", 1),
            ("--healthz-bind-address=", 0),
            ("--address=010.0.0.1", 0),
            ("--reserved-memory=x", 1),
            ("--reserved-memory=0:memory=1Gi --reserved-memory=1:memory=1Gi", 0),
            ("--register-with-taints=a", 1),
            ("--register-with-taints=a=b:NoSchedule-", 0),
            ("--fail-swap-on", 0),
        ] {
            assert_eq!(line(words).refused().count(), count, "{words}");
        }
    }

    proptest! {
        #[test]
        fn any_words_are_read(words in proptest::collection::vec("-{0,3}[a-z_=<,-]{0,20}", 0..8)) {
            let words: Vec<(Origin, String)> = words.into_iter().map(|word| (Origin::file("/u"), word)).collect();
            let line = CommandLine::parse(&words);
            prop_assert!(line.settings().len() <= words.len());
        }
    }
}
