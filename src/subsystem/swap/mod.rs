//! Swap: the areas in use, and every mechanism that brings one back at the next boot.

mod elsewhere;
mod fstab;
mod gpt;
mod unit_name;
mod zram;

use std::rc::Rc;

use super::{Gap, Subsystems};
use crate::fact::{Confidence, Fact, Moment, Origin, State, Value};
use crate::format::swaps;
use crate::host::{Files, HostError, Running};

/// A swap area that is on, or will be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Area {
    /// The device as the place that names it writes it.
    pub device: String,
    /// `partition`, `file`, `zram` or `device` (a block device of some kind).
    pub kind: &'static str,
    /// What turns it on.
    pub origin: Origin,
}

/// What the next boot does about swap.
#[derive(Clone, Debug, Default)]
pub struct Swap {
    /// Areas that will be on.
    areas: Vec<Area>,
    /// Areas that may be on: the device, if it is known, why it can't be told, and the place.
    doubts: Vec<Doubt>,
    /// Areas that somebody configured and that stay off: the place.
    off: Vec<Origin>,
    notes: Vec<String>,
    gaps: Vec<Gap>,
    confidence: Confidence,
    /// Why nothing can be said at all.
    reason: Option<String>,
}

/// A swap area that may be on.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Doubt {
    device: Option<String>,
    reason: String,
    origin: Option<Origin>,
}

impl Swap {
    pub(super) fn merge(subsystems: &Subsystems<'_>) -> Self {
        let mut swap = Swap::default();
        if let Some(doubt) = &subsystems.systemd().doubt {
            swap.reason = Some(format!("what turns swap on at boot is not known: {doubt}"));
            return swap;
        }
        fstab::read(subsystems, &mut swap);
        elsewhere::native_units(subsystems, &mut swap);
        zram::read(subsystems, &mut swap);
        elsewhere::services(subsystems, &mut swap);
        elsewhere::scripts(subsystems, &mut swap);
        elsewhere::unread_scripts(subsystems, &mut swap);
        elsewhere::cloud(subsystems, &mut swap);
        gpt::read(subsystems, &mut swap);
        let mut seen: Vec<String> = Vec::new();
        swap.areas.retain(|area| {
            let new = !seen.contains(&area.device);
            seen.push(area.device.clone());
            new
        });
        swap
    }

    /// The areas that will be on after the next boot.
    #[must_use]
    pub fn list(&self) -> Fact {
        if let Some(reason) = &self.reason {
            return Fact::unknown(reason.clone());
        }
        if self.areas.is_empty()
            && let Some(doubt) = self.doubts.first()
        {
            return self.told(Fact::unknown(doubt.reason.clone()).because_all(doubt.origin.clone()));
        }
        if let (true, Some(gap)) = (self.areas.is_empty(), self.gaps.first()) {
            return self.told(Fact::unknown(gap.reason.clone()).because(gap.origin.clone()));
        }
        let mut fact = areas(&self.areas);
        fact.notes.extend(self.doubts.iter().map(|doubt| format!("there may be more: {}", doubt.reason)));
        fact.notes.extend(self.gaps.iter().map(|gap| format!("there may be more: {}", gap.reason)));
        if self.areas.is_empty() {
            fact.because.extend(self.off.iter().cloned());
            if fact.because.is_empty() {
                fact.because.push(Origin::file("/etc/fstab").says("has no active swap line"));
            }
        }
        self.told(fact)
    }

    /// Whether a device will be on; `any` asks for any.
    #[must_use]
    pub fn device(&self, device: &str) -> Fact {
        if let Some(reason) = &self.reason {
            return Fact::unknown(reason.clone());
        }
        let same =
            |other: &str| device == "any" || unit_name::of_device(other) == unit_name::of_device(device);
        if let Some(area) = self.areas.iter().find(|area| same(&area.device)) {
            return self.told(Fact::new(State::from("on")).because(area.origin.clone()));
        }
        if let Some(doubt) = self.doubts.iter().find(|doubt| doubt.device.as_deref().is_none_or(same)) {
            return self.told(Fact::unknown(doubt.reason.clone()).because_all(doubt.origin.clone()));
        }
        if let Some(gap) = self.gaps.first() {
            return Fact::unknown(gap.reason.clone());
        }
        self.told(Fact::new(State::from("off")).because_all(self.off.iter().cloned()))
    }

    fn told(&self, mut fact: Fact) -> Fact {
        fact.confidence = fact.confidence.min(self.confidence);
        fact.notes.extend(self.notes.iter().cloned());
        fact
    }

    /// A file's content; a failure to read one that is there is a gap.
    fn read(&mut self, files: &Files, path: &str) -> Option<Rc<[u8]>> {
        files.read(path).map_err(|error| self.not_read(error)).ok()
    }

    fn not_read(&mut self, error: HostError) {
        if !error.is_not_found() {
            self.gaps.push(error.into());
        }
    }

    fn doubt(&mut self, device: Option<&str>, reason: impl Into<String>, origin: Option<Origin>) {
        self.doubts.push(Doubt { device: device.map(str::to_owned), reason: reason.into(), origin });
    }
}

/// The answer for `swap` and `swap:DEVICE`.
pub fn swap(subsystems: &Subsystems<'_>, device: Option<&str>, moment: Moment) -> Fact {
    match (moment, subsystems.host().running()) {
        (Moment::Boot, _) => match device {
            Some(device) => subsystems.swap().device(device),
            None => subsystems.swap().list(),
        },
        (Moment::Now, None) => Fact::unknown("nothing is running here"),
        (Moment::Now, Some(running)) => now(running, device),
    }
}

fn now(running: &dyn Running, device: Option<&str>) -> Fact {
    const SWAPS: &str = "/proc/swaps";
    let bytes = match running.files().read(SWAPS) {
        Ok(bytes) => bytes,
        // A kernel without swap (CONFIG_SWAP=n) has no such file; kubeadm and the kubelet take it so, too.
        Err(error) if error.is_not_found() => Rc::default(),
        Err(error) => return Fact::unknown(error.to_string()),
    };
    if !bytes.is_empty() && !bytes.starts_with(b"Filename") {
        return Fact::unknown(format!("{SWAPS} is not what Linux writes"));
    }
    let found: Vec<Area> = swaps::parse(&bytes)
        .into_iter()
        .map(|area| Area {
            kind: match area.kind.as_str() {
                _ if area.device.starts_with("/dev/zram") => "zram",
                "file" => "file",
                _ => "partition",
            },
            device: area.device,
            origin: Origin::line(SWAPS, area.line),
        })
        .collect();
    let Some(device) = device else {
        let fact = areas(&found);
        return if found.is_empty() { fact.because(Origin::file(SWAPS)) } else { fact };
    };
    match found.iter().find(|area| device == "any" || area.device == device) {
        Some(area) => Fact::new(State::from("on")).because(area.origin.clone()),
        None => Fact::new(State::from("off")).because(Origin::file(SWAPS)),
    }
}

fn areas(areas: &[Area]) -> Fact {
    let record = |area: &Area| {
        Value::record([("device", State::from(area.device.as_str())), ("kind", State::from(area.kind))])
    };
    Fact::new(State::from(Value::List(areas.iter().map(record).collect())))
        .because_all(areas.iter().map(|area| area.origin.clone()))
}

/// `partition` and `device` can't be told apart from a name; a file can.
fn kind_of(device: &str) -> &'static str {
    match device {
        _ if device.starts_with("/dev/zram") => "zram",
        _ if device.starts_with("/dev/") || !device.starts_with('/') => "partition",
        _ => "file",
    }
}
