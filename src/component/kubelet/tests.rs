//! The judge against what the real kubelet did.

use super::view::View;
use super::{fields, judge, zeros};
use crate::parse::go_yaml;

#[derive(serde::Deserialize)]
struct Recorded {
    answers: Vec<Answer>,
}

#[derive(serde::Deserialize)]
struct Answer {
    /// Lines of the configuration.
    set: String,
    /// The field over which the kubelet exits.
    exits: Option<String>,
}

/// What the judge of 1.36 says of a configuration.
fn judged(text: &str, minor: u64) -> Vec<String> {
    let mut root = go_yaml::parse(text, 0).unwrap().root;
    let decoded = fields::look(&root, fields::Reading { all_known: true, is_patch: false }).wrong;
    zeros::settle(&mut root, false);
    let judgement = judge(View { root: &root, minor: Some(minor), unread: &[] });
    let faults = judgement.faults.into_iter().map(|fault| fault.text);
    decoded.into_iter().map(|(text, _)| text).chain(faults).collect()
}

#[test]
fn the_real_kubelet_exits_where_the_judge_says_so_and_nowhere_else() {
    let text = include_str!("../../../tests/recorded/kubelet.toml");
    let Recorded { answers } = toml::from_str(text).unwrap();
    assert!(answers.len() > 100);
    for Answer { set, exits } in answers {
        let found = judged(&set, 36);
        match exits {
            Some(field) => {
                assert!(found.iter().any(|text| text.contains(&field)), "{set}: {field} in {found:?}");
            }
            None => assert_eq!(found, Vec::<String>::new(), "{set}"),
        }
    }
}

#[test]
fn what_came_later_is_refused_by_no_earlier_kubelet() {
    for (text, first) in [
        ("memoryReservationPolicy: Nope\n", 36),
        ("crashLoopBackOff: {maxContainerRestartPeriod: 1ms}\n", 32),
        ("userNamespaces: {idsPerPod: 5}\n", 33),
        ("containerLogMaxWorkers: 0\n", 30),
        ("tlsCurvePreferences: [1]\n", 36),
        ("maxPods: -1\n", 20),
    ] {
        assert_eq!(judged(text, first - 1).is_empty(), first != 20, "{text}");
        assert_eq!(judged(text, first).len(), 1, "{text}");
    }
}
