//! Shell patterns: `*`, `?`, `[a-c]`, `[!x]` and a backslash, one function for each reader that is imitated: glob(3),
//! fnmatch(3), fnmatch(3) without escapes, and the matcher of systemd-boot. Only glob(3) with `GLOB_BRACE` knows braces.

/// Whether a path is a pattern (`net/ipv4/conf/*/rp_filter`).
#[must_use]
pub fn is_glob(path: &str) -> bool {
    path.contains(['*', '?', '['])
}

/// Whether a pattern covers a path, as glob(3) does: wildcards stay inside a component and don't match a
/// leading dot.
#[must_use]
pub fn covers_path(pattern: &str, path: &str) -> bool {
    let (mut patterns, mut names) = (pattern.split('/'), path.split('/'));
    loop {
        match (patterns.next(), names.next()) {
            (None, None) => return true,
            (Some(pattern), Some(name)) if covers_name(pattern, name) => {}
            _ => return false,
        }
    }
}

/// What one reader makes of a pattern.
#[derive(Clone, Copy)]
struct Reader {
    /// A leading dot has to be written out (`FNM_PERIOD`).
    keeps_dot: bool,
    /// A backslash makes the next character plain.
    escapes: bool,
    /// `!` or `^` at the start of a class negates it.
    negates: bool,
}

const FNMATCH: Reader = Reader { keeps_dot: false, escapes: true, negates: true };

/// Whether a pattern covers a name, as one component of glob(3): fnmatch(3) with `FNM_PERIOD`.
#[must_use]
pub fn covers_name(pattern: &str, name: &str) -> bool {
    covers(pattern, name, Reader { keeps_dot: true, ..FNMATCH })
}

/// Whether a pattern covers a text, as fnmatch(3) does without flags: a wildcard covers slashes and leading dots, too.
#[must_use]
pub fn fnmatch(pattern: &str, text: &str) -> bool {
    covers(pattern, text, FNMATCH)
}

/// Whether a pattern covers a text, as fnmatch(3) does with `FNM_NOESCAPE`: so systemd reads presets, as names of units
/// hold backslashes.
#[must_use]
pub fn fnmatch_noescape(pattern: &str, text: &str) -> bool {
    covers(pattern, text, Reader { escapes: false, ..FNMATCH })
}

/// Whether a pattern covers the id of a boot entry, as `efi_fnmatch` of systemd-boot does: no class is negated.
#[must_use]
pub fn efi_fnmatch(pattern: &str, id: &str) -> bool {
    covers(pattern, id, Reader { negates: false, ..FNMATCH })
}

/// No honest pattern has more alternatives.
const MAX_ALTERNATIVES: usize = 256;

/// The patterns that glob(3) makes of one with `GLOB_BRACE`: `/a{b,c}` is `/ab` and `/ac`. A brace without its partner is
/// a plain character, and so is `{}`. None if there are too many.
#[must_use]
pub fn brace_alternatives(pattern: &str) -> Option<Vec<String>> {
    let mut done = Vec::new();
    // What is left to expand, and where in it the search for the next brace goes on.
    let mut left = vec![(pattern.to_owned(), 0)];
    while let Some((text, from)) = left.pop() {
        match group(&text, from) {
            None => done.push(text),
            Some((open, close, parts)) => {
                // The first part is expanded first.
                for part in parts.iter().rev() {
                    let part = &text[part.clone()];
                    left.push((format!("{}{part}{}", &text[..open], &text[close + 1..]), open));
                }
            }
        }
        if done.len() + left.len() > MAX_ALTERNATIVES {
            return None;
        }
    }
    Some(done)
}

/// The first group of braces from a place on: where it opens and closes, and its alternatives.
fn group(text: &str, from: usize) -> Option<(usize, usize, Vec<std::ops::Range<usize>>)> {
    let bytes = text.as_bytes();
    let mut open = from + memchr::memchr(b'{', &bytes[from..])?;
    while bytes[open..].starts_with(b"{}") {
        open += 2;
        open += memchr::memchr(b'{', &bytes[open..])?;
    }
    let (mut depth, mut start, mut parts) = (0_usize, open + 1, Vec::new());
    for (at, byte) in bytes.iter().enumerate().skip(open + 1) {
        match byte {
            b'{' => depth += 1,
            b',' if depth == 0 => {
                parts.push(start..at);
                start = at + 1;
            }
            b'}' if depth == 0 => {
                parts.push(start..at);
                return Some((open, at, parts));
            }
            b'}' => depth -= 1,
            _ => {}
        }
    }
    None
}

fn covers(pattern: &str, name: &str, reader: Reader) -> bool {
    if reader.keeps_dot && name.starts_with('.') && !pattern.starts_with('.') {
        return false;
    }
    // Most patterns are plain, or tell by their first character: long lists are held against one name.
    match (pattern.bytes().next(), name.bytes().next()) {
        (Some(first), Some(own)) if first != own && !matches!(first, b'*' | b'?' | b'[' | b'\\') => {
            return false;
        }
        _ if !pattern.contains(['*', '?', '[', '\\']) => return pattern == name,
        _ => {}
    }
    let (pattern, name): (Vec<char>, Vec<char>) = (pattern.chars().collect(), name.chars().collect());
    let (mut p, mut n, mut star) = (0, 0, None);
    while n < name.len() {
        if pattern.get(p) == Some(&'*') {
            star = Some((p, n));
            p += 1;
        } else if let Some(next) = one_covers(&pattern, p, name[n], reader) {
            p = next;
            n += 1;
        } else if let Some((at, from)) = star {
            star = Some((at, from + 1));
            p = at + 1;
            n = from + 1;
        } else {
            return false;
        }
    }
    pattern[p..].iter().all(|c| *c == '*')
}

/// Where the pattern goes on if its element at `p` covers `c`.
fn one_covers(pattern: &[char], p: usize, c: char, reader: Reader) -> Option<usize> {
    match pattern.get(p)? {
        '?' => Some(p + 1),
        '[' => match class_covers(pattern, p + 1, c, reader) {
            Some((true, next)) => Some(next),
            Some((false, _)) => None,
            None => (c == '[').then_some(p + 1),
        },
        '\\' if reader.escapes => (pattern.get(p + 1) == Some(&c)).then_some(p + 2),
        plain => (*plain == c).then_some(p + 1),
    }
}

/// Whether a bracket class covers `c`, and where it ends; none if it never ends.
fn class_covers(pattern: &[char], start: usize, c: char, reader: Reader) -> Option<(bool, usize)> {
    let negated = reader.negates && matches!(pattern.get(start), Some('!' | '^'));
    let mut at = start + usize::from(negated);
    let (first, mut found) = (at, false);
    loop {
        let low = *pattern.get(at)?;
        if low == ']' && at > first {
            return Some((found != negated, at + 1));
        }
        let high = match (pattern.get(at + 1), pattern.get(at + 2)) {
            (Some('-'), Some(high)) if *high != ']' => {
                at += 2;
                *high
            }
            _ => low,
        };
        found |= (low..=high).contains(&c);
        at += 1;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn globs_cover_like_the_shell() {
        for (pattern, path, expected) in [
            ("net/*/conf/*/x", "net/ipv4/conf/all/x", true),
            ("net/*/x", "net/ipv4/conf/x", false),
            ("net/eth[0-3]/x", "net/eth2/x", true),
            ("net/eth[!0-3]/x", "net/eth2/x", false),
            ("a/e?h*/x", "a/eth0/x", true),
            ("a/*b*c", "a/xbybzc", true),
            ("a/*", "a/.hidden", false),
            ("a/[b", "a/[b", true),
            ("a/[]]", "a/]", true),
        ] {
            assert_eq!(covers_path(pattern, path), expected, "{pattern} {path}");
        }
    }

    #[test]
    fn each_reader_has_its_own_patterns() {
        assert!(fnmatch("a*", "a/.b") && !covers_path("a*", "a/.b"));
        assert!(!fnmatch("{a,b}", "a") && !efi_fnmatch("{a,zz}*", "a") && !fnmatch_noescape("{a,b}", "a"));
        assert!(fnmatch("dev\\-a", "dev-a") && !fnmatch("dev\\x2da", "dev\\x2da"));
        assert!(fnmatch_noescape("dev\\x2d?", "dev\\x2da"));
        assert!(fnmatch("[!a]", "b") && !efi_fnmatch("[!a]", "b") && efi_fnmatch("[!a]", "!"));
    }

    #[test]
    fn braces_are_expanded_as_glob_does() {
        for (pattern, expected) in [
            ("/a", &["/a"][..]),
            ("/{a,b}/c*", &["/a/c*", "/b/c*"]),
            ("{a,b{c,d}}e", &["ae", "bce", "bde"]),
            ("{a", &["{a"]),
            ("{}", &["{}"]),
            ("{}{a,}", &["{}a", "{}"]),
            ("x{a}", &["xa"]),
        ] {
            assert_eq!(brace_alternatives(pattern).unwrap(), expected, "{pattern}");
        }
        assert_eq!(brace_alternatives(&"{a,b}".repeat(20)), None);
    }

    proptest! {
        #[test]
        fn any_braces_give_an_answer(pattern in "[{},a\u{e9}]{0,30}") {
            let found = brace_alternatives(&pattern);
            prop_assert!(found.is_none_or(|found| !found.is_empty()));
        }

        #[test]
        fn any_pattern_gives_an_answer(pattern in ".{0,30}", name in ".{0,30}") {
            let _ = covers_path(&pattern, &name);
            prop_assert!(covers_name("*", &name) || name.starts_with('.'));
        }

        #[test]
        fn a_plain_name_covers_itself_only(name in "[a-z_]{1,8}", other in "[a-z_]{1,8}") {
            prop_assert_eq!(covers_name(&name, &other), name == other);
        }
    }
}
