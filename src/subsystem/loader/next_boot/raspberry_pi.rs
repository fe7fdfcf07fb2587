//! The firmware of a Raspberry Pi reads `cmdline.txt` beside `config.txt`: in `/boot/firmware` since Debian 12,
//! in `/boot` before. Which kernel it takes depends on the board.

use super::{BootEntry, Found, kernels};
use crate::fact::Origin;
use crate::host::{Files, Read};
use crate::parse::cmdline;

/// What a reader of the command line should know.
pub(super) const NOTE: &str = "the Raspberry Pi's firmware puts words of its own before these";

const FIRMWARE: &str = "the Raspberry Pi's firmware";

pub(super) fn read(files: &Files, found: &mut Found) {
    for directory in ["/boot/firmware", "/boot"] {
        let gaps = found.gaps.len();
        let mut read = |path: &str| found.read(files, path);
        let config = read(&format!("{directory}/config.txt"));
        let path = config.and_then(|config| command_line(files, directory, &config));
        let content = path.and_then(|path| Some((read(&path)?, path)));
        let Some((bytes, path)) = content else {
            if found.choose_unread(FIRMWARE, gaps) {
                return;
            }
            continue;
        };
        let text = String::from_utf8_lossy(&bytes);
        let words = cmdline::words(text.lines().next().unwrap_or_default());
        // An old file that only points to the new place.
        if words.iter().all(|word| !word.contains('=')) {
            continue;
        }
        let releases: Vec<kernels::Release> = match kernels::installed(files) {
            Ok(releases) if releases.is_empty() => vec![Ok(None)],
            Ok(releases) => releases.into_iter().map(|release| Ok(Some(release))).collect(),
            Err(error) => vec![Err(error)],
        };
        let doubt =
            (releases.len() > 1).then(|| "which kernel the firmware takes depends on the board".into());
        let entry = |release| BootEntry {
            cmdline: Some(words.clone()),
            because: vec![Origin::line(&path, 1)],
            is_raspberry_pi: true,
            ..BootEntry::of(release)
        };
        found.choose(FIRMWARE, releases.into_iter().map(entry).collect(), doubt);
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
    paths.into_iter().find(|path| !matches!(files.stat(path), Read::Missing(_)))
}
