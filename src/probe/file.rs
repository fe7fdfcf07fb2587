//! `file:PATH`: what is at a path.

use super::key::absolute_path;
use super::{Attribute, BOTH, Key, KeyKind, KeySyntax, Probe, Shape};
use crate::fact::{Confidence, Fact, Moment, Origin, State, Value};
use crate::host::{Files, HostError, HostPath, Kind, Metadata, Read};
use crate::parse;
use crate::subsystem::Subsystems;
use crate::subsystem::boot::ephemeral::{self, Unavailable};

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
              disk. Unknown below /proc, /sys and /dev, which the kernel and udev fill at each boot, and for what \
              tmpfiles.d makes; absent in file systems in memory (fstab, tmp.mount; /run with high confidence) and for \
              what tmpfiles.d empties or removes. Owners are names of the host's own /etc/passwd, else numbers, \
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
        Err(Unavailable::Lost(why)) if end == path || is_by_name(&path) => {
            return Fact::absent().because(Origin::file(&path)).note(why);
        }
        Err(Unavailable::InMemory(why)) if end == path || is_by_name(&path) => {
            let note = format!("{why}; tmpfiles.d makes nothing there, a service may");
            return Fact::absent().because(Origin::file(&path)).at_most(Confidence::High).note(note);
        }
        // `/etc/resolv.conf` leads to what a service makes after the boot.
        Err(Unavailable::Lost(why) | Unavailable::InMemory(why) | Unavailable::Remade(why))
            if end != path =>
        {
            return Fact::unknown(format!("{path} leads to {end}: {why}")).because(Origin::file(&path));
        }
        Err(other) => return Fact::unknown(other.why()).because(Origin::file(&path)),
    };
    match files.stat(&end) {
        Read::There(metadata) => {
            Fact::new(State::from(record([disk, files], &path, metadata))).because(Origin::file(&path))
        }
        Read::Missing(_) => {
            let mut fact = Fact::absent().because(Origin::file(&path));
            if let State::Known(target) = link(disk, &path).known() {
                let target = target.as_text().unwrap_or_default();
                fact.notes.push(format!("{path} is a link to {target}, which isn't there"));
            }
            fact
        }
        Read::Hidden(error) => Fact::unknown(error),
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
    let link = match link(disk, path) {
        Read::Missing(_) => link(other, path),
        found => found,
    };
    Value::record([
        KIND.is(metadata.kind.name()),
        MODE.is(format!("{:04o}", metadata.mode)),
        OWNER.is(name("/etc/passwd", metadata.uid)),
        GROUP.is(name("/etc/group", metadata.gid)),
        SIZE.is(State::Known(Value::Size(metadata.size))),
        LINK.is(link.known()),
    ])
}

/// The text of a link at a path; missing if something else is there.
fn link(files: &Files, path: &HostPath) -> Read<Value> {
    files.lstat(path).and_then(|found| match found.kind {
        Kind::Link => files.read_link(path).map(|target| Value::Text(target.to_string_lossy().into_owned())),
        _ => Read::Missing(path.to_string()),
    })
}

/// The name of an ID in the host's own database (passwd(5), group(5)): third field, first field.
fn name_of(disk: &Files, database: &str, id: u32) -> Result<Option<String>, HostError> {
    let Some(bytes) = disk.read(database).found()? else { return Ok(None) };
    Ok(parse::lines(&bytes).find_map(|(_, line)| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)?.parse() == Ok(id)).then(|| name.to_owned())
    }))
}
