//! Which kernel boots next, with which command line: GRUB, boot loader entries, extlinux, Raspberry Pi.
//!
//! What is *installed* counts, never the templates that it was generated from: an edited `/etc/default/grub`
//! has no effect until `update-grub` has run.

mod boot_entries;
mod grub;
mod kernels;
mod raspberry_pi;
mod templates;
mod unified;

use crate::fact::{Confidence, Fact, Origin, State};
use crate::host::{Files, HostError};
use crate::parse::cmdline;
use crate::parse::extlinux::Extlinux;
use crate::subsystem::{Subsystems, Unreadable, outside};

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
    /// What a reader should know: an edited template that has no effect.
    pub notes: Vec<String>,
    /// What could not be read.
    pub gaps: Vec<Unreadable>,
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
    /// Whether the firmware of a Raspberry Pi puts words of its own before these.
    pub is_raspberry_pi: bool,
    /// What hides the release.
    pub hidden: Option<HostError>,
}

impl BootEntry {
    /// An entry of which only the kernel is told.
    fn of(release: kernels::Release) -> Self {
        match release {
            Ok(release) => BootEntry { release, ..BootEntry::default() },
            Err(error) => BootEntry { hidden: Some(error), ..BootEntry::default() },
        }
    }
}

/// What the command lines that may boot next say about one parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// The last value; the empty text for the bare word; none if it isn't given.
    pub value: Option<String>,
    /// Less than certain if a command line is not known: it is then taken to say nothing.
    pub confidence: Confidence,
    /// The place of the command line.
    pub because: Vec<Origin>,
}

impl NextBoot {
    pub(in crate::subsystem) fn merge(subsystems: &Subsystems<'_>) -> Self {
        // The kernels and loaders on the disk of a container are nobody's.
        if let Some(mark) = outside::container(subsystems) {
            return NextBoot { reason: mark.says, confidence: Confidence::High, ..NextBoot::default() };
        }
        let files = subsystems.host().files();
        let mut found = Found::default();
        grub::read(files, &mut found);
        boot_entries::read(subsystems, &mut found);
        unified::read(files, &mut found);
        read_extlinux(files, &mut found);
        raspberry_pi::read(files, &mut found);
        let mut next = found.settle();
        if next.entries.is_empty() {
            next = kernels::assume(subsystems, next);
        }
        templates::compare(files, &mut next);
        next
    }

    /// All values of a parameter that may be given several times, each of which counts.
    ///
    /// # Errors
    /// Says that the command lines disagree.
    pub fn values(&self, key: &str) -> Result<Vec<String>, String> {
        self.agreed(key, |words| cmdline::values(words, key)).map(|(values, ..)| values.unwrap_or_default())
    }

    /// What the command lines say about a parameter, if all that may boot next say the same.
    ///
    /// # Errors
    /// Says that they disagree.
    pub fn parameter(&self, key: &str) -> Result<Parameter, String> {
        self.agreed(key, |words| cmdline::parameter(words, key).map(str::to_owned))
            .map(|(value, confidence, because)| Parameter { value: value.flatten(), confidence, because })
    }

    /// Whether a word or `key=value` stands on the command lines, if all that may boot next say the same.
    ///
    /// # Errors
    /// Says that they disagree.
    pub fn has_word(&self, word: &str) -> Result<(bool, Confidence, Vec<Origin>), String> {
        let found = self.agreed(word, |words| words.iter().any(|found| found == word))?;
        Ok((found.0.unwrap_or(false), found.1, found.2))
    }

    /// What all plausible command lines come to; none for the value if no command line is known.
    fn agreed<T: PartialEq>(
        &self,
        what: &str,
        look: impl Fn(&[String]) -> T,
    ) -> Result<(Option<T>, Confidence, Vec<Origin>), String> {
        let mut answer: Option<(T, Vec<Origin>)> = None;
        let mut confidence = self.confidence;
        let is_any_known = self.entries.iter().any(|entry| entry.cmdline.is_some());
        for entry in &self.entries {
            if entry.cmdline.is_none() {
                if let Some(gap) = self.gaps.first() {
                    return Err(unread(what, gap));
                }
                confidence = confidence.min(Confidence::High);
                if !is_any_known {
                    continue;
                }
            }
            // A command line that is not known is taken to say nothing, which may disagree with one that is.
            let value = look(entry.cmdline.as_deref().unwrap_or_default());
            match &answer {
                None => answer = Some((value, entry.because.clone())),
                Some((known, _)) if *known == value => {}
                Some(_) => {
                    let reason = self.reason.as_deref().unwrap_or("several kernels may boot next");
                    return Err(format!("{reason}, and their command lines disagree about {what}"));
                }
            }
        }
        match answer {
            Some((value, because)) => Ok((Some(value), confidence, because)),
            None => match self.gaps.first() {
                Some(gap) => Err(unread(what, gap)),
                None => Ok((None, Confidence::High.min(confidence), Vec::new())),
            },
        }
    }

    /// The command lines of all plausible entries; none for an entry whose command line is not known.
    pub fn each_cmdline(&self) -> impl Iterator<Item = Option<&[String]>> {
        self.entries.iter().map(|entry| entry.cmdline.as_deref())
    }

    /// The command line that all plausible entries agree on.
    #[must_use]
    pub fn cmdline(&self) -> Fact {
        let Some(first) = self.entries.first() else { return self.nothing("command line") };
        let Some(words) = &first.cmdline else {
            return Fact::unknown(self.gaps.first().map_or(
                "no boot loader configuration says with which command line the kernel boots",
                |gap| &gap.reason,
            ));
        };
        if self.entries.iter().any(|entry| entry.cmdline.as_ref() != Some(words)) {
            return self.undecided("command lines");
        }
        let value = crate::fact::Value::list(words.iter().map(String::as_str));
        let fact = self.with_notes(Fact::new(State::Known(value)).because_all(first.because.iter().cloned()));
        if first.is_raspberry_pi { fact.note(raspberry_pi::NOTE) } else { fact }
    }

    /// The release of the kernel that boots next, as a fact.
    #[must_use]
    pub fn release(&self) -> Fact {
        let Some(first) = self.entries.first() else { return self.nothing("kernel") };
        let Some(release) = &first.release else {
            return match (&first.hidden, self.gaps.first()) {
                (Some(error), _) => Fact::unknown(error.clone()),
                (None, Some(_)) => self.nothing("kernel"),
                (None, None) => Fact::unknown("the boot loader's entry doesn't tell the kernel's release"),
            };
        };
        if self.entries.iter().any(|entry| entry.release.as_ref() != Some(release)) {
            return self.undecided("kernels");
        }
        self.with_notes(Fact::new(State::from(release.as_str())).because_all(first.because.iter().cloned()))
    }

    fn with_notes(&self, mut fact: Fact) -> Fact {
        fact.confidence = self.confidence;
        fact.notes.extend(self.reason.iter().chain(&self.notes).cloned());
        fact
    }

    fn nothing(&self, what: &str) -> Fact {
        let why = self.reason.as_deref().unwrap_or("no boot loader configuration and no kernel found");
        Fact::unknown(format!("no {what} to boot next: {why}"))
    }

    fn undecided(&self, what: &str) -> Fact {
        let why = self.reason.as_deref().unwrap_or("several entries are plausible");
        let releases: Vec<&str> = self.entries.iter().filter_map(|entry| entry.release.as_deref()).collect();
        let places = self.entries.iter().flat_map(|entry| entry.because.iter().cloned());
        Fact::unknown(format!("several {what} may boot next ({}): {why}", releases.join(", ")))
            .because_all(places)
    }
}

/// A configuration is there and could not be read: it may say anything.
fn unread(what: &str, gap: &Unreadable) -> String {
    format!("whether the kernel gets {what} can't be told: {}", gap.reason)
}

/// What the loaders' files say, before it is settled which loader counts.
#[derive(Default)]
struct Found {
    /// What each loader boots, in the order in which loaders are likely.
    choices: Vec<Choice>,
    gaps: Vec<Unreadable>,
}

/// What one loader boots.
struct Choice {
    loader: &'static str,
    entries: Vec<BootEntry>,
    /// Why the loader's choice is not certain.
    doubt: Option<String>,
}

impl Found {
    /// The content of a file; a failure to read one that exists is a gap.
    fn read(&mut self, files: &Files, path: &str) -> Option<std::rc::Rc<[u8]>> {
        files.read(path).or_hidden(&mut self.gaps)
    }

    /// A configuration that could not be read, if there are more than so many gaps by now: its loader may boot anything.
    fn choose_unread(&mut self, loader: &'static str, gaps: usize) -> bool {
        let Some(gap) = self.gaps.get(gaps) else { return false };
        let (because, doubt) = (vec![gap.origin.clone()], gap.reason.clone());
        self.choose(loader, vec![BootEntry { because, ..BootEntry::default() }], Some(doubt));
        true
    }

    fn choose(&mut self, loader: &'static str, entries: Vec<BootEntry>, doubt: Option<String>) {
        // One menu may be reached on two ways: `/boot/grub` is a link to `grub2`.
        let same = |known: &BootEntry, entry: &BootEntry| {
            known.release == entry.release && known.cmdline == entry.cmdline
        };
        let is_known = self.choices.iter().any(|choice| {
            choice.loader == loader
                && choice.entries.len() == entries.len()
                && choice.entries.iter().zip(&entries).all(|(known, entry)| same(known, entry))
        });
        if !entries.is_empty() && !is_known {
            self.choices.push(Choice { loader, entries, doubt });
        }
    }

    fn settle(self) -> NextBoot {
        let mut next = NextBoot { gaps: self.gaps, ..NextBoot::default() };
        let is_read = |entry: &BootEntry| entry.release.is_some() || entry.cmdline.is_some();
        let read = self.choices.iter().filter(|choice| choice.entries.iter().any(is_read));
        let mut loaders: Vec<&str> = read.map(|choice| choice.loader).collect();
        if loaders.len() > 1 {
            loaders.dedup();
            next.confidence = Confidence::High;
            next.reason = Some(match loaders.as_slice() {
                [only] => format!("{only} has several menus"),
                loaders => format!("{} are both configured", loaders.join(" and ")),
            });
        }
        if loaders.is_empty() {
            next.reason = next.gaps.first().map(|gap| gap.reason.clone());
        }
        for choice in self.choices {
            if let Some(doubt) = choice.doubt {
                next.confidence = Confidence::High;
                next.reason.get_or_insert(doubt);
            }
            next.entries.extend(choice.entries);
        }
        if let Some(gap) = next.gaps.first() {
            next.confidence = Confidence::High;
            next.reason.get_or_insert(gap.reason.clone());
        }
        next
    }
}

/// U-Boot's and syslinux's file (`extlinux.conf`).
fn read_extlinux(files: &Files, found: &mut Found) {
    const PATHS: [&str; 5] = [
        "/boot/extlinux/extlinux.conf",
        "/extlinux/extlinux.conf",
        "/boot/extlinux.conf",
        "/boot/syslinux/syslinux.cfg",
        "/syslinux/syslinux.cfg",
    ];
    for path in PATHS {
        let gaps = found.gaps.len();
        let Some(bytes) = found.read(files, path) else {
            if found.choose_unread("extlinux", gaps) {
                return;
            }
            continue;
        };
        let parsed = Extlinux::parse(&bytes);
        let Some(label) = parsed.default_label() else { continue };
        let entry = BootEntry {
            cmdline: Some(cmdline::words(&label.append)),
            because: vec![Origin::line(path, label.line)],
            ..BootEntry::of(kernels::release_of(files, &label.kernel))
        };
        found.choose("extlinux", vec![entry], None);
        return;
    }
}
