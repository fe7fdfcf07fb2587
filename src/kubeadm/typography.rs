//! What web pages and word processors make of a command: characters that look like others, or like nothing.

use super::syntax::{flag_name, masked};

/// More findings than these help nobody.
const MAX_FINDINGS: usize = 20;

#[derive(Clone, Copy, PartialEq)]
enum OddCharacter {
    Dash,
    Quote,
    Unseen,
    Blank,
}

fn odd(c: char) -> Option<OddCharacter> {
    Some(match c {
        '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{fe58}' | '\u{fe63}' | '\u{ff0d}' => OddCharacter::Dash,
        '\u{2018}'..='\u{201f}' | '\u{00ab}' | '\u{00bb}' => OddCharacter::Quote,
        '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}' | '\u{00ad}' | '\u{202a}'..='\u{202e}' => {
            OddCharacter::Unseen
        }
        '\u{00a0}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{3000}' => OddCharacter::Blank,
        _ => return None,
    })
}

/// The text with plain characters, as it was meant.
pub(super) fn cleaned(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    for c in text.chars() {
        match odd(c) {
            Some(OddCharacter::Dash) => {
                clean.push('-');
                // A word processor makes one long dash of two.
                if matches!(c, '\u{2013}'..='\u{2015}') && !clean.ends_with("--") {
                    clean.push('-');
                }
            }
            Some(OddCharacter::Quote | OddCharacter::Unseen) => {}
            Some(OddCharacter::Blank) => clean.push(' '),
            None => clean.push(c),
        }
    }
    clean
}

/// What is odd, with the word and how to write it. Values may be secrets, and are named by their flag.
pub(super) fn mistakes(text: &str) -> Vec<String> {
    let mut wrong: Vec<String> = Vec::new();
    let mut told = Vec::new();
    let mut flag = None;
    let is_blank = |c: char| c.is_ascii_whitespace() || odd(c) == Some(OddCharacter::Blank);
    for piece in text.split_inclusive(is_blank) {
        let word = piece.trim_end_matches(is_blank);
        let clean = cleaned(word);
        let name = clean.split('=').next().unwrap_or_default();
        let is_flag = clean.starts_with('-');
        // A name that looks like a secret is one.
        let shown = if is_flag { flag_name(name) } else { masked(name) };
        let who = match &flag {
            _ if is_flag => format!("`{shown}`"),
            Some(flag) => format!("the value of `{flag}`"),
            None => format!("`{shown}`"),
        };
        let (start, rest) = word.split_at(word.find('=').unwrap_or(word.len()));
        for (part, in_name) in [(start, is_flag), (rest, false)] {
            let mut kinds: Vec<OddCharacter> = Vec::new();
            for c in part.chars() {
                let Some(kind) = odd(c).filter(|kind| !kinds.contains(kind)) else { continue };
                kinds.push(kind);
                let code = format!("U+{:04X}", u32::from(c));
                let (who, right) = match (in_name, is_flag) {
                    (true, _) if shown == name => (format!("`{part}`"), format!(", write `{name}`")),
                    (false, true) => (format!("the value of `{shown}`"), String::new()),
                    _ => (who.clone(), String::new()),
                };
                wrong.push(match kind {
                    OddCharacter::Dash if right.is_empty() => format!("{who}: its dash is {code}, write `-`"),
                    OddCharacter::Dash => format!("{who}: its dash is {code}{right}"),
                    OddCharacter::Quote => format!(
                        "{who}: its quotation mark is {code}, which the shell takes for a letter{right}"
                    ),
                    OddCharacter::Unseen => format!("{who}: it has {code}, which nobody sees; type it anew"),
                    OddCharacter::Blank => continue,
                });
            }
        }
        if let Some(c) =
            piece.chars().last().filter(|c| odd(*c) == Some(OddCharacter::Blank) && !told.contains(c))
        {
            told.push(c);
            let who = if word.is_empty() { "the command" } else { who.as_str() };
            wrong.push(format!("{who}: the blank after it is U+{:04X}, write a plain one", u32::from(c)));
        }
        if !word.is_empty() {
            flag = (is_flag && !clean.contains('=')).then_some(shown);
        }
    }
    wrong.truncate(MAX_FINDINGS);
    wrong
}
