//! What a rule comes to when something can't be read. Whoever sees less may know less, but nothing else: a verdict
//! that changes without becoming unknown was a guess, before or after.

use std::collections::{BTreeMap, BTreeSet};

use node_preflight::engine::finding::{Judgement, Verdict};
use node_preflight::fact::Moment;
use node_preflight::rule::RuleSet;

use super::case;
use super::masked_host::{DENIED, Hidden, MaskedHost, is_tried};

/// Whether somebody who sees less may say this instead.
pub fn may_become(good: &Judgement, less: &Judgement, hidden: &Hidden) -> bool {
    match (&good.verdict, &less.verdict) {
        // That a needed rule failed is known no longer.
        (Verdict::Skip(_), _) if good.blocked => true,
        (_, Verdict::Unknown(_)) | (Verdict::Skip(_), Verdict::Skip(_)) => true,
        (Verdict::Pass, Verdict::Pass) | (Verdict::Fail, Verdict::Fail) => !is_decided_by(good, less, hidden),
        // What holds whether it applies or not.
        (Verdict::Skip(_), Verdict::Pass) => true,
        _ => false,
    }
}

/// Databases that are read by page: their size hides nothing (`host::RangeReader`).
const READ_IN_PARTS: [&str; 2] = ["var/lib/dpkg/status", "lib/apk/db/installed"];

/// Whether a line of the hidden file decided, and nothing else decides now: a verdict is no better for being the same.
fn is_decided_by(good: &Judgement, less: &Judgement, hidden: &Hidden) -> bool {
    let Hidden::Path(_, path, way) = hidden else { return false };
    if *way == "too-large" && READ_IN_PARTS.iter().any(|place| path.ends_with(place)) {
        return false;
    }
    let path = path.to_str().unwrap();
    good.because.first().is_some_and(|origin| origin.line.is_some() && origin.path == path)
        && less.because.iter().all(|origin| origin.path == path)
}

/// What hiding the places of one rule's cases one after the other led to.
fn look_at(rules: &RuleSet, id: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut shown = BTreeSet::new();
    let mut possible: BTreeMap<Moment, String> = BTreeMap::new();
    for case in case::read(id).unwrap() {
        let is_unknown = |moment: &Moment| case.expected(*moment) == Some("unknown");
        shown.extend(Moment::ALL.into_iter().filter(is_unknown));
        let plan = case::plan(rules, id, &case);
        let tree = case.build();
        let masked = MaskedHost::of(tree.recording());
        let host = masked.host();
        let good = case::judge_on(&host, &plan, id, &case);
        let judged = || Moment::ALL.into_iter().filter_map(|moment| Some((moment, good.at(moment)?)));
        // Who knows nothing can't know less.
        if judged().all(|(_, judgement)| matches!(judgement.verdict, Verdict::Unknown(_))) {
            continue;
        }
        for hidden in masked.asked(&host) {
            let is_first = matches!(hidden, Hidden::Answer(_) | Hidden::Path(_, _, DENIED));
            if !is_first && !is_tried(&format!("{id} {} {hidden:?}", case.says), 20) {
                continue;
            }
            let less = masked.without(&hidden, |host| case::judge_on(host, &plan, id, &case));
            for (moment, good) in judged() {
                let less = less.at(moment).unwrap();
                let what = format!("{id} ({}): {moment}, without {hidden:?}", case.says);
                if !may_become(good, less, &hidden) {
                    let (good, word) = (good.verdict.name(), less.verdict.name());
                    wrong.push(format!("{what}: {good} becomes {word}: {less:?}"));
                }
                if let Verdict::Unknown(reason) = &less.verdict {
                    possible.entry(moment).or_insert_with(|| format!("{what}: {reason}"));
                }
            }
        }
    }
    for (moment, what) in possible.into_iter().filter(|(moment, _)| !shown.contains(moment)) {
        wrong
            .push(format!("{id}: no case in which it comes to unknown at {moment}, as it does here: {what}"));
    }
    wrong
}

#[test]
fn whoever_sees_less_knows_less_and_each_rule_shows_it() {
    let all = super::built_in().rules.len();
    let workers = std::thread::available_parallelism().map_or(2, usize::from).min(8);
    let work = |start: usize| {
        let rules = super::built_in();
        let mine = rules.rules.iter().skip(start).step_by(workers);
        mine.flat_map(|rule| look_at(&rules, &rule.id.value)).collect::<Vec<String>>()
    };
    let wrong: Vec<String> = std::thread::scope(|scope| {
        let started: Vec<_> = (0..workers.min(all)).map(|start| scope.spawn(move || work(start))).collect();
        started.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
    });
    assert!(wrong.is_empty(), "{} mistakes:\n{}", wrong.len(), wrong.join("\n"));
}
