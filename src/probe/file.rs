//! `file:PATH`: what is at a path.

use super::{Attribute, BOTH, Key, KeyKind, KeySyntax, Probe, Shape};
use crate::fact::{Fact, Moment, Origin, State, Value};
use crate::format::{self, fstab};
use crate::host::{Files, HostPath, Kind, Metadata};
use crate::subsystem::Subsystems;
use crate::subsystem::units::Starts;

pub(super) static PROBE: Probe = Probe {
    name: "file",
    summary: "What is at a path: kind, permission bits, owner, group, size.",
    details: "Links are followed; `link` holds the text of a link at the path itself. Now: as it is. Boot: what is on \
              disk, except below /run, /proc, /sys, /dev (and /tmp where it is in memory), which every boot makes anew: \
              absent. Owners are names of the host's own /etc/passwd, else numbers.",
    key: KeySyntax::Required(&KeyKind { noun: "path", canonical }),
    answer: Shape::Record(&[
        Attribute {
            name: "kind",
            shape: Shape::Word(&["file", "directory", "fifo", "socket", "char-device", "block-device"]),
            summary: "What it is.",
        },
        Attribute { name: "mode", shape: Shape::Mode, summary: "Permission bits." },
        Attribute { name: "owner", shape: Shape::Text, summary: "The user." },
        Attribute { name: "group", shape: Shape::Text, summary: "The group." },
        Attribute { name: "size", shape: Shape::Size, summary: "Bytes." },
        Attribute {
            name: "link",
            shape: Shape::Text,
            summary: "Where a link at the path leads; absent if it is none.",
        },
    ]),
    moments: BOTH,
    examples: &["/etc/kubernetes/admin.conf", "/var/lib/kubelet/config.yaml"],
    ask,
};

fn canonical(text: &str) -> Result<String, String> {
    if !text.starts_with('/') {
        return Err(format!("`{text}` is not an absolute path"));
    }
    if text.split('/').any(|part| part == "..") {
        return Err(format!("`{text}` has `..` in it"));
    }
    Ok(HostPath::new(text).to_string())
}

fn ask(subsystems: &Subsystems<'_>, key: &Key, moment: Moment) -> Fact {
    let path = HostPath::new(key.as_str());
    let disk = subsystems.host().files();
    // Where links lead counts: /var/lock/x is /run/lock/x.
    let real = disk.real_path(&path);
    let files = match (moment, subsystems.host().running()) {
        (Moment::Now, Some(running)) if is_made_at_boot(&path) => running.files(),
        (Moment::Now, Some(running)) if is_made_at_boot(&real) => {
            return describe(running.files(), disk, &real);
        }
        (Moment::Now, None) => return Fact::unknown("nothing is running here"),
        (Moment::Boot, _) if is_made_at_boot(&path) || is_made_at_boot(&real) => {
            return Fact::absent().note(format!("{real} is made anew by every boot"));
        }
        (Moment::Boot, _) if real.as_path().starts_with("/tmp") => match tmp_is_in_memory(subsystems) {
            Ok(true) => return Fact::absent().note("/tmp is in memory (tmp.mount)"),
            Ok(false) => disk,
            Err(reason) => return Fact::unknown(reason),
        },
        (Moment::Now, Some(_)) | (Moment::Boot, _) => disk,
    };
    describe(files, disk, &path)
}

fn describe(files: &Files, disk: &Files, path: &HostPath) -> Fact {
    match files.stat(path) {
        Ok(metadata) => {
            Fact::new(State::from(record(files, disk, path, metadata))).because(Origin::file(path))
        }
        Err(error) if error.is_not_found() => {
            let dangling = files.read_link(path).ok();
            let note =
                dangling.map(|target| format!("{path} is a link to {}, which isn't there", target.display()));
            let mut fact = Fact::absent().because(Origin::file(path));
            fact.notes.extend(note);
            fact
        }
        Err(error) => Fact::unknown(error.to_string()),
    }
}

/// File systems in memory that the kernel and PID 1 mount (file-hierarchy(7)).
pub(super) fn is_made_at_boot(path: &HostPath) -> bool {
    ["/run", "/var/run", "/proc", "/sys", "/dev"]
        .iter()
        .any(|directory| path.as_path().starts_with(directory))
}

/// A line of fstab for /tmp decides, else the unit `tmp.mount`.
fn tmp_is_in_memory(subsystems: &Subsystems<'_>) -> Result<bool, String> {
    let lines = match subsystems.host().files().read("/etc/fstab") {
        Ok(bytes) => fstab::parse(&bytes),
        Err(error) if error.is_not_found() => Vec::new(),
        Err(error) => return Err(format!("whether /tmp is in memory can't be told: {error}")),
    };
    match lines.iter().rfind(|mount| HostPath::new(&mount.target) == HostPath::new("/tmp") && mount.is_auto())
    {
        Some(mount) if mount.kind == "tmpfs" => return Ok(true),
        Some(mount) => return Err(format!("/etc/fstab:{}: /tmp is on a device of its own", mount.line)),
        None => {}
    }
    if subsystems.units().merged(subsystems, "tmp.mount").is_none() {
        return Ok(false);
    }
    match subsystems.units().starts(subsystems, "tmp.mount") {
        Starts::Yes(_) => Ok(true),
        Starts::No(_) => Ok(false),
        Starts::Unknown(reason) => Err(format!("whether /tmp is in memory can't be told: {reason}")),
    }
}

fn record(files: &Files, disk: &Files, path: &HostPath, metadata: Metadata) -> Value {
    let name = |database: &str, id: Option<u32>| match id {
        Some(id) => State::from(name_of(disk, database, id).unwrap_or_else(|| id.to_string())),
        None => State::unknown("this kind of host doesn't say who owns it"),
    };
    let link = files
        .lstat(path)
        .is_ok_and(|own| own.kind == Kind::Link)
        .then(|| files.read_link(path).ok())
        .flatten();
    Value::record([
        ("kind", State::from(metadata.kind.name())),
        ("mode", State::from(format!("{:04o}", metadata.mode))),
        ("owner", name("/etc/passwd", metadata.uid)),
        ("group", name("/etc/group", metadata.gid)),
        ("size", State::Known(Value::Size(metadata.size))),
        ("link", link.map_or(State::Absent, |target| State::from(target.to_string_lossy().into_owned()))),
    ])
}

/// The name of an ID in the host's own database (passwd(5), group(5)): third field, first field.
fn name_of(disk: &Files, database: &str, id: u32) -> Option<String> {
    let bytes = disk.read(database).ok()?;
    format::lines(&bytes).find_map(|(_, line)| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)?.parse() == Ok(id)).then(|| name.to_owned())
    })
}
