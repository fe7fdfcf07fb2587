//! `cni-leftovers:NETWORK`: configuration of other pod networks.

use super::key::KeyKind;
use super::{BOTH, Key, KeySyntax, Probe, Shape};
use crate::fact::{Fact, Moment, Value};
use crate::subsystem::Subsystems;
use crate::subsystem::runtime::cni;

pub(super) static PROBE: Probe = Probe {
    name: "cni-leftovers",
    summary: "Files in the runtime's directory of networks that belong to another pod network than the one of the key; of any, without a key.",
    details: "\
The plugins that a file names tell whose it is: `calico`, `flannel`, `cilium-cni`, `antrea`, `weave-net` and others that belong to one \
pod network. Plugins that several use, such as `bridge`, tell nothing. Files whose plugins are missing, which the runtime skips, are \
among them: a plugin may come back.",
    key: KeySyntax::Optional(&KeyKind { noun: "pod network", canonical }),
    answer: Shape::List(&Shape::Text),
    moments: BOTH,
    examples: &["flannel", "cilium"],
    ask,
};

fn canonical(text: &str) -> Result<String, String> {
    let is_name = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-');
    if is_name { Ok(text.to_owned()) } else { Err(format!("`{text}` is no name of a pod network")) }
}

fn ask(subsystems: &Subsystems<'_>, key: &Key, moment: Moment) -> Fact {
    let wanted = (!key.is_none()).then(|| key.as_str());
    cni::leftovers(subsystems, wanted, moment).map(Value::list)
}
