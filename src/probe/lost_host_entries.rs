//! `lost-host-entries`: names of /etc/hosts that the next boot removes.

use super::{BOOT, Key, KeySyntax, Probe, Shape};
use crate::fact::{Fact, Moment, Value};
use crate::subsystem::Subsystems;
use crate::subsystem::network::cloud_hosts;

pub(super) static PROBE: Probe = Probe {
    name: "lost-host-entries",
    summary: "Names in /etc/hosts that are gone after the next boot, because cloud-init writes the file again.",
    details: "\
With `manage_etc_hosts: true` (or `template`) in cloud.cfg, cloud.cfg.d or the user data, cloud-init makes the file from \
/etc/cloud/templates/hosts.*.tmpl at each boot. Told are names of addresses other than loopback that aren't in the template and aren't \
the host's own.",
    key: KeySyntax::None,
    answer: Shape::List(&Shape::Text),
    moments: BOOT,
    examples: &[],
    ask,
};

fn ask(subsystems: &Subsystems<'_>, _key: &Key, _moment: Moment) -> Fact {
    cloud_hosts::lost(subsystems).map(Value::list)
}
