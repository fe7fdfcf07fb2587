//! Shell patterns: `*`, `?`, `[a-c]`, `[!x]` and a backslash, as glob(3) and fnmatch(3) read them.

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

/// Whether a pattern covers a name, as fnmatch(3) does with `FNM_PERIOD`.
#[must_use]
pub fn covers_name(pattern: &str, name: &str) -> bool {
    if name.starts_with('.') && !pattern.starts_with('.') {
        return false;
    }
    let (pattern, name): (Vec<char>, Vec<char>) = (pattern.chars().collect(), name.chars().collect());
    let (mut p, mut n, mut star) = (0, 0, None);
    while n < name.len() {
        if pattern.get(p) == Some(&'*') {
            star = Some((p, n));
            p += 1;
        } else if let Some(next) = one_covers(&pattern, p, name[n]) {
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
fn one_covers(pattern: &[char], p: usize, c: char) -> Option<usize> {
    match pattern.get(p)? {
        '?' => Some(p + 1),
        '[' => match class_covers(pattern, p + 1, c) {
            Some((true, next)) => Some(next),
            Some((false, _)) => None,
            None => (c == '[').then_some(p + 1),
        },
        '\\' => (pattern.get(p + 1) == Some(&c)).then_some(p + 2),
        plain => (*plain == c).then_some(p + 1),
    }
}

/// Whether a bracket class covers `c`, and where it ends; none if it never ends.
fn class_covers(pattern: &[char], start: usize, c: char) -> Option<(bool, usize)> {
    let negated = matches!(pattern.get(start), Some('!' | '^'));
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

    proptest! {
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
