//! `mount:PATH`: the file system that a path is on.

use super::file::PATH;
use super::{Attribute, BOTH, Key, KeySyntax, Probe, Shape};
use crate::fact::{Fact, Moment};
use crate::host::HostPath;
use crate::subsystem::Subsystems;
use crate::subsystem::boot::mounts;

pub(super) static PROBE: Probe = Probe {
    name: "mount",
    summary: "The file system that a path is on, and how it is mounted.",
    details: "Now: /proc/self/mountinfo, walked as the kernel walks it, so that what a later mount hides doesn't count. \
              Boot: mount units that start, and lines of fstab that are mounted at boot; `options` are those that are \
              written there. The path need not be there. Where fstab has no line for the root file system, its type and \
              device are known as far as the kernel command line names them. systemd makes all mounts shared when it starts. \
              File systems of other machines are not looked at, and links on them are not followed.",
    key: KeySyntax::Required(&PATH),
    answer: Shape::Record(&[
        Attribute { name: "point", shape: Shape::Text, summary: "Where it is mounted." },
        Attribute { name: "device", shape: Shape::Text, summary: "The device, as the table names it." },
        Attribute { name: "type", shape: Shape::Text, summary: "The type: `ext4`, `xfs`, `nfs4`." },
        Attribute { name: "options", shape: Shape::List(&Shape::Text), summary: "The options." },
        Attribute { name: "read-only", shape: Shape::Bool, summary: "Whether nothing can be written." },
        Attribute {
            name: "propagation",
            shape: Shape::Word(mounts::PROPAGATIONS),
            summary: "Whether mounts below it appear elsewhere, too.",
        },
        Attribute {
            name: "local",
            shape: Shape::Bool,
            summary: "Whether its type is one whose files are on this machine.",
        },
    ]),
    moments: BOTH,
    examples: &["/", "/var/lib/containers", "/var/lib/etcd", "/var/lib/kubelet"],
    ask,
};

fn ask(subsystems: &Subsystems<'_>, key: &Key, moment: Moment) -> Fact {
    mounts::mount(subsystems, &HostPath::new(key.as_str()), moment)
}
