//! The tests of GRUB's `if`: `[ "${a}" = 1 -o -n "${b}" ]`.

/// Whether a test holds, its words expanded. String tests are decided; tests of files are taken to hold, which
/// is what a working menu relies on. `-a` binds closer than `-o`, as in test(1).
pub(super) fn holds(test: &[String]) -> bool {
    let words: Vec<&str> =
        test.iter().map(String::as_str).filter(|word| !["[", "]", "test"].contains(word)).collect();
    words.split(|word| *word == "-o").any(|all| all.split(|word| *word == "-a").all(one))
}

fn one(words: &[&str]) -> bool {
    match words {
        ["!", rest @ ..] => !one(rest),
        [found, "=" | "==", wanted] => found == wanted,
        [found, "!=", wanted] => found != wanted,
        [a, comparison @ ("-eq" | "-ne" | "-lt" | "-le" | "-gt" | "-ge"), b] => compare(a, comparison, b),
        ["-n", text] => !text.is_empty(),
        ["-z", text] => text.is_empty(),
        ["-s" | "-f" | "-e" | "-d", _] => true,
        [word] => !word.is_empty() && *word != "false",
        _ => false,
    }
}

fn compare(a: &str, comparison: &str, b: &str) -> bool {
    let (Ok(a), Ok(b)) = (a.parse::<i64>(), b.parse::<i64>()) else { return false };
    match comparison {
        "-eq" => a == b,
        "-ne" => a != b,
        "-lt" => a < b,
        "-le" => a <= b,
        "-gt" => a > b,
        _ => a >= b,
    }
}
