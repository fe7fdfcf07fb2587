//! `selinux`: the mode of SELinux.

use super::{BOTH, Key, KeySyntax, Probe, Shape};
use crate::fact::{Fact, Moment, Origin, Reason, State};
use crate::host::Read;
use crate::subsystem::Subsystems;
use crate::subsystem::kernel::selinux;

pub(super) static PROBE: Probe = Probe {
    name: "selinux",
    summary: "The mode of SELinux: enforcing, permissive or disabled.",
    details: "Now: /sys/fs/selinux/enforce; disabled where that is not mounted. Boot: selinux= and enforcing= of the \
              next command line, else /etc/selinux/config; disabled without an installed policy, and where the next \
              kernel's list of security modules (lsm=, security=, CONFIG_LSM) has no SELinux.",
    key: KeySyntax::None,
    answer: Shape::Word(&["enforcing", "permissive", "disabled"]),
    moments: BOTH,
    examples: &[],
    ask,
};

fn ask(subsystems: &Subsystems<'_>, _key: &Key, moment: Moment) -> Fact {
    const ENFORCE: &str = "/sys/fs/selinux/enforce";
    match (moment, subsystems.host().running()) {
        (Moment::Now, None) => Fact::unknown(Reason::not_running()),
        (Moment::Now, Some(running)) => match running.files().read(ENFORCE) {
            Read::There(bytes) => {
                let word = if bytes.starts_with(b"1") { "enforcing" } else { "permissive" };
                Fact::new(State::from(word)).because(Origin::file(ENFORCE))
            }
            Read::Missing(_) => {
                Fact::new(State::from("disabled")).because(Origin::file(ENFORCE).says("is not there"))
            }
            Read::Hidden(error) => Fact::unknown(error),
        },
        (Moment::NextBoot, _) => selinux::at_boot(subsystems),
    }
}
