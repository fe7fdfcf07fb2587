//! `apparmor`: whether the kernel confines programs with AppArmor.

use super::{Key, KeySyntax, NOW, Probe, Shape};
use crate::fact::{Fact, Moment, Origin, State};
use crate::subsystem::Subsystems;

pub(super) static PROBE: Probe = Probe {
    name: "apparmor",
    summary: "Whether AppArmor is enabled in the kernel.",
    details: "Now: /sys/module/apparmor/parameters/enabled, which is what runtimes look at; disabled where it isn't there.",
    key: KeySyntax::None,
    answer: Shape::Word(&["enabled", "disabled"]),
    moments: NOW,
    examples: &[],
    ask,
};

fn ask(subsystems: &Subsystems<'_>, _key: &Key, _moment: Moment) -> Fact {
    const ENABLED: &str = "/sys/module/apparmor/parameters/enabled";
    let Some(running) = subsystems.host().running() else { return Fact::unknown("nothing is running here") };
    match running.files().read(ENABLED).legacy() {
        Ok(bytes) => {
            let word = if bytes.starts_with(b"Y") { "enabled" } else { "disabled" };
            Fact::new(State::from(word)).because(Origin::file(ENABLED))
        }
        Err(error) if error.is_not_found() => {
            Fact::new(State::from("disabled")).because(Origin::file(ENABLED).says("is not there"))
        }
        Err(error) => Fact::unknown(error.to_string()),
    }
}
