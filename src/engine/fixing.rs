//! The fix of a finding: the one that fits its state, with the places and values that were found put into it.

use std::sync::Arc;

use super::facts::Facts;
use super::finding::{Judgement, Verdict};
use super::logic::truth;
use super::plan::{PlannedFixes, PlannedRule, Subject};
use super::truth::Truth;
use crate::fact::{Moment, Origin, State, Value};
use crate::rule::{Fails, Fix, Text, placeholder};

/// Places that are named before the rest is counted.
const MAX_PLACES: usize = 4;
/// Characters of a value: what is longer is no word of a command.
const MAX_VALUE: usize = 300;

/// The fix of a rule: none if it is the rule's own, word for word.
///
/// It is that of the last moment at which the rule fails: what brings a fault back at boot has to go, and a fault of the
/// running system alone needs no change of a file.
pub(super) fn of(
    facts: &Facts<'_>,
    rule: &PlannedRule,
    now: Option<&Judgement>,
    boot: Option<&Judgement>,
) -> Option<Arc<Fix>> {
    let is_failing = |judgement: &&Judgement| judgement.verdict == Verdict::Fail;
    let (moment, judgement) = match (now.filter(is_failing), boot.filter(is_failing)) {
        (_, Some(judgement)) => (Moment::NextBoot, judgement),
        (Some(judgement), None) => (Moment::Now, judgement),
        // Nothing was found to put into it.
        (None, None) => return filled(&rule.prose.fix, |_| None),
    };
    // What isn't known about the next boot may fail there; where nothing runs, nothing has to be mended now.
    let fails = match (now.map(|judgement| &judgement.verdict), boot.map(|judgement| &judgement.verdict)) {
        (Some(Verdict::Fail), Some(Verdict::Fail)) => Some(Fails::Both),
        (_, Some(Verdict::Fail)) => Some(Fails::Boot),
        (Some(Verdict::Fail), Some(Verdict::Pass)) => Some(Fails::Now),
        _ => None,
    };
    let fixes = rule.fixes.as_deref();
    let chosen = fixes.and_then(|fixes| case(facts, fixes, moment, fails));
    let fix = chosen.map_or(&rule.prose.fix, |fix| &**fix);
    let with = fixes.map_or(&[][..], |fixes| fixes.with.as_slice());
    let known = |name: &str| value(facts, with, judgement, moment, name);
    filled(fix, known).or_else(|| chosen.cloned())
}

/// A fix with what is known for its placeholders; none if it has none.
fn filled(fix: &Fix, known: impl Fn(&str) -> Option<String>) -> Option<Arc<Fix>> {
    let text = fix.text.as_deref().filter(|text| text.contains('{'))?;
    let text = Text::from(placeholder::fill(text, known));
    Some(Arc::new(Fix { text: Some(text), ..fix.clone() }))
}

/// The first fix whose state is the one that was found.
fn case<'p>(
    facts: &Facts<'_>,
    fixes: &'p PlannedFixes,
    moment: Moment,
    fails: Option<Fails>,
) -> Option<&'p Arc<Fix>> {
    let fits = fixes.cases.iter().find(|case| {
        case.fails.is_none_or(|wanted| Some(wanted) == fails)
            && case
                .when
                .as_ref()
                .is_none_or(|when| case.moments.contains(&moment) && truth(facts, when, moment) == Truth::Yes)
    });
    fits.map(|case| &case.fix)
}

/// What a placeholder stands for; none if that isn't known, or is nothing to be typed.
fn value(
    facts: &Facts<'_>,
    with: &[(Text, Subject)],
    judgement: &Judgement,
    moment: Moment,
    name: &str,
) -> Option<String> {
    let editable = || judgement.because.iter().filter(|origin| is_editable(origin));
    let first = judgement.because.first();
    let text = match name {
        "file" => editable().next()?.to_string(),
        "files" => listed(editable())?,
        "path" => editable().next()?.path.clone(),
        "place" => first?.to_string(),
        "key" => first?.sets.as_ref()?.key.clone(),
        "value" => first?.sets.as_ref()?.value.clone(),
        "found" => bare(&judgement.found).to_owned(),
        _ => {
            let (_, subject) = with.iter().find(|(known, _)| known == name)?;
            match facts.state(subject, moment) {
                State::Known(Value::List(items)) if items.is_empty() => return None,
                State::Known(value) => bare(&value.to_string()).to_owned(),
                State::Absent | State::Unknown(_) => return None,
            }
        }
    };
    is_typed(&text).then_some(text)
}

/// A list without its brackets.
fn bare(text: &str) -> &str {
    text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text)
}

/// Several places: `/etc/fstab:3 and /etc/fstab:4`.
fn listed<'j>(origins: impl Iterator<Item = &'j Origin>) -> Option<String> {
    let mut places: Vec<String> = Vec::new();
    for place in origins.map(Origin::to_string) {
        if !places.contains(&place) {
            places.push(place);
        }
    }
    let more = places.len().saturating_sub(MAX_PLACES);
    places.truncate(MAX_PLACES);
    if more > 0 {
        places.push(format!("{more} more"));
    }
    let last = places.pop()?;
    Some(if places.is_empty() { last } else { format!("{} and {last}", places.join(", ")) })
}

/// Whether an administrator edits such a place. What packages own below `/usr` is overridden in `/etc` instead, and the kernel
/// makes what is in memory.
fn is_editable(origin: &Origin) -> bool {
    const NOT: [&str; 7] = ["/usr/", "/lib/", "/lib64/", "/proc/", "/sys/", "/run/", "/dev/"];
    let Some(path) = origin.path_of_file() else { return false };
    path.starts_with("/usr/local/") || !NOT.iter().any(|start| path.starts_with(start))
}

/// Whether a text of the host may stand in a command that somebody copies: it can't end its quotes or begin another command.
fn is_typed(text: &str) -> bool {
    let is_sharp = |letter: char| letter.is_control() || "`$\\;&|<>\"'".contains(letter);
    !text.is_empty() && text.len() <= MAX_VALUE && !text.contains(is_sharp)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_places_that_one_edits_are_files() {
        for path in [
            "/etc/fstab",
            "/var/lib/kubelet/config.yaml",
            "/usr/local/lib/sysctl.d/a.conf",
            "/boot/grub/grub.cfg",
        ] {
            assert!(is_editable(&Origin::line(path, 3)), "{path}");
        }
        for path in ["/usr/lib/sysctl.d/a.conf", "/lib/x", "/proc/swaps", "/run/systemd/system/x", "/sys/x"] {
            assert!(!is_editable(&Origin::line(path, 3)), "{path}");
        }
        assert!(!is_editable(&Origin::named(crate::fact::OriginKind::SystemCall, "uname(2)")));
    }

    #[test]
    fn several_places_are_listed() {
        let places =
            |count: u32| (1..=count).map(|line| Origin::line("/etc/fstab", line)).collect::<Vec<_>>();
        let shown = |places: &[Origin]| listed(places.iter());
        assert_eq!(shown(&[]), None);
        assert_eq!(shown(&places(1)).as_deref(), Some("/etc/fstab:1"));
        assert_eq!(shown(&[places(1), places(2)].concat()).as_deref(), Some("/etc/fstab:1 and /etc/fstab:2"));
        assert!(shown(&places(6)).is_some_and(|text| text.ends_with("/etc/fstab:4 and 2 more")));
    }

    #[test]
    fn what_could_be_a_command_is_not_typed() {
        for text in ["", "a`b", "$(reboot)", "a; b", "a\nb", "it's"] {
            assert!(!is_typed(text), "{text}");
        }
        assert!(is_typed("overlay, br_netfilter") && is_typed("/etc/fstab:3"));
    }
}
