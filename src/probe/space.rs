//! `space:PATH`: the room on the file system that a path is on.

use super::file::PATH;
use super::{Attribute, Key, KeySyntax, NOW, Probe, Shape};
use crate::fact::{Fact, Moment, Origin, State, Value};
use crate::host::HostPath;
use crate::subsystem::Subsystems;
use crate::subsystem::boot::mounts;

const POINT: Attribute = Attribute::new("point", Shape::Text, "Where it is mounted.");
const TOTAL: Attribute = Attribute::new("total", Shape::Size, "Bytes.");
const AVAILABLE: Attribute = Attribute::new("available", Shape::Size, "Bytes that can still be written.");
const AVAILABLE_PERCENT: Attribute =
    Attribute::new("available-percent", Shape::Integer, "Available, in hundredths of the total.");
const INODES_PERCENT: Attribute = Attribute::new(
    "inodes-percent",
    Shape::Integer,
    "Free inodes in hundredths of all; absent where they are not counted (btrfs).",
);
const LISTS_TYPES: Attribute = Attribute::new(
    "lists-types",
    Shape::Bool,
    "XFS only: whether listings tell files from directories (d_type), which overlay file systems need.",
)
.phrase("listing types of files");

pub(super) static PROBE: Probe = Probe {
    name: "space",
    summary: "How much room there is on the file system that a path is on.",
    details: "Now: statvfs(3) of the place where that file system is mounted; the path need not be there. Available is what \
              a user without privileges may still write, which is what the kubelet compares. Percentages are rounded down. \
              File systems of other machines (NFS, FUSE, autofs, ...) are not asked, since they might never answer: unknown.",
    key: KeySyntax::Required(&PATH),
    answer: Shape::Record(&[POINT, TOTAL, AVAILABLE, AVAILABLE_PERCENT, INODES_PERCENT, LISTS_TYPES]),
    moments: NOW,
    examples: &["/var/lib/containers", "/var/lib/etcd", "/var/lib/kubelet"],
    ask,
};

fn ask(subsystems: &Subsystems<'_>, key: &Key, _moment: Moment) -> Fact {
    let path = HostPath::new(key.as_str());
    match mounts::space(subsystems, &path) {
        Ok((point, space)) => {
            let origin = Origin::file(&point);
            Fact::new(Value::record([
                POINT.is(point),
                TOTAL.is(State::Known(Value::Size(space.total))),
                AVAILABLE.is(State::Known(Value::Size(space.available))),
                AVAILABLE_PERCENT.is(percent(space.available, space.total)),
                INODES_PERCENT.is(percent(space.inodes_free, space.inodes)),
                LISTS_TYPES.is(mounts::lists_types(subsystems, &path).map(Value::from)),
            ]))
            .because(origin)
        }
        Err(reason) => Fact::unknown(reason),
    }
}

fn percent(part: u64, whole: u64) -> State {
    let hundredths = u128::from(part) * 100;
    let percent = hundredths.checked_div(u128::from(whole)).map(|percent| percent.min(100));
    percent.and_then(|percent| i64::try_from(percent).ok()).map_or(State::Absent, State::from)
}
