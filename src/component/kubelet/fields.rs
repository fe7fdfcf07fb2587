//! Names that the kubelet doesn't know in a `KubeletConfiguration`, and values that it can't decode.

use super::field_table::Type::{self, Any, Bool, Integer, List, Map, Text, Texts};
use super::field_table::{FIELDS, NESTED};
use crate::parse::document::{Content, Node};

/// What YAML 1.1, which the kubelet reads, takes for true and false, besides `true` and `false`.
pub(crate) fn old_bool(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "y" | "yes" | "on" => Some(true),
        "n" | "no" | "off" => Some(false),
        _ => None,
    }
}

/// Names that the kubelet doesn't know, and values that it can't decode, of a document.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Oddities {
    /// Dotted names, each with its line at the top.
    pub unknown: Vec<(String, Option<u32>)>,
    /// Why the kubelet can't decode a value.
    pub wrong: Vec<(String, Option<u32>)>,
}

/// Looks at all fields; makes the booleans of YAML 1.1 what they are to the kubelet. `all_known` says that the
/// installed kubelet has no more fields than those above; else only misspelt ones are told.
pub(crate) fn look(document: &mut Node, all_known: bool) -> Oddities {
    let mut oddities = Oddities::default();
    look_into(document, "", None, all_known, &mut oddities);
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

fn look_into(node: &mut Node, path: &str, line: Option<u32>, all_known: bool, found: &mut Oddities) {
    let known = match path {
        "" => FIELDS,
        _ => match NESTED.iter().find(|(name, _)| *name == path) {
            Some((_, known)) => known,
            None => return,
        },
    };
    let Content::Table(table) = &mut node.content else { return };
    for (name, value) in table {
        let dotted = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        let line = value.line.or(line);
        match known.iter().find(|(known, _)| known == name) {
            Some((_, kind)) => match decode(value, *kind) {
                Ok(()) => look_into(value, &dotted, line, all_known, found),
                Err(wrong) => found.wrong.push((format!("{dotted}: {wrong}"), line)),
            },
            None if all_known || known.iter().any(|(known, _)| is_misspelt(name, known)) => {
                found.unknown.push((dotted, line));
            }
            None => {}
        }
    }
}

fn decode(value: &mut Node, kind: Type) -> Result<(), String> {
    if let (Bool, Content::Text(text)) = (kind, &value.content)
        && let Some(flag) = old_bool(text)
    {
        value.content = Content::Bool(flag);
    }
    let wanted = match (kind, &value.content) {
        (_, Content::Null)
        | (Any, _)
        | (Bool, Content::Bool(_))
        | (Integer, Content::Integer(_))
        | (Text, Content::Text(_))
        | (List, Content::List(_))
        | (Map, Content::Table(_)) => return Ok(()),
        (Texts, Content::Table(table)) => {
            let bare = table.iter().find(|(_, v)| !matches!(v.content, Content::Text(_) | Content::Null));
            return bare
                .map_or(Ok(()), |(name, _)| Err(format!("the value of {name} must be text, in quotes")));
        }
        (Bool, _) => "true or false",
        (Integer, _) => "a number without quotes",
        (Text, _) => "text, in quotes",
        (List, _) => "a list",
        (Map | Texts, _) => "a map",
    };
    Err(format!("must be {wanted}"))
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
    use crate::parse::yaml;

    fn found(text: &str, all_known: bool) -> (Vec<String>, Vec<String>) {
        let mut document = yaml::parse(text.as_bytes()).unwrap();
        let oddities = look(&mut document, all_known);
        let texts = |list: Vec<(String, Option<u32>)>| list.into_iter().map(|(text, _)| text).collect();
        (texts(oddities.unknown), texts(oddities.wrong))
    }

    #[test]
    fn the_table_is_sorted_and_has_each_field_once() {
        assert!(FIELDS.windows(2).all(|pair| pair[0].0 < pair[1].0));
    }

    #[test]
    fn misspelt_and_unknown_fields_are_told_apart() {
        let text = "cgroupdriver: systemd\nfailSwapon: true\nmemorySwap: {swapBehaviour: x}\nnewField: 1\n";
        let misspelt = ["cgroupdriver", "failSwapon", "memorySwap.swapBehaviour"];
        assert_eq!(found(text, false).0, misspelt);
        assert_eq!(
            found(text, true).0,
            ["cgroupdriver", "failSwapon", "memorySwap.swapBehaviour", "newField"]
        );
        assert_eq!(found("logging: {anything: 1}\nevictionHard: {memory.available: 1Gi}\n", true).0.len(), 0);
    }

    #[test]
    fn values_of_another_type_are_told() {
        for (text, wrong) in [
            ("clusterDNS: 10.96.0.10\n", "clusterDNS: must be a list"),
            ("maxPods: \"110\"\n", "maxPods: must be a number without quotes"),
            ("failSwapOn: maybe\n", "failSwapOn: must be true or false"),
            ("systemReserved: {cpu: 1}\n", "systemReserved: the value of cpu must be text, in quotes"),
            ("imageMinimumGCAge: 0\n", "imageMinimumGCAge: must be text, in quotes"),
            (
                "authentication: {anonymous: {enabled: 1}}\n",
                "authentication.anonymous.enabled: must be true or false",
            ),
        ] {
            assert_eq!(found(text, true).1, [wrong], "{text}");
        }
        let mut document = yaml::parse(b"failSwapOn: no\nprotectKernelDefaults: ~\n").unwrap();
        assert_eq!(look(&mut document, true), Oddities::default());
        assert_eq!(document.at("failSwapOn").unwrap().content, Content::Bool(false));
    }
}
