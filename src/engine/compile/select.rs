//! Which rules a run judges: by profile, by id, by tag; and the rules that those need.

use crate::fact::did_you_mean;
use foldhash::{HashMap, HashSet};

use crate::rule::{Code, Diagnostic, Profile, Rule, RuleSet, suggestion};

/// What the user selects.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// Profiles by name; all rules if none. Values of variables of later ones win.
    pub profiles: Vec<String>,
    /// Only these: rules by id, whatever their profile, and rules of the profiles by tag.
    pub only: Vec<String>,
    /// Not these: rules by id or tag.
    pub skip: Vec<String>,
}

impl Selection {
    /// Every rule.
    #[must_use]
    pub fn everything() -> Self {
        Selection::default()
    }
}

/// The selected profiles and those they include; what is included comes first, so that the profile that
/// includes it may set variables otherwise.
pub(super) fn profiles<'r>(
    rules: &'r RuleSet,
    selection: &Selection,
    mistakes: &mut Vec<Diagnostic>,
) -> Vec<&'r Profile> {
    let by_name: HashMap<&str, &Profile> =
        rules.profiles.iter().map(|profile| (profile.name.value.as_str(), profile)).collect();
    let mut order: Vec<&Profile> = Vec::new();
    for name in &selection.profiles {
        let Some(profile) = by_name.get(name.as_str()) else {
            let message = format!("there is no profile `{name}`");
            let help = suggestion::help(name, by_name.keys().copied());
            mistakes.push(Diagnostic::new(Code::UnknownProfile, message).help(help));
            continue;
        };
        // Depth first, each once, so that a circle of includes is harmless.
        let mut entered = HashSet::default();
        let mut stack = vec![(*profile, false)];
        let mut closure = Vec::new();
        while let Some((profile, includes_done)) = stack.pop() {
            if includes_done {
                closure.push(profile);
            } else if entered.insert(&profile.name.value) {
                stack.push((profile, true));
                let includes = profile.includes.iter().rev();
                stack.extend(includes.filter_map(|name| Some((*by_name.get(name.value.as_str())?, false))));
            }
        }
        order.extend(closure);
    }
    order
}

/// Whether each rule is judged.
pub(super) fn rules(
    rules: &RuleSet,
    profiles: &[&Profile],
    selection: &Selection,
    ids: &HashMap<&str, usize>,
    mistakes: &mut Vec<Diagnostic>,
) -> Vec<bool> {
    let names: HashSet<&str> = profiles.iter().map(|profile| profile.name.value.as_str()).collect();
    let of_profile = |rule: &Rule| {
        selection.profiles.is_empty()
            || rule.profiles.is_empty()
            || rule.profiles.iter().any(|name| names.contains(name.value.as_str()))
    };
    let mut selected: Vec<bool> = if selection.only.is_empty() {
        rules.rules.iter().map(of_profile).collect()
    } else {
        vec![false; rules.rules.len()]
    };
    let tags =
        if [&selection.only, &selection.skip].into_iter().flatten().all(|word| ids.contains_key(&**word)) {
            Tags::default()
        } else {
            by_tag(rules)
        };
    for word in &selection.only {
        let mut matched = false;
        for index in named(&tags, ids, word).iter().copied() {
            let rule = &rules.rules[index];
            if rule.names().any(|name| name == word) || of_profile(rule) {
                selected[index] = true;
                matched = true;
            }
        }
        if !matched {
            mistakes.push(unmatched(rules, &tags, word, "--only", profiles));
        }
    }
    let mut skipped = vec![false; rules.rules.len()];
    for word in &selection.skip {
        let indices = named(&tags, ids, word);
        if indices.is_empty() {
            mistakes.push(unmatched(rules, &tags, word, "--skip", profiles));
        }
        for index in indices {
            skipped[*index] = true;
        }
    }
    add_needed(rules, ids, &mut selected, &skipped);
    if !selected.contains(&true) && mistakes.is_empty() && !rules.rules.is_empty() {
        let message = "nothing is left to judge: the options of the command line select no rule";
        mistakes.push(Diagnostic::new(Code::EmptySelection, message));
    }
    selected
}

/// The rules of each tag.
type Tags<'r> = HashMap<&'r str, Vec<usize>>;

fn by_tag(rules: &RuleSet) -> Tags<'_> {
    let mut tags = Tags::default();
    for (index, rule) in rules.rules.iter().enumerate() {
        for tag in rule.tags.iter() {
            tags.entry(tag.as_str()).or_default().push(index);
        }
    }
    tags
}

/// The rules of an id or tag.
fn named<'t>(tags: &'t Tags<'_>, ids: &'t HashMap<&str, usize>, word: &str) -> &'t [usize] {
    match (ids.get(word), tags.get(word)) {
        (Some(index), _) => std::slice::from_ref(index),
        (None, Some(indices)) => indices,
        (None, None) => &[],
    }
}

fn unmatched(
    rules: &RuleSet,
    tags: &Tags<'_>,
    word: &str,
    option: &str,
    profiles: &[&Profile],
) -> Diagnostic {
    if tags.contains_key(word) {
        let names: Vec<&str> = profiles.iter().map(|profile| profile.name.value.as_str()).collect();
        let message = format!("{option} {word}: no rule of profile {} has this tag", names.join(", "));
        return Diagnostic::new(Code::EmptySelection, message);
    }
    let ids = rules.rules.iter().map(|rule| rule.id.value.as_str());
    let help = suggestion::nearest(word, ids.chain(tags.keys().copied()));
    Diagnostic::new(Code::UnknownRule, format!("{option} {word}: no rule has this id or tag"))
        .help(help.map(did_you_mean))
}

/// A needed rule is judged as well, so that its failure is known as the root cause; unless it is skipped.
fn add_needed(rules: &RuleSet, ids: &HashMap<&str, usize>, selected: &mut [bool], skipped: &[bool]) {
    for (is_selected, is_skipped) in selected.iter_mut().zip(skipped) {
        *is_selected &= !is_skipped;
    }
    let mut open: Vec<usize> = (0..selected.len()).filter(|index| selected[*index]).collect();
    while let Some(index) = open.pop() {
        let needs = rules.rules[index].needs.iter().filter_map(|need| ids.get(need.value.as_str()));
        for need in needs {
            if !selected[*need] && !skipped[*need] {
                selected[*need] = true;
                open.push(*need);
            }
        }
    }
}

/// Rules that need each other in a circle; each circle once.
pub(super) fn circles(rules: &RuleSet, ids: &HashMap<&str, usize>) -> Vec<Diagnostic> {
    #[derive(Clone, Copy, PartialEq)]
    enum Visit {
        Not,
        Open,
        Done,
    }
    let mut visits = vec![Visit::Not; rules.rules.len()];
    let mut circles = Vec::new();
    for start in 0..rules.rules.len() {
        // A path of rules, each with the number of its needs that were followed.
        let mut path: Vec<(usize, usize)> = Vec::new();
        if visits[start] == Visit::Not && !rules.rules[start].needs.is_empty() {
            visits[start] = Visit::Open;
            path.push((start, 0));
        }
        while let Some((index, followed)) = path.last_mut() {
            let Some(need) = rules.rules[*index].needs.get(*followed) else {
                visits[*index] = Visit::Done;
                path.pop();
                continue;
            };
            *followed += 1;
            let Some(next) = ids.get(need.value.as_str()).copied() else { continue };
            match visits[next] {
                Visit::Not => {
                    visits[next] = Visit::Open;
                    path.push((next, 0));
                }
                Visit::Open => {
                    let from = path.iter().position(|(index, _)| *index == next).unwrap_or(0);
                    let names: Vec<&str> =
                        path[from..].iter().map(|(i, _)| rules.rules[*i].id.value.as_str()).collect();
                    let circle = format!("{} → {}", names.join(" → "), rules.rules[next].id.value);
                    let message = format!("rules need each other in a circle: {circle}");
                    circles.push(Diagnostic::at(&need.place, Code::NeedsCircle, message));
                }
                Visit::Done => {}
            }
        }
    }
    circles
}
