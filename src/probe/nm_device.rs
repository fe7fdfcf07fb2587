//! `nm-device`: whether NetworkManager would manage an interface.

use super::key::{KeyKind, verbatim};
use super::{Attribute, BOTH, Key, KeySyntax, Probe, Shape};
use crate::fact::{Fact, Moment, Value};
use crate::subsystem::Subsystems;
use crate::subsystem::network::nm_devices;

const MANAGED: Attribute =
    Attribute::new("managed", Shape::Bool, "Whether no file tells it to leave the interface alone.");

pub(super) static PROBE: Probe = Probe {
    name: "nm-device",
    summary: "Whether NetworkManager would manage an interface of that name.",
    details: "\
By its files, whether the interface is there or not: `unmanaged-devices` of `[keyfile]` and `managed` of `[device...]` in \
/usr/lib/NetworkManager/conf.d, now also /run/NetworkManager/conf.d, then NetworkManager.conf and /etc/NetworkManager/conf.d. A \
running NetworkManager may not have read them yet, and of udev's rules only NetworkManager's own for veth devices \
(85-nm-unmanaged.rules) is looked at. Absent where NetworkManager is not \
installed; unknown where an entry matches by a hardware address or a driver, and where netplan may hide a file at boot.",
    key: KeySyntax::Required(&KeyKind { noun: "interface", canonical: verbatim }),
    answer: Shape::Record(&[MANAGED]),
    moments: BOTH,
    examples: &["cali0", "flannel.1"],
    ask,
};

fn ask(subsystems: &Subsystems<'_>, key: &Key, moment: Moment) -> Fact {
    nm_devices::is_managed(subsystems, key.as_str(), moment)
        .map(|is_managed| Value::record([MANAGED.is(is_managed)]))
}
