//! Shell lines that the next boot runs: rc.local, the commands of started units, hooks, and the scripts they name.
//!
//! What isn't understood is kept with what it may write, so that whoever asks for that can't be certain.

mod cloud;
mod hooks;
mod ifupdown;
mod mentions;
mod scan;
mod source;
mod sysctl;
mod udev;
mod units;

use crate::fact::{Origin, Reason, ReasonCode, printable};
use crate::parse::glob;
use crate::subsystem::Subsystems;

/// What the next boot runs, and what of it isn't understood.
#[derive(Clone, Debug, Default)]
pub struct BootScripts {
    /// Every line with its place, comments left out.
    pub lines: Vec<(Origin, String)>,
    /// Scripts that run and can't be read.
    pub unread: Vec<crate::subsystem::Unreadable>,
    doubts: Vec<NotUnderstood>,
    loads: Vec<(String, Origin)>,
}

/// Something that a script may change, as it is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Topic<'t> {
    /// A kernel variable, by its path below `/proc/sys`.
    Sysctl(&'t str),
    /// A module, by its name.
    Module(&'t str),
    /// Whether swap that isn't configured comes on.
    SwapOn,
    /// Whether swap that is configured goes off.
    SwapOff,
    /// The host's name.
    Hostname,
    /// Whether a unit runs, by its full name.
    Unit(&'t str),
}

/// What a line that isn't understood may write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Touches {
    /// It runs what can't be followed.
    Anything,
    /// Kernel variables: a pattern of paths below `/proc/sys`; `**` at its end stands for all below.
    Sysctl(String),
    /// A module, or any.
    Module(Option<String>),
    /// It may turn swap on.
    SwapOn,
    /// It may turn swap off.
    SwapOff,
    /// The host's name.
    Hostname,
    /// A unit, or any.
    Unit(Option<String>),
}

/// A line of the boot that may write something, and isn't understood well enough to tell what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotUnderstood {
    /// The line; it says what it runs.
    pub origin: Origin,
    /// What it may write.
    pub may_touch: Touches,
}

impl NotUnderstood {
    /// Why something can't be known: `what` is what was asked for.
    #[must_use]
    pub fn reason(&self, what: &str) -> Reason {
        let says = self.origin.says.as_deref().map(|says| format!(" ({says})")).unwrap_or_default();
        Reason::new(ReasonCode::NotUnderstood, format!("{}{says} may change {what} during boot", self.origin))
    }
}

impl Touches {
    fn covers(&self, topic: Topic<'_>) -> bool {
        let is = |name: &Option<String>, asked: &str| name.as_deref().is_none_or(|name| name == asked);
        match (self, topic) {
            (Touches::Anything, _)
            | (Touches::SwapOn, Topic::SwapOn)
            | (Touches::SwapOff, Topic::SwapOff)
            | (Touches::Hostname, Topic::Hostname | Topic::Sysctl("kernel/hostname")) => true,
            (Touches::Sysctl(pattern), Topic::Sysctl(path)) => covers_variable(pattern, path),
            (Touches::Sysctl(pattern), Topic::Hostname) => covers_variable(pattern, "kernel/hostname"),
            (Touches::Module(name), Topic::Module(asked)) => {
                name.as_deref().is_none_or(|name| name.replace('-', "_") == asked.replace('-', "_"))
            }
            (Touches::Unit(name), Topic::Unit(asked)) => is(name, asked),
            (Touches::Unit(name), Topic::SwapOn | Topic::SwapOff) => name
                .as_deref()
                .is_none_or(|name| name.rsplit_once('.').is_some_and(|(_, kind)| kind == "swap")),
            _ => false,
        }
    }
}

fn covers_variable(pattern: &str, path: &str) -> bool {
    let Some(directory) = pattern.strip_suffix("**") else { return glob::covers_path(pattern, path) };
    let directory = directory.trim_end_matches('/');
    let depth = directory.split('/').filter(|part| !part.is_empty()).count();
    let mut parts = path.splitn(depth + 1, '/');
    let above = parts.by_ref().take(depth).collect::<Vec<_>>().join("/");
    depth == 0 || glob::covers_path(directory, &above)
}

impl BootScripts {
    pub(in crate::subsystem) fn merge(subsystems: &Subsystems<'_>) -> Self {
        let mut scan = scan::Scan::of(subsystems.host().files());
        hooks::read(subsystems, &mut scan);
        scan.finish()
    }

    /// The first line that may write something and isn't understood well enough to tell what it writes.
    #[must_use]
    pub fn may_write(&self, topic: Topic<'_>) -> Option<&NotUnderstood> {
        self.doubts.iter().find(|doubt| doubt.may_touch.covers(topic))
    }

    /// The same, of lines that name what is asked: what can't be followed at all isn't among them.
    #[must_use]
    pub fn names(&self, topic: Topic<'_>) -> Option<&NotUnderstood> {
        let is_general = |touches: &Touches| matches!(touches, Touches::Anything | Touches::Unit(None));
        self.doubts.iter().find(|doubt| !is_general(&doubt.may_touch) && doubt.may_touch.covers(topic))
    }

    /// The modules that lines load by name with modprobe or insmod, and their places.
    pub fn modprobes(&self) -> impl Iterator<Item = (String, Origin)> {
        self.loads.iter().cloned()
    }
}

/// The place of a line, which says what it runs.
fn runs(origin: &Origin, text: &str) -> Origin {
    origin.clone().says(format!("runs {}", printable(text.trim())))
}

#[cfg(test)]
mod tests;
