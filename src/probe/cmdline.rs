//! `cmdline`: the kernel command line.

use super::{BOTH, Key, KeySyntax, Probe, Shape};
use crate::fact::{Fact, Moment, Origin, Reason, State, Value};
use crate::host::Read;
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
        (Moment::Now, None) => Fact::unknown(Reason::not_running()),
        (Moment::Now, Some(running)) => match running.files().read(NOW) {
            Read::There(bytes) => {
                let words = cmdline::words(&String::from_utf8_lossy(&bytes));
                Fact::new(State::from(Value::list(words))).because(Origin::file(NOW))
            }
            Read::Missing(path) => Fact::unknown(format!("{path}: not found")),
            Read::Hidden(error) => Fact::unknown(error),
        },
        (Moment::NextBoot, _) => subsystems.next_boot().cmdline(),
    }
}
