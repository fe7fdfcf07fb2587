//! The kubelet that runs: the flags that it was started with, against those of its unit, and whether its files have changed
//! since. It is found through the cgroup of its unit; no list of all processes is read.

use super::Kubelet;
use super::config::Document;
use super::flags::{CommandLine, Flag};
use crate::fact::{Confidence, Fact, Origin, Reason};
use crate::host::{Read, Running};
use crate::parse::process;
use crate::subsystem::Subsystems;
use crate::subsystem::systemd::units::CGROUPS;

/// The unit's processes that are looked at: beside the kubelet there may be helpers of volume plugins.
const MAX_PROCESSES: usize = 16;
/// Seconds between a time stamp of a file and one of a process that mean nothing.
const BLUR: i64 = 2;

/// The kubelet that runs.
#[derive(Debug)]
pub(super) struct Process {
    /// Its number.
    pub pid: u32,
    /// The words of its command line.
    pub words: Vec<(Origin, String)>,
}

/// The kubelet's process; none if there is none in the unit's cgroup.
///
/// # Errors
/// Why that can't be known. With `hidepid=` (proc(5)) processes of others are not there, for whoever may not see them.
pub(super) fn find(running: &dyn Running) -> Result<Option<Process>, String> {
    let files = running.files();
    let mut unread = None;
    let mut members = None;
    for directory in CGROUPS {
        match files.read(format!("{directory}/kubelet.service/cgroup.procs")) {
            Read::There(bytes) if bytes.is_empty() => {}
            Read::There(bytes) => {
                members = Some(bytes);
                break;
            }
            Read::Missing(_) => {}
            Read::Hidden(error) => unread = Some(error.to_string()),
        }
    }
    let members = members.unwrap_or_default();
    let members = String::from_utf8_lossy(&members);
    for pid in members.lines().take(MAX_PROCESSES).filter_map(|line| line.trim().parse::<u32>().ok()) {
        let path = format!("/proc/{pid}/cmdline");
        match files.read(&path) {
            Read::There(bytes) => {
                let words = process::command_line(&bytes);
                if words.first().and_then(|program| program.rsplit('/').next()) == Some("kubelet") {
                    let origin = Origin::file(&path);
                    let words = words.into_iter().map(|word| (origin.clone(), word)).collect();
                    return Ok(Some(Process { pid, words }));
                }
            }
            // It ended meanwhile, or belongs to another user (hidepid=): then nothing of it is there.
            Read::Missing(_) => unread = Some(format!("{path}: not found")),
            Read::Hidden(error) => unread = Some(error.to_string()),
        }
    }
    unread.map_or(Ok(None), Err)
}

impl Process {
    /// When it was started, in seconds since 1970.
    fn started(&self, running: &dyn Running) -> Result<i64, String> {
        let path = format!("/proc/{}/stat", self.pid);
        let read = |path: &str| match running.files().read(path) {
            Read::There(bytes) => Ok(bytes),
            Read::Missing(path) => Err(format!("{path}: not found")),
            Read::Hidden(error) => Err(error.to_string()),
        };
        let after = process::started(&read(&path)?).ok_or_else(|| format!("{path} has no start time"))?;
        let booted = process::boot_time(&read("/proc/stat")?).ok_or("/proc/stat has no btime")?;
        i64::try_from(booted.saturating_add(after)).map_err(|error| error.to_string())
    }
}

/// Flags that differ between the running kubelet and its unit.
pub(super) fn stale_flags(unit: &CommandLine, process: &Process) -> Fact {
    let running = CommandLine::parse(process.words.get(1..).unwrap_or_default());
    let mut names: Vec<&str> = Vec::new();
    for flag in running.flags.iter().chain(&unit.flags) {
        if !names.contains(&flag.name.as_str()) {
            names.push(&flag.name);
        }
    }
    let mut found = Vec::new();
    for name in names {
        let values = |line: &CommandLine| line.all(name).map(|flag| flag.value.clone()).collect::<Vec<_>>();
        let (now, then) = (values(&running), values(unit));
        // Specifiers such as %H are systemd's to expand.
        if now == then || then.iter().any(|value| value.contains('%')) {
            continue;
        }
        let text = match (now.is_empty(), then.is_empty()) {
            (true, _) => format!("--{name}: runs without, the unit says {}", then.join(" ")),
            (_, true) => format!("--{name}: runs with {}, the unit doesn't have it", now.join(" ")),
            _ => format!("--{name}: runs with {}, the unit says {}", now.join(" "), then.join(" ")),
        };
        let place = |flag: &Flag| flag.origin.clone();
        let place = unit.last(name).or_else(|| running.last(name)).map(place).unwrap_or_default();
        found.push((place, text));
    }
    Fact::findings(found).note(format!("compared with /proc/{}/cmdline", process.pid))
}

/// Configuration files that were changed after the kubelet was started, by time stamps.
pub(super) fn changed_files(kubelet: &Kubelet, subsystems: &Subsystems<'_>, process: &Process) -> Fact {
    let Some(running) = subsystems.host().running() else { return Fact::unknown(Reason::not_running()) };
    let started = match process.started(running) {
        Ok(started) => started,
        Err(reason) => return Fact::unknown(reason),
    };
    let mut found = Vec::new();
    for path in kubelet.config.documents.iter().filter_map(Document::path) {
        match subsystems.host().files().stat(path).map(|found| found.modified) {
            Read::There(Some(modified)) if modified > started.saturating_add(BLUR) => {
                found.push((Origin::file(path), path.to_owned()));
            }
            Read::There(Some(_)) => {}
            Read::There(None) => {
                return Fact::unknown(format!("when {path} was changed is not recorded"));
            }
            Read::Missing(path) => return Fact::unknown(format!("{path}: not found")),
            Read::Hidden(error) => return Fact::unknown(error.to_string()),
        }
    }
    Fact::findings(found).at_most(Confidence::Heuristic).note(
        "by the time stamps of the files and of the process; a file may have been changed to what it was",
    )
}
