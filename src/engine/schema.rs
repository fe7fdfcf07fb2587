//! The JSON Schema of rule files, from the tables that loading and compiling use: it can't drift from them.

use serde_json::{Map, Value, json};

use super::compile::{OPERATORS, Operand};
use crate::fact::KeyWord;
use crate::probe::{Attribute, KeySyntax, PROBES, Probe, Shape};
use crate::rule::syntax::{FILE, Key, KeyKind, LOGIC, WAIVERS};

/// The schema (draft 7, which TOML editors understand).
#[must_use]
pub fn rules() -> Value {
    let mut schema = keys(FILE);
    schema["$schema"] = json!("http://json-schema.org/draft-07/schema#");
    schema["title"] = json!("node-preflight rules");
    let mut definitions = Map::new();
    definitions.insert("condition".into(), condition());
    definitions.insert("operand".into(), operand());
    definitions.insert("value".into(), json!({ "type": ["string", "integer", "boolean", "array"] }));
    for shape in shapes() {
        for operator in &OPERATORS {
            let name = matcher_name(operator.name, &shape);
            definitions.insert(name, described(taken(operator.takes, &shape), operator.summary));
        }
        definitions.insert(tests_name(&shape), closed(matchers(&shape)));
        if let Shape::List(item @ Shape::Record(_)) = shape {
            definitions.insert(items_name(item), closed(entries(item)));
        }
    }
    for probe in PROBES {
        definitions.insert(asked_name(probe), asked(probe));
    }
    schema["definitions"] = Value::Object(definitions);
    schema
}

/// The schema of waiver files.
#[must_use]
pub fn waivers() -> Value {
    let mut schema = keys(WAIVERS);
    schema["$schema"] = json!("http://json-schema.org/draft-07/schema#");
    schema["title"] = json!("node-preflight waivers");
    schema
}

/// Every kind of answer and attribute, each once.
fn shapes() -> Vec<Shape> {
    let mut shapes = vec![Shape::Any];
    for probe in PROBES {
        let attributes = match probe.answer {
            Shape::Record(attributes) => attributes,
            _ => &[],
        };
        for shape in std::iter::once(probe.answer).chain(attributes.iter().map(|attribute| attribute.shape)) {
            let item = if let Shape::List(item) = shape { Some(*item) } else { None };
            let of_item = if let Some(Shape::Record(attributes)) = item { attributes } else { &[] };
            let of_item = of_item.iter().map(|attribute| attribute.shape);
            for shape in std::iter::once(shape).chain(item).chain(of_item) {
                if !shapes.iter().any(|known| shape_name(known) == shape_name(&shape)) {
                    shapes.push(shape);
                }
            }
        }
    }
    shapes
}

/// A name for a kind of answer; records are told apart by their attributes, which stand elsewhere.
fn shape_name(shape: &Shape) -> String {
    match shape {
        Shape::Bool => "bool".into(),
        Shape::Integer => "integer".into(),
        Shape::Size => "size".into(),
        Shape::Text => "text".into(),
        Shape::Version => "version".into(),
        Shape::Network => "network".into(),
        Shape::Mode => "mode".into(),
        Shape::Word(words) => format!("{}-to-{}", words.first().unwrap_or(&""), words.last().unwrap_or(&"")),
        Shape::List(Shape::Record(attributes)) => format!("list-{}", record_name(attributes)),
        Shape::List(item) => format!("list-{}", shape_name(item)),
        Shape::Record(_) | Shape::Any => "any".into(),
    }
}

fn record_name(attributes: &[Attribute]) -> String {
    let word = |attribute: Option<&Attribute>| attribute.map_or("", |attribute| attribute.word);
    format!("{}-to-{}", word(attributes.first()), word(attributes.last()))
}

/// What the items of a list may be compared with: those of a list of records have attributes.
fn items_name(item: &Shape) -> String {
    match item {
        Shape::Record(attributes) => format!("tests.{}", record_name(attributes)),
        item => tests_name(item),
    }
}

fn matcher_name(operator: &str, shape: &Shape) -> String {
    format!("{operator}.{}", shape_name(shape))
}

fn tests_name(shape: &Shape) -> String {
    format!("tests.{}", shape_name(shape))
}

/// A table with these keys and no others.
fn keys(known: &[Key]) -> Value {
    let properties: Map<String, Value> =
        known.iter().map(|key| (key.name.to_owned(), described(kind(key.kind), key.summary))).collect();
    let required: Vec<&str> = known
        .iter()
        .filter(|key| !matches!(key.kind, KeyKind::Tables(_)))
        .map(|key| key.name)
        .filter(|name| {
            ["id", "severity", "check", "type", "rule", "reason", "owner", "expires"].contains(name)
        })
        .collect();
    let mut table = closed(properties);
    if !required.is_empty() {
        table["required"] = json!(required);
    }
    table
}

fn kind(kind: KeyKind) -> Value {
    match kind {
        KeyKind::Text => json!({ "type": "string", "minLength": 1 }),
        KeyKind::Texts => json!({ "type": "array", "items": { "type": "string" } }),
        KeyKind::Date => json!({ "type": "string", "format": "date" }),
        KeyKind::Word(words) => json!({ "enum": words }),
        KeyKind::Words(words) => json!({ "type": "array", "items": { "enum": words }, "minItems": 1 }),
        KeyKind::Condition => reference("condition"),
        KeyKind::Table(known) => keys(known),
        KeyKind::Values => json!({ "type": "object", "additionalProperties": reference("value") }),
        KeyKind::Value => reference("value"),
        KeyKind::Operands => json!({ "type": "object", "additionalProperties": reference("operand") }),
        KeyKind::Tables(known) => json!({ "type": "array", "items": keys(known) }),
        KeyKind::Named(known) => json!({ "type": "object", "additionalProperties": keys(known) }),
    }
}

/// `all`, `any`, `not`; a variable; or one of the probes.
fn condition() -> Value {
    let mut forms: Vec<Value> = LOGIC
        .iter()
        .map(|(word, summary)| {
            let inner = match *word {
                "not" => reference("condition"),
                _ => json!({ "type": "array", "items": reference("condition"), "minItems": 1 }),
            };
            form(word, described(inner, summary), Map::new())
        })
        .collect();
    let name = described(json!({ "type": "string" }), "The name of a variable.");
    forms.push(form("var", name, matchers(&Shape::Any)));
    forms.extend(PROBES.iter().flat_map(|probe| names(probe).map(|name| term(probe, name))));
    json!({ "type": "object", "anyOf": forms })
}

/// A condition that asks one probe.
fn term(probe: &Probe, name: &str) -> Value {
    form(name, reference(&asked_name(probe)), entries(&probe.answer))
}

/// Its word, and the old one if it has one.
fn names(probe: &'static Probe) -> impl Iterator<Item = &'static str> {
    [probe.word()].into_iter().chain((probe.name != probe.word()).then_some(probe.name))
}

/// Written once, since a probe may be the subject and the operand of a comparison.
fn asked_name(probe: &Probe) -> String {
    format!("asked.{}", probe.name)
}

/// What stands behind the name of a probe: its key, a variable that holds it, or what is compared.
fn asked(probe: &Probe) -> Value {
    let key = |noun: &str| json!({ "type": ["string", "integer"], "description": format!("The {noun}.") });
    let table =
        json!({ "type": "object", "properties": entries(&probe.answer), "additionalProperties": false });
    let forms = match probe.key {
        KeySyntax::None => vec![table],
        KeySyntax::Optional(kind) => vec![key(kind.noun), variable(), table],
        KeySyntax::Required(kind) => vec![key(kind.noun), variable()],
        KeySyntax::Setting(setting) => vec![key(setting.noun), variable()],
        KeySyntax::Word(words) => {
            let words = (words.all)().into_iter();
            let word = |word: &KeyWord| json!({ "const": word.word, "description": word.summary });
            words.map(word).chain([variable()]).collect()
        }
    };
    let summary = probe.summary;
    if forms.len() == 1 {
        described(forms[0].clone(), summary)
    } else {
        json!({ "anyOf": forms, "description": summary })
    }
}

/// The matchers of an answer, and its attributes.
fn entries(shape: &Shape) -> Map<String, Value> {
    let mut entries = matchers(shape);
    if let Shape::Record(attributes) = shape {
        for attribute in *attributes {
            let tests = reference(&tests_name(&attribute.shape));
            let forms = [literal(&attribute.shape), reference("operand"), tests];
            let described = json!({ "anyOf": &forms, "description": attribute.summary });
            if attribute.name != attribute.word {
                let old = json!({ "anyOf": forms, "description": format!("Old spelling of `{}`.", attribute.word) });
                entries.insert(attribute.name.to_owned(), old);
            }
            entries.insert(attribute.word.to_owned(), described);
        }
    }
    entries
}

fn matchers(shape: &Shape) -> Map<String, Value> {
    let named = |name: &str| (name.to_owned(), reference(&matcher_name(name, shape)));
    OPERATORS.iter().map(|operator| named(operator.name)).collect()
}

fn taken(takes: Operand, shape: &Shape) -> Value {
    let or_other = |value: Value| json!({ "anyOf": [value, reference("operand")] });
    match takes {
        Operand::Same => or_other(literal(shape)),
        Operand::Several => {
            or_other(json!({ "type": "array", "minItems": 1, "items": or_other(literal(shape)) }))
        }
        Operand::Bound => or_other(json!({ "type": ["integer", "string"] })),
        Operand::Part => match shape {
            Shape::List(item @ Shape::Record(_)) => reference(&items_name(item)),
            Shape::List(item) => {
                json!({ "anyOf": [literal(item), reference("operand"), reference(&tests_name(item))] })
            }
            Shape::Any => {
                json!({ "anyOf": [reference("value"), reference("operand"), reference(&tests_name(shape))] })
            }
            _ => or_other(reference("value")),
        },
        Operand::Items => match shape {
            Shape::List(item) => reference(&items_name(item)),
            _ => reference(&tests_name(&Shape::Any)),
        },
        Operand::Pattern => json!({ "type": "string", "format": "regex" }),
        Operand::Flag => json!({ "type": "boolean" }),
        Operand::Requirement => json!({ "type": "string", "pattern": "^\\s*(>=|<=|!=|>|<|=)" }),
        Operand::Skew => {
            let minors = json!({ "type": "integer", "minimum": 0, "maximum": 100 });
            let properties =
                json!({ "from": or_other(literal(&Shape::Version)), "older": minors, "newer": minors });
            json!({ "type": "object", "properties": properties, "required": ["from"], "additionalProperties": false })
        }
        Operand::Networks => or_other(json!({ "type": ["string", "array"] })),
    }
}

/// A value that is written in the rule.
fn literal(shape: &Shape) -> Value {
    match shape {
        Shape::Bool => json!({ "type": "boolean" }),
        Shape::Integer => json!({ "type": "integer" }),
        Shape::Size => json!({ "type": ["string", "integer"], "minimum": 0 }),
        Shape::Text | Shape::Version => json!({ "type": ["string", "integer"] }),
        Shape::Network => json!({ "type": "string" }),
        Shape::Mode => json!({ "type": "string", "pattern": "^[0-7]{3,4}$" }),
        Shape::Word(words) => json!({ "enum": words }),
        Shape::List(item) => json!({ "type": "array", "items": literal(item) }),
        Shape::Record(_) | Shape::Any => reference("value"),
    }
}

/// A variable, or another probe.
fn operand() -> Value {
    let attribute = described(json!({ "type": "string" }), "The attribute to compare with.");
    let probes = PROBES.iter().flat_map(|probe| names(probe).map(move |name| (probe, name)));
    let probes = probes.map(|(probe, name)| {
        let properties = Map::from_iter([("attribute".to_owned(), attribute.clone())]);
        form(name, reference(&asked_name(probe)), properties)
    });
    let forms: Vec<Value> = std::iter::once(variable()).chain(probes).collect();
    json!({ "type": "object", "anyOf": forms })
}

fn variable() -> Value {
    form("var", described(json!({ "type": "string" }), "The name of a variable."), Map::new())
}

/// A table that must have one key, and may have others.
fn form(name: &str, value: Value, mut others: Map<String, Value>) -> Value {
    others.insert(name.to_owned(), value);
    let mut table = closed(others);
    table["required"] = json!([name]);
    table
}

fn closed(properties: Map<String, Value>) -> Value {
    let mut table = json!({ "type": "object", "additionalProperties": false });
    table["properties"] = Value::Object(properties);
    table
}

fn described(mut schema: Value, summary: &str) -> Value {
    // Beside a reference, draft 7 reads nothing.
    if schema.get("$ref").is_some() {
        schema = json!({ "allOf": [schema] });
    }
    schema["description"] = json!(summary);
    schema
}

fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/definitions/{name}") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_probe_and_matcher_is_in_the_schema() {
        let text = rules()["definitions"]["condition"].to_string();
        for name in
            PROBES.iter().map(|probe| probe.name).chain(OPERATORS.iter().map(|operator| operator.name))
        {
            assert!(text.contains(&format!("\"{name}\"")), "{name}");
        }
    }

    #[test]
    fn every_reference_has_its_definition() {
        let schema = rules();
        assert!(schema.to_string().len() < 330_000, "the same tables again and again");
        for part in schema.to_string().split("#/definitions/").skip(1) {
            let name = part.split('"').next().unwrap();
            assert!(schema["definitions"].get(name).is_some(), "{name}");
        }
    }
}
