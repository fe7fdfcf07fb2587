//! The areas in use now: `/proc/swaps`.

use std::rc::Rc;

use super::device::{self, Same};
use super::{Area, MAX_AREAS, areas};
use crate::fact::{Confidence, Fact, Origin, State};
use crate::host::{Host, Read, Running};
use crate::parse::swaps::{self, SwapArea};

const SWAPS: &str = "/proc/swaps";

/// The list of areas, or whether one is on; `any` asks for any.
pub(super) fn ask(host: &Host, running: &dyn Running, device: Option<&str>) -> Fact {
    let bytes = match running.files().read(SWAPS) {
        Read::There(bytes) => bytes,
        // A kernel without swap (CONFIG_SWAP=n) has no such file; kubeadm and the kubelet take it so, too.
        Read::Missing(_) => Rc::default(),
        Read::Hidden(error) => return Fact::unknown(error),
    };
    if !bytes.is_empty() && !bytes.starts_with(b"Filename") {
        return Fact::unknown(format!("{SWAPS} is not what Linux writes"));
    }
    let used = swaps::parse(&bytes);
    if used.len() > MAX_AREAS {
        return Fact::unknown(format!(
            "{SWAPS} lists more than {MAX_AREAS} areas, and Linux has room for 32"
        ));
    }
    let notes = used.iter().filter(|area| area.deleted);
    let notes = notes.map(|area| format!("{} was deleted and is in use until the next boot", area.device));
    let mut fact = match device {
        None if used.is_empty() => areas(&[]).because(Origin::file(SWAPS)),
        None => areas(&used.iter().map(area).collect::<Vec<_>>()),
        Some(device) => one(host, &used, device),
    };
    fact.notes.extend(notes);
    fact
}

fn one(host: &Host, used: &[SwapArea], device: &str) -> Fact {
    let mut unclear = None;
    for area in used {
        let origin = Origin::line(SWAPS, area.line);
        let same = if device == "any" { Same::Yes } else { device::compare(host, device, &area.device) };
        match same {
            Same::Yes => return Fact::new(State::from("on")).because(origin),
            Same::Unclear => unclear = Some((area, origin)),
            Same::No => {}
        }
    }
    match unclear {
        Some((area, origin)) => {
            Fact::unknown(format!("{} is in use, and whether that is {device} is not known", area.device))
                .because(origin)
        }
        None => Fact::new(State::from("off")).because(Origin::file(SWAPS)),
    }
}

fn area(used: &SwapArea) -> Area {
    let kind = match used.kind.as_str() {
        _ if used.device.starts_with("/dev/zram") => "zram",
        "file" => "file",
        _ => "partition",
    };
    let origin = Origin::line(SWAPS, used.line);
    Area { device: used.device.clone(), kind, origin, confidence: Confidence::Certain }
}
