//! An error of reading is never absence: a call that drops one has to say why it may.

use crate::{Source, sources};

/// What turns an error of reading into less than it is.
const SWALLOWS: &[&str] = &[
    ".ok()",
    ".is_ok()",
    ".is_ok_and(",
    ".is_err_and(",
    "if let Ok(",
    "Err(_) => continue",
    "Err(_) => None",
    "Err(_) => false",
    "Err(_) => {}",
    "| Err(_) =>",
    "Missing(_) | Read::Hidden(_)",
    "Hidden(_) | Read::Missing(_)",
    "if let Read::There(",
    "let Read::There(",
    "Read::There(_))",
];

/// What only turns text, bytes or a number into another form, and finds in a list: no host is read there.
const CONVERSIONS: &[&str] = &[
    ".parse()",
    ".parse::<",
    "try_from(",
    "try_into(",
    "from_utf8(",
    "from_str_radix(",
    "into_string()",
    "binary_search",
    "strip_prefix(",
    "IpNet::new(",
    "host_port(",
];

/// Rooms that see a host or what was read of it. `parse` and `pki` get bytes that were read; in the others no host is known.
const ROOMS: &[&str] = &["host", "subsystem", "probe", "cli"];

/// The code of a file, without its tests: each line with its number.
fn code(source: &Source) -> Vec<(usize, &str)> {
    let end = source.text.find("#[cfg(test)]\nmod tests").unwrap_or(source.text.len());
    let end = source.text.find("#[cfg(test)]\n#[expect").unwrap_or(end).min(end);
    source.text[..end].lines().enumerate().collect()
}

/// The lines that drop an error without a reason on them or right above.
fn unexplained(source: &Source) -> Vec<String> {
    let lines = code(source);
    let has_reason = |line: &str| line.trim_start().starts_with("// ") || line.contains("; // ");
    let drops = |line: &str| {
        SWALLOWS.iter().any(|call| line.contains(call)) && !CONVERSIONS.iter().any(|form| line.contains(form))
    };
    let mut found = Vec::new();
    for (index, (number, line)) in lines.iter().enumerate() {
        let above = index.checked_sub(1).map_or("", |above| lines[above].1);
        if !line.trim_start().starts_with("//") && drops(line) && !has_reason(line) && !has_reason(above) {
            found.push(format!("{}:{}: {}", source.path.display(), number + 1, line.trim()));
        }
    }
    found
}

#[test]
fn no_error_of_reading_is_dropped_without_a_reason() {
    let all = sources("src");
    let seen = all.iter().filter(|source| ROOMS.contains(&source.room()));
    let seen = seen.filter(|source| !source.path.to_str().unwrap().ends_with("tests.rs"));
    let wrong: Vec<String> = seen.flat_map(unexplained).collect();
    assert!(
        wrong.is_empty(),
        "{} lines drop an error and say no reason (`// ...` above) why nothing is missed:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

#[test]
fn a_dropped_error_is_seen() {
    let drops = |text: &str| {
        let source = Source { path: "src/host/x.rs".into(), text: text.to_owned() };
        unexplained(&source).len()
    };
    assert_eq!(drops("let x = files.read(path).found().ok();"), 1);
    assert_eq!(drops("let Read::There(x) = files.read(path) else { return None };"), 1);
    assert_eq!(drops("let there = matches!(files.stat(path), Read::There(_));"), 1);
    assert_eq!(drops("match x {\n    Read::Missing(_) | Read::Hidden(_) => None,\n}"), 1);
    assert_eq!(drops("// Only the order depends on it.\nlet x = files.read(path).found().ok();"), 0);
    assert_eq!(drops("let number: u64 = text.parse().ok()?;"), 0);
    assert_eq!(drops("// let x = files.read(path).found().ok();"), 0);
}
