//! Modules that a boot loads or removes after modules-load.d: by commands of units and scripts, and by services that
//! bring modules of their own.

use foldhash::HashMap;

use super::load::Loader;
use super::names::{BY_PROGRAMS, BY_SERVICES};
use super::{ModuleState, State, names};
use crate::fact::{Answer, Confidence, Origin, OriginKind, Reason, ReasonCode, printable};
use crate::parse::fstab;
use crate::parse::glob;
use crate::parse::modprobe_d::underscored;
use crate::parse::module_index::module_name;
use crate::parse::shell_line::{all_commands, base};
use crate::subsystem::Subsystems;
use crate::subsystem::boot::boot_scripts::Topic;

/// Programs that load and remove modules by name.
const REMOVES_OR_LOADS: [&str; 3] = ["modprobe", "insmod", "rmmod"];

/// What a boot makes of a module that can be loaded and that modules-load.d doesn't ask for.
pub(super) fn loaded(subsystems: &Subsystems<'_>, loader: &Loader<'_>, target: &str) -> Option<State> {
    if let Some(origin) = subsystems.sysctl_d().sets(subsystems, "kernel/modules_disabled", "1") {
        let note = "kernel.modules_disabled is 1 after boot: nothing is loaded any more";
        return Some(Answer::known(ModuleState::Blocked).because(origin).note(note));
    }
    if let Some((command, origin)) = commands(subsystems, loader, target).next() {
        let loads = Answer::known(ModuleState::Loaded).at_most(Confidence::High);
        let note = "a command loads it during boot, not modules-load.d";
        // A loop over plain words is followed: then it is known what `modprobe $m` loads.
        let is_target = |name: &str| super::resolved(loader, name).is_some_and(|found| found == target);
        let followed = subsystems.boot_scripts().modprobes().find(|(name, _)| is_target(name));
        return Some(match (command, followed) {
            (Command::Loads, _) => loads.because(origin).note(note),
            (Command::May, Some((_, origin))) => loads.because(origin).note(note),
            (Command::Removes, _) | (Command::May, None) => maybe(&origin, target),
        });
    }
    if let Some((variable, origin)) = by_variable(subsystems, target) {
        let note = format!("the kernel loads it when {variable} is set");
        return Some(Answer::known(ModuleState::Loaded).at_most(Confidence::High).because(origin).note(note));
    }
    if let Some(gap) = subsystems.boot_scripts().unread.first() {
        let answer = Answer::known(ModuleState::MaybeLoaded).at_most(Confidence::High);
        let note = format!("{}: it runs at boot and may load {target}", gap.reason);
        return Some(answer.note(note).because(gap.origin.clone()));
    }
    if let Some(line) = subsystems.boot_scripts().may_write(Topic::Module(target)) {
        return Some(maybe(&line.origin, target));
    }
    by_service(subsystems, target).map(|origin| maybe(&origin, target))
}

/// The variable whose value makes the kernel ask for a module, and the place that sets it.
fn by_variable(subsystems: &Subsystems<'_>, target: &str) -> Option<(&'static str, Origin)> {
    names::BY_VALUES.iter().find_map(|(path, name, prefix)| {
        let value = target.strip_prefix(prefix)?;
        Some((*name, subsystems.sysctl_d().sets(subsystems, path, value)?))
    })
}

/// What becomes of a loaded module that a command removes during boot.
pub(super) fn removed(subsystems: &Subsystems<'_>, loader: &Loader<'_>, target: &str) -> Option<State> {
    let (_, origin) =
        commands(subsystems, loader, target).find(|(command, _)| *command == Command::Removes)?;
    let reason =
        format!("{origin} may remove {target} again: {}", origin.says.as_deref().unwrap_or_default());
    Some(Answer::unknown(Reason::new(ReasonCode::Undecided, reason)).because(origin))
}

fn maybe(origin: &Origin, target: &str) -> State {
    let says = origin.says.as_deref().map(|says| format!(" ({says})")).unwrap_or_default();
    Answer::known(ModuleState::MaybeLoaded)
        .at_most(Confidence::High)
        .note(format!("{origin}{says} may load {target} during boot"))
        .because(origin.clone())
}

/// What a command does to a module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Command {
    Loads,
    Removes,
    /// It calls a program that may load it, or names it in a way that isn't understood.
    May,
}

/// The commands of the boot that load or remove a module, or may.
fn commands<'a>(
    subsystems: &'a Subsystems<'_>,
    loader: &'a Loader<'_>,
    target: &'a str,
) -> impl Iterator<Item = (Command, Origin)> {
    let is_target = move |name: &str| {
        super::resolved(loader, name).map_or(underscored(name) == target, |found| found == target)
    };
    let lines = &subsystems.boot_scripts().lines;
    // By script, whether it names the module anywhere.
    let mut naming: HashMap<&str, bool> = HashMap::default();
    lines.iter().filter_map(move |(origin, text)| {
        let command = command(text, &is_target, target)?;
        // `modprobe $m` may load what the same script names elsewhere.
        let names = |(other, text): &(Origin, String)| other.path == origin.path && has_word(text, target);
        let mut is_named = || *naming.entry(&origin.path).or_insert_with(|| lines.iter().any(names));
        let is_meant = command != Found::Unclear || is_named();
        let command = match command {
            Found::Is(command) => command,
            Found::Unclear => Command::May,
        };
        is_meant.then(|| (command, origin.clone().says(format!("runs {}", printable(text.trim())))))
    })
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Found {
    Is(Command),
    /// It loads what can't be told from the line alone.
    Unclear,
}

/// What a shell line does to a module.
fn command(text: &str, is_target: &dyn Fn(&str) -> bool, target: &str) -> Option<Found> {
    if !REMOVES_OR_LOADS
        .iter()
        .chain(BY_PROGRAMS.iter().map(|(name, _)| name))
        .any(|name| text.contains(name))
    {
        return None;
    }
    let mut found = None;
    for command in all_commands(text) {
        let is_known = |word: &&String| {
            let name = base(word);
            REMOVES_OR_LOADS.contains(&name) || BY_PROGRAMS.iter().any(|(known, _)| *known == name)
        };
        let Some(at) = command.words.iter().position(|word| is_known(&word)) else { continue };
        let words: Vec<&str> = command.words[at + 1..].iter().map(String::as_str).collect();
        let next = of_program(base(&command.words[at]), &words, text, is_target, target);
        match (found, next) {
            (None | Some(Found::Unclear), Some(next)) => found = Some(next),
            (_, Some(Found::Is(Command::Removes))) => found = next,
            _ => {}
        }
    }
    found
}

/// What a program that is called with some words, in a line, does to a module.
fn of_program(
    program: &str,
    words: &[&str],
    line: &str,
    is_target: &dyn Fn(&str) -> bool,
    target: &str,
) -> Option<Found> {
    match program {
        "modprobe" | "rmmod" => modprobe(program, words, is_target),
        // The directory is mostly `$(uname -r)`.
        "insmod" => {
            let is_file =
                |word: &str| word.contains(".ko") && module_name(word.trim_matches(['"', '\''])) == target;
            line.split_ascii_whitespace().any(is_file).then_some(Found::Is(Command::May))
        }
        _ => {
            let modules = BY_PROGRAMS.iter().find(|(name, _)| *name == program).map(|(_, modules)| *modules);
            // `ip` loads the kind of interface that it names; the others what they please.
            let is_named =
                !matches!(program, "ip" | "brctl" | "tc") || words.iter().any(|word| has_word(word, target));
            (is_named && covers(modules.unwrap_or_default(), target)).then_some(Found::Is(Command::May))
        }
    }
}

/// `modprobe a`, `modprobe -a a b`, `modprobe -r a`, `rmmod a`.
fn modprobe(program: &str, words: &[&str], is_target: &dyn Fn(&str) -> bool) -> Option<Found> {
    let (flags, mut modules): (Vec<&str>, Vec<&str>) =
        words.iter().copied().filter(|word| !word.is_empty()).partition(|word| word.starts_with('-'));
    let has = |letter: char, long: &str| {
        flags.iter().any(|flag| *flag == long || (!flag.starts_with("--") && flag.contains(letter)))
    };
    if has('n', "--dry-run") || has('D', "--show-depends") {
        return None;
    }
    let removes = program == "rmmod" || has('r', "--remove");
    if !removes && !has('a', "--all") {
        modules.truncate(1);
    }
    let is_unclear = |name: &&str| name.contains(['$', '{', '*']);
    if modules.iter().any(|name| !is_unclear(name) && is_target(name)) {
        return Some(Found::Is(if removes { Command::Removes } else { Command::Loads }));
    }
    (modules.is_empty() || modules.iter().any(is_unclear)).then_some(Found::Unclear)
}

/// What starts during boot, or is mounted, and may load a module.
fn by_service(subsystems: &Subsystems<'_>, target: &str) -> Option<Origin> {
    let service = BY_SERVICES
        .iter()
        .find(|(unit, modules)| covers(modules, target) && subsystems.units().may_start(subsystems, unit));
    if let Some((unit, _)) = service {
        return Some(Origin::named(OriginKind::Program, unit));
    }
    // A mount loads the module of its file system; one that is hidden is nobody's reason to fail.
    let bytes = subsystems.host().files().read("/etc/fstab").found().unwrap_or(None)?;
    let mount = fstab::parse(&bytes).into_iter().find(|mount| mount.kind == target && mount.is_auto())?;
    Some(Origin::line("/etc/fstab", mount.line).says(format!("mounts a file system of type {target}")))
}

fn covers(patterns: &[&str], name: &str) -> bool {
    patterns.iter().any(|pattern| glob::covers_name(pattern, name))
}

/// Whether a line has a name, in either spelling, as a word of its own.
fn has_word(text: &str, name: &str) -> bool {
    text.split(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '-')))
        .any(|word| underscored(word) == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_load_and_remove_modules() {
        let load = Some(Found::Is(Command::Loads));
        let (remove, may) = (Some(Found::Is(Command::Removes)), Some(Found::Is(Command::May)));
        for (text, target, expected) in [
            ("-/sbin/modprobe overlay", "overlay", load),
            ("modprobe br-netfilter x=1; modprobe -a a b", "b", load),
            ("modprobe a b", "b", None),
            ("/sbin/modprobe -r br_netfilter", "br_netfilter", remove),
            ("rmmod a b", "b", remove),
            ("modprobe -n a", "a", None),
            ("modprobe -- $m", "ip_vs", Some(Found::Unclear)),
            ("lsmod | xargs modprobe", "ip_vs", Some(Found::Unclear)),
            ("insmod /lib/modules/$(uname -r)/dummy.ko", "dummy", may),
            ("insmod /lib/modules/6/dummy.ko.xz", "dummy", may),
            ("/usr/sbin/iptables -t nat -L", "nft_compat", may),
            ("ip link add br0 type bridge", "bridge", may),
            ("ip link add br0 type bridge", "veth", None),
            ("echo hello", "a", None),
        ] {
            let found = command(text, &|name| underscored(name) == target, target);
            assert_eq!(found, expected, "{text} {target}");
        }
    }
}
