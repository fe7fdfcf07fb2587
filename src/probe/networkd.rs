//! `networkd`: what systemd-networkd does with routes and rules of others.

use super::{Attribute, BOTH, Key, KeySyntax, Probe, Shape};
use crate::fact::{Fact, Moment, Origin, State, Value};
use crate::subsystem::Subsystems;
use crate::subsystem::systemd::system_conf;

const FOREIGN_ROUTES: Attribute = Attribute::new(
    "removing-foreign-routes",
    Shape::Bool,
    "Whether it removes routes of others: `ManageForeignRoutes=`.",
);
const FOREIGN_RULES: Attribute = Attribute::new(
    "removing-foreign-rules",
    Shape::Bool,
    "Whether it removes routing rules of others: `ManageForeignRoutingPolicyRules=`.",
);

pub(super) static PROBE: Probe = Probe {
    name: "networkd",
    summary: "Whether systemd-networkd removes routes and routing rules that others made.",
    details: "\
networkd.conf and its drop-ins; it does unless they say otherwise, whenever it starts or loses a link. Both moments alike. Whether it \
runs is asked by `service`.",
    key: KeySyntax::None,
    answer: Shape::Record(&[FOREIGN_ROUTES, FOREIGN_RULES]),
    moments: BOTH,
    examples: &[],
    ask,
};

fn ask(subsystems: &Subsystems<'_>, _key: &Key, _moment: Moment) -> Fact {
    let ask = |key: &str| system_conf::networkd_manages(subsystems, key);
    let answers = [ask("ManageForeignRoutes"), ask("ManageForeignRoutingPolicyRules")];
    let state = |answer: &Result<(Option<Origin>, bool), String>| match answer {
        Ok((_, removes)) => State::from(*removes),
        Err(reason) => State::unknown(reason.as_str()),
    };
    let record = Value::record([FOREIGN_ROUTES.is(state(&answers[0])), FOREIGN_RULES.is(state(&answers[1]))]);
    // What hides a setting is told in its attribute.
    let places = answers.into_iter().filter_map(|answer| answer.ok()?.0);
    Fact::new(record).because_all(places)
}
