//! What is fixed in systemd itself, each fact once: words that are true and false, the directories it searches, limits of
//! names.
//!
//! Source: `src/basic/parse-util.c`, `constants.h`, `path-lookup.c`, `unit-def.h` and `path-util.h` of systemd 252 and 257.

use std::fmt::Write as _;
use std::time::Duration;

/// A boolean as systemd reads it: `yes`, `true`, `on`, `1` and their opposites, in any case (`parse_boolean`).
#[must_use]
pub fn boolean(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "1" | "yes" | "y" | "true" | "t" | "on" => Some(true),
        "0" | "no" | "n" | "false" | "f" | "off" => Some(false),
        _ => None,
    }
}

/// A boolean of the kernel command line: a parameter without a value is true (`proc_cmdline_get_bool`).
#[must_use]
pub fn parameter(text: &str) -> Option<bool> {
    if text.is_empty() { Some(true) } else { boolean(text) }
}

/// Where configuration lies that stays over a boot, highest first (`CONF_PATHS`); `/run`, which comes second in a running
/// system, is empty then. `/lib` is one of them only where `/usr` is not merged.
const ROOTS: [&str; 4] = ["/etc", "/usr/local/lib", "/usr/lib", "/lib"];

/// The directories of one kind of configuration, highest first: `sysctl.d`, `systemd/system-preset`, `udev/rules.d`.
#[must_use]
pub fn conf_paths(name: &str) -> [String; 4] {
    ROOTS.map(|root| format!("{root}/{name}"))
}

/// The same below `/run`, where a running system has more of it.
#[must_use]
pub fn runtime_path(name: &str) -> String {
    format!("/run/{name}")
}

/// Where an administrator's units are, and the links of `systemctl enable`.
pub const ETC_UNITS: &str = "/etc/systemd/system";
/// Where units are that last until the next boot. Its presence says that systemd is the running init (`sd_booted(3)`).
pub const RUNTIME_UNITS: &str = "/run/systemd/system";
/// Where packages put units.
pub const VENDOR_UNITS: &str = "/usr/lib/systemd/system";

/// The directories of units that count at a boot, highest first (systemd.unit(5), "Unit File Load Path"). Those below
/// `/run` are empty then; what generators will put there is computed elsewhere.
pub const UNITS_AT_BOOT: &[&str] = &[
    "/etc/systemd/system.control",
    ETC_UNITS,
    "/etc/systemd/system.attached",
    "/usr/local/lib/systemd/system",
    VENDOR_UNITS,
    "/lib/systemd/system",
];

/// The directories of units of a running system, highest first.
pub const UNITS_NOW: &[&str] = &[
    "/etc/systemd/system.control",
    "/run/systemd/system.control",
    "/run/systemd/transient",
    "/run/systemd/generator.early",
    ETC_UNITS,
    "/etc/systemd/system.attached",
    RUNTIME_UNITS,
    "/run/systemd/system.attached",
    "/run/systemd/generator",
    "/usr/local/lib/systemd/system",
    VENDOR_UNITS,
    "/lib/systemd/system",
    "/run/systemd/generator.late",
];

/// The standard directories of programs, in the order of systemd's and sudo's default `$PATH`.
pub const DEFAULT_PATH: [&str; 6] =
    ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];

/// The names of units are shorter than this, in bytes (`UNIT_NAME_MAX`); others are refused.
const UNIT_NAME_MAX: usize = 256;

/// Whether a name is short enough to be one of a unit.
#[must_use]
pub fn is_unit_name_length(name: &str) -> bool {
    !name.is_empty() && name.len() < UNIT_NAME_MAX
}

/// A path as a part of the name of a unit: what `systemd-escape --path` makes of it (systemd.unit(5), "String Escaping for
/// Inclusion in Unit Names").
#[must_use]
pub fn escape_path(path: &str) -> String {
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    if parts.is_empty() {
        return "-".into();
    }
    let mut text = String::new();
    for (index, part) in parts.iter().enumerate() {
        if index > 0 {
            text.push('-');
        }
        for (position, byte) in part.bytes().enumerate() {
            let leading_dot = byte == b'.' && position == 0 && index == 0;
            if byte.is_ascii_alphanumeric() || (b":_.".contains(&byte) && !leading_dot) {
                text.push(char::from(byte));
            } else {
                let _ = write!(text, "\\x{byte:02x}");
            }
        }
    }
    text
}

/// A time span: `90`, `1h`, `1min 30s`, `infinity`; none if it makes no sense (systemd.time(7)).
#[must_use]
pub fn time_span(text: &str) -> Option<Duration> {
    const UNITS: [(&[&str], f64); 7] = [
        (&["us", "usec"], 1e-6),
        (&["ms", "msec"], 1e-3),
        (&["", "s", "sec", "second", "seconds"], 1.0),
        (&["m", "min", "minute", "minutes"], 60.0),
        (&["h", "hr", "hour", "hours"], 3600.0),
        (&["d", "day", "days"], 86_400.0),
        (&["w", "week", "weeks"], 604_800.0),
    ];
    let mut rest = text.trim();
    if rest == "infinity" {
        return Some(Duration::MAX);
    }
    let mut total = None;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let number: f64 = rest[..digits].parse().ok()?;
        rest = rest[digits..].trim_start();
        let letters = rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len());
        let (_, unit) = UNITS.iter().find(|(names, _)| names.contains(&&rest[..letters]))?;
        rest = rest[letters..].trim_start();
        total = Some(total.unwrap_or(0.0) + number * unit);
    }
    Duration::try_from_secs_f64(total?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_of_time_add_up() {
        for (text, expected) in [("90", 90), ("1min 30s", 90), ("1h", 3600), ("0", 0)] {
            assert_eq!(time_span(text), Some(Duration::from_secs(expected)), "{text}");
        }
        assert_eq!(time_span("100ms"), Some(Duration::from_millis(100)));
        assert_eq!((time_span("x"), time_span(""), time_span("infinity")), (None, None, Some(Duration::MAX)));
    }

    #[test]
    fn words_are_true_or_false_in_any_case_or_neither() {
        for (text, expected) in
            [("yes", Some(true)), ("ON", Some(true)), ("f", Some(false)), ("2", None), ("", None)]
        {
            assert_eq!(boolean(text), expected, "{text}");
        }
        assert_eq!((parameter(""), parameter("no")), (Some(true), Some(false)));
    }

    #[test]
    fn configuration_of_the_administrator_comes_first() {
        let expected = ["/etc/x.d", "/usr/local/lib/x.d", "/usr/lib/x.d", "/lib/x.d"];
        assert_eq!(conf_paths("x.d"), expected);
        assert_eq!(runtime_path("x.d"), "/run/x.d");
    }

    #[test]
    fn a_unit_has_at_most_255_bytes_of_name() {
        assert!(is_unit_name_length(&"a".repeat(255)));
        assert!(!is_unit_name_length(&"a".repeat(256)) && !is_unit_name_length(""));
    }
}
