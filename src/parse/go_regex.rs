//! Regular expressions as Go's package `regexp` compiles them (RE2's syntax): only whether it does.

/// The largest number of repetitions.
const MAX_REPEAT: u32 = 1000;
/// Deeper nesting is refused (`maxHeight` of `regexp/syntax`).
const DEPTH: usize = 1000;

/// Classes in `[[:name:]]`.
const CLASSES: [&str; 14] = [
    "alnum", "alpha", "ascii", "blank", "cntrl", "digit", "graph", "lower", "print", "punct", "space",
    "upper", "word", "xdigit",
];

/// Why Go doesn't compile an expression; none if it does, as far as is known here: which names of Unicode there are isn't looked at.
#[must_use]
pub fn problem(pattern: &str) -> Option<&'static str> {
    let mut parser = Parser { rest: pattern, depth: 0, names: Vec::new() };
    parser.expression().err()
}

struct Parser<'p> {
    rest: &'p str,
    depth: usize,
    names: Vec<&'p str>,
}

/// What was read last, as far as a repetition may follow it.
#[derive(Clone, Copy, PartialEq)]
enum Before {
    Nothing,
    Atom,
    Repetition,
}

type Parsed<T> = Result<T, &'static str>;

impl Parser<'_> {
    fn next(&mut self) -> Option<char> {
        let c = self.rest.chars().next()?;
        self.rest = &self.rest[c.len_utf8()..];
        Some(c)
    }

    fn eat(&mut self, text: &str) -> bool {
        match self.rest.strip_prefix(text) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn expression(&mut self) -> Parsed<()> {
        let mut before = Before::Nothing;
        while let Some(c) = self.next() {
            before = match c {
                '(' => self.open(before)?,
                ')' => {
                    self.depth = self.depth.checked_sub(1).ok_or("unexpected )")?;
                    Before::Atom
                }
                '|' => Before::Nothing,
                '[' => self.class()?,
                '*' | '+' | '?' => self.repetition(before)?,
                '{' if self.count()? => self.repetition(before)?,
                '\\' if self.eat("Q") => {
                    let end = self.rest.find("\\E");
                    let is_empty = end == Some(0) || self.rest.is_empty();
                    self.rest = end.map_or("", |end| &self.rest[end + 2..]);
                    if is_empty { before } else { Before::Atom }
                }
                '\\' => {
                    self.escape(false)?;
                    Before::Atom
                }
                _ => Before::Atom,
            };
        }
        if self.depth > 0 { Err("missing closing )") } else { Ok(()) }
    }

    /// `(`, `(?:`, `(?i)`, `(?P<name>`, `(?<name>`
    fn open(&mut self, before: Before) -> Parsed<Before> {
        self.depth += 1;
        if self.depth > DEPTH {
            return Err("nested too deeply");
        }
        if !self.eat("?") {
            return Ok(Before::Nothing);
        }
        if self.eat("P<") || (!self.rest.starts_with("<=") && !self.rest.starts_with("<!") && self.eat("<")) {
            let end = self.rest.find('>').ok_or("invalid named capture")?;
            let name = &self.rest[..end];
            self.rest = &self.rest[end + 1..];
            let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
            if name.is_empty() || !name.chars().all(is_word) {
                return Err("invalid named capture");
            }
            if self.names.contains(&name) {
                return Err("duplicate capture group name");
            }
            self.names.push(name);
            return Ok(Before::Nothing);
        }
        self.flags(before)
    }

    /// Flags alone are nothing to repeat: a repetition behind them is of what stands before them.
    fn flags(&mut self, before: Before) -> Parsed<Before> {
        const WRONG: &str = "invalid or unsupported Perl syntax";
        let (mut negated, mut named) = (false, false);
        loop {
            match self.next().ok_or("missing argument to (?")? {
                'i' | 'm' | 's' | 'U' => named = true,
                '-' if !negated => (negated, named) = (true, false),
                end @ (':' | ')') => {
                    if negated && !named {
                        return Err(WRONG);
                    }
                    if end == ':' || before == Before::Nothing {
                        self.depth -= usize::from(end == ')');
                        return Ok(Before::Nothing);
                    }
                    self.depth -= 1;
                    return Ok(Before::Atom);
                }
                _ => return Err(WRONG),
            }
        }
    }

    fn repetition(&mut self, before: Before) -> Parsed<Before> {
        match before {
            Before::Nothing => return Err("missing argument to repetition operator"),
            Before::Repetition => return Err("invalid nested repetition operator"),
            Before::Atom => {}
        }
        self.eat("?");
        Ok(Before::Repetition)
    }

    /// Whether `{` begins a number of repetitions; else it stands for itself.
    fn count(&mut self) -> Parsed<bool> {
        let Some((inside, rest)) = self.rest.split_once('}') else { return Ok(false) };
        let (least, most) = inside.split_once(',').unwrap_or((inside, inside));
        let is_number = |text: &str| {
            !text.is_empty()
                && text.bytes().all(|b| b.is_ascii_digit())
                && (text.len() == 1 || !text.starts_with('0'))
        };
        if !is_number(least) || !(most.is_empty() || is_number(most)) {
            return Ok(false);
        }
        self.rest = rest;
        let value = |text: &str| text.parse::<u32>().unwrap_or(u32::MAX);
        let most_value = if most.is_empty() { MAX_REPEAT } else { value(most) };
        if value(least) > MAX_REPEAT || most_value > MAX_REPEAT || value(least) > most_value {
            return Err("invalid repeat count");
        }
        Ok(true)
    }

    /// What follows a backslash; its character, where it is one.
    fn escape(&mut self, in_class: bool) -> Parsed<Option<char>> {
        const WRONG: &str = "invalid escape sequence";
        let c = self.next().ok_or("trailing backslash at end of expression")?;
        match c {
            'd' | 'D' | 's' | 'S' | 'w' | 'W' => Ok(None),
            'p' | 'P' => match self.next().ok_or("invalid character class range")? {
                '{' => {
                    let end = self.rest.find('}').ok_or("invalid character class range")?;
                    self.rest = &self.rest[end + 1..];
                    Ok(None)
                }
                _ => Ok(None),
            },
            'A' | 'b' | 'B' | 'z' if !in_class => Ok(None),
            'a' | 'f' | 't' | 'n' | 'r' | 'v' => Ok(Some(c)),
            'x' if self.eat("{") => {
                let (digits, rest) = self.rest.split_once('}').ok_or(WRONG)?;
                self.rest = rest;
                u32::from_str_radix(digits, 16).ok().and_then(char::from_u32).map(Some).ok_or(WRONG)
            }
            'x' => {
                let digits = self.rest.get(..2).ok_or(WRONG)?;
                self.rest = &self.rest[2..];
                u32::from_str_radix(digits, 16).ok().and_then(char::from_u32).map(Some).ok_or(WRONG)
            }
            // One digit alone would name a group before it, which Go has not.
            '1'..='7' if !self.rest.starts_with(|c| matches!(c, '0'..='7')) => Err(WRONG),
            '0'..='7' => {
                let mut value = u32::from(c) - u32::from('0');
                for _ in 0..2 {
                    let Some(digit) = self.rest.chars().next().and_then(|c| c.to_digit(8)) else { break };
                    value = value * 8 + digit;
                    self.rest = &self.rest[1..];
                }
                Ok(char::from_u32(value))
            }
            _ if c.is_ascii() && !c.is_ascii_alphanumeric() => Ok(Some(c)),
            _ => Err(WRONG),
        }
    }

    fn class(&mut self) -> Parsed<Before> {
        const OPEN: &str = "missing closing ]";
        self.eat("^");
        let mut first = true;
        loop {
            if self.rest.is_empty() {
                return Err(OPEN);
            }
            if !first && self.eat("]") {
                return Ok(Before::Atom);
            }
            // A dash stands for itself at an end only.
            let is_dash = self.rest.starts_with('-') && !self.rest.starts_with("-]");
            if is_dash && !first && self.rest[1..].chars().next().is_some() {
                return Err("invalid character class range");
            }
            first = false;
            if let Some((name, rest)) = self.rest.strip_prefix("[:").and_then(|rest| rest.split_once(":]")) {
                if !CLASSES.contains(&name.strip_prefix('^').unwrap_or(name)) {
                    return Err("invalid character class range");
                }
                self.rest = rest;
                continue;
            }
            let Some(low) = self.one_of_class()? else { continue };
            if self.rest.starts_with('-') && !self.rest.starts_with("-]") && self.rest.len() > 1 {
                self.rest = &self.rest[1..];
                match self.one_of_class()? {
                    Some(high) if high >= low => {}
                    _ => return Err("invalid character class range"),
                }
            }
        }
    }

    fn one_of_class(&mut self) -> Parsed<Option<char>> {
        if self.eat("\\") { self.escape(true) } else { self.next().map(Some).ok_or("missing closing ]") }
    }
}

#[cfg(test)]
mod tests {
    use super::problem;
    use proptest::prelude::*;

    #[test]
    fn what_go_compiles_is_taken() {
        for pattern in [
            "",
            "^a.*$",
            "a|b|",
            "()",
            "(?i)x",
            "(?i:x)",
            "(?s-m)x",
            "(?P<n>a)",
            "(?<n>a)",
            "[[:alpha:]_-]",
            "[]a]",
            "[^]a]",
            r"\pL\p{Greek}\PN",
            r"\d+\S*?",
            "a{2,3}?",
            "a{,2}",
            "a{x",
            "{",
            "}",
            "]",
            r"\Qa(b\E+",
            r"\x41\x{10FFFF}\101\0",
            r"\.\-\/",
            r"\bx\z",
            "[a-z0-9.]+",
            "a{1000}",
            r"[\d\-x]",
            "[a-]",
            "[-a]",
            "x??",
            "\u{e9}+",
            r"[\x00-\x7f]",
            "^(?i)*",
            "^*",
        ] {
            assert_eq!(problem(pattern), None, "{pattern}");
        }
    }

    #[test]
    fn what_go_refuses_is_refused() {
        for pattern in [
            "(",
            ")",
            "a)",
            "(?",
            "(?P<n",
            "(?P<>a)",
            "(?P<n>a)(?P<n>b)",
            "(?=a)",
            "(?!a)",
            "(?<=a)",
            "(?>a)",
            "[",
            "[]",
            "[a",
            "[z-a]",
            "[[:nope:]]",
            "*",
            "a**",
            "a+*",
            "a|*",
            "(*)",
            "(?i)*",
            "a{2,1}",
            "a{1001}",
            "a{2}{3}",
            r"\",
            r"\1",
            r"\8",
            r"\Z",
            r"\y",
            r"\x4",
            r"\x{110000}",
            "[a-c-e]",
            r"\p{L",
            "(?-)a",
            "(?x)a",
        ] {
            assert!(problem(pattern).is_some(), "{pattern}");
        }
    }

    proptest! {
        #[test]
        fn any_text_gives_an_answer(pattern in "\\PC{0,30}") {
            let _ = problem(&pattern);
        }

        /// Both have RE2's syntax; the crate lacks names of Unicode and a few escapes, and takes no more than Go in what is tried here.
        #[test]
        fn what_the_crate_takes_go_takes(pattern in "[a-c()|*+?.^$\\[\\]-]{0,8}") {
            if regex_lite::Regex::new(&pattern).is_ok() && !pattern.contains(['[', ']']) {
                let nested = ["**", "*+", "+*", "++", "?+", "?*", "???", "^*", "^+", "^?", "$*", "$+", "$?"];
                prop_assume!(!nested.iter().any(|nested| pattern.contains(nested)));
                prop_assert_eq!(problem(&pattern), None, "{}", pattern);
            }
        }
    }
}
