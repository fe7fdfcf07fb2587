//! `cgroup`: the cgroup hierarchy and its controllers.

use super::{Attribute, BOTH, Key, KeySyntax, Probe, Shape};
use crate::fact::{Fact, Moment, Value};
use crate::subsystem::Subsystems;
use crate::subsystem::kernel::cgroups;

const MODE: Attribute = Attribute::new("mode", Shape::Word(cgroups::MODES), "The hierarchy.");
const CONTROLLERS: Attribute =
    Attribute::new("controllers", Shape::List(&Shape::Text), "The controllers, sorted.");

pub(super) static PROBE: Probe = Probe {
    name: "cgroup",
    summary: "The cgroup hierarchy (v2, hybrid or v1) and the controllers in it.",
    details: "Now: the mounts at /sys/fs/cgroup; controllers of v2 from cgroup.controllers, of v1 those that are \
              mounted. Boot: what systemd will mount, by its version, the kernel command line and the distribution's \
              default. The controllers of the next boot are known if the same kernel runs now, or as far as \
              cgroup_disable= names them.",
    key: KeySyntax::None,
    answer: Shape::Record(&[MODE, CONTROLLERS]),
    moments: BOTH,
    examples: &[],
    ask,
};

fn ask(subsystems: &Subsystems<'_>, _key: &Key, moment: Moment) -> Fact {
    cgroups::cgroup(subsystems, moment).map(|found| {
        Value::record([
            MODE.is(found.mode.map(Value::from)),
            CONTROLLERS.is(found.controllers.map(Value::list)),
        ])
    })
}
