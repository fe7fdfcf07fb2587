//! The installed kernels: what an entry's path means, and what to assume where no loader is configured.

use std::collections::BTreeSet;
use std::path::Path;

use super::{BootEntry, NextBoot};
use crate::fact::{Confidence, Origin};
use crate::host::{Files, HostError};
use crate::parse::cmdline;
use crate::subsystem::Subsystems;

/// Names that kernels have, before the release.
const PREFIXES: [&str; 6] = ["vmlinuz-", "vmlinux-", "vmlinuz.", "kernel-", "linux-", "Image-"];

/// The release in the name of a kernel: `/boot/vmlinuz-6.1.0-18-amd64`. A name without one, such as
/// `/vmlinuz`, is a link to the real name on Debian and openSUSE.
pub(super) fn release_of(files: &Files, kernel: &str) -> Option<String> {
    let in_name = |path: &Path| {
        let name = path.file_name()?.to_str()?;
        let release = PREFIXES.iter().find_map(|prefix| name.strip_prefix(prefix))?;
        release.starts_with(|c: char| c.is_ascii_digit()).then(|| release.to_owned())
    };
    in_name(Path::new(kernel)).or_else(|| {
        let name = Path::new(kernel).file_name()?.to_str()?;
        let links = [kernel.to_owned(), format!("/boot/{name}"), format!("/{name}")];
        links.iter().find_map(|link| in_name(&files.read_link(link).legacy().ok()?)).or_else(|| {
            // kernel-install(8) puts it into a directory: `/TOKEN/6.1.0-18-amd64/linux`.
            let directory = Path::new(kernel).parent()?.file_name()?.to_str()?;
            let is_release = directory.starts_with(|c: char| c.is_ascii_digit()) && directory.contains('.');
            (name == "linux" && is_release).then(|| directory.to_owned())
        })
    })
}

/// Whether a file of `/boot` has the name of a kernel with its release.
pub(super) fn is_kernel(name: &str) -> bool {
    let release = name.strip_prefix("vmlinuz-").or_else(|| name.strip_prefix("vmlinux-"));
    release.is_some_and(|release| release.starts_with(|c: char| c.is_ascii_digit()))
}

/// Releases with a module directory, sorted.
pub(super) fn installed(files: &Files) -> Vec<String> {
    let names =
        ["/usr/lib/modules", "/lib/modules"].iter().find_map(|directory| files.list(directory).legacy().ok());
    let is_release = |name: &&str| name.starts_with(|c: char| c.is_ascii_digit());
    names
        .iter()
        .flat_map(|names| names.iter())
        .filter_map(|name| name.to_str())
        .filter(is_release)
        .map(str::to_owned)
        .collect()
}

/// Releases with a kernel image in `/boot`.
///
/// # Errors
/// If the directory can't be listed.
fn images(files: &Files) -> Result<BTreeSet<String>, HostError> {
    let names = match files.list("/boot").legacy() {
        Ok(names) => names,
        Err(error) if error.is_not_found() => return Ok(BTreeSet::new()),
        Err(error) => return Err(error),
    };
    let release = |name: &str| {
        let release = name.strip_prefix("vmlinuz-").or_else(|| name.strip_prefix("vmlinux-"))?;
        release.starts_with(|c: char| c.is_ascii_digit()).then(|| release.to_owned())
    };
    Ok(names.iter().filter_map(|name| release(name.to_str()?)).collect())
}

/// Without a boot loader's configuration: the only installed kernel, else the running one, else all.
pub(super) fn assume(subsystems: &Subsystems<'_>, mut next: NextBoot) -> NextBoot {
    let files = subsystems.host().files();
    let running = subsystems.host().running();
    // A configuration that is there and can't be read may boot anything: to assume a kernel would be to know more than
    // who can read it.
    if let Some(gap) = next.gaps.first() {
        next.entries = vec![BootEntry { because: vec![gap.origin.clone()], ..BootEntry::default() }];
        return next;
    }
    let cmdline = running.and_then(|running| running.files().read("/proc/cmdline").legacy().ok());
    let cmdline = cmdline.map(|bytes| cmdline::words(&String::from_utf8_lossy(&bytes)));
    let images = match images(files) {
        Ok(images) => images,
        // Modules alone don't tell which kernels are there.
        Err(error) => {
            next.reason.get_or_insert_with(|| error.to_string());
            return next;
        }
    };
    let releases = if images.is_empty() { installed(files) } else { images.into_iter().collect() };
    let running =
        running.map(|running| running.uname().release.clone()).filter(|release| !release.is_empty());
    let entry = |release: String, origin: Origin| BootEntry {
        release: Some(release),
        cmdline: cmdline.clone(),
        because: vec![origin],
        ..BootEntry::default()
    };
    let place = |release: &str| {
        let image = format!("/boot/vmlinuz-{release}");
        let modules = format!("/usr/lib/modules/{release}");
        Origin::file(if files.lstat(&image).legacy().is_ok() { image } else { modules })
    };
    next.confidence = Confidence::High;
    let (reason, entries) = match (releases.as_slice(), running) {
        ([], Some(running)) => (
            "no boot loader configuration found; assumed that the running kernel boots again",
            vec![entry(running, Origin::file("uname(2)"))],
        ),
        ([only], _) => (
            "no boot loader configuration found; assumed that the only installed kernel boots",
            vec![entry(only.clone(), place(only))],
        ),
        ([], None) => ("no boot loader configuration and no kernel found", Vec::new()),
        (several, _) => (
            "no boot loader configuration found, and several kernels are installed",
            several.iter().rev().map(|release| entry(release.clone(), place(release))).collect(),
        ),
    };
    next.reason.get_or_insert_with(|| reason.to_owned());
    next.entries = entries;
    next
}
