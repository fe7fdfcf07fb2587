//! The firmware of a Raspberry Pi reads `cmdline.txt` beside `config.txt`: in `/boot/firmware` since Debian 12,
//! in `/boot` before. Which kernel it takes depends on the board.

use super::{BootEntry, Found, kernels};
use crate::fact::Origin;
use crate::host::Files;
use crate::parse::cmdline;

/// What a reader of the command line should know.
pub(super) const NOTE: &str = "the Raspberry Pi's firmware puts words of its own before these";

pub(super) fn read(files: &Files, found: &mut Found) {
    for directory in ["/boot/firmware", "/boot"] {
        let Some(config) = found.read(files, &format!("{directory}/config.txt")) else { continue };
        let Some(path) = command_line(files, directory, &config) else { continue };
        let Some(bytes) = found.read(files, &path) else { continue };
        let text = String::from_utf8_lossy(&bytes);
        let words = cmdline::words(text.lines().next().unwrap_or_default());
        // An old file that only points to the new place.
        if words.iter().all(|word| !word.contains('=')) {
            continue;
        }
        let releases = kernels::installed(files);
        let doubt =
            (releases.len() > 1).then(|| "which kernel the firmware takes depends on the board".into());
        let entry = |release| BootEntry {
            release,
            cmdline: Some(words.clone()),
            because: vec![Origin::line(&path, 1)],
            is_raspberry_pi: true,
        };
        let entries = if releases.is_empty() {
            vec![entry(None)]
        } else {
            releases.into_iter().map(|release| entry(Some(release))).collect()
        };
        found.choose("the Raspberry Pi's firmware", entries, doubt);
        return;
    }
}

/// `cmdline=` names another file; `os_prefix=` (Ubuntu since 24.10) a directory, if it holds one.
fn command_line(files: &Files, directory: &str, config: &[u8]) -> Option<String> {
    let setting = |key: &str| {
        let lines = crate::parse::lines(config).filter_map(|(_, line)| {
            let (name, value) = line.split_once('=')?;
            (name.trim() == key).then(|| value.trim().to_owned())
        });
        lines.last()
    };
    let name = setting("cmdline").unwrap_or_else(|| "cmdline.txt".to_owned());
    let prefix = setting("os_prefix").unwrap_or_default();
    let paths = [format!("{directory}/{prefix}{name}"), format!("{directory}/{name}")];
    // A file that is there and can't be looked at is read in vain, and becomes a gap.
    paths.into_iter().find(|path| !files.stat(path).legacy().is_err_and(|error| error.is_not_found()))
}
