//! What a boot makes anew: file systems in memory, and directories that are emptied.

use std::ffi::OsString;
use std::path::Component;

use super::Subsystems;
use super::drop_in::{self, Content};
use super::units::Starts;
use crate::format::{fstab, lines};
use crate::host::{Files, HostPath};

/// File systems in memory that the kernel and PID 1 mount (file-hierarchy(7)).
const IN_MEMORY: [&str; 4] = ["/run", "/proc", "/sys", "/dev"];
/// The kernel's own limit of links on one path.
const MOST_LINKS: usize = 40;

/// Whether a path without links is below a file system that every boot makes anew. The mount points
/// themselves are on disk.
#[must_use]
pub fn is_below_memory(path: &HostPath) -> bool {
    IN_MEMORY.iter().any(|directory| is_below(path, directory))
}

/// Why what is on disk at a path without links is gone after the next boot; none if it stays.
///
/// # Errors
/// Why that can't be known.
pub fn lost(subsystems: &Subsystems<'_>, path: &HostPath) -> Result<Option<String>, String> {
    if is_below_memory(path) {
        return Ok(Some(format!("{path} is made anew by every boot")));
    }
    let mounted = mounted(subsystems, path);
    if let Some((target, kind)) = &mounted
        && matches!(kind.as_str(), "tmpfs" | "ramfs")
    {
        return Ok(Some(format!("{target} is in memory (/etc/fstab)")));
    }
    if mounted.is_none_or(|(target, _)| target == "/") && is_below(path, "/tmp") {
        let units = subsystems.units();
        let is_unit = units.masked_by(subsystems, "tmp.mount").is_none()
            && units.merged(subsystems, "tmp.mount").is_some();
        match units.starts(subsystems, "tmp.mount") {
            Starts::Yes(_) if is_unit => return Ok(Some("/tmp is in memory (tmp.mount)".into())),
            Starts::Unknown(reason) if is_unit => {
                return Err(format!("whether /tmp is in memory can't be told: {reason}"));
            }
            _ => {}
        }
    }
    Ok(emptied(subsystems.host().files(), path))
}

/// The nearest mount of fstab above a path: where, and its type.
fn mounted(subsystems: &Subsystems<'_>, path: &HostPath) -> Option<(String, String)> {
    let bytes = subsystems.host().files().read("/etc/fstab").ok()?;
    let above = fstab::parse(&bytes)
        .into_iter()
        .filter(|mount| mount.is_auto() && (mount.target == "/" || is_below(path, &mount.target)));
    above.max_by_key(|mount| mount.target.len()).map(|mount| (mount.target, mount.kind))
}

/// Directories that systemd-tmpfiles empties at boot: lines of type `D` (tmpfiles.d(5)); the first line for a
/// path counts.
fn emptied(files: &Files, path: &HostPath) -> Option<String> {
    const DIRECTORIES: [&str; 4] =
        ["/etc/tmpfiles.d", "/usr/local/lib/tmpfiles.d", "/usr/lib/tmpfiles.d", "/lib/tmpfiles.d"];
    let mut seen: Vec<String> = Vec::new();
    for file in drop_in::merge(files, &DIRECTORIES, ".conf").files {
        let Content::Bytes(bytes) = drop_in::read(files, &file.path) else { continue };
        for (number, line) in lines(&bytes) {
            let mut words = line.split_ascii_whitespace();
            let (Some(kind), Some(target)) = (words.next(), words.next()) else { continue };
            if !kind.starts_with(['D', 'd', 'q', 'Q', 'v']) || !is_below(path, target) {
                continue;
            }
            if !seen.iter().any(|known| known == target) && kind.starts_with('D') {
                return Some(format!("every boot empties {target} ({}:{number})", file.path));
            }
            seen.push(target.to_owned());
        }
    }
    None
}

fn is_below(path: &HostPath, directory: &str) -> bool {
    let directory = HostPath::new(directory);
    path != &directory && path.as_path().starts_with(&directory)
}

/// A path with all links on its way followed inside the root, as far as it exists. After too many links it
/// is given back as far as it was followed.
#[must_use]
pub fn real(files: &Files, path: &HostPath) -> HostPath {
    let parts = |path: &HostPath| -> Vec<OsString> {
        let parts = path.as_path().components().rev().filter_map(|part| match part {
            Component::Normal(name) => Some(name.to_owned()),
            Component::ParentDir => Some("..".into()),
            _ => None,
        });
        parts.collect()
    };
    let mut real = HostPath::new("/");
    let mut rest = parts(path);
    let mut links = 0;
    while let Some(part) = rest.pop() {
        if part == ".." {
            real = real.parent().unwrap_or(real);
            continue;
        }
        let next = real.join(&part);
        match files.read_link(&next) {
            Ok(target) if links < MOST_LINKS => {
                links += 1;
                if target.is_absolute() {
                    real = HostPath::new("/");
                }
                rest.extend(parts(&HostPath::new(target)));
            }
            _ => real = next,
        }
    }
    real
}
