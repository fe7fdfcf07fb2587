//! Which kernel boots next, with which command line: grub, boot loader entries, extlinux, Raspberry Pi.

use super::Subsystems;
use crate::fact::{Confidence, Fact, Origin};

/// What the next boot can be. Where several entries are plausible, an answer is certain only if it is the
/// same for all of them.
#[derive(Clone, Debug, Default)]
pub struct NextBoot {
    /// The plausible entries; the likeliest first. Empty if no kernel was found at all.
    pub entries: Vec<BootEntry>,
    /// How sure it is that the first entry boots.
    pub confidence: Confidence,
    /// Why the choice is not certain, or why there is no entry.
    pub reason: Option<String>,
}

/// One entry of the boot loader.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BootEntry {
    /// Kernel release, `6.1.0-18-amd64`; none if it can't be told from the entry.
    pub release: Option<String>,
    /// Words of the kernel command line; none if the entry's command line is not known.
    pub cmdline: Option<Vec<String>>,
    /// The place that says so.
    pub because: Vec<Origin>,
}

impl NextBoot {
    pub(super) fn merge(_subsystems: &Subsystems<'_>) -> Self {
        NextBoot { reason: Some("boot loaders are not read yet".into()), ..NextBoot::default() }
    }

    /// The value of the last `key=value` on the command line of the entry that boots next; `Some("")` for
    /// the bare word. Unknown command lines and entries that disagree are the caller's to handle through
    /// [`NextBoot::each_cmdline`].
    #[must_use]
    pub fn parameter(&self, key: &str) -> Option<&str> {
        parameter(self.entries.first()?.cmdline.as_deref()?, key)
    }

    /// The command lines of all plausible entries; none for an entry whose command line is not known.
    pub fn each_cmdline(&self) -> impl Iterator<Item = Option<&[String]>> {
        self.entries.iter().map(|entry| entry.cmdline.as_deref())
    }

    /// The release of the kernel that boots next, as a fact.
    #[must_use]
    pub fn release(&self) -> Fact {
        Fact::unknown(self.reason.clone().unwrap_or_default())
    }
}

/// The value of the last `key=value` or bare `key` (then `""`) among the words of a command line.
#[must_use]
pub fn parameter<'a>(words: &'a [String], key: &str) -> Option<&'a str> {
    words.iter().rev().find_map(|word| match word.split_once('=') {
        Some((name, value)) if name == key => Some(value),
        None if word == key => Some(""),
        _ => None,
    })
}
