//! `kernel`: the release of the kernel.

use super::{BOTH, Key, KeySyntax, Probe, Shape};
use crate::fact::{Fact, Moment, Origin, Reason, State};
use crate::subsystem::Subsystems;

pub(super) static PROBE: Probe = Probe {
    name: "kernel",
    summary: "The release of the kernel.",
    details: "Now: what `uname(2)` says. Boot: the kernel that the installed boot loader configuration starts \
              (GRUB, Boot Loader Specification, extlinux, Raspberry Pi); without one, the only installed kernel \
              is assumed. Unknown if several may boot.",
    key: KeySyntax::None,
    answer: Shape::Version,
    moments: BOTH,
    examples: &[],
    ask,
};

fn ask(subsystems: &Subsystems<'_>, _key: &Key, moment: Moment) -> Fact {
    let running = subsystems.host().running().map(|running| running.uname().release.as_str());
    match (moment, running) {
        (Moment::Now, Some("")) => Fact::unknown("the recording doesn't say which kernel ran"),
        (Moment::Now, Some(release)) => Fact::new(State::from(release)).because(Origin::file("uname(2)")),
        (Moment::Now, None) => Fact::unknown(Reason::not_running()),
        (Moment::NextBoot, _) => {
            let fact = subsystems.next_boot().release();
            match (&fact.state, running) {
                (State::Known(next), Some(now)) if next.as_text() != Some(now) && !now.is_empty() => {
                    fact.note(format!("the next boot changes the kernel; {now} runs now"))
                }
                _ => fact,
            }
        }
    }
}
