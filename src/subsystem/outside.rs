//! What of a host's next start is decided outside its files: a container's manager starts its init on a kernel that is not its own,
//! and Windows starts WSL 2 with a kernel and swap that `.wslconfig` chooses.

use super::Subsystems;
use crate::fact::{Origin, printable};
use crate::host::{Files, Read};

/// What shows that a running system is a container, which has no boot of its own: systemd writes the first, managers
/// the others (systemd's "Container Interface", docker, podman). WSL is none: systemd boots there as the files say.
#[must_use]
pub fn container(subsystems: &Subsystems<'_>) -> Option<Origin> {
    const MARKS: [&str; 4] =
        ["/run/systemd/container", "/run/host/container-manager", "/.dockerenv", "/run/.containerenv"];
    let files = subsystems.host().running()?.files();
    let (mark, hidden) = MARKS.into_iter().find_map(|path| match files.stat(path) {
        Read::There(_) => Some((path, None)),
        Read::Missing(_) => None,
        Read::Hidden(error) => Some((path, Some(error))),
    })?;
    if let Some(error) = hidden {
        return Some(Origin::file(mark).says(format!("whether this is a container can't be told: {error}")));
    }
    // An empty mark is that of one manager.
    let by = match mark {
        "/.dockerenv" => "docker, by /.dockerenv",
        "/run/.containerenv" => "podman, by /run/.containerenv",
        _ => "unnamed",
    };
    let kind = named(files, mark).unwrap_or_else(|| by.into());
    if kind == "wsl" {
        return None;
    }
    let says = format!("this is a container ({}): its next start is decided outside it", printable(&kind));
    Some(Origin::file(mark).says(says))
}

/// The first line of a mark.
fn named(files: &Files, mark: &str) -> Option<String> {
    let kind = match files.read(mark) {
        Read::There(bytes) => String::from_utf8_lossy(&bytes).trim().to_owned(),
        // Only for its name: what can't be read has none.
        Read::Missing(_) | Read::Hidden(_) => return None,
    };
    Some(kind).filter(|kind| !kind.is_empty() && !kind.contains('\n'))
}

/// What shows that the running system is WSL, by the name of its kernel as systemd does (`detect_container`).
#[must_use]
pub fn wsl(subsystems: &Subsystems<'_>) -> Option<Origin> {
    let release = &subsystems.host().running()?.uname().release;
    let is_wsl = ["Microsoft", "microsoft", "WSL"].iter().any(|word| release.contains(word));
    is_wsl.then(|| {
        let says = format!("{} is the kernel of WSL, which Windows starts", printable(release));
        Origin::file("uname(2)").says(says)
    })
}
