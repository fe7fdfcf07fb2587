//! `kubelet-health`: what the running kubelet says of itself.

use super::{Attribute, Key, KeySyntax, NOW, Probe, Shape};
use crate::fact::{Confidence, Fact, Moment, Origin, Reason, State, Value, printable};
use crate::host::NoResponse;
use crate::subsystem::Subsystems;

const PAGE: &str = "/healthz";
/// Characters of an answer that people want to read.
const SHORT: usize = 300;

const PORT: Attribute = Attribute::new("port", Shape::Integer, "The port that was asked.");
const SAYS: Attribute = Attribute::new("says", Shape::Text, "The answer: `ok`, or why not.");
const STATE: Attribute = Attribute::new(
    "state",
    Shape::Word(&["closed", "failed", "healthy", "refused", "time-out", "unhealthy"]),
    "Whether it answers that it is well (200), or something else; else how it doesn't answer.",
);

pub(super) static PROBE: Probe = Probe {
    name: "kubelet-health",
    summary: "What the running kubelet says of its health.",
    details: "Now: `GET /healthz` on 127.0.0.1, at `healthzPort` of the kubelet's configuration (10248), for at most 2 seconds. \
              Absent if the kubelet is not installed or not configured yet, or `healthzPort` is 0; unknown if \
              `healthzBindAddress` is of another interface.",
    key: KeySyntax::None,
    answer: Shape::Record(&[PORT, SAYS, STATE]),
    moments: NOW,
    examples: &[],
    ask,
};

fn ask(subsystems: &Subsystems<'_>, _key: &Key, moment: Moment) -> Fact {
    let Some(running) = subsystems.host().running() else { return Fact::unknown(Reason::not_running()) };
    let kubelet = |key: &str| subsystems.kubelet().value(subsystems, key, moment);
    let told = kubelet("healthzPort");
    let port = match &told.state {
        State::Known(Value::Integer(0)) => return Fact { state: State::Absent, ..told },
        State::Known(Value::Integer(port)) => match u16::try_from(*port) {
            Ok(port) => port,
            Err(_) => return Fact::unknown(format!("healthzPort is {port}")).because_all(told.because),
        },
        State::Known(_) => return Fact::unknown("healthzPort is no number").because_all(told.because),
        // Before kubeadm has run nobody can tell, and nobody listens.
        State::Unknown(_) if kubelet("configFile").state == State::Absent => {
            return Fact::absent().note("the kubelet is not configured yet");
        }
        State::Absent | State::Unknown(_) => return told,
    };
    let address = kubelet("healthzBindAddress");
    match &address.state {
        State::Known(Value::Text(text))
            if ["127.0.0.1", "0.0.0.0", "::", "localhost"].contains(&text.as_str()) => {}
        State::Unknown(_) => return address,
        State::Known(other) => {
            let reason = format!("healthzBindAddress is {other}; only 127.0.0.1 is asked");
            return Fact::unknown(reason).because_all(address.because);
        }
        State::Absent => {}
    }
    let place = format!("http://127.0.0.1:{port}{PAGE}");
    let (state, says) = match running.page(port, PAGE) {
        Ok(page) => {
            let text = String::from_utf8_lossy(&page.body);
            let text: String = printable(text.trim()).chars().take(SHORT).collect();
            let word = if page.status == 200 { "healthy" } else { "unhealthy" };
            (word, if text.is_empty() { format!("status {}", page.status) } else { text })
        }
        Err(
            silence @ (NoResponse::NotRecorded
            | NoResponse::Denied
            | NoResponse::Hidden(_)
            | NoResponse::OutOfTime(_)),
        ) => {
            return Fact::unknown(format!("{place}: {silence}"));
        }
        Err(silence) => (word(&silence), silence.to_string()),
    };
    let record = Value::record([PORT.is(i64::from(port)), SAYS.is(says.as_str()), STATE.is(state)]);
    let fact = Fact::new(record).because(Origin::file(place).says(says)).because_all(told.because);
    // Busy machines are slow; those that wait longer may hear more.
    if state == "time-out" { fact.at_most(Confidence::High) } else { fact }
}

fn word(silence: &NoResponse) -> &'static str {
    match silence {
        NoResponse::Refused | NoResponse::Missing => "refused",
        NoResponse::Closed => "closed",
        NoResponse::TimedOut(_) => "time-out",
        _ => "failed",
    }
}
