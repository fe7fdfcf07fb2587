//! Lines of the boot that name a program which matters, in a way that isn't understood.

use super::scan::Scan;
use super::source::Source;
use super::{Touches, runs, sysctl};
use crate::fact::Origin;

/// Programs whose mention matters wherever they stand.
const NAMED: [&str; 5] = ["sysctl", "modprobe", "insmod", "swapon", "swapoff"];

impl Scan<'_> {
    /// What a line names and isn't understood.
    pub(super) fn mentions(&mut self, source: &mut Source, origin: &Origin, text: &str) {
        if text.contains("/proc/sys") {
            for pattern in sysctl::written_paths(text) {
                self.doubt(runs(origin, text), Touches::Sysctl(pattern));
            }
        }
        source.writes_sysctl_d |= text.contains("sysctl.d/") || text.contains("/etc/sysctl.conf");
        if !NAMED.iter().any(|name| text.contains(name)) || tokens(text) <= self.understood {
            return;
        }
        for (name, may_touch) in [
            ("sysctl", Touches::Sysctl("**".into())),
            ("modprobe", Touches::Module(None)),
            ("insmod", Touches::Module(None)),
            ("swapon", Touches::SwapOn),
            ("swapoff", Touches::SwapOff),
        ] {
            let is_swap = matches!(may_touch, Touches::SwapOn | Touches::SwapOff) && source.is_stock;
            if is_swap || !words_of(text).any(|word| word == name) {
                continue;
            }
            self.doubt(runs(origin, text), may_touch);
        }
    }
}

/// The words of a line as programs would be named in any language.
fn words_of(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !(c.is_ascii_alphanumeric() || "_.-/".contains(c)))
        .map(|word| word.rsplit('/').next().unwrap_or_default())
}

/// How often a line names one of the programs.
fn tokens(text: &str) -> usize {
    words_of(text).filter(|word| NAMED.contains(word)).count()
}

/// How often the words of a command name one of the programs.
pub(super) fn mentioned(command: &[String]) -> usize {
    command.iter().map(|word| tokens(word)).sum()
}
