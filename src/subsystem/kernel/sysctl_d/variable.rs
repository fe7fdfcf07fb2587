//! Kernel variables: what they accept, how they show it, and what they are when nothing sets them.
//!
//! Source: `kernel/sysctl.c`, `net/` and Documentation/admin-guide/sysctl of Linux 6.1; bounds measured with 6.1.0.

use std::ops::RangeInclusive;

use super::table::VARIABLES;

/// What a variable accepts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::subsystem::kernel) enum Kind {
    /// A whole number within these bounds.
    Int(i128, i128),
    /// Several whole numbers, each within these bounds.
    Ints(usize, i128, i128),
    /// Seconds that the kernel counts in ticks, of which an `int` holds so many.
    Seconds,
    /// A size that is rounded up to a power of two, of a page at least.
    PipeSize,
    /// A list of ports, which the kernel sorts and merges.
    Ports,
    /// Text, kept as it is written.
    Text,
}

/// A variable that this program knows.
#[derive(Clone, Copy, Debug)]
pub(in crate::subsystem::kernel) struct Variable {
    pub(in crate::subsystem::kernel) kind: Kind,
    /// What it is when nothing sets it; none where that depends on the machine or the build.
    pub(in crate::subsystem::kernel) default: Option<&'static str>,
}

/// What the kernel makes of a written text.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::subsystem::kernel) enum Written {
    /// It shows this from now on.
    Shows(String),
    /// It refuses; the old value stays.
    Rejected(String),
    /// What it accepts is not known to this program.
    Unclear,
}

/// The variable at a path below `/proc/sys`; interfaces share the rows of `conf/default`.
pub(in crate::subsystem::kernel) fn find(path: &str) -> Option<Variable> {
    let row = |wanted: &str| {
        let at = VARIABLES.binary_search_by(|(path, ..)| (*path).cmp(wanted)).ok()?;
        let (_, kind, default) = VARIABLES[at];
        Some(Variable { kind, default: (!default.is_empty()).then_some(default) })
    };
    row(path).or_else(|| {
        let (family, interface, name) = interface_of(path)?;
        (interface != "default").then_some(())?;
        row(&format!("net/{family}/conf/default/{name}"))
    })
}

/// Family, interface and name of a variable that every network interface has.
pub(in crate::subsystem::kernel) fn interface_of(path: &str) -> Option<(&str, &str, &str)> {
    let mut parts = path.split('/');
    let parts = [parts.next()?, parts.next()?, parts.next()?, parts.next()?, parts.next()?];
    match parts {
        ["net", family @ ("ipv4" | "ipv6"), "conf", interface, name] => Some((family, interface, name)),
        _ => None,
    }
}

/// What the kernel makes of a text written to a variable that showed `before`.
pub(in crate::subsystem::kernel) fn write(
    variable: Option<Variable>,
    text: &str,
    before: Option<&str>,
) -> Written {
    match variable.map(|variable| variable.kind) {
        Some(Kind::Text) => Written::Shows(collapsed(text)),
        Some(Kind::Ports) => ports(text),
        Some(Kind::Seconds) => match leading_number(text) {
            Ok((number, _)) if number.abs() <= MAX_SECONDS_AT_1000_HZ => Written::Shows(number.to_string()),
            Ok((number, _)) if number.abs() <= MAX_SECONDS_AT_100_HZ => Written::Unclear,
            Ok((number, _)) => Written::Rejected(format!("{number} is too large")),
            Err(trouble) => Written::Rejected(trouble),
        },
        Some(Kind::PipeSize) => match leading_number(text) {
            Ok((number @ 0..=0x8000_0000, _)) => Written::Shows(pipe_size(number)),
            Ok((number, _)) => Written::Rejected(format!("{number} is not a size of pipes")),
            Err(trouble) => Written::Rejected(trouble),
        },
        Some(Kind::Int(low, high)) => match leading_number(text) {
            Ok((number, _)) if (low..=high).contains(&number) => Written::Shows(number.to_string()),
            Ok((number, _)) => Written::Rejected(format!("{number} is not between {low} and {high}")),
            Err(trouble) => Written::Rejected(trouble),
        },
        Some(Kind::Ints(count, low, high)) => several_numbers(text, count, low..=high, before),
        None => match leading_number(text) {
            Ok((number, "")) => Written::Shows(number.to_string()),
            _ => Written::Unclear,
        },
    }
}

/// Kernels are built with 100 to 1000 ticks a second.
const MAX_SECONDS_AT_1000_HZ: i128 = 2_147_483;
const MAX_SECONDS_AT_100_HZ: i128 = 21_474_836;

/// `round_pipe_size` of Linux 6.1, with pages of 4 KiB.
fn pipe_size(number: i128) -> String {
    u64::try_from(number).unwrap_or_default().max(4096).next_power_of_two().to_string()
}

/// `proc_do_large_bitmap` of Linux 6.1: ports and ranges, separated by commas.
fn ports(text: &str) -> Written {
    let mut ranges: Vec<(u16, u16)> = Vec::new();
    for word in text.trim().split(',').filter(|word| !word.is_empty()) {
        let (low, high) = word.split_once('-').unwrap_or((word, word));
        match (low.parse::<u16>(), high.parse::<u16>()) {
            (Ok(low), Ok(high)) if low <= high => ranges.push((low, high)),
            _ => return Written::Rejected(format!("`{}` is no port", crate::fact::printable(word))),
        }
    }
    ranges.sort_unstable();
    let mut merged: Vec<(u16, u16)> = Vec::new();
    for (low, high) in ranges {
        match merged.last_mut() {
            Some((_, end)) if u32::from(low) <= u32::from(*end) + 1 => *end = high.max(*end),
            _ => merged.push((low, high)),
        }
    }
    let shown =
        |(low, high): &(u16, u16)| if low == high { low.to_string() } else { format!("{low}-{high}") };
    Written::Shows(merged.iter().map(shown).collect::<Vec<_>>().join(","))
}

/// The other of the two variables that keep local and privileged ports apart.
pub(in crate::subsystem::kernel) fn ports_beside(path: &str) -> Option<&'static str> {
    match path {
        LOCAL_PORTS => Some(FIRST_UNPRIVILEGED),
        FIRST_UNPRIVILEGED => Some(LOCAL_PORTS),
        _ => None,
    }
}

const LOCAL_PORTS: &str = "net/ipv4/ip_local_port_range";
const FIRST_UNPRIVILEGED: &str = "net/ipv4/ip_unprivileged_port_start";

/// What the kernel makes of a value that is well-formed, beside what it already shows at [`ports_beside`].
///
/// Source: `ipv4_local_port_range`, `ipv4_privileged_ports` and `ipv4_ping_group_range` of Linux 6.1; measured
/// with 6.18.
pub(in crate::subsystem::kernel) fn beside(path: &str, new: String, ports: Option<&str>) -> Written {
    let numbers = |text: &str| text.split(' ').map(|word| word.parse().unwrap_or(0)).collect::<Vec<i64>>();
    let (mine, other) = (numbers(&new), ports.map(numbers));
    let other = other.and_then(|numbers| numbers.first().copied());
    match (path, mine.as_slice(), other) {
        (LOCAL_PORTS, [low, high], _) if low > high => Written::Rejected(format!("{low} is above {high}")),
        (LOCAL_PORTS | FIRST_UNPRIVILEGED, _, None) => Written::Unclear,
        (LOCAL_PORTS, [low, ..], Some(first)) if *low < first => {
            Written::Rejected(format!("ports below {first} are privileged"))
        }
        (FIRST_UNPRIVILEGED, [first, ..], Some(low)) if *first > low => {
            Written::Rejected(format!("local ports start at {low}"))
        }
        ("net/ipv4/ping_group_range", [low, high], _) if low > high => Written::Shows("1 0".into()),
        _ => Written::Shows(new),
    }
}

fn several_numbers(text: &str, count: usize, bounds: RangeInclusive<i128>, before: Option<&str>) -> Written {
    let mut shown: Vec<String> =
        before.unwrap_or_default().split_ascii_whitespace().map(str::to_owned).collect();
    let mut rest = text;
    for at in 0..count {
        match leading_number(rest) {
            Ok((number, _)) if !bounds.contains(&number) => {
                let (low, high) = bounds.into_inner();
                return Written::Rejected(format!("{number} is not between {low} and {high}"));
            }
            Ok((number, after)) => {
                match shown.get_mut(at) {
                    Some(old) => *old = number.to_string(),
                    None => shown.push(number.to_string()),
                }
                rest = after;
            }
            Err(trouble) if at == 0 => return Written::Rejected(trouble),
            Err(_) if rest.is_empty() => break,
            Err(trouble) => return Written::Rejected(trouble),
        }
    }
    if shown.len() < count { Written::Unclear } else { Written::Shows(shown.join(" ")) }
}

/// The number that a text starts with, and what comes behind it, as `proc_get_long` of the kernel reads:
/// base by prefix, a blank or the end behind it.
fn leading_number(text: &str) -> Result<(i128, &str), String> {
    let text = text.trim_start_matches([' ', '\t']);
    let (sign, digits) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
    let (radix, digits) = match digits.as_bytes() {
        [b'0', b'x' | b'X', next, ..] if next.is_ascii_hexdigit() => (16, &digits[2..]),
        [b'0', next, ..] if next.is_ascii_digit() => (8, &digits[1..]),
        _ => (10, digits),
    };
    let end = digits.find(|c: char| !c.is_digit(radix)).unwrap_or(digits.len());
    let (number, rest) = digits.split_at(end);
    let shown = crate::fact::printable(text);
    if number.is_empty() || !(rest.is_empty() || rest.starts_with([' ', '\t'])) {
        return Err(format!("`{shown}` is not a number"));
    }
    match i128::from_str_radix(number, radix) {
        Ok(number) => Ok((sign * number, rest.trim_start_matches([' ', '\t']))),
        Err(_) => Err(format!("`{shown}` is too large")),
    }
}

/// The text with runs of blanks and tabs made one blank, as the value of a fact is shown.
pub(in crate::subsystem::kernel) fn collapsed(text: &str) -> String {
    text.split([' ', '\t', '\n', '\r']).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read_back(path: &str, text: &str) -> Option<String> {
        match write(find(path), text, find(path).and_then(|variable| variable.default)) {
            Written::Shows(value) => Some(value),
            Written::Rejected(_) => None,
            Written::Unclear => Some("?".into()),
        }
    }

    #[test]
    fn the_table_is_sorted_so_that_everything_in_it_is_found() {
        assert!(VARIABLES.is_sorted_by_key(|(path, ..)| path));
        assert!(VARIABLES.windows(2).all(|pair| pair[0].0 != pair[1].0));
        for (path, _, default) in VARIABLES {
            // What is 0 because its pair is used can't be set to 0.
            let is_shown = *path == "vm/dirty_bytes" || read_back(path, default).as_deref() == Some(default);
            assert!(default.is_empty() || is_shown, "{path}");
        }
    }

    #[test]
    fn numbers_are_read_as_the_kernel_reads_them() {
        for (path, text, expected) in [
            ("vm/swappiness", "010", Some("8")),
            ("vm/swappiness", "0x10", Some("16")),
            ("vm/swappiness", "3 # comment", Some("3")),
            ("vm/swappiness", "3#", None),
            ("vm/swappiness", "\"3\"", None),
            ("vm/swappiness", "08", None),
            ("vm/swappiness", "", None),
            ("vm/panic_on_oom", "99", None),
            ("net/ipv4/ip_forward", "yes", None),
            ("net/ipv4/ip_forward", "-1", Some("-1")),
            ("net/ipv4/conf/eth0/rp_filter", "2", Some("2")),
            ("kernel/core_pattern", "|/x  %p # c", Some("|/x %p # c")),
            ("net/ipv4/ip_local_port_range", "1024\t65000", Some("1024 65000")),
            ("net/ipv4/ip_local_port_range", "1024", Some("1024 60999")),
            (
                "net/ipv4/ip_local_reserved_ports",
                "30000-32767,8080,6443,6444",
                Some("6443-6444,8080,30000-32767"),
            ),
            ("net/ipv4/ip_local_reserved_ports", "7-5", None),
            ("net/ipv4/tcp_ecn", "3", None),
            ("net/ipv4/tcp_fin_timeout", "2147483647", None),
            ("net/ipv4/tcp_fin_timeout", "5000000", Some("?")),
            ("fs/pipe-max-size", "100000", Some("131072")),
            ("fs/pipe-max-size", "1", Some("4096")),
            ("kernel/shmmax", "18446744073692774399", Some("18446744073692774399")),
            ("kernel/shmmax", "1k", None),
            ("vm/dirty_bytes", "4095", None),
            ("some/unknown", "5", Some("5")),
            ("some/unknown", "5 x", Some("?")),
        ] {
            assert_eq!(read_back(path, text).as_deref(), expected, "{path} {text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_gives_an_answer(text in ".{0,40}", at in 0..VARIABLES.len()) {
            read_back(VARIABLES[at].0, &text);
        }

        #[test]
        fn a_plain_number_is_shown_as_it_is(number in 0i64..=1) {
            prop_assert_eq!(read_back("vm/overcommit_memory", &number.to_string()), Some(number.to_string()));
        }
    }
}
