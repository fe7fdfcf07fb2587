//! Files that iptables-restore(8) loads: the policy of a chain, and what its rules let through before one that refuses the rest.

use super::lines;

/// A chain of the table `filter`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Chain {
    /// The line of a policy `DROP`.
    pub drops_by_policy: Option<u32>,
    /// Its rules, in order.
    pub rules: Vec<Rule>,
}

/// A rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Line, counted from 1.
    pub line: u32,
    /// `ACCEPT`, `REJECT`, `DROP`, or another chain.
    pub target: String,
    /// What it is limited to, word by word: `-p tcp --dport 22`.
    pub matches: Vec<String>,
}

/// A chain of the table `filter` by its name; none if the file doesn't load that table.
#[must_use]
pub fn filter_chain(bytes: &[u8], name: &str) -> Option<Chain> {
    let mut chain: Option<Chain> = None;
    let mut is_filter = false;
    for (line, text) in lines(bytes) {
        let text = text.trim();
        if let Some(table) = text.strip_prefix('*') {
            is_filter = table.trim() == "filter";
            if is_filter {
                chain.get_or_insert_with(Chain::default);
            }
        } else if text == "COMMIT" {
            is_filter = false;
        }
        let Some(chain) = chain.as_mut().filter(|_| is_filter) else { continue };
        if let Some(declared) = text.strip_prefix(':') {
            let mut words = declared.split_ascii_whitespace();
            if words.next() == Some(name) && words.next() == Some("DROP") {
                chain.drops_by_policy = Some(line);
            }
        } else {
            chain.rules.extend(rule(line, text, name));
        }
    }
    chain
}

fn rule(line: u32, text: &str, chain: &str) -> Option<Rule> {
    let mut words = text.split_ascii_whitespace().skip_while(|word| word.starts_with('['));
    if !matches!(words.next(), Some("-A" | "--append" | "-I" | "--insert")) || words.next() != Some(chain) {
        return None;
    }
    let mut rule = Rule { line, target: String::new(), matches: Vec::new() };
    while let Some(word) = words.next() {
        match word {
            "-j" | "--jump" | "-g" | "--goto" => words.next()?.clone_into(&mut rule.target),
            // What it says to whom it refuses, and to people.
            "--reject-with" | "--comment" => {
                let text = words.next()?;
                if text.starts_with('"') && !(text.len() > 1 && text.ends_with('"')) {
                    words.by_ref().find(|word| word.ends_with('"'));
                }
            }
            "-m" | "--match" => {
                let module = words.next()?;
                if !["comment", "tcp", "udp", "state", "conntrack", "multiport"].contains(&module) {
                    rule.matches.push(format!("-m {module}"));
                }
            }
            other => rule.matches.push(other.to_owned()),
        }
    }
    Some(rule)
}

impl Rule {
    /// Whether it refuses whatever reaches it.
    #[must_use]
    pub fn refuses_all(&self) -> bool {
        ["DROP", "REJECT"].contains(&self.target.as_str()) && self.matches.is_empty()
    }

    /// Whether it lets new connections through; those that answer or belong to one that is there already are none.
    #[must_use]
    pub fn accepts_new(&self) -> bool {
        let state = self.after(&["--state", "--ctstate"]);
        self.target == "ACCEPT" && state.is_none_or(|states| states.split(',').any(|state| state == "NEW"))
    }

    /// Whether it lets new connections to a TCP port through, from wherever.
    #[must_use]
    pub fn accepts_port(&self, port: u16) -> bool {
        let is_other = |name: &str| self.after(&[name]).is_some_and(|value| value != "tcp" && value != "all");
        if !self.accepts_new()
            || is_other("-p")
            || is_other("--protocol")
            || self.after(&["-i"]) == Some("lo")
        {
            return false;
        }
        match self.after(&["--dport", "--dports", "--destination-port"]) {
            Some(ports) => ports.split(',').any(|range| {
                let (first, last) = range.split_once(':').unwrap_or((range, range));
                let bound = |text: &str, open: u16| if text.is_empty() { Ok(open) } else { text.parse::<u16>() };
                matches!((bound(first, 0), bound(last, u16::MAX)), (Ok(first), Ok(last)) if (first..=last).contains(&port))
            }),
            None => self.after(&["--sport", "--sports"]).is_none(),
        }
    }

    fn after(&self, names: &[&str]) -> Option<&str> {
        let at = self.matches.iter().position(|word| names.contains(&word.as_str()))?;
        self.matches.get(at + 1).map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SHIPPED: &[u8] = b"*nat\n:INPUT DROP [0:0]\nCOMMIT\n*filter\n:INPUT ACCEPT [0:0]\n:FORWARD DROP [0:0]\n\
        -A INPUT -m state --state RELATED,ESTABLISHED -j ACCEPT\n-A INPUT -p icmp -j ACCEPT\n-A INPUT -i lo -j ACCEPT\n\
        -A INPUT -p tcp -m state --state NEW -m tcp --dport 22 -j ACCEPT\n\
        [0:0] -A INPUT -m comment --comment \"the rest of it\" -j REJECT --reject-with icmp-host-prohibited\nCOMMIT\n";

    #[test]
    fn policies_and_rules_are_those_of_the_table_filter() {
        let input = filter_chain(SHIPPED, "INPUT").unwrap();
        assert_eq!(input.drops_by_policy, None);
        assert_eq!(input.rules.len(), 5);
        assert_eq!(input.rules.iter().position(Rule::refuses_all), Some(4));
        assert_eq!(filter_chain(SHIPPED, "FORWARD").unwrap().drops_by_policy, Some(6));
        assert_eq!(filter_chain(b"*nat\nCOMMIT\n", "INPUT"), None);
    }

    #[test]
    fn ports_are_opened_by_number_range_and_source() {
        let accepts = |text: &str| rule(1, text, "INPUT").unwrap().accepts_port(10250);
        for open in [
            "-A INPUT -p tcp --dport 10250 -j ACCEPT",
            "-A INPUT -p tcp -m multiport --dports 22,10000:11000 -j ACCEPT",
            "-A INPUT -p tcp --dport 1024: -j ACCEPT",
            "-A INPUT -s 10.0.0.0/8 -j ACCEPT",
            "-A INPUT -m conntrack --ctstate NEW,RELATED -j ACCEPT",
        ] {
            assert!(accepts(open), "{open}");
        }
        for shut in [
            "-A INPUT -p tcp --dport 22 -j ACCEPT",
            "-A INPUT -p udp --dport 10250 -j ACCEPT",
            "-A INPUT -i lo -j ACCEPT",
            "-A INPUT -p tcp --dport 10250 -j DROP",
            "-A INPUT -m state --state RELATED,ESTABLISHED -j ACCEPT",
            "-A INPUT -p udp --sport 123 -j ACCEPT",
        ] {
            assert!(!accepts(shut), "{shut}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_parsed(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let mut text = b"*filter\n-A INPUT ".to_vec();
            text.extend(bytes);
            prop_assert!(filter_chain(&text, "INPUT").is_some_and(|chain| chain.rules.iter().all(|rule| rule.line > 1)));
        }
    }
}
