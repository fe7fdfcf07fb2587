//! `modules-load`: the modules that the next boot is told to load.

use super::{Attribute, BOOT, Key, KeySyntax, Probe, Shape};
use crate::fact::{Fact, Moment, State, Value};
use crate::subsystem::Subsystems;

const LOADS: Attribute =
    Attribute::new("loads", Shape::List(&Shape::Text), "Names that load, or are built in.");
const FAILS: Attribute = Attribute::new("fails", Shape::List(&Shape::Text), "Lines that load nothing.");

pub(super) static PROBE: Probe = Probe {
    name: "modules-load",
    summary: "The modules that modules-load.d and the kernel command line ask for, and which of them don't load.",
    details: "\
Every line of modules-load.d, `/etc/modules` where a link leads there, and `modules_load=`, in the order in \
which they are tried. A line is one name: two names, parameters or a comment behind a name load nothing.",
    key: KeySyntax::None,
    answer: Shape::Record(&[LOADS, FAILS]),
    moments: BOOT,
    examples: &[],
    ask,
};

fn ask(subsystems: &Subsystems<'_>, _key: &Key, _moment: Moment) -> Fact {
    let asked = match subsystems.modules().asked_at_boot(subsystems) {
        Ok(asked) => asked,
        Err(reason) => return Fact::unknown(reason),
    };
    let (fails, loads): (Vec<_>, Vec<_>) = asked.iter().partition(|asked| asked.fails.is_some());
    let texts = |asked: &[&crate::subsystem::kernel::modules::LoadRequest]| {
        State::Known(Value::list(asked.iter().map(|asked| asked.text.as_str())))
    };
    let fact = Fact::new(Value::record([LOADS.is(texts(&loads)), FAILS.is(texts(&fails))]));
    fails.into_iter().chain(loads).fold(fact, |fact, asked| {
        let says = asked.fails.clone().unwrap_or_else(|| format!("loads {}", asked.text));
        fact.because(asked.origin.clone().says(says))
    })
}
