//! What a unit finds at a path when it is started: on disk, or what the boot has made of it by then.

use super::BootScenario;
use super::graph::Node;
use super::merged::MergedUnit;
use super::order::has_default_dependencies;
use super::search_path::{Found, suffix};
use crate::fact::Confidence;
use crate::host::{HostError, HostErrorKind, HostPath, Kind, Metadata, Read};
use crate::parse::fstab::Mount;
use crate::parse::systemd::escape_path;
use crate::parse::tmpfiles_d::TmpfilesLine;
use crate::subsystem::Subsystems;
use crate::subsystem::early_boot::{self, Unavailable};

const TMPFILES: &str = "systemd-tmpfiles-setup.service";
/// Of the entries of a directory no more are looked at to tell whether it is empty.
const MAX_ENTRIES: usize = 1_000;

/// What a unit finds at a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Sight {
    /// Something is there.
    There(Seen, Confidence),
    /// Nothing is there.
    Missing(Confidence),
    /// It can't be told, and why.
    Unknown(String),
}

/// What is known of something that is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) kind: Kind,
    /// None if it isn't known.
    pub(super) mode: Option<u32>,
    pub(super) is_empty: bool,
}

impl From<Metadata> for Seen {
    fn from(found: Metadata) -> Self {
        Seen { kind: found.kind, mode: Some(found.mode), is_empty: found.size == 0 }
    }
}

impl Seen {
    fn made_by(line: &TmpfilesLine) -> Self {
        let is_file = line.kind.eq_ignore_ascii_case(&'f');
        let kind = if is_file { Kind::File } else { Kind::Directory };
        Seen { kind, mode: None, is_empty: line.argument.is_empty() }
    }
}

fn is_no_directory(error: &HostError) -> bool {
    matches!(error.kind, HostErrorKind::NotAFile(_))
}

/// How the path of a unit is to be looked at.
enum Place<'s> {
    /// It is as on disk.
    OnDisk,
    /// A line of tmpfiles.d makes it.
    Made(&'s TmpfilesLine),
    /// It is gone.
    Gone,
}

/// A unit of a boot that looks at paths.
#[derive(Clone, Copy)]
pub(super) struct Viewer<'a> {
    pub(super) subsystems: &'a Subsystems<'a>,
    pub(super) scenario: &'a BootScenario,
    pub(super) unit: &'a MergedUnit,
}

impl<'a> Viewer<'a> {
    /// What the unit finds at a path, links followed.
    pub(super) fn look(self, path: &str) -> Sight {
        self.look_by(path, |path| self.subsystems.host().files().stat(path))
    }

    /// What the unit finds at a path itself, if that is on disk.
    pub(super) fn look_at_link(self, path: &str) -> Sight {
        self.look_by(path, |path| self.subsystems.host().files().lstat(path))
    }

    fn look_by(self, path: &str, on_disk: impl Fn(&str) -> Read<Metadata>) -> Sight {
        let (found, confidence) = match self.place(path) {
            Ok(Place::OnDisk) => (on_disk(path).map(Seen::from), Confidence::Certain),
            Ok(Place::Made(line)) => return Sight::There(Seen::made_by(line), Confidence::High),
            Ok(Place::Gone) => (Read::Missing(path.to_owned()), Confidence::High),
            Err(reason) => return Sight::Unknown(reason),
        };
        match found {
            Read::There(seen) => Sight::There(seen, confidence),
            Read::Missing(_) => match self.named_by_another(path) {
                Some(maker) => Sight::Unknown(maker),
                None => Sight::Missing(confidence),
            },
            Read::Hidden(error) => Sight::Unknown(error.to_string()),
        }
    }

    /// Whether a directory holds an entry of a kind of names when the unit is started, and how sure that is.
    pub(super) fn has_entry(
        self,
        directory: &str,
        is_meant: impl Fn(&str) -> bool,
    ) -> Option<(bool, Confidence)> {
        let (files, path) = (self.subsystems.host().files(), HostPath::new(directory));
        if early_boot::is_memory(&path) || !matches!(self.place(directory), Ok(Place::OnDisk)) {
            return None;
        }
        let none = |confidence| self.named_by_another(directory).is_none().then_some((false, confidence));
        let names = match files.list(directory) {
            Read::There(names) => names,
            Read::Missing(_) => return none(Confidence::Certain),
            Read::Hidden(error) if is_no_directory(&error) => return none(Confidence::Certain),
            Read::Hidden(_) => return None,
        };
        let mut is_open = names.len() > MAX_ENTRIES;
        let mut confidence = Confidence::Certain;
        for name in names.iter().take(MAX_ENTRIES).filter_map(|name| name.to_str()).filter(|n| is_meant(n)) {
            match self.place(&format!("{}/{name}", directory.trim_end_matches('/'))) {
                Ok(Place::OnDisk) => return Some((true, Confidence::Certain)),
                Ok(Place::Made(_)) => return Some((true, Confidence::High)),
                Ok(Place::Gone) => confidence = Confidence::High,
                Err(_) => is_open = true,
            }
        }
        let real = early_boot::real(files, &path);
        let is_mount_point = !matches!(self.subsystems.fstab().at(&real), Ok(None));
        let may_be_filled = is_mount_point || self.subsystems.tmpfiles().may_fill(&real);
        if is_open || may_be_filled { None } else { none(confidence) }
    }

    /// # Errors
    /// Why it can't be told.
    fn place(self, path: &str) -> Result<Place<'a>, String> {
        let subsystems = self.subsystems;
        if !path.starts_with('/') || path.contains('%') {
            return Err(format!("{path} is not a plain path"));
        }
        let real = early_boot::real(subsystems.host().files(), &HostPath::new(path));
        let tmp = || Err("it can't be told here whether /tmp is in memory".to_owned());
        let lost = match early_boot::lost_before_services(subsystems, &real, tmp) {
            Ok(()) => return Ok(Place::OnDisk),
            Err(lost) => lost,
        };
        let why = || lost.why().to_owned();
        self.is_after_early_boot().then_some(()).ok_or_else(why)?;
        let mount = early_boot::mounted(subsystems, &real)?.filter(|mount| mount.target != "/");
        if mount.is_some_and(|mount| !self.is_plainly_mounted(mount)) {
            return Err(why());
        }
        match lost {
            Unavailable::Lost(_) => Ok(Place::Gone),
            Unavailable::Remade(_) => {
                let line = subsystems.tmpfiles().surely_makes(&real);
                line.map(|(_, line)| Place::Made(line)).ok_or_else(why)
            }
            Unavailable::InMemory(_) | Unavailable::Unknown(_) => Err(why()),
        }
    }

    /// Whether the unit is started when all mounts of fstab and the lines of tmpfiles.d are done: after `sysinit.target`.
    fn is_after_early_boot(self) -> bool {
        ["service", "socket", "timer", "path"].contains(&suffix(&self.unit.name))
            && has_default_dependencies(self.unit)
            && self.scenario.graph.nodes.get(TMPFILES).is_some_and(|node| self.is_stock_tmpfiles(node))
    }

    /// Whether systemd-tmpfiles runs as systemd ships it.
    fn is_stock_tmpfiles(self, node: &Node) -> bool {
        let scenario = self.scenario;
        let is_stock = |unit: &MergedUnit| {
            let is_conditional = |key: &str| key.starts_with("Condition") || key.starts_with("Assert");
            let commands = unit.list("Service", "ExecStart");
            let options = ["--create", "--remove", "--boot"];
            unit.gaps.is_empty()
                && !unit.settings.iter().any(|setting| is_conditional(&setting.key))
                && commands.len() == 1
                && options.iter().all(|option| commands[0].value.contains(option))
                && !commands[0].value.contains(" --prefix")
        };
        matches!(node.found, Found::Fragment { .. })
            && !node.doubtful
            && node.refused.is_none()
            && node.unit.as_deref().is_some_and(is_stock)
            && !scenario.options.masks.iter().any(|mask| mask == TMPFILES)
            && !scenario.dropped.contains_key(TMPFILES)
            && !scenario.conflicts.contains_key(TMPFILES)
    }

    /// Whether a mount of fstab is there before `local-fs.target` for sure, as fstab alone says.
    fn is_plainly_mounted(self, mount: &Mount) -> bool {
        let is_odd = |option: &str| option == "_netdev" || option.starts_with("x-systemd.");
        let name = escape_path(&mount.target) + ".mount";
        let files = self.subsystems.host().files();
        let search = &self.subsystems.units().search;
        !mount.may_fail()
            && !mount.options.split(',').any(is_odd)
            && search.resolve(files, &name) == Found::Missing
            && MergedUnit::drop_ins_only(search, files, &name).settings.is_empty()
            && !self.scenario.options.masks.contains(&name)
    }

    /// A command of another unit that names a path: it may make it.
    fn named_by_another(self, path: &str) -> Option<String> {
        let others = self.scenario.graph.nodes.values().filter_map(|node| node.unit.as_deref());
        let others = others.filter(|other| other.name != self.unit.name && suffix(&other.name) == "service");
        let mut settings = others.flat_map(|other| &other.settings);
        let setting =
            settings.find(|setting| setting.key.starts_with("Exec") && setting.value.contains(path));
        setting.map(|setting| format!("{} names it", setting.origin()))
    }

    /// The mount without which a path isn't there, if the boot goes on without it.
    ///
    /// # Errors
    /// Why it can't be told.
    pub(super) fn doubtful_mount(self, path: &str) -> Result<Option<&'a Mount>, HostError> {
        for directory in HostPath::new(path).as_path().ancestors() {
            let mount = self.subsystems.fstab().at(&HostPath::new(directory))?;
            let in_memory = |mount: &Mount| early_boot::is_in_memory(mount);
            if let Some(mount) = mount.filter(|m| m.is_auto() && m.may_fail() && !in_memory(m)) {
                return Ok(Some(mount));
            }
        }
        Ok(None)
    }
}
