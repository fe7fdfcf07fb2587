//! `grub.cfg`: a small, bounded reading of GRUB's script, as far as entries and the default need it.
//!
//! Blocks, quoting, variables, functions, `if` with string tests, `load_env`: nothing else has an effect. Nothing is
//! executed; other files that the menu reads are named, so that its reader knows what it doesn't know.

mod condition;
mod script;

use std::collections::BTreeMap;
use std::rc::Rc;

use script::{Statement, statements};

/// Deeper nesting than any real menu has.
const DEEPEST: usize = 8;
/// More statements than any real menu has.
const MAX_STATEMENTS: usize = 20_000;
/// More text than any real menu has once its variables are filled in.
const LONGEST_BYTES: usize = 16 << 20;
/// More files than any real menu reads.
const MOST_FILES: usize = 64;
/// The one file that the stock menu includes.
const CUSTOM: &str = "custom.cfg";

/// What a `grub.cfg` says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Grub {
    /// Entries and submenus in order.
    pub menu: Vec<Item>,
    /// The value of `default` at the end; none if it was never set.
    pub default: Option<String>,
    /// Where among the entries those of Boot Loader Specification files come (`blscfg`); none without them.
    pub boot_entries_at: Option<usize>,
    /// The variables that are set at the end.
    pub variables: BTreeMap<String, String>,
    /// Whether the script grows beyond every real one, so that not all of it was read.
    pub is_cut: bool,
    /// Other files that the script reads as it goes along, outside of entries: they may set anything.
    pub reads: Vec<OtherFile>,
}

/// Another file that a menu reads.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OtherFile {
    /// Its path as GRUB sees it, `$prefix` left out; empty if it can't be told.
    pub path: String,
    /// The line of the command, counted from 1.
    pub line: u32,
}

/// An entry or a submenu.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Item {
    /// Its title.
    pub title: String,
    /// Its id; empty if it has none.
    pub id: String,
    /// What it boots; none for a submenu or an entry that boots no Linux.
    pub linux: Option<Linux>,
    /// The entries of a submenu.
    pub menu: Vec<Item>,
}

/// A `linux` command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Linux {
    /// Path of the kernel, as GRUB sees it.
    pub kernel: String,
    /// The words of the command line.
    pub cmdline: Vec<String>,
    /// Line, counted from 1.
    pub line: u32,
    /// Whether that line is in `custom.cfg`.
    pub is_custom: bool,
}

impl Grub {
    /// Reads a `grub.cfg`; `environment` is what `load_env` loads, `custom` the file `custom.cfg` that the menu
    /// may `source`.
    #[must_use]
    pub fn parse(bytes: &[u8], environment: &BTreeMap<String, String>, custom: Option<&[u8]>) -> Self {
        let (program, is_cut) = statements(&String::from_utf8_lossy(bytes), MAX_STATEMENTS);
        let grub = Grub { is_cut, ..Grub::default() };
        let mut reader = Reader {
            environment,
            custom,
            grub,
            functions: BTreeMap::new(),
            undo: None,
            left: LONGEST_BYTES,
            calls: MAX_STATEMENTS,
            is_custom: false,
        };
        // GRUB itself sets this one since 2.00; the menu's `--id` depends on it.
        reader.grub.variables.insert("feature_menuentry_id".into(), "y".into());
        let mut menu = Vec::new();
        reader.run(&program, &mut menu, &mut None, 0);
        let default = reader.grub.variables.get("default").cloned();
        Grub { menu, default, ..reader.grub }
    }

    /// The entry that boots, and whether the default named one: GRUB falls back to the first entry.
    #[must_use]
    pub fn default_entry(&self) -> Option<(&Item, bool)> {
        match self.named_entry() {
            Some(item) => Some((item, true)),
            None => {
                Some((first_entry(self.menu.first()?)?, self.default.as_deref().unwrap_or("").is_empty()))
            }
        }
    }

    /// The entry of this file that the default names.
    #[must_use]
    pub fn named_entry(&self) -> Option<&Item> {
        choose(&self.menu, self.default.as_deref().unwrap_or(""))
    }
}

/// `A>B`: an entry of a submenu; each part is a number, a title or an id.
fn choose<'a>(menu: &'a [Item], default: &str) -> Option<&'a Item> {
    // A `>` in a title is doubled.
    let is = |item: &&Item, name: &str| {
        item.title == name
            || (!item.id.is_empty() && item.id == name)
            || (name.contains(">>") && item.title == name.replace(">>", ">"))
    };
    if let Some(item) = menu.iter().find(|item| is(item, default)) {
        return first_entry(item);
    }
    let (part, rest) = default.split_once('>').map_or((default, None), |(part, rest)| (part, Some(rest)));
    let item = match part.parse::<usize>() {
        Ok(index) => menu.get(index)?,
        Err(_) => menu.iter().find(|item| is(item, part))?,
    };
    match rest {
        Some(rest) => choose(&item.menu, rest),
        None => first_entry(item),
    }
}

/// The entry itself, or the first one of a submenu.
#[must_use]
pub fn first_entry(item: &Item) -> Option<&Item> {
    if item.menu.is_empty() { Some(item) } else { item.menu.iter().find_map(first_entry) }
}

struct Reader<'e> {
    environment: &'e BTreeMap<String, String>,
    custom: Option<&'e [u8]>,
    grub: Grub,
    functions: BTreeMap<String, Rc<[Statement]>>,
    /// What variables held before the entry that is being read; none outside of entries.
    undo: Option<Vec<(String, Option<String>)>>,
    /// How many bytes may still come out of words.
    left: usize,
    /// How many statements functions may still run.
    calls: usize,
    is_custom: bool,
}

impl Reader<'_> {
    fn run(&mut self, program: &[Statement], menu: &mut Vec<Item>, linux: &mut Option<Linux>, depth: usize) {
        for statement in program {
            match statement {
                Statement::If { branches, otherwise } => {
                    let taken = branches.iter().find(|(test, _)| self.holds(test)).map(|(_, body)| body);
                    if depth < DEEPEST {
                        self.run(taken.unwrap_or(otherwise), menu, linux, depth + 1);
                    }
                }
                Statement::Block { words, body } => self.block(words, body, menu, depth),
                Statement::Command { words, line } => {
                    match words.first().and_then(|name| self.functions.get(name)).cloned() {
                        Some(body) if depth < DEEPEST => {
                            self.calls = self.calls.saturating_sub(body.len() + 1);
                            self.grub.is_cut |= self.calls == 0;
                            if !self.grub.is_cut {
                                self.run(&body, menu, linux, depth + 1);
                            }
                        }
                        Some(_) => self.grub.is_cut = true,
                        None => self.command(words, *line, menu, linux),
                    }
                }
            }
        }
    }

    fn block(&mut self, words: &[String], body: &[Statement], menu: &mut Vec<Item>, depth: usize) {
        let words = self.expand_all(words);
        let [kind, options @ ..] = words.as_slice() else { return };
        if let ("function", [name, ..]) = (kind.as_str(), options) {
            self.functions.insert(name.clone(), body.into());
            return;
        }
        if !matches!(kind.as_str(), "menuentry" | "submenu") || depth >= DEEPEST {
            return;
        }
        let Some(mut item) = titled(options) else { return };
        // What an entry sets happens only when it boots, and must not change what comes after it.
        let outer = self.undo.replace(Vec::new());
        self.run(body, &mut item.menu, &mut item.linux, depth + 1);
        for (name, value) in std::mem::replace(&mut self.undo, outer).unwrap_or_default().into_iter().rev() {
            match value {
                Some(value) => self.grub.variables.insert(name, value),
                None => self.grub.variables.remove(&name),
            };
        }
        menu.push(item);
    }

    fn command(&mut self, words: &[String], line: u32, menu: &mut Vec<Item>, linux: &mut Option<Linux>) {
        let words = self.expand_all(words);
        match words.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
            ["set", assignment, ..] | [assignment] if assignment.contains('=') => self.assign(assignment),
            ["unset", names @ ..] => names.iter().for_each(|name| self.unset(name)),
            ["load_env", options @ ..] => self.load_environment(options, line),
            ["blscfg", ..] => self.grub.boot_entries_at = Some(menu.len()),
            ["source" | ".", path, ..] if path.rsplit('/').next() == Some(CUSTOM) => self.include(menu),
            ["source" | "." | "configfile" | "legacy_source" | "extract_legacy_entries_source", path, ..] => {
                self.reads(path, line);
            }
            ["source" | "." | "configfile"] | ["eval", _, ..] => self.reads("", line),
            ["linux" | "linux16" | "linuxefi", kernel, ..] => {
                let (kernel, cmdline) = ((*kernel).to_owned(), words[2..].to_vec());
                *linux = Some(Linux { kernel, cmdline, line, is_custom: self.is_custom });
            }
            _ => {}
        }
    }

    /// `load_env [--file=FILE] [--skip-sig] [NAME...]`: all variables of the block, or those that are named.
    fn load_environment(&mut self, options: &[&str], line: u32) {
        let mut names = Vec::new();
        let mut options = options.iter();
        while let Some(option) = options.next() {
            match *option {
                "-f" | "--file" => return self.reads(options.next().unwrap_or(&""), line),
                option if option.starts_with("--file=") => {
                    return self.reads(&option["--file=".len()..], line);
                }
                option if option.starts_with('-') => {}
                name => names.push(name),
            }
        }
        let loaded =
            self.environment.iter().filter(|(name, _)| names.is_empty() || names.contains(&name.as_str()));
        let loaded: Vec<(&String, &String)> = loaded.collect();
        self.spend(loaded.iter().map(|(name, value)| name.len() + value.len()).sum());
        if !self.grub.is_cut {
            let loaded = loaded.into_iter().map(|(name, value)| (name.clone(), value.clone()));
            self.grub.variables.extend(loaded);
        }
    }

    /// Keeps that another file is read. What an entry reads matters only when it boots.
    fn reads(&mut self, path: &str, line: u32) {
        if self.undo.is_none() && self.grub.reads.len() < MOST_FILES {
            self.grub.reads.push(OtherFile { path: path.to_owned(), line });
        }
    }

    fn unset(&mut self, name: &str) {
        let before = self.grub.variables.remove(name);
        if let (Some(undo), true) = (&mut self.undo, before.is_some()) {
            undo.push((name.to_owned(), before));
        }
    }

    /// Reads `custom.cfg` in place, once.
    fn include(&mut self, menu: &mut Vec<Item>) {
        let Some(bytes) = self.custom.take() else { return };
        let (program, is_cut) = statements(&String::from_utf8_lossy(bytes), MAX_STATEMENTS);
        self.grub.is_cut |= is_cut;
        self.is_custom = true;
        self.run(&program, menu, &mut None, 1);
        self.is_custom = false;
    }

    fn assign(&mut self, assignment: &str) {
        let Some((name, value)) = assignment.split_once('=') else { return };
        let before = self.grub.variables.insert(name.to_owned(), value.to_owned());
        if let Some(undo) = &mut self.undo {
            undo.push((name.to_owned(), before));
        }
    }

    fn holds(&mut self, test: &[String]) -> bool {
        let words: Vec<String> = test.iter().map(|word| self.expand_quoted(word)).collect();
        condition::holds(&words)
    }

    fn expand_all(&mut self, words: &[String]) -> Vec<String> {
        words.iter().flat_map(|word| self.expand(word)).collect()
    }

    /// A word with its variables; an unquoted one that comes to several words gives several.
    fn expand(&mut self, word: &str) -> Vec<String> {
        let quoted = word.starts_with(['"', '\'']);
        let text = self.expand_quoted(word);
        if quoted || !word.contains('$') || word.contains('"') {
            vec![text]
        } else {
            text.split_ascii_whitespace().map(str::to_owned).collect()
        }
    }

    fn expand_quoted(&mut self, word: &str) -> String {
        let text = script::expand(word, &self.grub.variables, self.left);
        self.spend(text.len());
        text
    }

    fn spend(&mut self, bytes: usize) {
        self.left = self.left.saturating_sub(bytes);
        self.grub.is_cut |= self.left == 0;
    }
}

/// The title and the id among the words of an entry; options may come before and after the title.
fn titled(words: &[String]) -> Option<Item> {
    let mut item = Item::default();
    let mut title = None;
    let mut words = words.iter();
    while let Some(word) = words.next() {
        match word.strip_prefix("--") {
            Some("id") => words.next()?.clone_into(&mut item.id),
            Some("class" | "users" | "hotkey" | "source") => drop(words.next()),
            Some(option) => {
                if let Some(id) = option.strip_prefix("id=") {
                    id.clone_into(&mut item.id);
                }
            }
            None => title = title.or(Some(word)),
        }
    }
    title?.clone_into(&mut item.title);
    Some(item)
}

#[cfg(test)]
mod tests;
