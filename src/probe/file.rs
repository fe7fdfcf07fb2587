//! `file:PATH`: what is at a path.

use super::key::absolute_path;
use super::{Attribute, BOTH, Key, KeyKind, KeySyntax, Probe, Shape};
use crate::fact::{Fact, Moment, Origin, State, Value};
use crate::host::{Files, HostError, HostPath, Metadata};
use crate::parse;
use crate::subsystem::Subsystems;
use crate::subsystem::boot::ephemeral::{self, NoFiles};

/// An absolute path, in one spelling.
pub(super) static PATH: KeyKind = KeyKind { noun: "path", canonical: absolute_path };

const KIND: Attribute = Attribute::new(
    "kind",
    Shape::Word(&["file", "directory", "fifo", "socket", "char-device", "block-device"]),
    "What it is.",
);
const MODE: Attribute = Attribute::new("mode", Shape::Mode, "Permission bits.");
const OWNER: Attribute = Attribute::new("owner", Shape::Text, "The user.");
const GROUP: Attribute = Attribute::new("group", Shape::Text, "The group.");
const SIZE: Attribute = Attribute::new("size", Shape::Size, "Bytes.");
const LINK: Attribute =
    Attribute::new("link", Shape::Text, "Where a link at the path leads; absent if it is none.");

pub(super) static PROBE: Probe = Probe {
    name: "file",
    summary: "What is at a path: kind, permission bits, owner, group, size.",
    details: "Links are followed; `link` holds the text of a link at the path itself. Now: as it is. Boot: what is on \
              disk, except below /run, /proc, /sys, /dev, file systems in memory (fstab, tmp.mount) and directories that \
              tmpfiles.d empties, which every boot makes anew: absent; unknown where a file of tmpfiles.d that may do so \
              can't be read. Owners are names of the host's own /etc/passwd, else numbers, \
              and unknown where that file can't be read.",
    key: KeySyntax::Required(&PATH),
    answer: Shape::Record(&[KIND, MODE, OWNER, GROUP, SIZE, LINK]),
    moments: BOTH,
    examples: &["/etc/kubernetes/admin.conf", "/var/lib/kubelet/config.yaml"],
    ask,
};

fn ask(subsystems: &Subsystems<'_>, key: &Key, moment: Moment) -> Fact {
    let path = HostPath::new(key.as_str());
    let disk = subsystems.host().files();
    let end = ephemeral::real(disk, &path);
    let files = match ephemeral::files(subsystems, &end, moment) {
        Ok(files) => files,
        Err(NoFiles::Lost(why)) if end == path || is_by_name(&path) => {
            return Fact::absent().because(Origin::file(&path)).note(why);
        }
        // `/etc/resolv.conf` leads to what a service makes after the boot.
        Err(NoFiles::Lost(why)) => {
            return Fact::unknown(format!("{path} leads to {end}: {why}")).because(Origin::file(&path));
        }
        Err(NoFiles::Unknown(reason)) => return Fact::unknown(reason),
    };
    match files.stat(&end).legacy() {
        Ok(metadata) => {
            Fact::new(State::from(record([disk, files], &path, metadata))).because(Origin::file(&path))
        }
        Err(error) if error.is_not_found() => {
            let dangling = disk.read_link(&path).legacy().ok();
            let note =
                dangling.map(|target| format!("{path} is a link to {}, which isn't there", target.display()));
            let mut fact = Fact::absent().because(Origin::file(&path));
            fact.notes.extend(note);
            fact
        }
        Err(error) => Fact::unknown(error.to_string()),
    }
}

/// Names below the old directories, whose links are the usual ones: nothing but the place is meant.
fn is_by_name(path: &HostPath) -> bool {
    ["/var/run", "/var/lock"].iter().any(|directory| path.as_path().starts_with(directory))
}

fn record([disk, other]: [&Files; 2], path: &HostPath, metadata: Metadata) -> Value {
    let name = |database: &str, id: Option<u32>| match id {
        Some(id) => match name_of(disk, database, id) {
            Ok(name) => State::from(name.unwrap_or_else(|| id.to_string())),
            Err(error) => State::unknown(error.to_string()),
        },
        None => State::unknown("this kind of host doesn't say who owns it"),
    };
    let link = disk.read_link(path).legacy().or_else(|_| other.read_link(path).legacy()).ok();
    Value::record([
        KIND.is(metadata.kind.name()),
        MODE.is(format!("{:04o}", metadata.mode)),
        OWNER.is(name("/etc/passwd", metadata.uid)),
        GROUP.is(name("/etc/group", metadata.gid)),
        SIZE.is(State::Known(Value::Size(metadata.size))),
        LINK.is(link.map_or(State::Absent, |target| State::from(target.to_string_lossy().into_owned()))),
    ])
}

/// The name of an ID in the host's own database (passwd(5), group(5)): third field, first field.
fn name_of(disk: &Files, database: &str, id: u32) -> Result<Option<String>, HostError> {
    let bytes = match disk.read(database).legacy() {
        Ok(bytes) => bytes,
        Err(error) if error.is_not_found() => return Ok(None),
        Err(error) => return Err(error),
    };
    Ok(parse::lines(&bytes).find_map(|(_, line)| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)?.parse() == Ok(id)).then(|| name.to_owned())
    }))
}
