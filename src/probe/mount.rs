//! `mount:PATH`: the file system that a path is on.

use super::file::PATH;
use super::{Attribute, BOTH, Key, KeySyntax, Probe, Shape};
use crate::fact::{Fact, Moment, Value};
use crate::host::HostPath;
use crate::subsystem::Subsystems;
use crate::subsystem::boot::mounts;

const POINT: Attribute = Attribute::new("point", Shape::Text, "Where it is mounted.");
const DEVICE: Attribute = Attribute::new("device", Shape::Text, "The device, as the table names it.");
const TYPE: Attribute = Attribute::new("type", Shape::Text, "The type: `ext4`, `xfs`, `nfs4`.");
const OPTIONS: Attribute = Attribute::new("options", Shape::List(&Shape::Text), "The options.");
const READ_ONLY: Attribute = Attribute::new("read-only", Shape::Bool, "Whether nothing can be written.");
const PROPAGATION: Attribute = Attribute::new(
    "propagation",
    Shape::Word(mounts::PROPAGATIONS),
    "Whether mounts below it appear elsewhere, too.",
);
const LOCAL: Attribute =
    Attribute::new("local", Shape::Bool, "Whether its type is one whose files are on this machine.");

pub(super) static PROBE: Probe = Probe {
    name: "mount",
    summary: "The file system that a path is on, and how it is mounted.",
    details: "Now: /proc/self/mountinfo, walked as the kernel walks it, so that what a later mount hides doesn't count. \
              Boot: mount units that start, and lines of fstab that are mounted at boot; `options` are those that are \
              written there. The path need not be there. Where fstab has no line for the root file system, its type and \
              device are known as far as the kernel command line names them. systemd makes all mounts shared when it starts. \
              File systems of other machines are not looked at, and links on them are not followed.",
    key: KeySyntax::Required(&PATH),
    answer: Shape::Record(&[POINT, DEVICE, TYPE, OPTIONS, READ_ONLY, PROPAGATION, LOCAL]),
    moments: BOTH,
    examples: &["/", "/var/lib/containers", "/var/lib/etcd", "/var/lib/kubelet"],
    ask,
};

fn ask(subsystems: &Subsystems<'_>, key: &Key, moment: Moment) -> Fact {
    mounts::mount(subsystems, &HostPath::new(key.as_str()), moment).map(|found| {
        Value::record([
            LOCAL.is(found.is_local().map(Value::from)),
            POINT.is(found.point),
            DEVICE.is(found.device.map(Value::from)),
            TYPE.is(found.kind.map(Value::from)),
            OPTIONS.is(Value::list(found.options)),
            READ_ONLY.is(found.read_only.map(Value::from)),
            PROPAGATION.is(found.propagation),
        ])
    })
}
