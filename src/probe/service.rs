//! `service`: whether a unit of systemd runs and is enabled.

use super::key::KeyKind;
use super::{Attribute, BOTH, Key, KeySyntax, Probe, Shape};
use crate::fact::{Answer, Fact, Knowledge, Moment, Value};
use crate::subsystem::Subsystems;
use crate::subsystem::systemd::units::{UnitState, full_name};

/// The name of a unit; `.service` may be left out.
pub(super) static UNIT: KeyKind = KeyKind { noun: "unit", canonical };

const ACTIVE: Attribute = Attribute::new(
    "active",
    Shape::Word(&["active", "inactive", "failed", "activating", "deactivating", "reloading", "maintenance"]),
    "Whether it runs.",
);
const ENABLED: Attribute = Attribute::new(
    "enabled",
    Shape::Word(&[
        "enabled",
        "enabled-runtime",
        "disabled",
        "masked",
        "masked-runtime",
        "static",
        "indirect",
        "alias",
        "generated",
        "linked",
        "linked-runtime",
        "transient",
    ]),
    "The word of `systemctl is-enabled`.",
);
const FRAGMENT: Attribute = Attribute::new("fragment", Shape::Text, "The unit file.");

pub(super) static PROBE: Probe = Probe {
    name: "service",
    summary: "Whether a unit of systemd is active and enabled.",
    details: "Now: what systemd says over D-Bus; where it can't be asked, whether the unit's cgroup has processes. \
              Boot: what the walk from the target that boots reaches, with masks, drop-ins, conditions, presets of \
              a first boot, SysV scripts and the kernel command line considered. A unit of `Type=oneshot` without \
              `RemainAfterExit=` is inactive again after it did its work. Absent if no such unit is there; unknown \
              if the init that boots is not systemd, or if a condition can't be told before the boot.",
    key: KeySyntax::Required(&UNIT),
    answer: Shape::Record(&[ACTIVE, ENABLED, FRAGMENT]),
    moments: BOTH,
    examples: &["crio", "kubelet"],
    ask,
};

fn ask(subsystems: &Subsystems<'_>, key: &Key, moment: Moment) -> Fact {
    let answer = subsystems.units().service(subsystems, key.as_str(), moment);
    let answer = match (moment, key.as_str()) {
        (Moment::NextBoot, "systemd-sysctl.service") => failed_by_mistakes(subsystems, answer),
        _ => answer,
    };
    answer.map(|unit| {
        Value::record([
            ACTIVE.is(unit.active.map(Value::from)),
            ENABLED.is(unit.enabled.map(Value::from)),
            FRAGMENT.is(unit.fragment.map(Value::from)),
        ])
    })
}

/// systemd-sysctl applies what it can and still ends as failed if a line makes no sense.
fn failed_by_mistakes(subsystems: &Subsystems<'_>, mut answer: Answer<UnitState>) -> Answer<UnitState> {
    if let Knowledge::Known(unit) = &mut answer.state
        && unit.active == Knowledge::Known("active")
        && let Some(mistake) = subsystems.sysctl_d().mistakes(subsystems).first()
    {
        unit.active = Knowledge::Known("failed");
        answer.because.insert(0, mistake.clone());
    }
    answer
}

/// `kubelet` is `kubelet.service`.
fn canonical(text: &str) -> Result<String, String> {
    if text.contains('/') || text.chars().any(char::is_whitespace) {
        return Err(format!("`{text}` is no name of a unit"));
    }
    Ok(full_name(text))
}
