//! Files that nft(8) loads, as far as one question needs: which base chains refuse what no rule of theirs lets through.

use std::collections::BTreeSet;
use std::rc::Rc;

use super::lines;

/// nft itself follows no more (`MAX_INCLUDE_DEPTH`).
const MAX_DEPTH: usize = 16;
/// No honest file has more statements, or more chains.
const MAX_STATEMENTS: usize = 1 << 14;
const MAX_CHAINS: usize = 512;

/// A file's path and its bytes.
pub type File = (String, Rc<[u8]>);

/// The chains of a file and those that it includes.
#[derive(Debug, Default)]
pub struct Ruleset {
    chains: Vec<Chain>,
    statements: usize,
    /// Whether there is more than is kept.
    is_cut: bool,
}

/// A chain of a table.
#[derive(Clone, Debug)]
struct Chain {
    family: String,
    table: String,
    name: String,
    /// `input`, `forward`; none for a chain that others lead to.
    hook: Option<String>,
    drops_by_policy: Option<Place>,
    rules: Vec<(Place, Vec<String>)>,
}

/// A line of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The file.
    pub path: String,
    /// The line, counted from 1.
    pub line: u32,
}

/// A base chain that refuses by its policy or by a rule.
pub struct Refusing<'r> {
    ruleset: &'r Ruleset,
    chain: &'r Chain,
    /// The place that refuses.
    pub place: &'r Place,
    before: &'r [(Place, Vec<String>)],
}

/// What braces enclose.
#[derive(Clone)]
enum Block {
    Table(String, String),
    Chain(usize),
    /// A set, a map, an object.
    Other,
}

impl Ruleset {
    /// Reads a file. `include` gets the patterns of the files that it includes.
    pub fn read(&mut self, file: &File, include: &mut dyn FnMut(&str) -> Vec<File>) {
        self.file(file, &mut Vec::new(), 0, include);
    }

    fn file(
        &mut self,
        (path, bytes): &File,
        blocks: &mut Vec<Block>,
        depth: usize,
        include: &mut dyn FnMut(&str) -> Vec<File>,
    ) {
        let mut words: Vec<String> = Vec::new();
        // Braces of a set within a rule.
        let mut inner = 0_usize;
        let mut first = 0;
        for (line, text) in lines(bytes) {
            let (text, goes_on) = match text.trim_end().strip_suffix('\\') {
                Some(text) => (text.to_owned(), true),
                None => (text.into_owned(), false),
            };
            for token in tokens(&text) {
                if words.is_empty() {
                    first = line;
                }
                match token.as_str() {
                    "{" => match self.opened(blocks.last(), &words).filter(|_| inner == 0) {
                        Some(block) => {
                            blocks.push(block);
                            words.clear();
                        }
                        None => inner += 1,
                    },
                    "}" if inner > 0 => inner -= 1,
                    "}" => {
                        self.statement(path, first, &std::mem::take(&mut words), blocks);
                        blocks.pop();
                    }
                    ";" if inner == 0 => {
                        self.statement(path, first, &std::mem::take(&mut words), blocks);
                    }
                    "," | ";" | ":" => {}
                    _ => words.push(token),
                }
            }
            if inner > 0 || goes_on {
                continue;
            }
            let words = std::mem::take(&mut words);
            if let [command, pattern, ..] = words.as_slice()
                && command == "include"
            {
                if depth == MAX_DEPTH {
                    self.is_cut = true;
                    return;
                }
                for file in include(pattern) {
                    self.file(&file, blocks, depth + 1, include);
                }
            } else {
                self.statement(path, first, &words, blocks);
            }
        }
    }

    /// What a brace opens behind some words; none if it belongs to a rule or a definition.
    fn opened(&mut self, around: Option<&Block>, words: &[String]) -> Option<Block> {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        match (around, words.as_slice()) {
            (None, ["table" | "chain" | "add", ..]) => match words.strip_prefix(&["add"]).unwrap_or(&words) {
                ["table", rest @ ..] => table(rest).map(|(family, name, _)| Block::Table(family, name)),
                ["chain", rest @ ..] => {
                    let (family, table, rest) = table(rest)?;
                    self.chain(&family, &table, rest.first()?).map(Block::Chain)
                }
                ["rule", ..] => None,
                _ => Some(Block::Other),
            },
            (Some(Block::Table(family, table)), ["chain", name, ..]) => {
                let (family, table) = (family.clone(), table.clone());
                Some(self.chain(&family, &table, name).map_or(Block::Other, Block::Chain))
            }
            (Some(Block::Table(..)), _) => Some(Block::Other),
            _ => None,
        }
    }

    /// The place of a chain; none where there are too many.
    fn chain(&mut self, family: &str, table: &str, name: &str) -> Option<usize> {
        let is_it = |chain: &Chain| chain.family == family && chain.table == table && chain.name == name;
        if let Some(known) = self.chains.iter().position(is_it) {
            return Some(known);
        }
        if self.chains.len() == MAX_CHAINS {
            self.is_cut = true;
            return None;
        }
        let (family, table, name) = (family.to_owned(), table.to_owned(), name.to_owned());
        self.chains.push(Chain { family, table, name, hook: None, drops_by_policy: None, rules: Vec::new() });
        Some(self.chains.len() - 1)
    }

    fn statement(&mut self, path: &str, line: u32, words: &[String], blocks: &[Block]) {
        if words.is_empty() {
            return;
        }
        self.statements += 1;
        if self.statements > MAX_STATEMENTS {
            self.is_cut = true;
            return;
        }
        let place = Place { path: path.to_owned(), line };
        match blocks.last() {
            Some(Block::Chain(index)) => self.chains[*index].take(place, words),
            None => self.command(place, words),
            Some(Block::Table(..) | Block::Other) => {}
        }
    }

    /// A command outside of all braces.
    fn command(&mut self, place: Place, words: &[String]) {
        let texts: Vec<&str> = words.iter().map(String::as_str).collect();
        match texts.as_slice() {
            ["flush", "ruleset", ..] => self.chains.clear(),
            ["delete" | "destroy", "table", rest @ ..] => {
                if let Some((family, name, _)) = table(rest) {
                    self.chains.retain(|chain| chain.family != family || chain.table != name);
                }
            }
            [command @ ("add" | "insert"), "rule", rest @ ..] => {
                let Some((family, table, [chain, rule @ ..])) = table(rest) else { return };
                let Some(index) = self.chain(&family, &table, chain) else { return };
                let rules = &mut self.chains[index].rules;
                let at = if *command == "insert" { 0 } else { rules.len() };
                rules.insert(at, (place, rule.iter().map(|word| (*word).to_owned()).collect()));
            }
            _ => {}
        }
    }

    /// Whether all of it was read: no more than any honest file has.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        !self.is_cut
    }

    /// The base chains of hook `input` or `forward` that refuse the rest.
    pub fn refusing(&self) -> impl Iterator<Item = Refusing<'_>> {
        let chains =
            self.chains.iter().filter(|chain| ["inet", "ip", "ip6"].contains(&chain.family.as_str()));
        chains.filter_map(|chain| {
            chain.hook.as_deref().filter(|hook| ["forward", "input"].contains(hook))?;
            let at = chain.rules.iter().position(|(_, rule)| refuses_all(rule));
            let place = at.map(|at| &chain.rules[at].0).or(chain.drops_by_policy.as_ref())?;
            let before = &chain.rules[..at.unwrap_or(chain.rules.len())];
            Some(Refusing { ruleset: self, chain, place, before })
        })
    }

    /// Whether one of some rules of a table may let through what `lets` asks of each.
    fn lets<'r>(
        &'r self,
        of: &Chain,
        rules: &'r [(Place, Vec<String>)],
        lets: &dyn Fn(&[String]) -> bool,
        seen: &mut BTreeSet<&'r str>,
    ) -> bool {
        rules.iter().filter(|(_, rule)| lets(rule)).any(|(_, rule)| {
            let mut words = rule.iter().map(String::as_str);
            while let Some(word) = words.next() {
                match word {
                    // A map that is written elsewhere may lead anywhere, and so may a program.
                    "accept" | "queue" => return true,
                    // A text for people.
                    "comment" | "prefix" => drop(words.next()),
                    "vmap" if words.clone().next().is_some_and(|map| map.starts_with('@')) => return true,
                    "jump" | "goto" => {
                        let target = words.next().unwrap_or_default();
                        let chain = self.chains.iter().find(|chain| {
                            chain.family == of.family && chain.table == of.table && chain.name == target
                        });
                        let Some(chain) = chain.filter(|_| seen.len() < MAX_CHAINS / 2) else {
                            return true;
                        };
                        if seen.insert(&chain.name) && self.lets(of, &chain.rules, lets, seen) {
                            return true;
                        }
                    }
                    _ => {}
                }
            }
            false
        })
    }
}

impl Chain {
    fn take(&mut self, place: Place, words: &[String]) {
        match words {
            [kind, ..] if kind == "type" => {
                let hook = words.iter().position(|word| word == "hook");
                self.hook = hook.and_then(|at| words.get(at + 1)).cloned();
            }
            [policy, word, ..] if policy == "policy" => {
                self.drops_by_policy = (word == "drop").then_some(place);
            }
            rule => self.rules.push((place, rule.to_vec())),
        }
    }
}

impl Refusing<'_> {
    /// `input` or `forward`.
    #[must_use]
    pub fn hook(&self) -> &str {
        self.chain.hook.as_deref().unwrap_or_default()
    }

    /// Whether it sees packets of IPv6 only.
    #[must_use]
    pub fn is_ipv6(&self) -> bool {
        self.chain.family == "ip6"
    }

    /// Whether a rule lets new connections through, beside those of the loopback interface.
    #[must_use]
    pub fn lets_new(&self) -> bool {
        self.ruleset.lets(self.chain, self.before, &is_of_new, &mut BTreeSet::new())
    }

    /// Whether a rule may let connections to a TCP port through.
    #[must_use]
    pub fn may_let_port(&self, port: u16) -> bool {
        let port = port.to_string();
        let is_of_port = |rule: &[String]| {
            if rule.iter().any(|word| ["dport", "sport"].contains(&word.as_str())) {
                let may_be = |word: &String| word.contains(&port) || word.contains(['@', '-', '$', '!']);
                rule.iter().any(may_be)
            } else {
                is_of_new(rule)
            }
        };
        self.ruleset.lets(self.chain, self.before, &is_of_port, &mut BTreeSet::new())
    }
}

/// Family and name of a table, and what follows: `inet filter ...`, `filter ...` of IPv4.
fn table<'w>(words: &'w [&'w str]) -> Option<(String, String, &'w [&'w str])> {
    let (family, rest) = match words {
        [family @ ("ip" | "ip6" | "inet" | "arp" | "bridge" | "netdev"), rest @ ..] => (*family, rest),
        rest => ("ip", rest),
    };
    let (name, rest) = rest.split_first()?;
    Some((family.to_owned(), (*name).to_owned(), rest))
}

/// The words of a line; braces and separators stand alone, a quoted text is one word without its quotes.
fn tokens(text: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    let mut word: Option<String> = None;
    let mut is_quoted = false;
    for letter in text.chars() {
        match letter {
            '"' => {
                is_quoted = !is_quoted;
                word.get_or_insert_default();
            }
            _ if is_quoted => word.get_or_insert_default().push(letter),
            '#' => break,
            '{' | '}' | ';' | ',' | ':' => {
                tokens.extend(word.take());
                tokens.push(letter.to_string());
            }
            _ if letter.is_whitespace() => tokens.extend(word.take()),
            _ => word.get_or_insert_default().push(letter),
        }
    }
    tokens.extend(word);
    tokens
}

/// Whether a rule refuses whatever reaches it; counters and lines in the log refuse nothing less.
fn refuses_all(rule: &[String]) -> bool {
    let mut words = rule.iter().map(String::as_str).peekable();
    while let Some(word) = words.next() {
        let passed: &[&str] = match word {
            "drop" | "reject" => return true,
            "counter" => &["packets", "bytes", "name"],
            "log" => &["prefix", "level", "group", "snaplen", "queue-threshold", "flags"],
            _ => return false,
        };
        while words.next_if(|word| passed.contains(word)).is_some() {
            words.next();
        }
    }
    false
}

/// Whether a rule is about new connections of more than single messages: those that answer or belong to one that is there already
/// are none, and those of the loopback interface are nobody's else.
fn is_of_new(rule: &[String]) -> bool {
    let has = |wanted: &[&str]| rule.iter().any(|word| wanted.contains(&word.as_str()));
    let follows =
        |first: &str, second: &str| rule.windows(2).any(|pair| pair[0] == first && pair[1] == second);
    let is_old = follows("ct", "state") && !has(&["new", "untracked", "!="]) || follows("ct", "status");
    let is_loopback = ["iif", "iifname", "oif", "oifname"].iter().any(|interface| {
        let at = rule.iter().position(|word| word == interface);
        let mut names = at.into_iter().flat_map(|at| &rule[at + 1..]).filter(|word| *word != "==");
        let is_verdict = |word: &&String| ["accept", "counter", "log", "comment"].contains(&word.as_str());
        names.next().is_some_and(|name| name == "lo") && names.next().is_none_or(|next| is_verdict(&next))
    });
    let is_message = has(&["icmp", "icmpv6", "ipv6-icmp", "igmp"]) && !has(&["tcp", "udp", "th", "!="]);
    !is_old && !is_loopback && !is_message
}
