//! GRUB: the default entry of the installed `grub.cfg`.

use std::collections::BTreeMap;

use super::{BootEntry, Found, boot_entries, kernels};
use crate::fact::Origin;
use crate::host::Files;
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
        match files.list(partition).legacy() {
            Ok(names) => {
                for name in names.iter().take(MOST_VENDORS).filter_map(|name| name.to_str()) {
                    read_directory(files, &mut on_efi, &format!("{partition}/{name}"));
                }
            }
            Err(error) => on_efi.gap(error),
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
    let menu = Menu { files, directory, grub: &grub };
    let any = is_unread || grub.is_cut;
    if grub.boot_entries_at.is_some() && boot_entries::read_for_grub(&menu, found, any) {
        return;
    }
    if any {
        let why =
            if is_unread { "GRUB's saved entry is not known" } else { "GRUB's menu is too long to be read" };
        return found.choose("GRUB", menu.all(), Some(why.into()));
    }
    match grub.default_entry() {
        Some((item, named)) if item.linux.is_some() => {
            let default = grub.default.as_deref().unwrap_or_default();
            let doubt = (!named)
                .then(|| format!("GRUB's default `{default}` names no entry, so that it takes the first"));
            found.choose("GRUB", vec![menu.entry(item)], doubt);
        }
        _ => found.choose("GRUB", menu.all(), Some("GRUB's default entry boots no Linux".into())),
    }
}

/// A menu and where it was read.
pub(super) struct Menu<'a> {
    pub(super) files: &'a Files,
    pub(super) directory: &'a str,
    pub(super) grub: &'a Grub,
}

impl Menu<'_> {
    /// An entry of the file itself.
    pub(super) fn entry(&self, item: &Item) -> BootEntry {
        let Some(linux) = &item.linux else { return BootEntry::default() };
        let name = if linux.is_custom { "custom.cfg" } else { "grub.cfg" };
        let place = Origin::line(format!("{}/{name}", self.directory), linux.line);
        BootEntry {
            release: kernels::release_of(self.files, &linux.kernel),
            cmdline: Some(linux.cmdline.clone()),
            because: vec![place.says(format!("boots `{}`", item.title))],
            ..BootEntry::default()
        }
    }

    /// Every entry that boots Linux, those of submenus as well.
    pub(super) fn all(&self) -> Vec<BootEntry> {
        let mut entries = Vec::new();
        self.collect(&self.grub.menu, &mut entries);
        // What was not read may boot, too.
        if self.grub.is_cut {
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
