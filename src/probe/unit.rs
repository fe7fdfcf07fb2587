//! `unit:UNIT#KEY`: a setting of a unit.

use super::key::KeyKind;
use super::{BOTH, Key, KeySyntax, Probe, Shape};
use crate::fact::{Fact, Moment, Origin, State, Value};
use crate::subsystem::Subsystems;
use crate::subsystem::systemd::system_conf;
use crate::subsystem::systemd::units::full_name;

pub(super) static PROBE: Probe = Probe {
    name: "unit",
    summary: "A setting of a unit, of its file and all drop-ins.",
    details: "The key is `UNIT#KEY` for what stands in `[Service]`, `UNIT#SECTION.KEY` for another section. The last \
              assignment counts; lists (`After`, `Environment`, `ExecStart`, ...) are what stands after the last empty one. A \
              limit (`LimitNOFILE`, ...) is answered as its hard part, a number or `infinity`; where the unit sets none, as \
              `DefaultLimit...` of system.conf. Likewise `TasksMax`. Both moments from files: a unit that was started before \
              they were changed keeps what it had. Absent if nothing sets it, or if no such unit is there.",
    key: KeySyntax::Required(&KeyKind { noun: "unit and key (UNIT#KEY)", canonical }),
    answer: Shape::Any,
    moments: BOTH,
    examples: &["crio#LimitNOFILE", "crio#TasksMax", "kubelet#ExecStart"],
    ask,
};

/// Keys whose assignments add up (systemd.unit(5), systemd.exec(5), systemd.service(5)).
const LISTS: &[&str] = &[
    "After",
    "Before",
    "BindsTo",
    "Conflicts",
    "Environment",
    "EnvironmentFile",
    "ExecStart",
    "ExecStartPost",
    "ExecStartPre",
    "ReadOnlyPaths",
    "ReadWritePaths",
    "Requires",
    "RequiresMountsFor",
    "Requisite",
    "Wants",
];

fn canonical(text: &str) -> Result<String, String> {
    match text.split_once('#') {
        Some((unit, key)) if !unit.is_empty() && !key.is_empty() && !unit.contains(['/', ' ']) => {
            let (section, key) = key.split_once('.').unwrap_or(("Service", key));
            Ok(format!("{}#{section}.{key}", full_name(unit)))
        }
        _ => Err("it is not a unit and a key, as in crio.service#LimitNOFILE".into()),
    }
}

fn ask(subsystems: &Subsystems<'_>, key: &Key, _moment: Moment) -> Fact {
    let (name, key) = key.as_str().split_once('#').unwrap_or((key.as_str(), ""));
    let (section, key) = key.split_once('.').unwrap_or(("Service", key));
    let Some(merged) = subsystems.units().merged_with_gaps(subsystems, name) else {
        return Fact::absent().note(format!("no file describes {name}"));
    };
    if let Some(gap) = merged.gaps.first() {
        return Fact::unknown(gap.reason.clone());
    }
    if LISTS.contains(&key) {
        let list = merged.list(section, key);
        if list.is_empty() {
            return Fact::absent();
        }
        let origins: Vec<Origin> = list.iter().map(|setting| setting.origin()).collect();
        return Fact::new(Value::list(list.iter().map(|setting| setting.value.as_str())))
            .because_all(origins);
    }
    let is_limit = section == "Service" && key.starts_with("Limit");
    let found = merged.last(section, key).map(|setting| (setting.origin(), setting.value.clone()));
    let found = match found {
        None if is_limit || (section, key) == ("Service", "TasksMax") => {
            system_conf::value(subsystems, &format!("Default{key}"))
        }
        found => Ok(found),
    };
    match found {
        Ok(Some((origin, value))) => {
            let hard = value.rsplit(':').next().filter(|_| is_limit);
            Fact::new(State::from(hard.unwrap_or(&value))).because(origin)
        }
        Ok(None) => Fact::absent(),
        Err(reason) => Fact::unknown(reason),
    }
}
