//! Which rules a run judges: by profile, by id, by tag; and the rules that those need.

use crate::fact::{DepthFirst, did_you_mean};
use foldhash::{HashMap, HashSet};

use crate::rule::{Code, Diagnostic, Profile, Rule, RuleSet, Spanned, Text, suggestion};

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
    let names = || rules.profiles.iter().map(|profile| profile.name.value.as_str());
    let by_name: HashMap<&str, usize> = names().zip(0..).collect();
    let index = |name: &Spanned<Text>| by_name.get(name.value.as_str()).copied();
    let includes: Vec<Vec<usize>> =
        rules.profiles.iter().map(|profile| profile.includes.iter().filter_map(index).collect()).collect();
    let mut order: Vec<&Profile> = Vec::new();
    for name in &selection.profiles {
        let Some(profile) = by_name.get(name.as_str()) else {
            let message = format!("there is no profile `{name}`");
            let help = suggestion::help(name, names());
            mistakes.push(Diagnostic::new(Code::UnknownProfile, message).help(help));
            continue;
        };
        // Each once, so that a circle of includes is harmless.
        let closure = DepthFirst::new(&includes).leave_order(*profile);
        order.extend(closure.into_iter().map(|index| &rules.profiles[index]));
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
    let needs: Vec<Vec<usize>> = needs(rules, ids, |need| !skipped[need]);
    let mut search = DepthFirst::new(&needs);
    for index in 0..selected.len() {
        if selected[index] {
            search.mark(index, selected);
        }
    }
}

/// For every rule those that it needs, as far as they are `wanted`.
fn needs(rules: &RuleSet, ids: &HashMap<&str, usize>, wanted: impl Fn(usize) -> bool) -> Vec<Vec<usize>> {
    let index = |need: &Spanned<Text>| ids.get(need.value.as_str()).copied().filter(|need| wanted(*need));
    rules.rules.iter().map(|rule| rule.needs.iter().filter_map(index).collect()).collect()
}

/// Rules that need each other in a circle; each circle once.
pub(super) fn circles(rules: &RuleSet, ids: &HashMap<&str, usize>) -> Vec<Diagnostic> {
    let needs = needs(rules, ids, |_| true);
    let mut circles = Vec::new();
    let id = |index: usize| rules.rules[index].id.value.as_str();
    DepthFirst::new(&needs).circles(|circle| {
        let (Some(first), Some(last)) = (circle.first(), circle.last()) else { return };
        let names: Vec<&str> = circle.iter().chain([first]).map(|index| id(*index)).collect();
        let message = format!("rules need each other in a circle: {}", names.join(" → "));
        let closing =
            rules.rules[*last].needs.iter().find(|need| ids.get(need.value.as_str()) == Some(first));
        circles.extend(closing.map(|need| Diagnostic::at(&need.place, Code::NeedsCircle, message)));
    });
    circles
}
