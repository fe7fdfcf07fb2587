//! Which file system a path is on: now by the kernel's table, at boot by mount units and fstab.

use crate::fact::{Answer, Confidence, Knowledge, Moment, Origin, Reason};
use crate::host::{HostPath, Read, Running, Space};
use crate::parse::mountinfo;
use crate::parse::systemd::escape_path;
use crate::subsystem::Subsystems;
use crate::subsystem::systemd::units::Starts;

const TABLE: &str = "/proc/self/mountinfo";
const FSTAB: &str = "/etc/fstab";

/// Types whose files are on this machine: looking at them can't wait for another one.
const LOCAL: &[&str] = &[
    "bcachefs", "btrfs", "erofs", "ext2", "ext3", "ext4", "f2fs", "jfs", "overlay", "ramfs", "reiserfs",
    "rootfs", "squashfs", "tmpfs", "vfat", "xfs", "zfs",
];

/// The words for how mounts and unmounts spread.
pub const PROPAGATIONS: &[&str] = &["shared", "slave", "private", "unbindable"];

/// The file system that a path is on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MountedAt {
    /// Where it is mounted.
    pub point: String,
    /// The device, as the table names it.
    pub device: Knowledge<String>,
    /// The type.
    pub kind: Knowledge<String>,
    /// The options, as they are written where they come from.
    pub options: Vec<String>,
    /// Whether nothing can be written.
    pub read_only: Knowledge<bool>,
    /// One of `PROPAGATIONS`.
    pub propagation: &'static str,
}

impl MountedAt {
    /// Whether its type is one whose files are on this machine.
    #[must_use]
    pub fn is_local(&self) -> Knowledge<bool> {
        self.kind.clone().map(|kind| LOCAL.contains(&kind.as_str()))
    }
}

/// The file system that a path is on at a moment.
pub fn mount(subsystems: &Subsystems<'_>, path: &HostPath, moment: Moment) -> Answer<MountedAt> {
    match (moment, subsystems.host().running()) {
        (Moment::Now, Some(running)) => now(subsystems, running, path),
        (Moment::Now, None) => Answer::unknown(Reason::not_running()),
        (Moment::NextBoot, _) => at_boot(subsystems, path),
    }
}

fn now(subsystems: &Subsystems<'_>, running: &dyn Running, path: &HostPath) -> Answer<MountedAt> {
    let answer = with_mount(subsystems, running, path, |mount| {
        let options = mount.options.split(',').chain(mount.super_options.split(','));
        let mut options: Vec<String> = options.map(str::to_owned).collect();
        options.sort_unstable();
        options.dedup();
        let is_read_only = options.iter().any(|option| option == "ro");
        let tag = |name: &str| mount.propagation.split(' ').any(|tag| tag.split(':').next() == Some(name));
        let propagation = match () {
            () if tag("shared") => "shared",
            () if tag("master") => "slave",
            () if tag("unbindable") => "unbindable",
            () => "private",
        };
        MountedAt {
            point: mount.point.to_string(),
            device: Knowledge::Known(mount.source.to_string()),
            kind: Knowledge::Known(mount.kind.to_owned()),
            options,
            read_only: Knowledge::Known(is_read_only),
            propagation,
        }
    });
    match answer {
        Ok(found) => {
            let says = format!("{path} is on {}", found.point);
            Answer::known(found).because(Origin::file(TABLE).says(says))
        }
        Err(reason) => Answer::unknown(reason),
    }
}

/// Looks at the mount of a path, links followed; a link on a file system of another machine is not looked at.
fn with_mount<T>(
    subsystems: &Subsystems<'_>,
    running: &dyn Running,
    path: &HostPath,
    look: impl FnOnce(&mountinfo::Mount<'_>) -> T,
) -> Result<T, Reason> {
    let bytes = running.files().read(TABLE).found()?.ok_or_else(|| format!("{TABLE}: not found"))?;
    let text = String::from_utf8_lossy(&bytes);
    let nowhere = || Reason::from(format!("{TABLE} doesn't say what {path} is on"));
    let written = path.to_string();
    let mounts = mountinfo::above(&text, &written);
    let mount = mountinfo::of_path(&mounts, &written).ok_or_else(nowhere)?;
    if !LOCAL.contains(&mount.kind) {
        return Ok(look(mount));
    }
    let real = subsystems.host().files().real_path(path);
    if real == *path {
        return Ok(look(mount));
    }
    let real = real.to_string();
    mountinfo::of_path(&mountinfo::above(&text, &real), &real).map(look).ok_or_else(nowhere)
}

/// The space on the file system of a path, and where that is mounted. File systems of other machines are not asked:
/// a server that is away would hold the answer back for ever.
///
/// # Errors
/// Why it can't be known.
pub fn space(subsystems: &Subsystems<'_>, path: &HostPath) -> Result<(String, Space), Reason> {
    let running = subsystems.host().running().ok_or_else(Reason::not_running)?;
    let (point, kind) =
        with_mount(subsystems, running, path, |mount| (mount.point.to_string(), mount.kind.to_owned()))?;
    if !LOCAL.contains(&kind.as_str()) {
        return Err(Reason::from(format!(
            "{point} is of type {kind}, which is not asked: it might never answer"
        )));
    }
    let space = running.space(&HostPath::new(&point)).required()?;
    Ok((point, space))
}

/// Whether listings of the XFS file system of a path tell files from directories (`d_type` of `getdents(2)`): the one
/// type in use of which they may not. Absent for others.
pub fn lists_types(subsystems: &Subsystems<'_>, path: &HostPath) -> Knowledge<bool> {
    let Some(running) = subsystems.host().running() else {
        return Knowledge::unknown(Reason::not_running());
    };
    match with_mount(subsystems, running, path, |mount| (mount.point.to_string(), mount.kind.to_owned())) {
        Ok((point, kind)) if kind == "xfs" => match running.lists_types(&HostPath::new(&point)).required() {
            Ok(answer) => Knowledge::Known(answer),
            Err(error) => Knowledge::unknown(error),
        },
        Ok(_) => Knowledge::Absent,
        Err(reason) => Knowledge::unknown(reason),
    }
}

fn at_boot(subsystems: &Subsystems<'_>, path: &HostPath) -> Answer<MountedAt> {
    let systemd = subsystems.systemd();
    if let Some(doubt) = &systemd.doubt {
        return Answer::unknown(format!("what mounts it is not known: {doubt}"));
    }
    let files = subsystems.host().files();
    let real = files.real_path(path).to_string();
    let mut found = root(subsystems, &real);
    let mut places: Vec<&str> = real.match_indices('/').skip(1).map(|(end, _)| &real[..end]).collect();
    places.extend((real != "/").then_some(real.as_str()));
    places.insert(0, "/");
    for place in places {
        let in_fstab = match subsystems.fstab().at(&HostPath::new(place)) {
            Ok(mount) => mount,
            Err(error) => return Answer::unknown(error),
        };
        let unit = unit_name(place);
        let merged = subsystems.units().merged(subsystems, &unit);
        if let Some(merged) = merged.filter(|_| place != "/") {
            match subsystems.units().starts(subsystems, &unit) {
                Starts::No(_) => continue,
                Starts::Unknown(reason) => return Answer::unknown(format!("{unit}: {reason}")),
                Starts::Yes(_) => {}
            }
            let last = |key: &str| merged.last("Mount", key).map(|setting| setting.value.clone());
            let origin = merged.last("Mount", "What").map(crate::subsystem::systemd::units::Setting::origin);
            found = of_options(
                place,
                &last("What").unwrap_or_default(),
                &last("Type").unwrap_or_else(|| "auto".into()),
                &last("Options").unwrap_or_default(),
            )
            .because_all(origin);
            continue;
        }
        let Some(mount) = in_fstab.filter(|mount| mount.is_auto()) else { continue };
        if let Some(masked) = subsystems.units().masked_by(subsystems, &unit) {
            found.overruled.push(masked);
            continue;
        }
        let outer = std::mem::replace(
            &mut found,
            of_options(place, &mount.device, &mount.kind, &mount.options)
                .because(Origin::line(FSTAB, mount.line)),
        );
        if place == "/" && !mount.options.split(',').any(|option| option == "rw" || option == "ro") {
            found = found.because_all(outer.because);
        }
        if mount.may_fail() && place != "/" {
            found =
                found.at_most(Confidence::High).note(format!("{place} is mounted if its device is there"));
        }
    }
    found
}

/// The root file system where fstab has no line for it: as it is now, since what mounted it, the initramfs or the
/// kernel, will do the same again; else as far as the command line says.
fn root(subsystems: &Subsystems<'_>, path: &str) -> Answer<MountedAt> {
    if let Some(running) = subsystems.host().running() {
        if let Read::Hidden(error) = running.files().read(TABLE) {
            return Answer::unknown(error);
        }
        let now = now(subsystems, running, &HostPath::new(path));
        // What is mounted elsewhere may have been mounted by hand; /var is mounted early on image-based systems.
        if let Knowledge::Known(found) = &now.state
            && ["/", "/var"].contains(&found.point.as_str())
        {
            return now
                .at_most(Confidence::High)
                .note("assumed to be mounted as now: fstab has no line for it");
        }
    }
    let reason = "fstab has no line for the root file system";
    let parameter = |key: &str| match subsystems.next_boot().parameter(key) {
        Ok(parameter) => parameter.value.map_or_else(|| Knowledge::unknown(reason), Knowledge::Known),
        Err(reason) => Knowledge::unknown(reason),
    };
    let read_only = match subsystems.next_boot().has_word("rw") {
        Ok((true, ..)) => Knowledge::Known(false),
        Ok((false, ..)) => Knowledge::unknown(reason),
        Err(reason) => Knowledge::unknown(reason),
    };
    Answer::known(MountedAt {
        point: "/".into(),
        device: parameter("root"),
        kind: parameter("rootfstype"),
        // Neither the kernel nor an initramfs adds any of the options that rules ask for.
        options: Vec::new(),
        read_only,
        propagation: "shared",
    })
    .at_most(Confidence::High)
}

fn of_options(point: &str, device: &str, kind: &str, options: &str) -> Answer<MountedAt> {
    let list: Vec<&str> = options.split(',').map(str::trim).filter(|option| !option.is_empty()).collect();
    let last = list.iter().rev().find(|option| matches!(**option, "ro" | "rw"));
    let kind = match kind {
        "auto" => Knowledge::unknown("its type is found out when it is mounted"),
        _ if list.contains(&"x-systemd.automount") => Knowledge::Known("autofs".to_owned()),
        _ if list.contains(&"bind") || list.contains(&"rbind") => {
            Knowledge::unknown("it is another place of a file system")
        }
        kind => Knowledge::Known(kind.to_owned()),
    };
    Answer::known(MountedAt {
        point: point.to_owned(),
        device: Knowledge::Known(device.to_owned()),
        kind,
        read_only: Knowledge::Known(last == Some(&"ro")),
        options: list.into_iter().map(str::to_owned).collect(),
        // PID 1 makes all mounts shared (systemd's mount-setup.c), and what is mounted on them is, too.
        propagation: "shared",
    })
}

/// The mount unit of a directory.
fn unit_name(directory: &str) -> String {
    escape_path(directory) + ".mount"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directories_have_the_names_that_systemd_escape_gives_them() {
        for (directory, unit) in [
            ("/", "-.mount"),
            ("/var/lib/kubelet", "var-lib-kubelet.mount"),
            ("/opt/a-b", "opt-a\\x2db.mount"),
            ("/.snapshots", "\\x2esnapshots.mount"),
        ] {
            assert_eq!(unit_name(directory), unit);
        }
    }
}
