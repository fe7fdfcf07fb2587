//! `space:PATH`: the room on the file system that a path is on.

use super::file::PATH;
use super::{Attribute, Key, KeySyntax, NOW, Probe, Shape};
use crate::fact::{Fact, Moment, Origin, State, Value};
use crate::host::HostPath;
use crate::subsystem::Subsystems;
use crate::subsystem::boot::mounts;

pub(super) static PROBE: Probe = Probe {
    name: "space",
    summary: "How much room there is on the file system that a path is on.",
    details: "Now: statvfs(3) of the place where that file system is mounted; the path need not be there. Available is what \
              a user without privileges may still write, which is what the kubelet compares. Percentages are rounded down. \
              File systems of other machines (NFS, FUSE, autofs, ...) are not asked, since they might never answer: unknown.",
    key: KeySyntax::Required(&PATH),
    answer: Shape::Record(&[
        Attribute { name: "point", shape: Shape::Text, summary: "Where it is mounted." },
        Attribute { name: "total", shape: Shape::Size, summary: "Bytes." },
        Attribute { name: "available", shape: Shape::Size, summary: "Bytes that can still be written." },
        Attribute {
            name: "available-percent",
            shape: Shape::Integer,
            summary: "Available, in hundredths of the total.",
        },
        Attribute {
            name: "inodes-percent",
            shape: Shape::Integer,
            summary: "Free inodes in hundredths of all; absent where they are not counted (btrfs).",
        },
        Attribute {
            name: "lists-types",
            shape: Shape::Bool,
            summary: "XFS only: whether listings tell files from directories (d_type), which overlay file systems need.",
        },
    ]),
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
                ("point", State::from(point)),
                ("total", State::Known(Value::Size(space.total))),
                ("available", State::Known(Value::Size(space.available))),
                ("available-percent", percent(space.available, space.total)),
                ("inodes-percent", percent(space.inodes_free, space.inodes)),
                ("lists-types", mounts::lists_types(subsystems, &path)),
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
