//! Files that iptables-restore(8) loads: what a chain refuses, and what its rules and the chains that they lead to let through
//! before.

use std::collections::{BTreeMap, BTreeSet};

use super::lines;

/// No honest file has more chains that one leads to; a rule that leads on may let anything through.
const MAX_CHAINS: usize = 256;
/// Protocols of the cluster's packets, as `-p` names them.
const PROTOCOLS: [&str; 9] = ["tcp", "udp", "sctp", "all", "0", "6", "17", "132", "udplite"];

/// The table `filter` of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FilterTable(BTreeMap<String, Chain>);

/// A chain.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Chain {
    /// The line of a policy `DROP`.
    drops_by_policy: Option<u32>,
    /// Its rules, in order.
    rules: Vec<Rule>,
}

/// A rule.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Rule {
    /// Line, counted from 1.
    line: u32,
    /// `ACCEPT`, `REJECT`, `DROP`, or another chain.
    target: String,
    /// What it is limited to, word by word: `-p tcp --dport 22`.
    matches: Vec<String>,
}

/// A chain that refuses what no rule of it has let through.
pub struct Refusal<'t> {
    table: &'t FilterTable,
    /// The line that refuses.
    pub line: u32,
    before: &'t [Rule],
}

/// The table `filter`; none if the file doesn't load it.
#[must_use]
pub fn filter_table(bytes: &[u8]) -> Option<FilterTable> {
    let mut table: Option<FilterTable> = None;
    let mut is_filter = false;
    for (line, text) in lines(bytes) {
        let text = text.trim();
        if let Some(name) = text.strip_prefix('*') {
            is_filter = name.trim() == "filter";
            if is_filter {
                table.get_or_insert_default();
            }
        } else if text == "COMMIT" {
            is_filter = false;
        }
        if let Some(table) = table.as_mut().filter(|_| is_filter) {
            table.take(line, text);
        }
    }
    table
}

impl FilterTable {
    fn take(&mut self, line: u32, text: &str) {
        let mut words = text.split_ascii_whitespace().skip_while(|word| word.starts_with('[')).peekable();
        let Some(first) = words.next() else { return };
        if let Some(name) = first.strip_prefix(':') {
            let policy = words.next().filter(|policy| *policy == "DROP");
            self.chain(name).drops_by_policy = policy.map(|_| line);
            return;
        }
        let Some(name) = words.next() else { return };
        match first {
            "-P" | "--policy" => {
                let policy = words.next().filter(|policy| *policy == "DROP");
                self.chain(name).drops_by_policy = policy.map(|_| line);
            }
            "-A" | "--append" => {
                let rule = Rule::of(line, words);
                self.chain(name).rules.extend(rule);
            }
            "-I" | "--insert" => {
                // Its place, counted from 1; the first one without.
                let place = words.peek().and_then(|word| word.parse::<usize>().ok());
                let rule = Rule::of(line, words.skip(usize::from(place.is_some())));
                let rules = &mut self.chain(name).rules;
                let at = place.unwrap_or(1).saturating_sub(1).min(rules.len());
                rules.splice(at..at, rule);
            }
            _ => {}
        }
    }

    fn chain(&mut self, name: &str) -> &mut Chain {
        self.0.entry(name.to_owned()).or_default()
    }

    /// What a chain refuses; none if it refuses nothing.
    #[must_use]
    pub fn refusal(&self, chain: &str) -> Option<Refusal<'_>> {
        let chain = self.0.get(chain)?;
        let at = chain.rules.iter().position(Rule::refuses_all);
        let line = at.map(|at| chain.rules[at].line).or(chain.drops_by_policy)?;
        Some(Refusal { table: self, line, before: &chain.rules[..at.unwrap_or(chain.rules.len())] })
    }

    /// Whether one of some rules may let through what `lets` asks of each: by itself, or in the chain that it leads to.
    fn lets<'t>(
        &'t self,
        rules: &'t [Rule],
        lets: &dyn Fn(&Rule) -> bool,
        seen: &mut BTreeSet<&'t str>,
    ) -> bool {
        rules.iter().filter(|rule| lets(rule)).any(|rule| match rule.target.as_str() {
            "ACCEPT" => true,
            "DROP" | "REJECT" | "LOG" | "NFLOG" | "RETURN" | "MARK" | "CONNMARK" | "TCPMSS" | "" => false,
            other => match self.0.get(other) {
                Some(_) if seen.len() >= MAX_CHAINS => true,
                Some(chain) => seen.insert(other) && self.lets(&chain.rules, lets, seen),
                // What isn't known here may let it through.
                None => true,
            },
        })
    }
}

impl Refusal<'_> {
    /// Whether it lets some new connections through, beside those of the loopback interface.
    #[must_use]
    pub fn lets_new(&self) -> bool {
        self.table.lets(self.before, &Rule::is_of_new, &mut BTreeSet::new())
    }

    /// Whether it lets new connections to a TCP port through, from wherever.
    #[must_use]
    pub fn lets_port(&self, port: u16) -> bool {
        self.table.lets(self.before, &|rule| rule.is_of_port(port), &mut BTreeSet::new())
    }
}

impl Rule {
    fn of<'w>(line: u32, mut words: impl Iterator<Item = &'w str>) -> Option<Rule> {
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

    fn refuses_all(&self) -> bool {
        ["DROP", "REJECT"].contains(&self.target.as_str()) && self.matches.is_empty()
    }

    /// Whether it is about new connections of TCP or UDP: those that answer or belong to one that is there already are none,
    /// and those of the loopback interface are nobody's else.
    fn is_of_new(&self) -> bool {
        let is_old = |state: &str| ["RELATED", "ESTABLISHED", "INVALID"].contains(&state);
        let state = self.after(&["--state", "--ctstate"]).is_none_or(|(states, is_not)| {
            if is_not { states.split(',').all(is_old) } else { !states.split(',').all(is_old) }
        });
        let protocol = self.after(&["-p", "--protocol"]).is_none_or(|(protocol, is_not)| {
            is_not || PROTOCOLS.contains(&protocol.to_ascii_lowercase().as_str())
        });
        let interfaces = ["-i", "--in-interface", "-o", "--out-interface"];
        let is_loopback = interfaces.iter().any(|name| self.after(&[name]) == Some(("lo", false)));
        state && protocol && !is_loopback
    }

    /// Whether it is about new connections to a TCP port.
    fn is_of_port(&self, port: u16) -> bool {
        let is_tcp = self.after(&["-p", "--protocol"]).is_none_or(|(protocol, is_not)| {
            is_not != ["tcp", "all", "0", "6"].contains(&protocol.to_ascii_lowercase().as_str())
        });
        if !is_tcp || !self.is_of_new() {
            return false;
        }
        let names = ["--dport", "--dports", "--destination-port", "--destination-ports", "--port", "--ports"];
        if let Some((ports, is_not)) = self.after(&names) {
            return is_not != ports.split(',').any(|range| is_in(range, port));
        }
        let sources = ["--sport", "--sports", "--source-port", "--source-ports"];
        self.after(&sources).is_none_or(|(_, is_not)| is_not)
    }

    /// What is written behind one of some words, and whether it is what must not be (`! -i lo`, `-i ! lo`).
    fn after(&self, names: &[&str]) -> Option<(&str, bool)> {
        let at = self.matches.iter().position(|word| names.contains(&word.as_str()))?;
        let before = at.checked_sub(1).and_then(|before| self.matches.get(before));
        let value = self.matches.get(at + 1)?;
        if value == "!" {
            return Some((self.matches.get(at + 2)?, true));
        }
        Some((value, before.is_some_and(|word| word == "!")))
    }
}

/// Whether a port lies in a range: `22`, `1024:`, `:1023`.
fn is_in(range: &str, port: u16) -> bool {
    let (first, last) = range.split_once(':').unwrap_or((range, range));
    let bound = |text: &str, open: u16| if text.is_empty() { Ok(open) } else { text.parse::<u16>() };
    matches!((bound(first, 0), bound(last, u16::MAX)), (Ok(first), Ok(last)) if (first..=last).contains(&port))
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
        let table = filter_table(SHIPPED).unwrap();
        let input = table.refusal("INPUT").unwrap();
        assert_eq!((input.line, input.before.len()), (11, 4));
        assert!(!input.lets_port(10250) && input.lets_port(22));
        let forward = table.refusal("FORWARD").unwrap();
        assert_eq!((forward.line, forward.lets_new()), (6, false));
        assert!(table.refusal("OUTPUT").is_none());
        assert_eq!(filter_table(b"*nat\nCOMMIT\n"), None);
    }

    fn table(rules: &str) -> FilterTable {
        let text = format!("*filter\n:INPUT DROP [0:0]\n:FORWARD DROP [0:0]\n{rules}\nCOMMIT\n");
        filter_table(text.as_bytes()).unwrap()
    }

    #[test]
    fn ports_are_opened_by_number_range_and_source() {
        let accepts = |text: &str| table(text).refusal("INPUT").unwrap().lets_port(10250);
        for open in [
            "-A INPUT -p tcp --dport 10250 -j ACCEPT",
            "-A INPUT -p 6 --dport 10250 -j ACCEPT",
            "-A INPUT -p tcp -m multiport --dports 22,10000:11000 -j ACCEPT",
            "-A INPUT -p tcp --dport 1024: -j ACCEPT",
            "-A INPUT -p tcp ! --dport 22 -j ACCEPT",
            "-A INPUT ! -i lo -j ACCEPT",
            "-A INPUT -i ! lo -j ACCEPT",
            "-A INPUT ! -p udp -j ACCEPT",
            "-A INPUT -s 10.0.0.0/8 -j ACCEPT",
            "-A INPUT -m conntrack --ctstate NEW,RELATED -j ACCEPT",
            "-A INPUT -m conntrack ! --ctstate INVALID -j ACCEPT",
            "-A INPUT -j DROP\n-I INPUT -j ACCEPT",
            "-A INPUT -j DROP\n-I INPUT 1 -p tcp --dport 10250 -j ACCEPT",
        ] {
            assert!(accepts(open), "{open}");
        }
        for shut in [
            "-A INPUT -p tcp --dport 22 -j ACCEPT",
            "-A INPUT -p udp --dport 10250 -j ACCEPT",
            "-A INPUT -i lo -j ACCEPT",
            "-A INPUT -p tcp --dport 10250 -j DROP",
            "-A INPUT -m state --state RELATED,ESTABLISHED -j ACCEPT",
            "-A INPUT -m state ! --state NEW -j ACCEPT",
            "-A INPUT -p udp --sport 123 -j ACCEPT",
            "-A INPUT -p icmp -j ACCEPT",
            "-A INPUT -j DROP\n-I INPUT 2 -j ACCEPT",
        ] {
            assert!(!accepts(shut), "{shut}");
        }
    }

    #[test]
    fn chains_that_rules_lead_to_may_let_through() {
        let lets = |text: &str| table(text).refusal("FORWARD").unwrap().lets_new();
        for open in [
            "-A FORWARD -j FLANNEL-FWD\n-A FLANNEL-FWD -s 10.244.0.0/16 -j ACCEPT",
            "-A FORWARD -j SOMETHING",
            "-A FORWARD -j A\n-A A -j B\n-A B -j A\n-A B -j ACCEPT",
        ] {
            assert!(lets(open), "{open}");
        }
        for shut in [
            "-A FORWARD -j DOCKER-USER\n-A DOCKER-USER -j RETURN",
            "-A FORWARD -j A\n-A A -j B\n-A B -j A",
            "-A FORWARD -m conntrack --ctstate ESTABLISHED -j A\n-A A -j ACCEPT",
            "-A FORWARD -p icmp -j ACCEPT\n-A FORWARD -i lo -j ACCEPT",
            "-A FORWARD -j LOG",
        ] {
            assert!(!lets(shut), "{shut}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_parsed(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let mut text = b"*filter\n-A INPUT ".to_vec();
            text.extend(bytes);
            let table = filter_table(&text).unwrap();
            prop_assert!(table.0.values().flat_map(|chain| &chain.rules).all(|rule| rule.line > 1));
            prop_assert!(table.refusal("INPUT").is_none_or(|input| input.line > 1));
        }
    }
}
