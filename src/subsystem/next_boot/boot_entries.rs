//! Boot Loader Specification entries: systemd-boot's, and those that GRUB's `blscfg` reads.

use std::cmp::Ordering;

use super::{BootEntry, Found, kernels};
use crate::fact::Origin;
use crate::format::boot_entry::BootEntryFile;
use crate::format::cmdline;
use crate::format::grub::Grub;
use crate::host::Files;

/// Where the boot partition or the EFI system partition is mounted.
const PLACES: [&str; 4] = ["/boot", "/efi", "/boot/efi", "/boot/firmware"];

/// An entry before it is chosen.
struct Candidate {
    /// File name without `.conf` and boot counter.
    id: String,
    path: String,
    file: BootEntryFile,
}

/// systemd-boot: entries with a `loader.conf` beside them. (EFI variables may override it: only the running
/// firmware knows.)
pub(super) fn read(files: &Files, found: &mut Found) {
    if found.choices.iter().any(|choice| choice.loader == "GRUB with boot loader entries") {
        return;
    }
    for place in PLACES {
        let mut candidates = candidates(files, found, place);
        if candidates.is_empty() {
            continue;
        }
        candidates.sort_by(newest_first);
        let loader = found.read(files, &format!("{place}/loader/loader.conf"));
        let default = loader.and_then(|bytes| BootEntryFile::parse(&bytes).get("default").map(str::to_owned));
        let chosen = default
            .as_deref()
            .and_then(|pattern| candidates.iter().find(|entry| matches(pattern, &entry.id)));
        let doubt = match (&default, chosen) {
            (Some(_), Some(_)) => None,
            (Some(pattern), None) => Some(format!("loader.conf's default `{pattern}` matches no entry")),
            (None, _) if candidates.len() == 1 => None,
            (None, _) => {
                Some("no default in loader.conf; the newest entry boots, unless another was chosen".into())
            }
        };
        let Some(entry) = chosen.or(candidates.first()) else { continue };
        let mut entries = vec![boot_entry(files, entry, &Grub::default())];
        entries.extend(unread(found, place));
        found.choose("systemd-boot", entries, doubt);
        return;
    }
}

/// `blscfg`: GRUB lists the entries, newest first; `default` is an id or a number. Whether there was one.
///
/// Without the environment block, which `default` comes from, any entry may be the default.
pub(super) fn read_for_grub(files: &Files, found: &mut Found, grub: &Grub, any: bool) -> bool {
    let mut candidates = candidates(files, found, "/boot");
    candidates.sort_by(newest_first);
    let default = grub.default.as_deref().unwrap_or_default();
    let named = match default.parse::<usize>() {
        Ok(index) => candidates.get(index),
        Err(_) => {
            candidates.iter().find(|entry| entry.id == default || entry.file.get("title") == Some(default))
        }
    };
    let Some(entry) = named.or(candidates.first()) else { return false };
    let doubt = (named.is_none() && !default.is_empty())
        .then(|| format!("GRUB's default `{default}` names no entry, so that it takes the newest"));
    let mut entries = vec![boot_entry(files, entry, grub)];
    if any {
        entries = candidates.iter().map(|entry| boot_entry(files, entry, grub)).collect();
    }
    entries.extend(unread(found, "/boot"));
    found.choose("GRUB with boot loader entries", entries, doubt);
    true
}

/// Entries that are there and could not be read: each may be the one that boots.
fn unread(found: &Found, place: &str) -> Vec<BootEntry> {
    let directory = format!("{place}/loader/entries/");
    let gaps = found.gaps.iter().filter(|gap| gap.origin.path.starts_with(&directory));
    gaps.map(|gap| BootEntry { because: vec![gap.origin.clone()], ..BootEntry::default() }).collect()
}

fn candidates(files: &Files, found: &mut Found, place: &str) -> Vec<Candidate> {
    let directory = format!("{place}/loader/entries");
    let names = match files.list(&directory) {
        Ok(names) => names,
        Err(error) => {
            found.gap(error);
            return Vec::new();
        }
    };
    let mut candidates = Vec::new();
    for name in names.iter() {
        let Some(stem) = name.to_str().and_then(|name| name.strip_suffix(".conf")) else { continue };
        let path = format!("{directory}/{stem}.conf");
        if let Some(bytes) = found.read(files, &path) {
            let file = BootEntryFile::parse(&bytes);
            if file.get("linux").is_some() || file.get("efi").is_some() {
                candidates.push(Candidate { id: without_counter(stem).to_owned(), path, file });
            }
        }
    }
    candidates
}

/// Boot counting appends `+3` or `+3-1` to the name (systemd-boot(7)).
fn without_counter(stem: &str) -> &str {
    match stem.rsplit_once('+') {
        Some((id, counter))
            if counter.bytes().all(|b| b.is_ascii_digit() || b == b'-') && !counter.is_empty() =>
        {
            id
        }
        _ => stem,
    }
}

fn newest_first(a: &Candidate, b: &Candidate) -> Ordering {
    let version = |entry: &Candidate| entry.file.get("version").unwrap_or(&entry.id).to_owned();
    compare_versions(&version(b), &version(a)).then_with(|| compare_versions(&b.id, &a.id))
}

/// RPM's order of versions (rpmvercmp): runs of digits as numbers, runs of letters as text, digits before
/// letters; `~` sorts before the end.
pub(super) fn compare_versions(a: &str, b: &str) -> Ordering {
    let (mut a, mut b) = (a.as_bytes(), b.as_bytes());
    loop {
        let separator = |c: &u8| !c.is_ascii_alphanumeric() && *c != b'~';
        a = &a[a.iter().position(|c| !separator(c)).unwrap_or(a.len())..];
        b = &b[b.iter().position(|c| !separator(c)).unwrap_or(b.len())..];
        match (a.first(), b.first()) {
            (None, None) => return Ordering::Equal,
            (Some(b'~'), Some(b'~')) => {
                (a, b) = (&a[1..], &b[1..]);
                continue;
            }
            (Some(b'~'), _) | (None, Some(_)) => {
                return if b.first() == Some(&b'~') { Ordering::Greater } else { Ordering::Less };
            }
            (_, Some(b'~')) | (Some(_), None) => return Ordering::Greater,
            (Some(_), Some(_)) => {}
        }
        let (first, rest_a) = run(a);
        let (second, rest_b) = run(b);
        let order = match (first[0].is_ascii_digit(), second[0].is_ascii_digit()) {
            (true, false) => Ordering::Greater,
            (false, true) => Ordering::Less,
            (true, true) => {
                let (first, second) = (number(first), number(second));
                first.len().cmp(&second.len()).then_with(|| first.cmp(second))
            }
            (false, false) => first.cmp(second),
        };
        if order.is_ne() {
            return order;
        }
        (a, b) = (rest_a, rest_b);
    }
}

/// The leading run of digits or of letters, and the rest.
fn run(text: &[u8]) -> (&[u8], &[u8]) {
    let digits = text[0].is_ascii_digit();
    let end = text.iter().position(|c| !c.is_ascii_alphanumeric() || c.is_ascii_digit() != digits);
    text.split_at(end.unwrap_or(text.len()))
}

fn number(digits: &[u8]) -> &[u8] {
    &digits[digits.iter().position(|c| *c != b'0').unwrap_or(digits.len())..]
}

/// `default` is a pattern over ids; the suffix `.conf` may be given.
fn matches(pattern: &str, id: &str) -> bool {
    let pattern = pattern.strip_suffix(".conf").unwrap_or(pattern);
    globset::Glob::new(pattern).map_or(pattern == id, |glob| glob.compile_matcher().is_match(id))
}

fn boot_entry(files: &Files, candidate: &Candidate, grub: &Grub) -> BootEntry {
    let kernel = candidate.file.get("linux").or(candidate.file.get("efi")).unwrap_or_default();
    let version = candidate.file.get("version").map(str::to_owned);
    let (cmdline, line) = match candidate.file.joined("options") {
        Some((options, line)) => (Some(expand(&options, grub)), line),
        None => (Some(Vec::new()), 1),
    };
    BootEntry {
        release: kernels::release_of(files, kernel).or(version),
        cmdline,
        because: vec![Origin::line(&candidate.path, line)],
    }
}

/// Fedora's entries say `$kernelopts`, which GRUB's environment block holds.
fn expand(options: &str, grub: &Grub) -> Vec<String> {
    cmdline::words(options)
        .into_iter()
        .flat_map(|word| match word.strip_prefix('$') {
            Some(name) => {
                let name = name.trim_start_matches('{').trim_end_matches('}');
                cmdline::words(grub.variables.get(name).map_or("", String::as_str))
            }
            None => vec![word],
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_ordered_as_rpm_orders_them() {
        for (older, newer) in [
            ("5.14.0-362.el9", "5.14.0-503.el9"),
            ("6.1.9", "6.1.10"),
            ("6.8.0~rc1", "6.8.0"),
            ("1.0", "1.0.1"),
            ("1.a", "1.1"),
        ] {
            assert_eq!(compare_versions(older, newer), Ordering::Less, "{older} {newer}");
            assert_eq!(compare_versions(newer, older), Ordering::Greater, "{newer} {older}");
        }
        assert_eq!(compare_versions("1.0-1", "1.0_01"), Ordering::Equal);
    }

    #[test]
    fn ids_lose_their_boot_counter() {
        assert_eq!(without_counter("abc-6.1+3-1"), "abc-6.1");
        assert_eq!(without_counter("abc-6.1+rpt"), "abc-6.1+rpt");
    }

    proptest::proptest! {
        #[test]
        fn the_order_is_antisymmetric(a in "[0-9a-c.~-]{0,8}", b in "[0-9a-c.~-]{0,8}") {
            proptest::prop_assert_eq!(compare_versions(&a, &b), compare_versions(&b, &a).reverse());
        }
    }
}
