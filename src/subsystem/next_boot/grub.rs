//! GRUB: the default entry of the installed `grub.cfg`.

use std::collections::BTreeMap;

use super::{BootEntry, Found, boot_entries, kernels};
use crate::fact::Origin;
use crate::format::assignments;
use crate::format::grub::{Grub, Item};
use crate::host::Files;

/// Where distributions put the configuration: Debian and its kin, Fedora and its kin.
const DIRECTORIES: [&str; 2] = ["/boot/grub", "/boot/grub2"];

pub(super) fn read(files: &Files, found: &mut Found) {
    for directory in DIRECTORIES {
        let path = format!("{directory}/grub.cfg");
        let Some(bytes) = found.read(files, &path) else { continue };
        let gaps = found.gaps.len();
        let environment = environment(files, found, directory);
        let any = found.gaps.len() > gaps;
        let grub = Grub::parse(&bytes, &environment);
        if grub.uses_boot_entries && boot_entries::read_for_grub(files, found, &grub, any) {
            return;
        }
        let doubtful = |entry: &&Item| entry.linux.is_some();
        let all = |files| grub.menu.iter().filter(doubtful).map(|item| entry(files, &path, item)).collect();
        match grub.default_entry() {
            _ if any => found.choose("GRUB", all(files), Some("GRUB's saved entry is not known".into())),
            Some((item, true)) if item.linux.is_some() => {
                found.choose("GRUB", vec![entry(files, &path, item)], None);
            }
            Some((item, named)) if item.linux.is_some() => {
                let default = grub.default.as_deref().unwrap_or_default();
                let doubt = (!named).then(|| {
                    format!("GRUB's default `{default}` names no entry, so that it takes the first")
                });
                found.choose("GRUB", vec![entry(files, &path, item)], doubt);
            }
            _ => found.choose("GRUB", all(files), Some("GRUB's default entry boots no Linux".into())),
        }
        return;
    }
}

/// The environment block: saved and one-shot entries, kernel options.
fn environment(files: &Files, found: &mut Found, directory: &str) -> BTreeMap<String, String> {
    let Some(bytes) = found.read(files, &format!("{directory}/grubenv")) else { return BTreeMap::new() };
    // The block is a text file of fixed size, filled up with `#`; a value may hold blanks without quotes.
    crate::format::lines(&bytes)
        .filter(|(_, line)| !line.starts_with('#'))
        .filter_map(|(_, line)| {
            let (name, value) = line.split_once('=')?;
            Some((name.to_owned(), value.replace("\\\\", "\\")))
        })
        .collect()
}

fn entry(files: &Files, path: &str, item: &Item) -> BootEntry {
    let Some(linux) = &item.linux else { return BootEntry::default() };
    BootEntry {
        release: kernels::release_of(files, &linux.kernel),
        cmdline: Some(linux.cmdline.clone()),
        because: vec![Origin::line(path, linux.line).says(format!("boots `{}`", item.title))],
    }
}

/// The value of a variable in `/etc/default/grub`, for comparison only.
pub(super) fn template(files: &Files, name: &str) -> Option<(String, u32)> {
    let bytes = files.read("/etc/default/grub").ok()?;
    let assignments = assignments::parse(&bytes);
    assignments::last(&assignments, name).map(|found| (found.value.clone(), found.line))
}
