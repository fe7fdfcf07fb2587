//! Files that nft(8) loads, as far as one question needs: which base chains refuse what no rule of theirs accepts.

use super::lines;

/// A base chain that refuses by its policy or by its last rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusing {
    /// `input` or `forward`.
    pub hook: String,
    /// The line that refuses, counted from 1.
    pub line: u32,
    /// The other rules of the chain.
    pub rules: Vec<String>,
}

/// The base chains of hook `input` or `forward` that refuse the rest. A file whose braces don't fit together has none after the
/// place where they don't.
#[must_use]
pub fn refusing(bytes: &[u8]) -> Vec<Refusing> {
    let mut found = Vec::new();
    let mut chain: Option<Open> = None;
    let mut depth = 0_usize;
    for (line, text) in lines(bytes) {
        let text = text.split('#').next().unwrap_or_default().trim();
        if chain.is_none() && text.starts_with("chain ") && text.contains('{') {
            chain = Some(Open { depth, hook: None, refuses: None, rules: Vec::new() });
        }
        // Sets in a rule open and close on their line.
        let (opens, closes) = (text.matches('{').count(), text.matches('}').count());
        if let Some(open) = &mut chain {
            let inner = text
                .strip_prefix("chain ")
                .and_then(|text| text.split_once('{'))
                .map_or(text, |(_, rest)| rest);
            for statement in inner.split(';').map(|part| part.trim().trim_end_matches('}').trim()) {
                open.take(line, statement);
            }
        }
        depth = (depth + opens).saturating_sub(closes);
        if chain.as_ref().is_some_and(|open| depth <= open.depth) {
            found.extend(chain.take().and_then(Open::refusing));
        }
    }
    found
}

struct Open {
    depth: usize,
    hook: Option<String>,
    refuses: Option<u32>,
    rules: Vec<String>,
}

impl Open {
    fn take(&mut self, line: u32, statement: &str) {
        let words: Vec<&str> = statement.split_ascii_whitespace().collect();
        if words.is_empty() {
            return;
        }
        if let Some(at) = words.iter().position(|word| *word == "hook") {
            self.hook = words.get(at + 1).map(|hook| (*hook).to_owned());
        } else if words == ["policy", "drop"] {
            self.refuses = Some(line);
        } else if let ["drop" | "reject", ..] | ["counter", "drop" | "reject", ..] = words.as_slice() {
            self.refuses.get_or_insert(line);
        } else {
            self.rules.push(words.join(" "));
        }
    }

    fn refusing(self) -> Option<Refusing> {
        let hook = self.hook.filter(|hook| ["forward", "input"].contains(&hook.as_str()))?;
        Some(Refusing { hook, line: self.refuses?, rules: self.rules })
    }
}

impl Refusing {
    /// Whether a rule lets new connections through, beside those of the loopback interface and to single ports.
    #[must_use]
    pub fn accepts_new(&self) -> bool {
        self.rules.iter().any(|rule| {
            let accepts = rule.contains("accept") || rule.starts_with("jump ") || rule.starts_with("goto ");
            let limited =
                ["ct state", "iif lo", "iifname lo", "iif \"lo\"", "iifname \"lo\"", "icmp", "ct status"];
            accepts && !limited.iter().any(|limit| rule.contains(limit))
        })
    }

    /// Whether a rule may let connections to a TCP port through.
    #[must_use]
    pub fn may_accept_port(&self, port: u16) -> bool {
        let port = port.to_string();
        self.rules.iter().any(|rule| {
            let is_limited = rule.contains("dport") || rule.contains("sport");
            let names =
                rule.contains(&port) || rule.contains('@') || rule.contains('-') || rule.contains('$');
            if is_limited {
                names && (rule.contains("accept") || rule.contains("jump"))
            } else {
                Refusing { rules: vec![rule.clone()], ..self.clone() }.accepts_new()
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn chains_that_refuse_the_rest_are_found() {
        let text = b"flush ruleset\ntable inet filter {\n\tchain input {\n\t\ttype filter hook input priority 0; policy drop;\n\
            \t\tct state established,related accept\n\t\tiif lo accept\n\t\ttcp dport { 22, 10250 } accept\n\t}\n\
            \tchain forward {\n\t\ttype filter hook forward priority filter; policy drop;\n\t}\n\
            \tchain output {\n\t\ttype filter hook output priority 0; policy drop;\n\t}\n}\n";
        let found = refusing(text);
        assert_eq!(
            found.iter().map(|chain| (chain.hook.as_str(), chain.line)).collect::<Vec<_>>(),
            [("input", 4), ("forward", 10)]
        );
        assert!(found[0].may_accept_port(10250) && !found[0].may_accept_port(6443));
        assert!(!found[1].accepts_new());
        let last = b"table inet f {\n chain forward {\n type filter hook forward priority 0;\n iifname \"cni0\" accept\n reject\n }\n}\n";
        assert!(refusing(last)[0].accepts_new());
        assert_eq!(refusing(b"table inet f {\n chain forward { type filter hook forward priority 0; policy accept; }\n}\n"), []);
        assert_eq!(
            refusing(
                b"table inet f {\n chain forward { type filter hook forward priority 0; policy drop; }\n}\n"
            )
            .len(),
            1
        );
    }

    proptest! {
        #[test]
        fn any_text_is_parsed(text in "(chain x \\{|\\}|\\n|;|hook input|policy drop|[a-z ]){0,60}") {
            for chain in refusing(text.as_bytes()) {
                prop_assert!(chain.line > 0);
            }
        }
    }
}
