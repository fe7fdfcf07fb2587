//! GRUB: the default entry of the installed `grub.cfg`.

use std::collections::BTreeMap;

use super::{BootEntry, Found, boot_entries, kernels};
use crate::fact::{Origin, printable};
use crate::host::{Files, HostErrorKind, Read};
use crate::parse::grub::{Grub, Item};
use crate::subsystem::Unreadable;

/// Where distributions put the configuration: Debian and its kin, Fedora and its kin.
const DIRECTORIES: [&str; 2] = ["/boot/grub", "/boot/grub2"];
/// Where the EFI system partition is mounted. The Red Hat family keeps the menu there until 8; everybody else
/// only a few lines that lead to the menu in `/boot`.
const PARTITIONS: [&str; 2] = ["/boot/efi/EFI", "/efi/EFI"];
/// More vendors than any real partition has directories for.
const MOST_VENDORS: usize = 32;

pub(super) fn read(files: &Files, found: &mut Found) {
    for directory in DIRECTORIES {
        read_directory(files, found, directory);
    }
    let mut on_efi = Found::default();
    for partition in PARTITIONS {
        let Some(names) = files.list(partition).or_hidden(&mut on_efi.gaps) else { continue };
        for name in names.iter().take(MOST_VENDORS).filter_map(|name| name.to_str()) {
            read_directory(files, &mut on_efi, &format!("{partition}/{name}"));
        }
    }
    // Only root may look at the partition on many hosts; with a menu in /boot it holds nothing but a pointer.
    if found.choices.is_empty() || !on_efi.choices.is_empty() {
        found.gaps.append(&mut on_efi.gaps);
    }
    for choice in on_efi.choices {
        found.choose(choice.loader, choice.entries, choice.doubt);
    }
}

fn read_directory(files: &Files, found: &mut Found, directory: &str) {
    let path = format!("{directory}/grub.cfg");
    let Some(bytes) = found.read(files, &path) else { return };
    let gaps = found.gaps.len();
    let environment = environment(files, found, directory);
    let custom = found.read(files, &format!("{directory}/custom.cfg"));
    let is_unread = found.gaps.len() > gaps;
    let grub = Grub::parse(&bytes, &environment, custom.as_deref());
    if grub.is_cut {
        let reason = format!("{path} grows beyond every real menu, and not all of it was read");
        found.gaps.push(Unreadable { origin: Origin::file(&path), reason });
    }
    let other = other_file(files, &grub, directory);
    let is_incomplete = grub.is_cut || other.is_some();
    found.gaps.extend(other);
    let menu = Menu { files, directory, grub: &grub, is_incomplete };
    let any = is_unread || is_incomplete;
    if grub.boot_entries_at.is_some() && boot_entries::read_for_grub(&menu, found, any) {
        return;
    }
    if any {
        let why = match (is_unread, grub.is_cut) {
            (true, _) => "GRUB's saved entry is not known",
            (false, true) => "GRUB's menu is too long to be read",
            (false, false) => "GRUB's menu reads another file, which isn't understood",
        };
        return found.choose("GRUB", menu.all(), Some(why.into()));
    }
    let default = grub.default_entry();
    if let Some(reason) = default.and_then(|(item, _)| menu.kernel_doubt(item)) {
        found.gaps.push(Unreadable { origin: Origin::file(&path), reason: reason.clone() });
        let mut entries = vec![BootEntry { because: vec![Origin::file(&path)], ..BootEntry::default() }];
        entries.extend(menu.all());
        return found.choose("GRUB", entries, Some(reason));
    }
    match default {
        Some((item, named)) if item.linux.is_some() => {
            let default = grub.default.as_deref().unwrap_or_default();
            let doubt = (!named)
                .then(|| format!("GRUB's default `{default}` names no entry, so that it takes the first"));
            found.choose("GRUB", vec![menu.entry(item)], doubt);
        }
        _ => found.choose("GRUB", menu.all(), Some("GRUB's default entry boots no Linux".into())),
    }
}

/// Another file that the menu reads and this program doesn't, if it may be there.
fn other_file(files: &Files, grub: &Grub, directory: &str) -> Option<Unreadable> {
    grub.reads.iter().find_map(|file| {
        let place = Origin::line(format!("{directory}/grub.cfg"), file.line);
        let path = file.path.trim_start_matches("()");
        // On the EFI system partition a few lines lead to the menu in /boot, which is read by itself.
        if path.ends_with("/grub.cfg") && directory.contains("/EFI/") {
            return None;
        }
        let places = [path.to_owned(), format!("/boot/{path}"), format!("{directory}/{path}")];
        let may_be_there = |path: &String| match files.read(path) {
            Read::There(bytes) => !sets_password_only(&bytes),
            Read::Missing(_) => false,
            Read::Hidden(error) => !matches!(error.kind, HostErrorKind::NotAFile(_)),
        };
        let is_known = path.starts_with('/') || !path.contains(['(', ')']) && !path.is_empty();
        if is_known && !places.iter().any(may_be_there) {
            return None;
        }
        let shown = printable(if path.is_empty() { "another file" } else { path }).into_owned();
        Some(Unreadable {
            reason: format!("{place} reads {shown}, which may choose another entry"),
            origin: place,
        })
    })
}

/// `user.cfg` of Fedora and its kin holds the password of the menu and nothing else.
fn sets_password_only(bytes: &[u8]) -> bool {
    crate::parse::lines(bytes).all(|(_, line)| line.trim().is_empty() || line.starts_with("GRUB2_PASSWORD="))
}

/// A menu and where it was read.
pub(super) struct Menu<'a> {
    pub(super) files: &'a Files,
    pub(super) directory: &'a str,
    pub(super) grub: &'a Grub,
    /// Whether something that the menu reads isn't known: any entry may boot then, also one that isn't here.
    pub(super) is_incomplete: bool,
}

impl Menu<'_> {
    /// An entry of the file itself.
    pub(super) fn entry(&self, item: &Item) -> BootEntry {
        let Some(linux) = &item.linux else { return BootEntry::default() };
        let name = if linux.is_custom { "custom.cfg" } else { "grub.cfg" };
        let place = Origin::line(format!("{}/{name}", self.directory), linux.line);
        BootEntry {
            cmdline: Some(linux.cmdline.clone()),
            because: vec![place.says(format!("boots `{}`", item.title))],
            ..BootEntry::of(kernels::release_of(self.files, &linux.kernel))
        }
    }

    /// Why GRUB may not boot an entry: its kernel isn't in `/boot` while others are, or can't be looked for.
    fn kernel_doubt(&self, item: &Item) -> Option<String> {
        let kernel = &item.linux.as_ref()?.kernel;
        let name = kernel.rsplit('/').next().filter(|name| kernels::is_kernel(name))?;
        let place = format!("/boot/{name}");
        if kernel != &place && kernel != &format!("/{name}") {
            return None;
        }
        match self.files.list("/boot") {
            Read::There(names) => {
                let others = names.iter().filter_map(|name| name.to_str()).any(kernels::is_kernel);
                let is_there = names.iter().any(|known| known == name);
                (others && !is_there).then(|| {
                    format!(
                        "{kernel} is not there, and which entry GRUB takes then isn't told by its menu alone"
                    )
                })
            }
            Read::Missing(_) => None,
            Read::Hidden(error) => match self.files.lstat(&place) {
                Read::There(_) => None,
                // Whether others are there can't be seen, either.
                Read::Missing(_) | Read::Hidden(_) => Some(error.to_string()),
            },
        }
    }

    /// Every entry that boots Linux, those of submenus as well.
    pub(super) fn all(&self) -> Vec<BootEntry> {
        let mut entries = Vec::new();
        self.collect(&self.grub.menu, &mut entries);
        // What was not read may boot, too.
        if self.is_incomplete {
            let place = Origin::file(format!("{}/grub.cfg", self.directory));
            entries.push(BootEntry { because: vec![place], ..BootEntry::default() });
        }
        entries
    }

    fn collect(&self, menu: &[Item], entries: &mut Vec<BootEntry>) {
        for item in menu {
            if item.linux.is_some() {
                entries.push(self.entry(item));
            }
            self.collect(&item.menu, entries);
        }
    }
}

/// The environment block: saved and one-shot entries, kernel options.
fn environment(files: &Files, found: &mut Found, directory: &str) -> BTreeMap<String, String> {
    let Some(bytes) = found.read(files, &format!("{directory}/grubenv")) else { return BTreeMap::new() };
    // GRUB takes nothing from a block that doesn't start so.
    if !bytes.starts_with(b"# GRUB Environment Block\n") {
        return BTreeMap::new();
    }
    // The block is a text file of fixed size, filled up with `#`; a value may hold blanks without quotes.
    crate::parse::lines(&bytes)
        .filter(|(_, line)| !line.starts_with('#'))
        .filter_map(|(_, line)| {
            let (name, value) = line.split_once('=')?;
            Some((name.to_owned(), value.replace("\\\\", "\\")))
        })
        .collect()
}
