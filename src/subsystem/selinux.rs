//! SELinux at the next boot: the command line, then `/etc/selinux/config` (selinux(8)).

use super::Subsystems;
use crate::fact::{Fact, Origin, State};
use crate::format::assignments;

/// `enforcing`, `permissive` or `disabled` after the next boot.
pub fn at_boot(subsystems: &Subsystems<'_>) -> Fact {
    const CONFIG: &str = "/etc/selinux/config";
    let next = subsystems.next_boot();
    let (off, enforcing) = match (next.parameter("selinux"), next.parameter("enforcing")) {
        (Ok(off), Ok(enforcing)) => (off, enforcing),
        (Err(reason), _) | (_, Err(reason)) => return Fact::unknown(reason),
    };
    if off.value.as_deref() == Some("0") {
        let origins = off.because.into_iter().map(|origin| origin.says("selinux=0"));
        return Fact::new(State::from("disabled")).because_all(origins).at_most(off.confidence);
    }
    let files = subsystems.host().files();
    let bytes = match files.read(CONFIG) {
        Ok(bytes) => bytes,
        Err(error) if error.is_not_found() => {
            return Fact::new(State::from("disabled"))
                .because(Origin::file(CONFIG).says("is not there"))
                .at_most(off.confidence);
        }
        Err(error) => return Fact::unknown(error.to_string()),
    };
    let assignments = assignments::parse(&bytes);
    let Some(mode) = assignments::last(&assignments, "SELINUX") else {
        return Fact::unknown(format!("{CONFIG} has no line SELINUX="));
    };
    let place = Origin::line(CONFIG, mode.line).says(format!("SELINUX={}", mode.value));
    let word = mode.value.to_ascii_lowercase();
    let policy =
        assignments::last(&assignments, "SELINUXTYPE").map_or("targeted", |found| found.value.as_str());
    let has_policy = match files.stat(format!("/etc/selinux/{policy}/policy")) {
        Ok(_) => true,
        Err(error) if error.is_not_found() => false,
        Err(error) => return Fact::unknown(error.to_string()),
    };
    let fact = match (word.as_str(), enforcing.value.as_deref()) {
        ("disabled", _) => Fact::new(State::from("disabled")).because(place),
        ("enforcing" | "permissive", _) if !has_policy => Fact::new(State::from("disabled"))
            .because(Origin::file(format!("/etc/selinux/{policy}/policy")).says("is not there"))
            .because(place),
        ("enforcing" | "permissive", Some(value)) => {
            let word = if value == "0" { "permissive" } else { "enforcing" };
            let origins =
                enforcing.because.into_iter().map(|origin| origin.says(format!("enforcing={value}")));
            let mut fact = Fact::new(State::from(word)).because_all(origins);
            fact.overruled.push(place);
            fact
        }
        ("enforcing", None) => Fact::new(State::from("enforcing")).because(place),
        ("permissive", None) => Fact::new(State::from("permissive")).because(place),
        _ => Fact::unknown(format!("{place}: `{}` is no mode of SELinux", mode.value)),
    };
    fact.at_most(off.confidence)
}
