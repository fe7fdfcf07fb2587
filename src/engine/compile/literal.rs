//! Values written in rules, in profiles or on the command line, as values of a kind.

use super::kind::Kind;
use crate::fact::{Network, Value, Version, parse_size};
use crate::rule::{TomlValue, VariableKind, suggestion};

/// What is wrong with a value, and what to do.
#[derive(Debug, PartialEq)]
pub(super) struct Misfit {
    pub(super) message: String,
    pub(super) help: Option<String>,
}

impl Misfit {
    fn new(message: impl Into<String>) -> Self {
        Misfit { message: message.into(), help: None }
    }
}

/// The value that a datum stands for where a value of a kind is wanted.
pub(super) fn value(kind: &Kind<'_>, datum: &TomlValue) -> Result<Value, Misfit> {
    match (kind, datum) {
        (Kind::Any, _) => any(datum),
        (Kind::Bool, TomlValue::Bool(flag)) => Ok(Value::Bool(*flag)),
        (Kind::Integer | Kind::Text, TomlValue::Integer(number)) => Ok(Value::Integer(*number)),
        (Kind::Size, TomlValue::Integer(number)) => u64::try_from(*number)
            .map(Value::Size)
            .map_err(|_| Misfit::new(format!("{number} is not an amount of bytes"))),
        (Kind::Version, TomlValue::Integer(number)) if *number >= 0 => Ok(Value::Text(number.to_string())),
        (Kind::List(item), TomlValue::List(items)) => {
            items.iter().map(|datum| value(item, &datum.value)).collect::<Result<_, _>>().map(Value::List)
        }
        (Kind::Mode, TomlValue::Integer(number)) => Err(Misfit {
            message: "permission bits are written as text".into(),
            help: Some(format!("write \"{number:04}\", in octal digits")),
        }),
        (Kind::Record(_), _) => Err(Misfit::new(format!("{kind} is compared by its attributes"))),
        (_, TomlValue::Text(text)) => self::text(kind, text),
        _ => Err(Misfit::new(format!("this is {}, but must be {kind}", name(datum)))),
    }
}

fn text(kind: &Kind<'_>, text: &str) -> Result<Value, Misfit> {
    let known = match kind {
        Kind::Size => {
            let size = parse_size(text).map(Value::Size);
            return size
                .ok_or_else(|| Misfit::new(format!("`{text}` is not a size such as 1700MiB, 2Gi or 10GB")));
        }
        Kind::Word(words) if !words.contains(text) => {
            return Err(Misfit {
                message: format!("there is no such value as `{text}`"),
                help: suggestion::help(text, words.iter()),
            });
        }
        Kind::Text | Kind::Word(_) => true,
        Kind::Version => Version::parse(text).is_some(),
        Kind::Network => {
            text.parse::<Network>().map_err(Misfit::new)?;
            true
        }
        Kind::Mode => (3..=4).contains(&text.len()) && text.bytes().all(|b| (b'0'..=b'7').contains(&b)),
        Kind::Bool | Kind::Integer | Kind::List(_) | Kind::Record(_) | Kind::Any => false,
    };
    if known {
        return Ok(Value::Text(text.to_owned()));
    }
    Err(Misfit::new(format!("`{text}` is text, but must be {kind}")))
}

fn any(datum: &TomlValue) -> Result<Value, Misfit> {
    match datum {
        TomlValue::Bool(flag) => Ok(Value::Bool(*flag)),
        TomlValue::Integer(number) => Ok(Value::Integer(*number)),
        TomlValue::Text(text) => Ok(Value::Text(text.to_string())),
        TomlValue::List(items) => {
            items.iter().map(|item| any(&item.value)).collect::<Result<_, _>>().map(Value::List)
        }
        TomlValue::Table(_) => Err(Misfit::new("a table can't be compared")),
    }
}

fn name(datum: &TomlValue) -> &'static str {
    match datum {
        TomlValue::Bool(_) => "true or false",
        TomlValue::Integer(_) => "a whole number",
        TomlValue::Text(_) => "text",
        TomlValue::List(_) => "a list",
        TomlValue::Table(_) => "a table",
    }
}

/// The value of a variable from the text that somebody typed: `--set NAME=VALUE`. A list is written with commas.
pub(super) fn typed(kind: &VariableKind, text: &str) -> Result<Value, Misfit> {
    let misfit = |wanted: &str| Misfit::new(format!("`{text}` is not {wanted}"));
    match kind {
        VariableKind::Bool => match text {
            "true" | "yes" | "on" | "1" => Ok(Value::Bool(true)),
            "false" | "no" | "off" | "0" => Ok(Value::Bool(false)),
            _ => Err(misfit("true or false")),
        },
        VariableKind::Integer => {
            text.trim().parse().map(Value::Integer).map_err(|_| misfit("a whole number"))
        }
        VariableKind::Networks => {
            text.split(',').map(|part| network(part.trim())).collect::<Result<_, _>>().map(Value::List)
        }
        _ => self::text(&Kind::from(kind), text),
    }
}

/// A network: an address alone is probably one that lost its prefix, and as a network of one host it would overlap
/// nothing.
fn network(text: &str) -> Result<Value, Misfit> {
    let value = self::text(&Kind::Network, text)?;
    if text.contains('/') {
        return Ok(value);
    }
    Err(Misfit {
        message: format!("`{text}` has no length of a prefix, as in 10.244.0.0/16"),
        help: Some("a network of one address ends in /32, or /128 for IPv6".into()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typed_values_follow_the_type_of_the_variable() {
        assert_eq!(typed(&VariableKind::Bool, "true"), Ok(Value::Bool(true)));
        assert_eq!(typed(&VariableKind::Size, "2Gi"), Ok(Value::Size(2 << 30)));
        assert_eq!(typed(&VariableKind::Integer, "-3"), Ok(Value::Integer(-3)));
        assert_eq!(
            typed(&VariableKind::Networks, "10.0.0.0/8, fd00::/64"),
            Ok(Value::list(["10.0.0.0/8", "fd00::/64"]))
        );
        let words = VariableKind::Word(vec!["calico".into(), "cilium".into()]);
        assert_eq!(typed(&words, "calcio").unwrap_err().help.as_deref(), Some("did you mean `calico`?"));
        for (kind, wrong) in [
            (VariableKind::Bool, "maybe"),
            (VariableKind::Integer, "x"),
            (VariableKind::Networks, "10.0.0.0/8,,"),
            (VariableKind::Networks, "10.0.0.0/8,192.168.0.0"),
            (VariableKind::Version, "new"),
            (VariableKind::Size, "-1"),
        ] {
            assert!(typed(&kind, wrong).is_err(), "{wrong}");
        }
    }
}
