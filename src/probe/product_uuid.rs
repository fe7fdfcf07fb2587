//! `product-uuid`: the identity that the firmware gives the machine.

use super::{Key, KeySyntax, NOW, Probe, Shape};
use crate::fact::{Fact, Moment, Origin, Reason, State};
use crate::host::Read;
use crate::subsystem::Subsystems;

pub(super) static PROBE: Probe = Probe {
    name: "product-uuid",
    summary: "The identity that the firmware, or the hypervisor, gives the machine, in lower case.",
    details: "Now: /sys/class/dmi/id/product_uuid, which only root may read. Absent where the firmware has no DMI tables, as \
              on most ARM boards.",
    key: KeySyntax::None,
    answer: Shape::Text,
    moments: NOW,
    examples: &[],
    ask,
};

const PATH: &str = "/sys/class/dmi/id/product_uuid";

fn ask(subsystems: &Subsystems<'_>, _key: &Key, _moment: Moment) -> Fact {
    let Some(running) = subsystems.host().running() else { return Fact::unknown(Reason::not_running()) };
    match running.files().read(PATH) {
        Read::There(text) => {
            Fact::new(State::from(String::from_utf8_lossy(&text).trim().to_ascii_lowercase()))
                .because(Origin::file(PATH))
        }
        Read::Missing(_) => Fact::absent().because(Origin::file(PATH)),
        Read::Hidden(error) => Fact::unknown(error),
    }
}
