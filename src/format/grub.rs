//! `grub.cfg`: a small, bounded reading of GRUB's script, as far as entries and the default need it.
//!
//! Blocks, quoting, variables, `if` with string tests, `load_env`: nothing else has an effect. Nothing is
//! executed; what is not understood is passed over.

mod script;

use std::collections::BTreeMap;

use script::{Statement, statements};

/// Deeper nesting than any real menu has.
const DEEPEST: usize = 8;
/// More statements than any real menu has.
const MOST: usize = 200_000;

/// What a `grub.cfg` says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Grub {
    /// Entries and submenus in order.
    pub menu: Vec<Item>,
    /// The value of `default` at the end; none if it was never set.
    pub default: Option<String>,
    /// Whether entries come from Boot Loader Specification files (`blscfg`).
    pub uses_boot_entries: bool,
    /// The variables that are set at the end.
    pub variables: BTreeMap<String, String>,
}

/// An entry or a submenu.
#[derive(Clone, Debug, PartialEq, Eq)]
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
}

impl Grub {
    /// Reads a `grub.cfg`; `environment` is what `load_env` loads.
    #[must_use]
    pub fn parse(bytes: &[u8], environment: &BTreeMap<String, String>) -> Self {
        let text = String::from_utf8_lossy(bytes);
        let program = statements(&text, MOST);
        let mut reader = Reader { environment, grub: Grub::default() };
        // GRUB itself sets this one since 2.00; the menu's `--id` depends on it.
        reader.grub.variables.insert("feature_menuentry_id".into(), "y".into());
        let mut menu = Vec::new();
        reader.run(&program, &mut menu, &mut None, 0);
        Grub { menu, ..reader.grub }
    }

    /// The entry that boots, and whether the default named one: GRUB falls back to the first entry.
    #[must_use]
    pub fn default_entry(&self) -> Option<(&Item, bool)> {
        let default = self.default.as_deref().unwrap_or("");
        match choose(&self.menu, default) {
            Some(item) => Some((item, true)),
            None => Some((first_entry(self.menu.first()?)?, default.is_empty())),
        }
    }
}

/// `A>B`: an entry of a submenu; each part is a number, a title or an id.
fn choose<'a>(menu: &'a [Item], default: &str) -> Option<&'a Item> {
    let whole = |item: &&Item| item.title == default || (!item.id.is_empty() && item.id == default);
    if let Some(item) = menu.iter().find(whole) {
        return first_entry(item);
    }
    let (part, rest) = default.split_once('>').map_or((default, None), |(part, rest)| (part, Some(rest)));
    let named = |item: &&Item| item.title == part || (!item.id.is_empty() && item.id == part);
    let item = match part.parse::<usize>() {
        Ok(index) => menu.get(index)?,
        Err(_) => menu.iter().find(named)?,
    };
    match rest {
        Some(rest) => choose(&item.menu, rest),
        None => first_entry(item),
    }
}

fn first_entry(item: &Item) -> Option<&Item> {
    if item.menu.is_empty() { Some(item) } else { item.menu.iter().find_map(first_entry) }
}

struct Reader<'e> {
    environment: &'e BTreeMap<String, String>,
    grub: Grub,
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
                Statement::Command { words, line } => self.command(words, *line, linux),
            }
        }
    }

    fn block(&mut self, words: &[String], body: &[Statement], menu: &mut Vec<Item>, depth: usize) {
        let words: Vec<String> = words.iter().flat_map(|word| self.expand(word)).collect();
        let [kind, title, options @ ..] = words.as_slice() else { return };
        if !matches!(kind.as_str(), "menuentry" | "submenu") || depth >= DEEPEST {
            return;
        }
        let id = options.windows(2).find(|pair| pair[0] == "--id").map(|pair| pair[1].clone());
        let mut item =
            Item { title: title.clone(), id: id.unwrap_or_default(), linux: None, menu: Vec::new() };
        // What an entry sets happens only when it boots, and must not change the default.
        let before = self.grub.default.clone();
        self.run(body, &mut item.menu, &mut item.linux, depth + 1);
        self.grub.default = before;
        menu.push(item);
    }

    fn command(&mut self, words: &[String], line: u32, linux: &mut Option<Linux>) {
        let words: Vec<String> = words.iter().flat_map(|word| self.expand(word)).collect();
        match words.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
            ["set", assignment, ..] | [assignment] if assignment.contains('=') => self.assign(assignment),
            ["load_env", ..] => self.grub.variables.extend(self.environment.clone()),
            ["blscfg", ..] => self.grub.uses_boot_entries = true,
            ["linux" | "linux16" | "linuxefi", kernel, ..] => {
                let cmdline = words[2..].to_vec();
                *linux = Some(Linux { kernel: (*kernel).to_owned(), cmdline, line });
            }
            _ => {}
        }
    }

    fn assign(&mut self, assignment: &str) {
        let Some((name, value)) = assignment.split_once('=') else { return };
        if name == "default" {
            self.grub.default = Some(value.to_owned());
        }
        self.grub.variables.insert(name.to_owned(), value.to_owned());
    }

    /// String tests are decided; tests of files are taken to hold, which is what a working menu relies on.
    fn holds(&self, test: &[String]) -> bool {
        let test: Vec<String> = test.iter().map(|word| self.expand_quoted(word)).collect();
        let words: Vec<&str> =
            test.iter().map(String::as_str).filter(|word| !["[", "]", "test"].contains(word)).collect();
        match words.as_slice() {
            [found, "=" | "==", wanted] => found == wanted,
            [found, "!=", wanted] => found != wanted,
            ["-n", text] => !text.is_empty(),
            ["-z", text] => text.is_empty(),
            ["!", rest @ ..] => rest.iter().all(|text| text.is_empty()),
            ["-s" | "-f" | "-e" | "-d", _] => true,
            [word] => !word.is_empty() && *word != "false",
            _ => false,
        }
    }

    /// A word with its variables; an unquoted one that comes to several words gives several.
    fn expand(&self, word: &str) -> Vec<String> {
        let quoted = word.starts_with(['"', '\'']);
        let text = self.expand_quoted(word);
        if quoted || !word.contains('$') || word.contains('"') {
            vec![text]
        } else {
            text.split_ascii_whitespace().map(str::to_owned).collect()
        }
    }

    fn expand_quoted(&self, word: &str) -> String {
        script::expand(word, &self.grub.variables)
    }
}

#[cfg(test)]
mod tests;
