//! What whole hosts come to when something can't be read: all rules and all questions, on each recording in `fixtures/`.

use std::collections::BTreeMap;

use node_preflight::engine::{self, Selection};
use node_preflight::fact::{Fact, Moment, State, Value};
use node_preflight::host::Host;
use node_preflight::probe;
use node_preflight::subsystem::Subsystems;

use super::access_loss::may_become;
use super::masked_host::{MaskedHost, is_tried};
use crate::recordings::RecordingCopy;

/// Whether somebody who sees less may say this instead.
fn may_be_said(good: &State, less: &State) -> bool {
    match (good, less) {
        (_, State::Unknown(_)) => true,
        (State::Known(Value::Record(good)), State::Known(Value::Record(less))) => {
            let unknown = State::unknown("left out");
            good.iter().all(|(name, good)| may_be_said(good, less.get(name).unwrap_or(&unknown)))
        }
        // Whether it is there is as unknown as what it is.
        (State::Absent, State::Known(Value::Record(less))) => {
            less.values().any(|state| matches!(state, State::Unknown(_)))
        }
        (good, less) => good == less,
    }
}

/// What all questions are answered with.
fn answers(subsystems: &Subsystems<'_>, questions: &[String]) -> BTreeMap<(String, Moment), Fact> {
    let mut answers = BTreeMap::new();
    for question in questions {
        let (name, key) = question.split_once(':').map_or((question.as_str(), None), |(n, k)| (n, Some(k)));
        let probe = probe::find(name).or_else(|| probe::find(&name.replace('_', "-"))).unwrap();
        let key = probe.key.parse(key).unwrap();
        let ask = |moment: &Moment| ((question.clone(), *moment), (probe.ask)(subsystems, &key, *moment));
        answers.extend(probe.moments.iter().map(ask));
    }
    answers
}

/// What all rules and all questions come to on a whole host, and the same with places of it hidden.
fn look_at_fixture(name: &str, one_of: u64) -> Vec<String> {
    let rules = super::built_in();
    let plan = engine::compile(&rules, &Selection::everything(), &[]).unwrap();
    let questions = crate::bad_input::questions();
    let copy = RecordingCopy::of(name);
    let masked = MaskedHost::of(copy.place(""));
    let look = |host: &Host| {
        let subsystems = Subsystems::of(host);
        (engine::judge(&plan, &subsystems, &Moment::ALL), answers(&subsystems, &questions))
    };
    let host = masked.host();
    let (findings, facts) = look(&host);
    let mut wrong = Vec::new();
    for hidden in
        masked.asked(&host).into_iter().filter(|place| is_tried(&format!("{name} {place:?}"), one_of))
    {
        let (less_findings, less_facts) = masked.without(&hidden, look);
        let what = |of: &str, moment: Moment| format!("{of} on {name} at {moment}, without {hidden:?}");
        for (rule, less) in findings.iter().zip(&less_findings) {
            let judged = Moment::ALL.into_iter().filter_map(|m| Some((m, rule.at(m)?, less.at(m)?)));
            let judged = judged.filter(|(_, good, less)| !may_become(good, less, &hidden));
            for (moment, good, less) in judged {
                let (good, word) = (good.verdict.name(), less.verdict.name());
                wrong.push(format!("{}: {good} becomes {word}", what(&rule.rule, moment)));
            }
        }
        for ((question, moment), good) in &facts {
            let less = &less_facts[&(question.clone(), *moment)];
            if !may_be_said(&good.state, &less.state) {
                let short = |state: &State| format!("{state:?}").chars().take(300).collect::<String>();
                let (good, less) = (short(&good.state), short(&less.state));
                wrong.push(format!("{}: {good} becomes {less}", what(question, *moment)));
            }
        }
    }
    wrong
}

#[test]
fn on_whole_hosts_whoever_sees_less_says_the_same_or_unknown() {
    let mut names: Vec<String> = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures"))
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.path().is_dir())
        .map(|entry| entry.file_name().into_string().unwrap())
        .collect();
    names.sort();
    let workers = std::thread::available_parallelism().map_or(2, usize::from).min(8);
    let work = |start: usize| {
        let mine = names.iter().skip(start).step_by(workers);
        mine.flat_map(|name| look_at_fixture(name, 150)).collect::<Vec<String>>()
    };
    let wrong: Vec<String> = std::thread::scope(|scope| {
        let started: Vec<_> = (0..workers).map(|start| scope.spawn(move || work(start))).collect();
        started.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
    });
    assert!(wrong.is_empty(), "{} mistakes:\n{}", wrong.len(), wrong.join("\n"));
}
