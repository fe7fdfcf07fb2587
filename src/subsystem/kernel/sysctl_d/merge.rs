//! systemd-sysctl's merge: in which order the lines of its files are written.
//!
//! Source: sysctl.d(5), and measured boots of systemd 252 and 257.

use std::rc::Rc;

use foldhash::HashMap;

use super::simulate::aliases_of;
use crate::fact::Origin;
use crate::host::HostPath;
use crate::parse::{glob, sysctl_d};
use crate::subsystem::Unreadable;

/// One line of one file.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::subsystem::kernel) struct Assignment {
    /// Path below `/proc/sys`; may be a glob.
    pub(in crate::subsystem::kernel) path: Rc<str>,
    /// Text to write; none for an exclusion.
    pub(in crate::subsystem::kernel) value: Option<String>,
    /// Which of the files it is in.
    file: usize,
    line: u32,
}

/// All files, merged.
#[derive(Clone, Debug, Default)]
pub(in crate::subsystem::kernel) struct Merge {
    /// Every line in the order in which the files are read.
    lines: Vec<Assignment>,
    files: Vec<HostPath>,
    /// The lines of each path, and which of them counts.
    by_path: HashMap<Rc<str>, OfPath>,
    /// The lines whose path is a glob.
    globs: Vec<usize>,
    /// Lines that are no assignment.
    pub(in crate::subsystem::kernel) mistakes: Vec<Origin>,
    /// What could not be read, each with the number of lines read before it.
    pub(in crate::subsystem::kernel) gaps: Vec<(usize, Unreadable)>,
    /// Whether systemd-sysctl leaves a variable alone that shows the text already, as it does since 250.
    pub(in crate::subsystem::kernel) skips_unchanged: bool,
    /// A credential store that can't be looked into. It hardly ever holds anything for systemd-sysctl.
    pub(in crate::subsystem::kernel) hidden: Option<String>,
}

/// The lines of one path, in order.
#[derive(Clone, Debug, Default)]
struct OfPath {
    lines: Vec<usize>,
    counting: usize,
}

/// Distributions and tuning guides come to a few hundred lines.
const MAX_LINES: usize = 50_000;
/// Each variable is held against each of them.
const MAX_GLOBS: usize = 1_000;

impl Merge {
    pub(super) fn new(skips_unchanged: bool) -> Self {
        Merge { skips_unchanged, ..Merge::default() }
    }

    /// What could not be read, and would come here.
    pub(super) fn unread(&mut self, gap: Unreadable) {
        self.gaps.push((self.lines.len(), gap));
    }

    pub(super) fn gap(&mut self, origin: Origin, reason: String) {
        self.unread(Unreadable { origin, reason });
    }

    pub(super) fn add_file(&mut self, bytes: &[u8], path: &HostPath) {
        let file = self.files.len();
        self.files.push(path.clone());
        for found in sysctl_d::settings(bytes) {
            let setting = match found {
                Ok(setting) => setting,
                Err(line) if self.mistakes.len() < MAX_LINES => {
                    self.mistakes.push(Origin::line(path, line).says("is not an assignment"));
                    continue;
                }
                // Enough mistakes are shown.
                Err(_) => continue,
            };
            let is_glob = glob::is_glob(&setting.path);
            if self.lines.len() >= MAX_LINES || (is_glob && self.globs.len() >= MAX_GLOBS) {
                let origin = Origin::line(path, setting.line);
                let (most, what) = if is_glob { (MAX_GLOBS, "patterns") } else { (MAX_LINES, "lines") };
                let reason = format!("{origin}: sysctl.d has more than {most} {what}; not all are looked at");
                return self.gap(origin, reason);
            }
            self.add(&setting.path, setting.value, file, setting.line);
        }
    }

    /// The same value again changes nothing, the old place in the order included; a different one moves
    /// the key to the end. Lines that count are thus in the order of their reading.
    fn add(&mut self, path: &str, value: Option<String>, file: usize, line: u32) {
        let at = self.lines.len();
        let path = match self.by_path.get_key_value(path) {
            Some((known, _)) => Rc::clone(known),
            None => Rc::from(path),
        };
        let of_path = self.by_path.entry(Rc::clone(&path)).or_default();
        if of_path.lines.is_empty() || self.lines[of_path.counting].value != value {
            of_path.counting = at;
        }
        if of_path.lines.is_empty() && glob::is_glob(&path) {
            self.globs.push(at);
        }
        of_path.lines.push(at);
        self.lines.push(Assignment { path, value, file, line });
    }

    /// The lines that count and write one of these paths, in the order in which they are written: explicit keys, and
    /// globs where no explicit key or exclusion names the path.
    pub(super) fn counting<'p>(&self, paths: &'p [String]) -> Vec<(&'p String, usize)> {
        let mut found: Vec<(&String, usize)> = Vec::new();
        for path in paths {
            match self.by_path.get(path.as_str()) {
                Some(of_path) => found.push((path, of_path.counting)),
                None => found.extend(self.globs_over(path).map(|glob| (path, self.by_path[glob].counting))),
            }
        }
        found.sort_by_key(|(_, at)| *at);
        found
    }

    /// The patterns that cover a path.
    fn globs_over(&self, path: &str) -> impl Iterator<Item = &Rc<str>> {
        let globs = self.globs.iter().map(|at| &self.lines[*at].path);
        globs.filter(move |glob| glob::covers_path(glob, path))
    }

    /// The last line that names a path itself.
    pub(super) fn last_of(&self, path: &str) -> Option<usize> {
        self.by_path.get(path)?.lines.last().copied()
    }

    pub(super) fn line(&self, at: usize) -> &Assignment {
        &self.lines[at]
    }

    /// Every line about a variable, under all its names, those that lost while merging included, in order.
    pub(in crate::subsystem::kernel) fn lines_about(&self, path: &str) -> impl Iterator<Item = usize> {
        let of = |path: &str| self.by_path.get(path).map(|of_path| of_path.lines.clone()).unwrap_or_default();
        let mut found: Vec<usize> = aliases_of(path).into_iter().flat_map(of).collect();
        found.extend(self.globs_over(path).flat_map(|glob| of(glob)));
        found.sort_unstable();
        found.dedup();
        found.into_iter()
    }

    /// Whether a line of a file below a directory is about a variable.
    pub(in crate::subsystem::kernel) fn has_line_below(&self, directory: &str, path: &str) -> bool {
        self.lines_about(path).any(|at| self.files[self.lines[at].file].to_string().starts_with(directory))
    }

    /// Whether a place is a line of these files.
    pub(in crate::subsystem::kernel) fn holds(&self, origin: &Origin) -> bool {
        origin.line.is_some() && self.files.iter().any(|file| file.to_string() == origin.path)
    }

    /// The place of a line, with what it says.
    pub(in crate::subsystem::kernel) fn origin(&self, at: usize) -> Origin {
        let line = &self.lines[at];
        let (key, place) = (sysctl_d::dotted(&line.path), Origin::line(&self.files[line.file], line.line));
        match &line.value {
            Some(value) => place.says(format!("{key} = {value}")).sets(key, value),
            None => place.says(format!("-{key}")),
        }
    }
}
