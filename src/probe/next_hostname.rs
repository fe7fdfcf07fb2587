//! `next-hostname`: the name that the next boot gives the host, if it is another one.

use super::{BOOT, Key, KeySyntax, Probe, Shape, hostname};
use crate::fact::{Confidence, Fact, Moment, State};
use crate::subsystem::Subsystems;

pub(super) static PROBE: Probe = Probe {
    name: "next-hostname",
    summary: "The name that the next boot gives the host, if that is another than it has now.",
    details: "Boot: as `hostname` says, beside what it says now; absent if the two are the same but for capital letters, \
              which kubeadm and the kubelet make small, or if nothing runs that could have a name. Unknown where DHCP or \
              cloud-init may give another one.",
    key: KeySyntax::None,
    answer: Shape::Text,
    moments: BOOT,
    examples: &[],
    ask,
};

fn ask(subsystems: &Subsystems<'_>, key: &Key, _moment: Moment) -> Fact {
    if subsystems.host().running().is_none() {
        return Fact::absent().note("nothing runs here: there is no name that could change");
    }
    let now = hostname::ask(subsystems, key, Moment::Now);
    let next = hostname::ask(subsystems, key, Moment::NextBoot);
    let (State::Known(name), State::Known(new)) = (&now.state, &next.state) else {
        // Which of the two isn't known is told.
        return if matches!(now.state, State::Known(_)) { next } else { now };
    };
    let (name, new) = (name.to_string(), new.to_string());
    if name.eq_ignore_ascii_case(&new) {
        return Fact { state: State::Absent, ..next };
    }
    if next.confidence < Confidence::Certain {
        let doubt = next.notes.first().map_or("", String::as_str);
        return Fact::unknown(format!("{name} may become {new}: {doubt}")).because_all(next.because);
    }
    next.note(format!("it is {name} now"))
}
