//! Swap: the areas in use, and every mechanism that brings one back at the next boot.

mod cloud;
mod command_line;
mod device;
mod fstab;
mod generated;
mod gpt;
mod now;
mod scripts;
mod services;
mod swapon;
mod unit_files;
mod unit_name;
mod zram;

use std::rc::Rc;

use crate::fact::{Answer, Confidence, Moment, Origin, Reason};
use crate::host::Files;
use crate::parse::{self, fstab::Mount};
use crate::subsystem::boot::boot_scripts::NotUnderstood;
use crate::subsystem::{Subsystems, Unreadable, outside};
use device::Same;

/// A swap area that is on, or will be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Area {
    /// The device as the place that names it writes it.
    pub device: String,
    /// `partition`, `file` or `zram`.
    pub kind: &'static str,
    /// What turns it on.
    origin: Origin,
    confidence: Confidence,
}

impl Area {
    fn new(device: impl Into<String>, origin: Origin) -> Self {
        let device = device.into();
        Area { kind: device::kind_of(&device), device, origin, confidence: Confidence::Certain }
    }

    fn at_most(mut self, confidence: Confidence) -> Self {
        self.confidence = self.confidence.min(confidence);
        self
    }
}

/// A swap area that may be on.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Doubt {
    /// None if it can be any.
    device: Option<String>,
    reason: String,
    origin: Option<Origin>,
}

/// No configuration that makes sense names more areas.
const MAX_AREAS: usize = 256;

/// What the next boot does about swap.
#[derive(Clone, Debug, Default)]
pub struct Swap {
    /// Areas that will be on.
    areas: Vec<Area>,
    /// Areas that may be on.
    doubts: Vec<Doubt>,
    /// Areas that somebody configured and that stay off: the place.
    off: Vec<Origin>,
    /// Why units that only `swap.target` wants may not be started.
    target_doubt: Option<String>,
    notes: Vec<String>,
    /// A line that turns swap off, or may do so.
    changed_by: Option<NotUnderstood>,
    gaps: Vec<Unreadable>,
    confidence: Confidence,
    /// Why nothing can be said at all.
    reason: Option<String>,
    /// The lines of fstab, read once; none if it can't be read, which is a gap.
    mounts: Rc<[Mount]>,
}

impl Swap {
    pub(in crate::subsystem) fn merge(subsystems: &Subsystems<'_>) -> Self {
        let mut swap = Swap::default();
        if let Some(doubt) = &subsystems.systemd().doubt {
            swap.reason = Some(format!("what turns swap on at boot is not known: {doubt}"));
            return swap;
        }
        if let Some(mark) = outside::wsl(subsystems) {
            let what =
                "`swap=` in the file .wslconfig on Windows decides whether swap is on after the next start";
            swap.doubts.push(Doubt { device: None, reason: what.to_owned(), origin: Some(mark) });
        }
        let fstab = subsystems.host().files().read(fstab::FSTAB).or_hidden(&mut swap.gaps);
        swap.mounts = fstab.map_or_else(|| Rc::from([]), |bytes| parse::fstab::parse(&bytes).into());
        fstab::read(subsystems, &mut swap);
        unit_files::read(subsystems, &mut swap);
        zram::read(subsystems, &mut swap);
        services::read(subsystems, &mut swap);
        scripts::read(subsystems, &mut swap);
        cloud::read(subsystems, &mut swap);
        gpt::read(subsystems, &mut swap);
        swap
    }

    /// The areas that will be on after the next boot.
    #[must_use]
    pub fn list(&self) -> Answer<Vec<Area>> {
        if let Some(reason) = &self.reason {
            return Answer::unknown(reason.clone());
        }
        if self.areas.is_empty() {
            if let Some(doubt) = self.doubts.first() {
                return self
                    .with_notes(Answer::unknown(doubt.reason.clone()).because_all(doubt.origin.clone()));
            }
            if let Some(gap) = self.gaps.first() {
                return self.with_notes(Answer::unknown(gap.reason.clone()).because(gap.origin.clone()));
            }
        }
        if let (Some(line), false) = (&self.changed_by, self.areas.is_empty()) {
            return self
                .with_notes(Answer::unknown(line.reason("which swap is on")).because(line.origin.clone()));
        }
        let mut answer = areas(&self.areas);
        let more = self.doubts.iter().map(|doubt| &doubt.reason);
        let more = more.chain(self.gaps.iter().map(|gap| &gap.reason));
        answer.notes.extend(more.map(|reason| format!("there may be more: {reason}")));
        if self.areas.is_empty() {
            answer.because.extend(self.off.iter().cloned());
            if answer.because.is_empty() {
                answer.because.push(Origin::file("/etc/fstab").says("has no active swap line"));
            }
        }
        self.with_notes(answer)
    }

    /// Whether a device will be on; `any` asks for any.
    #[must_use]
    pub fn device(&self, subsystems: &Subsystems<'_>, device: &str) -> Answer<bool> {
        if let Some(reason) = &self.reason {
            return Answer::unknown(reason.clone());
        }
        let same = |other: &str| match device {
            "any" => Same::Yes,
            device => device::compare(subsystems.host(), device, other),
        };
        let on = self.areas.iter().filter(|area| same(&area.device) == Same::Yes);
        if let Some(area) = on.max_by_key(|area| area.confidence) {
            if let Some(line) = &self.changed_by {
                let unknown = Answer::unknown(line.reason("which swap is on"));
                return self.with_notes(unknown.because(line.origin.clone()).because(area.origin.clone()));
            }
            let answer = Answer::known(true).because(area.origin.clone());
            return self.with_notes(answer.at_most(area.confidence));
        }
        if let Some(area) = self.areas.iter().find(|area| same(&area.device) == Same::Unclear) {
            let reason = format!("{} will be on, and whether that is {device} is not known", area.device);
            return self.with_notes(Answer::unknown(reason).because(area.origin.clone()));
        }
        let maybe = |doubt: &&Doubt| doubt.device.as_deref().is_none_or(|other| same(other) != Same::No);
        if let Some(doubt) = self.doubts.iter().find(maybe) {
            return self.with_notes(Answer::unknown(doubt.reason.clone()).because_all(doubt.origin.clone()));
        }
        if let Some(gap) = self.gaps.first() {
            return self.with_notes(Answer::unknown(gap.reason.clone()).because(gap.origin.clone()));
        }
        self.with_notes(Answer::known(false).because_all(self.off.iter().cloned()))
    }

    fn with_notes<T>(&self, answer: Answer<T>) -> Answer<T> {
        let mut answer = answer.at_most(self.confidence);
        answer.notes.extend(self.notes.iter().cloned());
        answer
    }

    /// Adds an area that will be on, unless its device isn't there; each device once.
    fn add(&mut self, subsystems: &Subsystems<'_>, area: Area) {
        if let Some(missing) = device::missing(subsystems.host(), &self.mounts, &area.device) {
            self.confidence = self.confidence.min(Confidence::High);
            self.notes.push(format!("{}: {missing}; swap stays off unless it comes back", area.origin));
            self.off.push(area.origin.says(missing));
            return;
        }
        let files = subsystems.host().files();
        match device::not_in_directory(subsystems.host(), &self.mounts, &area.device) {
            // Of a whole system the file is missing, too, unless something makes it that isn't understood.
            Some(missing) if files.any_is_there(["/sbin/swapon", "/usr/sbin/swapon"]) == Ok(true) => {
                let reason = format!("{}: {missing}", area.origin);
                self.doubt(Some(&area.device), reason, Some(area.origin));
            }
            Some(missing) => {
                self.notes.push(format!("{}: {missing}", area.origin));
                self.add_unchecked(area.at_most(Confidence::High));
            }
            None => self.add_unchecked(area),
        }
    }

    /// Adds an area whose device is made by what turns it on; each device once.
    fn add_unchecked(&mut self, area: Area) {
        match self.areas.iter_mut().find(|known| known.device == area.device) {
            Some(known) => known.confidence = known.confidence.max(area.confidence),
            None => self.areas.push(area),
        }
    }

    /// A file's content; a failure to read one that is there is a gap.
    fn read(&mut self, files: &Files, path: &str) -> Option<Rc<[u8]>> {
        files.read(path).or_hidden(&mut self.gaps)
    }

    /// Says that what follows in a place is not looked at: the kernel has room for 32 areas (`MAX_SWAPFILES`).
    fn too_many(&mut self, origin: Origin) {
        let reason =
            format!("{origin}: more than {MAX_AREAS} swap areas are configured; not all are looked at");
        self.gaps.push(Unreadable { origin, reason });
    }

    fn doubt(&mut self, device: Option<&str>, reason: impl Into<String>, origin: Option<Origin>) {
        self.doubts.push(Doubt { device: device.map(str::to_owned), reason: reason.into(), origin });
    }
}

/// The areas that are on at a moment.
pub fn list(subsystems: &Subsystems<'_>, moment: Moment) -> Answer<Vec<Area>> {
    match (moment, subsystems.host().running()) {
        (Moment::NextBoot, _) => subsystems.swap().list(),
        (Moment::Now, None) => Answer::unknown(Reason::not_running()),
        (Moment::Now, Some(running)) => now::list(running),
    }
}

/// Whether a device is on at a moment; `any` asks for any.
pub fn is_on(subsystems: &Subsystems<'_>, device: &str, moment: Moment) -> Answer<bool> {
    match (moment, subsystems.host().running()) {
        (Moment::NextBoot, _) => subsystems.swap().device(subsystems, device),
        (Moment::Now, None) => Answer::unknown(Reason::not_running()),
        (Moment::Now, Some(running)) => now::is_on(subsystems.host(), running, device),
    }
}

fn areas(areas: &[Area]) -> Answer<Vec<Area>> {
    let least = areas.iter().map(|area| area.confidence).min().unwrap_or_default();
    Answer::known(areas.to_vec()).because_all(areas.iter().map(|area| area.origin.clone())).at_most(least)
}
