//! Names that the kubelet doesn't know in a `KubeletConfiguration`, and values that it can't decode.

use super::field_table::Type::{
    self, Bool, Bools, Integer, IntegerList, Long, Map, Number, OptionalSpan, Span, SpanOrNanoseconds,
    TableList, Text, TextList, TextLists, Texts, Unsigned,
};
use super::field_table::{FIELDS, NESTED};
use crate::parse::document::{Content, Node};
use crate::parse::go_duration;

/// Names that the kubelet doesn't know, and values that it can't decode, of a document.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Oddities {
    /// Dotted names, each with its line at the top.
    pub unknown: Vec<(String, Option<u32>)>,
    /// Why the kubelet can't decode a value.
    pub wrong: Vec<(String, Option<u32>)>,
}

/// How a document is read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reading {
    /// The installed kubelet has no more fields than those above; else only misspelt ones are told.
    pub all_known: bool,
    /// The document is laid over another: a null takes away. (Else it is a value, which not every field takes.)
    pub is_patch: bool,
}

/// Looks at all fields.
pub(crate) fn look(document: &Node, reading: Reading) -> Oddities {
    let mut oddities = Oddities::default();
    look_into(document, "", None, reading, &mut oddities);
    oddities
}

/// The fields that there are where a dotted one is none of them: for "did you mean".
pub(crate) fn unknown(field: &str) -> Option<Vec<String>> {
    let (mut path, mut known, mut rest) = (String::new(), FIELDS, field);
    loop {
        let (name, below) = rest.split_at(rest.find('.').unwrap_or(rest.len()));
        if !known.iter().any(|(known, _)| *known == name) {
            return Some(known.iter().map(|(known, _)| format!("{path}{known}{below}")).collect());
        }
        path.push_str(name);
        // What lies in other fields is not looked at.
        known = NESTED.iter().find(|(nested, _)| *nested == path)?.1;
        rest = below.strip_prefix('.')?;
        path.push('.');
    }
}

fn look_into(node: &Node, path: &str, line: Option<u32>, reading: Reading, found: &mut Oddities) {
    let Some(known) = fields_of(path) else { return };
    let Content::Table(table) = &node.content else { return };
    for (name, value) in table {
        let dotted = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        let line = value.line.or(line);
        match known.iter().find(|(known, _)| known == name) {
            Some((_, kind)) => match decode(value, *kind, reading) {
                Ok(()) => look_below(value, &dotted, line, reading, found),
                Err(wrong) => found.wrong.push((format!("{dotted}{wrong}"), line)),
            },
            None if reading.all_known || known.iter().any(|(known, _)| is_misspelt(name, known)) => {
                found.unknown.push((dotted, line));
            }
            None => {}
        }
    }
}

/// Looks into a table, or into the tables of a list.
fn look_below(node: &Node, path: &str, line: Option<u32>, reading: Reading, found: &mut Oddities) {
    let Content::List(items) = &node.content else {
        return look_into(node, path, line, reading, found);
    };
    for (index, item) in items.iter().enumerate() {
        let (mut inside, at) = (Oddities::default(), item.line.or(line));
        look_into(item, &format!("{path}[]"), at, Reading { is_patch: false, ..reading }, &mut inside);
        let numbered =
            |(name, line): (String, Option<u32>)| (name.replacen("[]", &format!("[{index}]"), 1), line);
        found.unknown.extend(inside.unknown.into_iter().map(numbered));
        found.wrong.extend(inside.wrong.into_iter().map(numbered));
    }
}

/// The fields of a table, where all of them are known.
fn fields_of(path: &str) -> Option<&'static [(&'static str, Type)]> {
    match path {
        "" => Some(FIELDS),
        _ => NESTED.iter().find(|(name, _)| *name == path).map(|(_, known)| *known),
    }
}

/// Whether the kubelet decodes a value.
///
/// # Errors
/// What the value must be, as it follows the name of the field.
fn decode(value: &Node, kind: Type, reading: Reading) -> Result<(), String> {
    let is = |wanted: &str| Err(format!(": must be {wanted}"));
    match (kind, &value.content) {
        (Span, Content::Null) if !reading.is_patch => is("a duration, such as 10s; a null is none"),
        (_, Content::Null) => Ok(()),
        (TextList | IntegerList | TableList, Content::List(items)) => {
            let item = match kind {
                TextList => Text,
                IntegerList => Integer,
                _ => Map,
            };
            match items.iter().enumerate().find_map(|(at, node)| Some((at, wanted(node, item)?))) {
                Some((at, wanted)) => Err(format!("[{at}]: must be {wanted}")),
                None => Ok(()),
            }
        }
        (Texts | Bools | TextLists, Content::Table(table)) => {
            let item = match kind {
                Texts => Text,
                Bools => Bool,
                _ => TextList,
            };
            let wrong = table.iter().find_map(|(name, node)| Some((name, wanted(node, item)?)));
            wrong.map_or(Ok(()), |(name, wanted)| Err(format!(": the value of {name} must be {wanted}")))
        }
        _ => wanted(value, kind).map_or(Ok(()), is),
    }
}

/// What a single value must be, if it isn't.
fn wanted(value: &Node, kind: Type) -> Option<&'static str> {
    let (is_right, wanted) = match (kind, &value.content) {
        (_, Content::Null) | (Long, Content::Integer(_)) => return None,
        (Bool, content) => (matches!(content, Content::Bool(_)), "true or false, without quotes"),
        (Integer, Content::Integer(number)) => {
            (i32::try_from(*number).is_ok(), "a number between -2147483648 and 2147483647")
        }
        (Unsigned, Content::Integer(number)) => {
            (u32::try_from(*number).is_ok(), "a number between 0 and 4294967295")
        }
        (Number, content) => {
            (matches!(content, Content::Integer(_) | Content::Number(_)), "a number, without quotes")
        }
        (Text, content) => (matches!(content, Content::Text(_)), "text, in quotes"),
        (Span | OptionalSpan | SpanOrNanoseconds, Content::Text(text)) => {
            (go_duration::nanoseconds(text).is_some(), "a duration with units h, m, s or ms, such as 1m30s")
        }
        (SpanOrNanoseconds, content) => {
            (matches!(content, Content::Integer(_)), "a duration in quotes, such as \"10s\"")
        }
        (Span | OptionalSpan, _) => (false, "a duration in quotes, such as \"10s\""),
        (TextList | IntegerList | TableList, content) => (matches!(content, Content::List(_)), "a list"),
        (Map | Texts | TextLists | Bools, content) => (matches!(content, Content::Table(_)), "a map"),
        (Integer | Unsigned | Long, _) => (false, "a whole number, without quotes"),
    };
    (!is_right).then_some(wanted)
}

/// Whether a name is another one but for the case of its letters, or for one letter.
fn is_misspelt(name: &str, known: &str) -> bool {
    if name.eq_ignore_ascii_case(known) {
        return true;
    }
    let (short, long) = if name.len() <= known.len() { (name, known) } else { (known, name) };
    let (short, long) = (short.as_bytes(), long.as_bytes());
    let same = short.iter().zip(long).take_while(|(a, b)| a == b).count();
    match long.len() - short.len() {
        0 => short.get(same + 1..) == long.get(same + 1..),
        1 => short[same..] == long[same + 1..],
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::go_yaml;

    fn found(text: &str, all_known: bool) -> (Vec<String>, Vec<String>) {
        let document = go_yaml::parse(text, 0).unwrap().root;
        let oddities = look(&document, Reading { all_known, is_patch: false });
        let texts = |list: Vec<(String, Option<u32>)>| list.into_iter().map(|(text, _)| text).collect();
        (texts(oddities.unknown), texts(oddities.wrong))
    }

    #[test]
    fn the_table_is_sorted_and_has_each_field_once() {
        assert!(FIELDS.windows(2).all(|pair| pair[0].0 < pair[1].0));
    }

    #[test]
    fn misspelt_and_unknown_fields_are_told_apart() {
        let taints = "registerWithTaints: [{key: a}, {kee: b}]\n";
        assert_eq!(found(taints, false).0, ["registerWithTaints[1].kee"]);
        let text = "cgroupdriver: systemd\nfailSwapon: true\nmemorySwap: {swapBehaviour: x}\nnewField: 1\n";
        let misspelt = ["cgroupdriver", "failSwapon", "memorySwap.swapBehaviour"];
        assert_eq!(found(text, false).0, misspelt);
        assert_eq!(
            found(text, true).0,
            ["cgroupdriver", "failSwapon", "memorySwap.swapBehaviour", "newField"]
        );
        assert_eq!(
            found("logging: {options: {anything: 1}}\nevictionHard: {memory.available: 1Gi}\n", true).0.len(),
            0
        );
    }

    #[test]
    fn values_of_another_type_are_told() {
        for (text, wrong) in [
            ("clusterDNS: 10.96.0.10\n", "clusterDNS: must be a list"),
            ("maxPods: \"110\"\n", "maxPods: must be a whole number, without quotes"),
            ("maxPods: 110.5\n", "maxPods: must be a whole number, without quotes"),
            ("maxPods: 99999999999\n", "maxPods: must be a number between -2147483648 and 2147483647"),
            ("failSwapOn: 'yes'\n", "failSwapOn: must be true or false, without quotes"),
            ("failSwapOn: maybe\n", "failSwapOn: must be true or false, without quotes"),
            (
                "featureGates: {A: \"true\"}\n",
                "featureGates: the value of A must be true or false, without quotes",
            ),
            ("kubeReserved: {memory: 1e9}\n", "kubeReserved: the value of memory must be text, in quotes"),
            ("clusterDNS: [10.5]\n", "clusterDNS[0]: must be text, in quotes"),
            ("registerWithTaints: [\"a:NoSchedule\"]\n", "registerWithTaints[0]: must be a map"),
            ("registerWithTaints: [{key: 5}]\n", "registerWithTaints[0].key: must be text, in quotes"),
            (
                "imageMinimumGCAge: 1d\n",
                "imageMinimumGCAge: must be a duration with units h, m, s or ms, such as 1m30s",
            ),
            ("systemReserved: {cpu: 1}\n", "systemReserved: the value of cpu must be text, in quotes"),
            ("imageMinimumGCAge: 0\n", "imageMinimumGCAge: must be a duration in quotes, such as \"10s\""),
            (
                "authentication: {anonymous: {enabled: 1}}\n",
                "authentication.anonymous.enabled: must be true or false, without quotes",
            ),
        ] {
            assert_eq!(found(text, true).1, [wrong], "{text}");
        }
        let document = go_yaml::parse("failSwapOn: no\nprotectKernelDefaults: ~\n", 0).unwrap().root;
        assert_eq!(look(&document, Reading { all_known: true, is_patch: false }), Oddities::default());
        assert_eq!(document.at("failSwapOn").unwrap().content, Content::Bool(false));
    }
}
