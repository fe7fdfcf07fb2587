//! `cpu`: the processors.

use super::{Attribute, Key, KeySyntax, NOW, Probe, Shape};
use crate::fact::{Fact, Moment, Origin, Reason, State, Value};
use crate::subsystem::Subsystems;

const COUNT: Attribute = Attribute::new("count", Shape::Integer, "Number of CPUs.");

pub(super) static PROBE: Probe = Probe {
    name: "cpu",
    summary: "The processors that can be used.",
    details: "Now: how many CPUs this process may run on (sched_getaffinity(2)), which is what kubeadm counts.",
    key: KeySyntax::None,
    answer: Shape::Record(&[COUNT]),
    moments: NOW,
    examples: &[],
    ask,
};

fn ask(subsystems: &Subsystems<'_>, _key: &Key, _moment: Moment) -> Fact {
    let Some(running) = subsystems.host().running() else { return Fact::unknown(Reason::not_running()) };
    match running.cpus().required() {
        Ok(count) => Fact::new(State::from(Value::record([COUNT.is(i64::from(count))])))
            .because(Origin::file("sched_getaffinity(2)")),
        Err(error) => Fact::unknown(error),
    }
}
