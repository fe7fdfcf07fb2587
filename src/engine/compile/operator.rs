//! The matchers by name, with what they take: used for compiling, for the schema and for the documentation.

/// A matcher as rules spell it.
pub struct Operator {
    /// The word in rules.
    pub name: &'static str,
    /// What its operand is.
    pub takes: Operand,
    /// One sentence.
    pub summary: &'static str,
}

/// What a matcher is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operand {
    /// A value of the subject's kind, a variable, or another probe.
    Same,
    /// A list of such values, or one that stands for a list.
    Several,
    /// A bound: a number, size, version or permission bits.
    Bound,
    /// An item of a list, or a part of a text.
    Part,
    /// A regular expression.
    Pattern,
    /// True or false.
    Flag,
    /// A requirement on versions.
    Requirement,
    /// A version, and how many minor versions older or newer is allowed.
    Skew,
    /// One or several networks.
    Networks,
    /// Matchers for the items of a list.
    Items,
}

const fn operator(name: &'static str, takes: Operand, summary: &'static str) -> Operator {
    Operator { name, takes, summary }
}

/// All matchers.
pub static OPERATORS: [Operator; 13] = [
    operator("equals", Operand::Same, "The same value."),
    operator("not-equals", Operand::Same, "Another value; also holds for a thing that isn't there."),
    operator("in", Operand::Several, "One of these values."),
    operator(
        "at-least",
        Operand::Bound,
        "Not less: numbers, sizes (\"1700MiB\"), versions; all of these permission bits.",
    ),
    operator(
        "at-most",
        Operand::Bound,
        "Not more: numbers, sizes (\"1700MiB\"), versions; no other than these permission bits.",
    ),
    operator(
        "matches",
        Operand::Pattern,
        "The regular expression is found in the text; anchor it with ^ and $.",
    ),
    operator(
        "contains",
        Operand::Part,
        "The list has this item, or one that meets these matchers: { matches = \"^net\" }; the text has this part.",
    ),
    operator(
        "each",
        Operand::Items,
        "Every item of the list meets these matchers: { matches = \"^net\" }; an empty list has none that doesn't.",
    ),
    operator(
        "none",
        Operand::Items,
        "No item of the list meets all of these matchers: { matches = \"^net\" }. Of a list of records each, none and contains \
         take attributes, too: { state = \"exited\", attempt = { at-least = 5 } }.",
    ),
    operator("exists", Operand::Flag, "Whether the thing is there."),
    operator("version", Operand::Requirement, "The version meets a requirement: \">=1.30, <1.37\"."),
    operator(
        "skew",
        Operand::Skew,
        "At most so many minor versions from another: { from = \"1.31\", older = 3, newer = 0 }; 0 if left out.",
    ),
    operator("overlaps", Operand::Networks, "Shares an address with one of these networks."),
];

/// The matcher of a name.
pub(super) fn find(name: &str) -> Option<&'static Operator> {
    OPERATORS.iter().find(|operator| operator.name == name)
}

/// All their names.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    OPERATORS.iter().map(|operator| operator.name)
}
