//! Unified kernel images (UKI): kernel, initrd and command line in one program for the firmware.
//!
//! Their command line is not read: what it says stays unknown.

use super::{BootEntry, Found, kernels};
use crate::fact::Origin;
use crate::host::{Files, Read};
use crate::subsystem::Unreadable;

/// Where systemd-boot and kernel-install(8) keep them, on the EFI system partition.
const DIRECTORIES: [&str; 3] = ["/efi/EFI/Linux", "/boot/efi/EFI/Linux", "/boot/EFI/Linux"];
/// More than any real partition has room for.
const MAX_IMAGES: usize = 64;

pub(super) fn read(files: &Files, found: &mut Found) {
    let mut entries = Vec::new();
    for directory in DIRECTORIES {
        let names = match files.list(directory) {
            Read::There(names) => names,
            Read::Missing(_) => continue,
            // Only root may look at the partition on many hosts; that matters where nothing else tells what boots.
            Read::Hidden(error) => {
                if found.choices.is_empty() {
                    found.gaps.push(error.into());
                }
                continue;
            }
        };
        for name in names.iter().filter_map(|name| name.to_str()).take(MAX_IMAGES) {
            let Some(stem) = name.strip_suffix(".efi") else { continue };
            let place = Origin::file(format!("{directory}/{name}"));
            let reason = format!("{place} is a unified kernel image, whose command line is not read");
            found.gaps.push(Unreadable { origin: place.clone(), reason });
            let stem = stem.split('+').next().unwrap_or(stem);
            let installed = kernels::installed(files);
            let release =
                installed.map(|all| all.into_iter().find(|release| stem.ends_with(release.as_str())));
            entries.push(BootEntry { because: vec![place], ..BootEntry::of(release) });
        }
    }
    found.choose("a unified kernel image", entries, None);
}
