//! GRUB's script as statements: words with their quoting kept, blocks, and `if`.

use std::collections::BTreeMap;
use std::iter::Peekable;
use std::vec::IntoIter;

/// A statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Statement {
    /// Words up to the end of the line or `;`.
    Command { words: Vec<String>, line: u32 },
    /// `menuentry ... { ... }`, `submenu ... { ... }`, `function name { ... }`.
    Block { words: Vec<String>, body: Vec<Statement> },
    /// `if test; then ... elif test; then ... else ... fi`.
    If { branches: Vec<(Vec<String>, Vec<Statement>)>, otherwise: Vec<Statement> },
}

/// A sentence before its structure is known.
enum Sentence {
    Words(Vec<String>, u32),
    Open(Vec<String>),
    Close,
}

/// The statements of a script, at most about `most` of them; and whether there are more.
pub(super) fn statements(text: &str, most: usize) -> (Vec<Statement>, bool) {
    let sentences = sentences(text, most);
    let is_cut = sentences.len() >= most;
    let mut sentences = sentences.into_iter().peekable();
    let mut all = Vec::new();
    while sentences.peek().is_some() {
        all.extend(sequence(&mut sentences, &[], 0));
        // A stray `}` or `fi` ends a sequence early; the rest still counts.
        sentences.next();
    }
    (all, is_cut)
}

const DEEPEST: usize = 32;

fn sequence(input: &mut Peekable<IntoIter<Sentence>>, ends: &[&str], depth: usize) -> Vec<Statement> {
    let mut all = Vec::new();
    while let Some(sentence) = input.peek() {
        match sentence {
            Sentence::Close => break,
            Sentence::Words(words, _) if words.first().is_some_and(|word| ends.contains(&word.as_str())) => {
                break;
            }
            _ => {}
        }
        match input.next() {
            Some(Sentence::Open(words)) if depth < DEEPEST => {
                let body = sequence(input, &[], depth + 1);
                input.next();
                all.push(Statement::Block { words, body });
            }
            Some(Sentence::Words(words, _)) if words[0] == "if" && depth < DEEPEST => {
                all.push(conditional(words, input, depth));
            }
            Some(Sentence::Words(words, line)) => all.push(Statement::Command { words, line }),
            Some(Sentence::Open(_) | Sentence::Close) | None => {}
        }
    }
    all
}

fn conditional(first: Vec<String>, input: &mut Peekable<IntoIter<Sentence>>, depth: usize) -> Statement {
    const ENDS: &[&str] = &["elif", "else", "fi"];
    let mut branches = Vec::new();
    let mut otherwise = Vec::new();
    let mut head = first;
    loop {
        let test = head.split_off(1);
        drop_then(input);
        branches.push((test, sequence(input, ENDS, depth + 1)));
        match input.next() {
            Some(Sentence::Words(words, _)) if words[0] == "elif" => head = words,
            Some(Sentence::Words(words, _)) if words[0] == "else" => {
                otherwise = sequence(input, &["fi"], depth + 1);
                input.next();
                break;
            }
            _ => break,
        }
    }
    Statement::If { branches, otherwise }
}

fn drop_then(input: &mut Peekable<IntoIter<Sentence>>) {
    if matches!(input.peek(), Some(Sentence::Words(words, _)) if words[0] == "then") {
        input.next();
    }
}

/// `then` and `else` are sentences of their own, even where the first command of the branch follows on their
/// line; the rest of the words, if any.
fn without_keywords(mut words: Vec<String>, line: u32, all: &mut Vec<Sentence>) -> Vec<String> {
    let keywords = words.iter().take_while(|word| matches!(word.as_str(), "then" | "else")).count();
    let rest = words.split_off(keywords);
    all.extend(words.into_iter().map(|word| Sentence::Words(vec![word], line)));
    rest
}

fn end_sentence(words: Vec<String>, line: u32, all: &mut Vec<Sentence>) {
    let rest = without_keywords(words, line, all);
    if !rest.is_empty() {
        all.push(Sentence::Words(rest, line));
    }
}

/// Splits a script at line ends, `;`, `{` and `}`; quotes and backslashes keep text together.
fn sentences(text: &str, most: usize) -> Vec<Sentence> {
    let mut splitter = Splitter { line: 1, start: 1, ..Splitter::default() };
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        if splitter.all.len() >= most {
            break;
        }
        match c {
            '\\' => match chars.next() {
                Some('\n') => splitter.line += 1,
                Some(next) => splitter.word.extend(['\\', next]),
                None => {}
            },
            '\'' | '"' => splitter.quoted(c, &mut chars),
            '#' if splitter.word.is_empty() => while chars.next_if(|next| *next != '\n').is_some() {},
            '$' if chars.peek() == Some(&'{') => splitter.variable(&mut chars),
            ' ' | '\t' | '\r' | '\n' | ';' | '{' | '}' => splitter.end_word(c),
            c => splitter.word.push(c),
        }
    }
    splitter.finish()
}

/// A script that is split into sentences.
#[derive(Default)]
struct Splitter {
    all: Vec<Sentence>,
    /// The sentence at hand, and the line in which it begins.
    words: Vec<String>,
    start: u32,
    /// The word at hand.
    word: String,
    line: u32,
}

impl Splitter {
    /// The rest of a quoted text.
    fn quoted(&mut self, quote: char, chars: &mut impl Iterator<Item = char>) {
        self.word.push(quote);
        while let Some(inner) = chars.next() {
            self.line += u32::from(inner == '\n');
            self.word.push(inner);
            if inner == '\\' && quote == '"' {
                self.word.extend(chars.next());
            } else if inner == quote {
                break;
            }
        }
    }

    /// The rest of `${name}`.
    fn variable(&mut self, chars: &mut impl Iterator<Item = char>) {
        self.word.push('$');
        for inner in chars {
            self.word.push(inner);
            if inner == '}' || inner == '\n' {
                break;
            }
        }
    }

    /// What ends a word, and perhaps its sentence.
    fn end_word(&mut self, c: char) {
        if !self.word.is_empty() {
            if self.words.is_empty() {
                self.start = self.line;
            }
            self.words.push(std::mem::take(&mut self.word));
        }
        match c {
            '{' => {
                let words = without_keywords(std::mem::take(&mut self.words), self.start, &mut self.all);
                self.all.push(Sentence::Open(words));
            }
            '\n' | ';' | '}' => end_sentence(std::mem::take(&mut self.words), self.start, &mut self.all),
            _ => {}
        }
        if c == '}' {
            self.all.push(Sentence::Close);
        }
        self.line += u32::from(c == '\n');
    }

    fn finish(mut self) -> Vec<Sentence> {
        if !self.word.is_empty() {
            self.words.push(self.word);
        }
        end_sentence(self.words, self.start, &mut self.all);
        self.all
    }
}

/// A word with quotes removed and variables filled in; a variable that is not set is empty. Cut where it gets
/// longer than `longest`: variables that hold each other twice grow without end.
pub(super) fn expand(word: &str, variables: &BTreeMap<String, String>, longest: usize) -> String {
    let mut text = String::with_capacity(word.len().min(longest));
    let mut chars = word.chars().peekable();
    let mut quote = None;
    while let Some(c) = chars.next() {
        if text.len() >= longest {
            break;
        }
        match (c, quote) {
            ('\'' | '"', None) => quote = Some(c),
            (c, Some(open)) if c == open => quote = None,
            ('\\', None | Some('"')) => text.extend(chars.next()),
            ('$', None | Some('"')) => {
                let mut name = String::new();
                if chars.next_if_eq(&'{').is_some() {
                    name.extend(chars.by_ref().take_while(|c| *c != '}'));
                } else {
                    while let Some(c) = chars.next_if(|c| c.is_ascii_alphanumeric() || *c == '_' || *c == '?')
                    {
                        name.push(c);
                    }
                }
                let value = variables.get(&name).map_or("", String::as_str);
                text.extend(value.chars().take(longest - text.len()));
            }
            (c, _) => text.push(c),
        }
    }
    text
}
