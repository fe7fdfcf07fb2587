//! `cmdline`: the kernel command line.

use super::{BOTH, Key, KeySyntax, Probe, Shape};
use crate::fact::{Fact, Moment, Origin, State, Value};
use crate::parse::cmdline;
use crate::subsystem::Subsystems;

pub(super) static PROBE: Probe = Probe {
    name: "cmdline",
    summary: "The words of the kernel command line.",
    details: "Now: /proc/cmdline. Boot: the command line of the installed boot loader entry that starts next; the \
              templates it was generated from (/etc/default/grub, /etc/kernel/cmdline) have no effect by themselves, \
              and a note says where they differ.",
    key: KeySyntax::None,
    answer: Shape::List(&Shape::Text),
    moments: BOTH,
    examples: &[],
    ask,
};

fn ask(subsystems: &Subsystems<'_>, _key: &Key, moment: Moment) -> Fact {
    const NOW: &str = "/proc/cmdline";
    match (moment, subsystems.host().running()) {
        (Moment::Now, None) => Fact::unknown("nothing is running here"),
        (Moment::Now, Some(running)) => match running.files().read(NOW).legacy() {
            Ok(bytes) => {
                let words = cmdline::words(&String::from_utf8_lossy(&bytes));
                Fact::new(State::from(Value::list(words))).because(Origin::file(NOW))
            }
            Err(error) => Fact::unknown(error.to_string()),
        },
        (Moment::Boot, _) => subsystems.next_boot().cmdline(),
    }
}
