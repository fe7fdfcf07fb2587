//! The areas in use now: `/proc/swaps`.

use super::device::{self, Same};
use super::{Area, MAX_AREAS, areas};
use crate::fact::{Answer, Confidence, Origin, Reason, ReasonCode};
use crate::host::{Host, Running};
use crate::parse::swaps::{self, SwapArea};

const SWAPS: &str = "/proc/swaps";

/// The areas in use.
pub(super) fn list(running: &dyn Running) -> Answer<Vec<Area>> {
    let used = match used(running) {
        Ok(used) => used,
        Err(reason) => return Answer::unknown(reason),
    };
    let answer = areas(&used.iter().map(area).collect::<Vec<_>>());
    let answer = if used.is_empty() { answer.because(Origin::file(SWAPS)) } else { answer };
    with_notes(answer, &used)
}

/// Whether an area is in use; `any` asks for any.
pub(super) fn is_on(host: &Host, running: &dyn Running, device: &str) -> Answer<bool> {
    let used = match used(running) {
        Ok(used) => used,
        Err(reason) => return Answer::unknown(reason),
    };
    with_notes(one(host, &used, device), &used)
}

fn used(running: &dyn Running) -> Result<Vec<SwapArea>, Reason> {
    // A kernel without swap (CONFIG_SWAP=n) has no such file; kubeadm and the kubelet take it so, too.
    let Some(bytes) = running.files().read(SWAPS).found()? else { return Ok(Vec::new()) };
    if !bytes.is_empty() && !bytes.starts_with(b"Filename") {
        return Err(Reason::new(ReasonCode::Corrupt, format!("{SWAPS} is not what Linux writes")));
    }
    let used = swaps::parse(&bytes);
    if used.len() > MAX_AREAS {
        let reason = format!("{SWAPS} lists more than {MAX_AREAS} areas, and Linux has room for 32");
        return Err(Reason::from(reason));
    }
    Ok(used)
}

fn with_notes<T>(mut answer: Answer<T>, used: &[SwapArea]) -> Answer<T> {
    let deleted = used.iter().filter(|area| area.deleted);
    answer
        .notes
        .extend(deleted.map(|area| format!("{} was deleted and is in use until the next boot", area.device)));
    answer
}

fn one(host: &Host, used: &[SwapArea], device: &str) -> Answer<bool> {
    let mut unclear = None;
    for area in used {
        let origin = Origin::line(SWAPS, area.line);
        let same = if device == "any" { Same::Yes } else { device::compare(host, device, &area.device) };
        match same {
            Same::Yes => return Answer::known(true).because(origin),
            Same::Unclear => unclear = Some((area, origin)),
            Same::No => {}
        }
    }
    match unclear {
        Some((area, origin)) => {
            Answer::unknown(format!("{} is in use, and whether that is {device} is not known", area.device))
                .because(origin)
        }
        None => Answer::known(false).because(Origin::file(SWAPS)),
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
