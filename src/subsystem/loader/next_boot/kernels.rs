//! The installed kernels: what an entry's path means, and what to assume where no loader is configured.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::Path;

use super::{BootEntry, NextBoot};
use crate::fact::{Confidence, Origin};
use crate::host::{Files, HostError, HostErrorKind, Read};
use crate::parse::cmdline;
use crate::subsystem::Subsystems;

/// The release of a kernel, if it can be told.
pub(super) type Release = Result<Option<String>, HostError>;

/// Names that kernels have, before the release.
const PREFIXES: [&str; 6] = ["vmlinuz-", "vmlinux-", "vmlinuz.", "kernel-", "linux-", "Image-"];

/// The release in the name of a kernel: `/boot/vmlinuz-6.1.0-18-amd64`. A name without one, such as
/// `/vmlinuz`, is a link to the real name on Debian and openSUSE.
pub(super) fn release_of(files: &Files, kernel: &str) -> Release {
    let in_name = |path: &Path| {
        let name = path.file_name()?.to_str()?;
        let release = PREFIXES.iter().find_map(|prefix| name.strip_prefix(prefix))?;
        release.starts_with(|c: char| c.is_ascii_digit()).then(|| release.to_owned())
    };
    if let Some(release) = in_name(Path::new(kernel)) {
        return Ok(Some(release));
    }
    let Some(name) = Path::new(kernel).file_name().and_then(OsStr::to_str) else { return Ok(None) };
    for link in [kernel.to_owned(), format!("/boot/{name}"), format!("/{name}")] {
        match files.read_link(link) {
            Read::There(target) => {
                if let Some(release) = in_name(&target) {
                    return Ok(Some(release));
                }
            }
            Read::Missing(_) | Read::Hidden(HostError { kind: HostErrorKind::NotAFile(_), .. }) => {}
            Read::Hidden(error) => return Err(error),
        }
    }
    // kernel-install(8) puts it into a directory: `/TOKEN/6.1.0-18-amd64/linux`.
    let directory = Path::new(kernel).parent().and_then(Path::file_name).and_then(OsStr::to_str);
    let is_release = |name: &&str| name.starts_with(|c: char| c.is_ascii_digit()) && name.contains('.');
    Ok(directory.filter(is_release).filter(|_| name == "linux").map(str::to_owned))
}

/// Whether a file of `/boot` has the name of a kernel with its release.
pub(super) fn is_kernel(name: &str) -> bool {
    let release = name.strip_prefix("vmlinuz-").or_else(|| name.strip_prefix("vmlinux-"));
    release.is_some_and(|release| release.starts_with(|c: char| c.is_ascii_digit()))
}

/// Releases with a module directory, sorted.
///
/// # Errors
/// If the directory can't be listed.
pub(super) fn installed(files: &Files) -> Result<Vec<String>, HostError> {
    let is_release = |name: &&str| name.starts_with(|c: char| c.is_ascii_digit());
    for directory in ["/usr/lib/modules", "/lib/modules"] {
        if let Some(names) = files.list(directory).found()? {
            let names = names.iter().filter_map(|name| name.to_str()).filter(is_release);
            return Ok(names.map(str::to_owned).collect());
        }
    }
    Ok(Vec::new())
}

/// Releases with a kernel image in `/boot`.
///
/// # Errors
/// If the directory can't be listed.
fn images(files: &Files) -> Result<BTreeSet<String>, HostError> {
    let Some(names) = files.list("/boot").found()? else { return Ok(BTreeSet::new()) };
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
    let cmdline = running.and_then(|running| running.files().read("/proc/cmdline").or_hidden(&mut next.gaps));
    let cmdline = cmdline.map(|bytes| cmdline::words(&String::from_utf8_lossy(&bytes)));
    let releases = images(files).and_then(|images| {
        if images.is_empty() { installed(files) } else { Ok(images.into_iter().collect()) }
    });
    let releases = match releases {
        Ok(releases) => releases,
        // Modules alone don't tell which kernels are there.
        Err(error) => {
            next.reason.get_or_insert_with(|| error.to_string());
            return next;
        }
    };
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
        // Only the place that is shown depends on it.
        let has_image = matches!(files.lstat(&image), Read::There(_));
        Origin::file(if has_image { image } else { modules })
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
