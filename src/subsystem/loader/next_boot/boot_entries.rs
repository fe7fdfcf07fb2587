//! Boot Loader Specification entries: systemd-boot's, and those that GRUB's `blscfg` reads.

use std::cmp::Ordering;
use std::rc::Rc;

use super::grub::Menu;
use super::{BootEntry, Found, kernels};
use crate::fact::Origin;
use crate::host::{Files, Running};
use crate::parse::boot_entry::BootEntryFile;
use crate::parse::cmdline;
use crate::parse::glob::efi_fnmatch;
use crate::parse::grub::{Grub, Item, first_entry};
use crate::subsystem::Subsystems;

/// The loader of entries that GRUB lists.
const WITH_GRUB: &str = "GRUB with boot loader entries";

/// Where the boot partition or the EFI system partition is mounted.
const PLACES: [&str; 4] = ["/boot", "/efi", "/boot/efi", "/boot/firmware"];

/// systemd-boot's own EFI variables (Boot Loader Interface): the choice for one boot, and the chosen default.
const VARIABLES: [&str; 2] = ["LoaderEntryOneShot", "LoaderEntryDefault"];
const VENDOR: &str = "4a67b082-0a4c-41cf-b6c7-440b29bb8c4f";

/// An entry before it is chosen.
struct Candidate {
    /// File name without `.conf` and boot counter.
    id: String,
    /// Whether it was tried as often as it may be: such entries come last.
    is_bad: bool,
    path: String,
    file: BootEntryFile,
}

/// systemd-boot: entries with a `loader.conf` beside them. Of a live machine its EFI variables count first; they
/// don't travel with an image.
pub(super) fn read(subsystems: &Subsystems<'_>, found: &mut Found) {
    let files = subsystems.host().files();
    if found.choices.iter().any(|choice| choice.loader == WITH_GRUB) {
        return;
    }
    for place in PLACES {
        let mut candidates = candidates(files, found, place);
        if candidates.is_empty() {
            // Only root may look at the EFI system partition on many hosts: see `grub::read`.
            if place == "/boot" {
                found.choose("systemd-boot", unread(found, place), None);
            }
            continue;
        }
        candidates.sort_by(newest_first);
        let gaps = found.gaps.len();
        let by_firmware = subsystems.host().running().and_then(|running| chosen_in_firmware(running, found));
        let (source, default) = if let Some(chosen) = by_firmware {
            ("the EFI variable's", Some(chosen))
        } else {
            let loader = found.read(files, &format!("{place}/loader/loader.conf"));
            let value = |bytes: Rc<[u8]>| BootEntryFile::parse(&bytes).get("default").map(str::to_owned);
            ("loader.conf's", loader.and_then(value))
        };
        let is_hidden = found.gaps.len() > gaps;
        let chosen = default
            .as_deref()
            .filter(|_| !is_hidden)
            .and_then(|pattern| candidates.iter().find(|entry| matches(pattern, &entry.id)));
        let doubt = match (&default, chosen) {
            (Some(_), Some(_)) => None,
            (Some(pattern), None) => Some(format!("{source} default `{pattern}` matches no entry")),
            (None, _) if candidates.len() == 1 => None,
            (None, _) => {
                Some("no default in loader.conf; the newest entry boots, unless another was chosen".into())
            }
        };
        // `@saved` is what the firmware remembers: nobody else knows.
        let is_saved = chosen.is_none() && default.is_some_and(|default| default.starts_with('@'));
        let is_any = is_saved || is_hidden;
        let first = if is_any { candidates.as_slice() } else { &[] };
        let likely = chosen.or(candidates.first()).filter(|_| !is_any);
        let mut entries: Vec<BootEntry> =
            likely.into_iter().chain(first).map(|entry| boot_entry(files, entry, None)).collect();
        entries.extend(unread(found, place));
        found.choose("systemd-boot", entries, doubt);
        return;
    }
}

/// What systemd-boot was told on a running machine (`bootctl set-default`, `systemctl reboot --boot-loader-entry`).
fn chosen_in_firmware(running: &dyn Running, found: &mut Found) -> Option<String> {
    VARIABLES.iter().find_map(|name| {
        let bytes = found.read(running.files(), &format!("/sys/firmware/efi/efivars/{name}-{VENDOR}"))?;
        // Four bytes of attributes, then UTF-16 with a zero at the end.
        let units = bytes.get(4..)?.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]]));
        let text: String = char::decode_utf16(units.take_while(|unit| *unit != 0))
            .map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER))
            .collect();
        (!text.is_empty()).then_some(text)
    })
}

/// `blscfg`: GRUB lists the entries, newest first, among those of `grub.cfg`; `default` is an id, a title or a
/// number. Whether there was one.
///
/// Without the environment block, which `default` comes from, any entry may be the default.
pub(super) fn read_for_grub(menu: &Menu<'_>, found: &mut Found, any: bool) -> bool {
    let (files, grub) = (menu.files, menu.grub);
    let variables = (!any).then_some(grub);
    let mut candidates = candidates(files, found, "/boot");
    if candidates.is_empty() && unread(found, "/boot").is_empty() {
        return false;
    }
    candidates.sort_by(newest_first);
    let default = grub.default.as_deref().unwrap_or_default();
    let before = grub.boot_entries_at.unwrap_or_default();
    let of_file = |item: Option<&Item>| {
        item.and_then(first_entry).filter(|item| item.linux.is_some()).map(|item| menu.entry(item))
    };
    let nth = |index: usize| match index.checked_sub(before) {
        None => of_file(grub.menu.get(index)),
        Some(index) => match candidates.get(index) {
            Some(candidate) => Some(boot_entry(files, candidate, variables)),
            None => of_file(grub.menu.get(before + index - candidates.len())),
        },
    };
    let named = match default.parse::<usize>() {
        Ok(index) => nth(index),
        Err(_) => candidates
            .iter()
            .find(|entry| entry.id == default || entry.file.get("title") == Some(default))
            .map(|entry| boot_entry(files, entry, variables))
            .or_else(|| of_file(grub.named_entry())),
    };
    let doubt = if any {
        Some("GRUB's saved entry is not known".into())
    } else {
        (named.is_none() && !default.is_empty())
            .then(|| format!("GRUB's default `{default}` names no entry, so that it takes the first"))
    };
    let mut entries: Vec<BootEntry> = named.or_else(|| nth(0)).into_iter().collect();
    if any || entries.is_empty() {
        entries = candidates.iter().map(|entry| boot_entry(files, entry, variables)).collect();
        entries.extend(menu.all());
    }
    entries.extend(unread(found, "/boot"));
    found.choose(WITH_GRUB, entries, doubt);
    true
}

/// Entries that are there and could not be read: each may be the one that boots.
fn unread(found: &Found, place: &str) -> Vec<BootEntry> {
    let directory = format!("{place}/loader/entries");
    let gaps = found.gaps.iter().filter(|gap| gap.origin.path.starts_with(&directory));
    gaps.map(|gap| BootEntry { because: vec![gap.origin.clone()], ..BootEntry::default() }).collect()
}

fn candidates(files: &Files, found: &mut Found, place: &str) -> Vec<Candidate> {
    let directory = format!("{place}/loader/entries");
    let Some(names) = files.list(&directory).or_hidden(&mut found.gaps) else { return Vec::new() };
    let mut candidates = Vec::new();
    for name in names.iter() {
        let Some(stem) = name.to_str().and_then(|name| name.strip_suffix(".conf")) else { continue };
        let path = format!("{directory}/{stem}.conf");
        if let Some(bytes) = found.read(files, &path) {
            let file = BootEntryFile::parse(&bytes);
            if file.get("linux").is_some() || file.get("efi").is_some() {
                let (id, counter) = split_counter(stem);
                let is_bad = counter.is_some_and(|counter| counter.split('-').next() == Some("0"));
                candidates.push(Candidate { id: id.to_owned(), is_bad, path, file });
            }
        }
    }
    candidates
}

/// Boot counting appends `+3` or `+3-1` to the name: tries left, tries done (systemd-boot(7)).
fn split_counter(stem: &str) -> (&str, Option<&str>) {
    match stem.rsplit_once('+') {
        Some((id, counter))
            if counter.bytes().all(|b| b.is_ascii_digit() || b == b'-') && !counter.is_empty() =>
        {
            (id, Some(counter))
        }
        _ => (stem, None),
    }
}

/// The order of the Boot Loader Specification: entries with a sort key first, by key; then newer versions.
fn newest_first(a: &Candidate, b: &Candidate) -> Ordering {
    let version = |entry: &Candidate| entry.file.get("version").unwrap_or(&entry.id).to_owned();
    let key = |entry: &Candidate| entry.file.get("sort-key").map(str::to_owned);
    let by_key = match (key(a), key(b)) {
        (Some(a), Some(b)) => a.cmp(&b),
        (a, b) => b.is_some().cmp(&a.is_some()),
    };
    a.is_bad
        .cmp(&b.is_bad)
        .then(by_key)
        .then_with(|| compare_versions(&version(b), &version(a)))
        .then_with(|| compare_versions(&b.id, &a.id))
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
    efi_fnmatch(pattern, id)
}

fn boot_entry(files: &Files, candidate: &Candidate, grub: Option<&Grub>) -> BootEntry {
    let kernel = candidate.file.get("linux").or(candidate.file.get("efi")).unwrap_or_default();
    let version = candidate.file.get("version").filter(|text| text.starts_with(|c: char| c.is_ascii_digit()));
    let (cmdline, line) = match candidate.file.joined("options") {
        Some((options, line)) => (expand(&options, grub), line),
        None => (Some(Vec::new()), 1),
    };
    let release = kernels::release_of(files, kernel).map(|release| release.or(version.map(str::to_owned)));
    BootEntry { cmdline, because: vec![Origin::line(&candidate.path, line)], ..BootEntry::of(release) }
}

/// Fedora's entries say `$kernelopts`, which GRUB's environment block holds; none where GRUB's variables aren't known. No
/// kernel takes more than a few kilobytes, so that what would go on without end is cut.
fn expand(options: &str, grub: Option<&Grub>) -> Option<Vec<String>> {
    const LONGEST_BYTES: usize = 64 << 10;
    let mut expanded = Vec::new();
    let mut left = LONGEST_BYTES;
    for word in cmdline::words(options) {
        let words = match word.strip_prefix('$') {
            Some(name) => {
                let name = name.trim_start_matches('{').trim_end_matches('}');
                cmdline::words(grub?.variables.get(name).map_or("", String::as_str))
            }
            None => vec![word],
        };
        for word in words {
            let Some(rest) = left.checked_sub(word.len() + 1) else { return Some(expanded) };
            left = rest;
            expanded.push(word);
        }
    }
    Some(expanded)
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
        assert_eq!(split_counter("abc-6.1+3-1"), ("abc-6.1", Some("3-1")));
        assert_eq!(split_counter("abc-6.1+rpt"), ("abc-6.1+rpt", None));
    }

    proptest::proptest! {
        #[test]
        fn the_order_is_antisymmetric(a in "[0-9a-c.~-]{0,8}", b in "[0-9a-c.~-]{0,8}") {
            proptest::prop_assert_eq!(compare_versions(&a, &b), compare_versions(&b, &a).reverse());
        }
    }
}
