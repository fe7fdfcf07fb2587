//! Modules after the next boot: modules-load.d played through for every kernel that may boot.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::during_boot;
use super::index::Index;
use super::load::Outcome;
use super::rules::{CommandLine, Rules};
use super::support::{built_in, is_built_in, refusal};
use super::{LoadRequest, ModuleState, Modules, State};
use crate::fact::{Answer, Confidence, Knowledge, Origin, Reason, ReasonCode, printable};
use crate::host::Read;
use crate::parse::{glob, modules_load_d};
use crate::subsystem::boot::boot_scripts::Topic;
use crate::subsystem::drop_in::{self, Content};
use crate::subsystem::loader::next_boot::BootEntry;
use crate::subsystem::{Subsystems, Unreadable, outside};

/// The moment at which a module is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum When {
    /// systemd-sysctl runs: modules-load.d is done, other units are not started.
    SysctlRuns,
    /// The boot is over.
    Booted,
}

/// What the next boot does with modules.
#[derive(Debug)]
pub(super) struct Boot {
    rules: Rules,
    plans: Vec<Plan>,
    /// How sure it is which kernel boots, and why not surer.
    confidence: Confidence,
    assumption: Option<String>,
    /// Files of modules-load.d that could not be read.
    gaps: Vec<Unreadable>,
}

/// What one entry of the boot loader makes of the files.
#[derive(Debug)]
struct Plan {
    release: Option<String>,
    /// Whether the entry's command line is known.
    knows_command_line: bool,
    command_line: CommandLine,
    index: Rc<Index>,
    refuses: Option<String>,
    asked: Vec<LoadRequest>,
    loaded: BTreeMap<String, Vec<Origin>>,
    doubtful: BTreeMap<String, String>,
    /// What hides whether a line is of a module that is built in.
    hidden: Option<Reason>,
}

const SERVICE: &str = "systemd-modules-load.service";

impl Boot {
    pub(super) fn merge(modules: &Modules, subsystems: &Subsystems<'_>) -> Self {
        let rules = Rules::on_disk(subsystems.host().files());
        let next = subsystems.next_boot();
        let mut gaps = Vec::new();
        let lines = lines_on_disk(subsystems, &mut gaps);
        let (entries, confidence, assumption) = if next.entries.is_empty() {
            match outside::container(subsystems) {
                Some(mark) => (Vec::new(), Confidence::High, mark.says),
                None => sole_kernel(subsystems),
            }
        } else {
            (next.entries.clone(), next.confidence, next.reason.clone())
        };
        let plans =
            entries.iter().map(|entry| Plan::of(modules, subsystems, entry, &rules, &lines)).collect();
        Boot { rules, plans, confidence, assumption, gaps }
    }

    /// The lines, or why it can't be told what they load.
    pub(super) fn asked(&self) -> Result<&[LoadRequest], Reason> {
        match (self.plans.first(), self.gaps.first(), self.rules.gaps.first()) {
            (_, Some(gap), _) | (Some(_), None, Some(gap)) => Err(gap.reason.clone().into()),
            (None, None, _) => Err(self.no_kernel()),
            (Some(Plan { hidden: Some(reason), .. }), None, None) => Err(reason.clone()),
            (Some(plan), None, None) => match &plan.index.trouble {
                Some(trouble) if plan.asked.iter().any(|asked| asked.fails.is_some()) => Err(trouble.clone()),
                // Another entry may boot, of which less is known.
                None if plan.asked.iter().any(|asked| asked.fails.is_some())
                    && self.plans.iter().any(|plan| plan.release.is_none()) =>
                {
                    Err(self.no_kernel())
                }
                _ => Ok(&plan.asked),
            },
        }
    }

    fn no_kernel(&self) -> Reason {
        let reason = self.assumption.as_deref().unwrap_or("no kernel is found that could boot");
        Reason::new(ReasonCode::Undecided, format!("it is not known which kernel boots next: {reason}"))
    }

    /// The state for all kernels that may boot: known only if they agree.
    pub(super) fn state(&self, subsystems: &Subsystems<'_>, name: &str, when: When) -> State {
        let mut facts = self.plans.iter().map(|plan| (plan, self.state_in(plan, subsystems, name, when)));
        let Some((first, fact)) = facts.next() else {
            return Answer::unknown(self.no_kernel());
        };
        for (other, differing) in facts {
            if differing.state != fact.state {
                return Answer::unknown(format!(
                    "kernels that may boot differ: {} in {}, {} in {}",
                    state_word(&fact),
                    first.release.as_deref().unwrap_or("one"),
                    state_word(&differing),
                    other.release.as_deref().unwrap_or("another"),
                ));
            }
        }
        let fact = fact.at_most(self.confidence);
        match &self.assumption {
            Some(assumption) if self.confidence < Confidence::Certain => fact.note(assumption.clone()),
            _ => fact,
        }
    }

    fn state_in(&self, plan: &Plan, subsystems: &Subsystems<'_>, name: &str, when: When) -> State {
        let Some(release) = plan.release.as_deref() else {
            return Answer::unknown("the release of the kernel that boots next is not known");
        };
        if let Some(trouble) = &plan.index.trouble {
            return Answer::unknown(trouble.clone());
        }
        let (target, is_hidden) = self.found_as(plan, name);
        if plan.index.builtin.has(&target) {
            return Answer::known(ModuleState::BuiltIn).because_all(plan.index.origin(&target));
        }
        let doubt = subsystems.systemd().doubt.as_deref();
        if let (Some(doubt), true) = (doubt, plan.index.modules.has(&target)) {
            return Answer::unknown(format!("what loads modules at boot is not known: {doubt}"));
        }
        let mut loader = super::loader(&plan.index, &self.rules, &plan.command_line, plan.refuses.clone());
        if let Some(origins) = plan.loaded.get(&target) {
            let answer = Answer::known(ModuleState::Loaded).because_all(origins.iter().cloned());
            // A command that names the module may remove it.
            let named = (when == When::Booted)
                .then(|| subsystems.boot_scripts().names(Topic::Module(&target)))
                .flatten()
                .map(|line| Answer::unknown(line.reason(&target)).because(line.origin.clone()));
            let removed =
                (when == When::Booted).then(|| during_boot::removed(subsystems, &loader, &target)).flatten();
            return self.guarded(plan, removed.or(named).unwrap_or(answer));
        }
        if let Some(reason) = plan.doubtful.get(&target) {
            return Answer::unknown(reason.clone());
        }
        if is_hidden {
            return self.guarded(plan, self.hidden(name));
        }
        let outcome = loader.load(&target, &[]);
        if let (Outcome::Loaded, Some(gap)) = (&outcome, self.gaps.first()) {
            return Answer::unknown(format!("{}: it may ask for {name}", gap.reason));
        }
        if outcome == Outcome::Loaded
            && when == When::Booted
            && let Some(answer) = during_boot::loaded(subsystems, &loader, &target)
        {
            return self.guarded(plan, answer);
        }
        let answer = match outcome {
            Outcome::Loaded => {
                let answer = Answer::known(ModuleState::Loadable)
                    .because_all(plan.index.origin(&target))
                    .at_most(Confidence::High)
                    .note("nothing asks for it at boot; it is loaded when something needs it");
                super::unless_blacklisted(answer, &loader, &target)
            }
            Outcome::Blocked(reason, origins) => {
                Answer::known(ModuleState::Blocked).because_all(origins).note(reason)
            }
            Outcome::Missing => return built_in(subsystems, &plan.index, release, name),
            Outcome::Doubtful(reason) => return Answer::unknown(reason),
        };
        self.guarded(plan, answer)
    }

    /// The module that a name stands for, and whether an alias of modprobe.d keeps the one of this name from being found.
    fn found_as(&self, plan: &Plan, name: &str) -> (String, bool) {
        let lookup = plan.index.resolve(&self.rules, name);
        let is_hidden =
            plan.index.modules.has(name) && !lookup.is_empty() && !lookup.iter().any(|found| found == name);
        match lookup.into_iter().next() {
            Some(first) if !is_hidden => (first, false),
            _ => (name.to_owned(), is_hidden),
        }
    }

    /// That an alias is found in the place of a module.
    fn hidden(&self, name: &str) -> State {
        let aliases = self.rules.aliases.iter();
        let origin = aliases
            .filter(|(from, ..)| glob::covers_name(from, name))
            .map(|(_, to, origin)| origin.clone().says(format!("{name} is an alias of {to}")));
        Answer::known(ModuleState::Blocked)
            .because_all(origin)
            .note("an alias of modprobe.d hides the module")
    }

    /// What a file that can't be read, or an unknown command line, does to an answer that it could change.
    fn guarded(&self, plan: &Plan, fact: State) -> State {
        if let Some(gap) = self.rules.gaps.first() {
            return Answer::unknown(format!("{}: it may block the module", gap.reason));
        }
        if plan.knows_command_line {
            fact
        } else {
            fact.at_most(Confidence::High)
                .note("the next kernel command line is not known; it is taken to say nothing about modules")
        }
    }
}

fn state_word(answer: &State) -> &'static str {
    match &answer.state {
        Knowledge::Known(state) => state.name(),
        Knowledge::Absent => "absent",
        Knowledge::Unknown(_) => "unknown",
    }
}

/// Hosts ask for a few dozen modules; each name costs a look through the index of aliases.
const MAX_NAMES: usize = 500;

/// The lines of modules-load.d; none if the service that reads them doesn't run.
fn lines_on_disk(subsystems: &Subsystems<'_>, gaps: &mut Vec<Unreadable>) -> Vec<(String, Origin)> {
    match subsystems.units().blocked_by(subsystems, SERVICE) {
        Knowledge::Absent => {}
        Knowledge::Known(_) => return Vec::new(),
        Knowledge::Unknown(reason) => {
            gaps.push(Unreadable { origin: Origin::file(SERVICE), reason: reason.to_string() });
            return Vec::new();
        }
    }
    let files = subsystems.host().files();
    let merged = drop_in::at_boot(files, "modules-load.d", ".conf");
    gaps.extend(merged.gaps);
    let mut found: Vec<(String, Origin)> = Vec::new();
    for file in merged.files {
        match drop_in::read(files, &file.path) {
            Content::Bytes(bytes) => found.extend(
                // What more of one file asks for is not looked at, either.
                modules_load_d::parse(&bytes)
                    .take(MAX_NAMES + 1)
                    .map(|line| (line.name, file.line(line.line))),
            ),
            Content::Unread(gap) => gaps.push(gap),
            Content::Masked | Content::Broken(_) => {}
        }
        if found.len() > MAX_NAMES {
            break;
        }
    }
    if let Some((_, origin)) = found.get(MAX_NAMES) {
        let reason = format!("{origin}: more than {MAX_NAMES} modules are asked for; not all are looked at");
        gaps.push(Unreadable { origin: origin.clone(), reason });
        found.truncate(MAX_NAMES);
    }
    found
}

/// Where no boot loader is found: the only kernel that has modules.
fn sole_kernel(subsystems: &Subsystems<'_>) -> (Vec<BootEntry>, Confidence, Option<String>) {
    let files = subsystems.host().files();
    let names = match files.list("/lib/modules") {
        Read::Missing(_) => files.list("/usr/lib/modules"),
        names => names,
    };
    let names = match names {
        Read::There(names) => names,
        Read::Missing(_) => Rc::default(),
        Read::Hidden(error) => return (Vec::new(), Confidence::Heuristic, Some(error.to_string())),
    };
    let releases: Vec<String> = names.iter().filter_map(|name| name.to_str().map(str::to_owned)).collect();
    let [release] = releases.as_slice() else {
        return (Vec::new(), Confidence::Heuristic, subsystems.next_boot().reason.clone());
    };
    let origin = Origin::file(format!("/lib/modules/{release}"));
    let entry = BootEntry { release: Some(release.clone()), because: vec![origin], ..BootEntry::default() };
    let assumption = format!("assumes that {release} boots: it is the only kernel with modules");
    (vec![entry], Confidence::High, Some(assumption))
}

impl Plan {
    fn of(
        modules: &Modules,
        subsystems: &Subsystems<'_>,
        entry: &BootEntry,
        rules: &Rules,
        lines: &[(String, Origin)],
    ) -> Self {
        let release = entry.release.clone();
        let index = modules.index(subsystems, release.as_deref().unwrap_or_default());
        let command_line = CommandLine::parse(entry.cmdline.as_deref().unwrap_or_default());
        let refuses = refusal(subsystems, &index, release.as_deref().unwrap_or_default(), &command_line);
        let mut loader = super::loader(&index, rules, &command_line, refuses.clone());
        let place = entry.because.first().cloned().unwrap_or_else(|| Origin::file("kernel command line"));
        let blocked = || subsystems.units().blocked_by(subsystems, SERVICE);
        let early = if lines.is_empty() && !matches!(blocked(), Knowledge::Absent) {
            &[]
        } else {
            command_line.load.as_slice()
        };
        let requests = early
            .iter()
            .map(|name| (name.clone(), place.clone().says(format!("modules_load={name}"))))
            .chain(lines.iter().cloned());
        let (mut asked, mut doubtful, mut hidden) = (Vec::new(), BTreeMap::new(), None);
        for (text, origin) in requests {
            let fails = match loader.load_unless_blacklisted(&text, &origin) {
                Outcome::Loaded => None,
                Outcome::Blocked(reason, _) => Some(reason),
                Outcome::Missing => match is_built_in(subsystems, release.as_deref(), &text) {
                    Ok(true) => None,
                    Ok(false) => Some(missing(&text)),
                    Err(reason) => {
                        hidden.get_or_insert(reason);
                        None
                    }
                },
                Outcome::Doubtful(reason) => {
                    doubtful.extend(
                        loader.index.resolve(rules, &text).into_iter().map(|name| (name, reason.clone())),
                    );
                    Some(reason)
                }
            };
            asked.push(LoadRequest { text, origin, fails });
        }
        Plan {
            release,
            knows_command_line: entry.cmdline.is_some(),
            loaded: loader.loaded,
            command_line,
            index,
            refuses,
            asked,
            doubtful,
            hidden,
        }
    }
}

/// Why a line that resolves to nothing does so, in words that help.
fn missing(text: &str) -> String {
    const LONGEST_SHOWN: usize = 100;
    if text.chars().nth(LONGEST_SHOWN).is_some() {
        let start: String = text.chars().take(LONGEST_SHOWN).collect();
        return format!("`{}...` is too long to be a module's name", printable(&start));
    }
    let shown = printable(text);
    if text.contains([' ', '\t']) {
        format!("`{shown}` is taken as one name: a line holds one module, no parameters and no comment")
    } else {
        format!("the next kernel has no module `{shown}`")
    }
}
