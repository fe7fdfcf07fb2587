//! The lines of tmpfiles.d(5) that apply at boot: what systemd-tmpfiles makes, empties, removes and writes.

use foldhash::HashMap;

use crate::fact::Origin;
use crate::host::HostPath;
use crate::parse::glob;
use crate::parse::tmpfiles_d::{self, TmpfilesLine};
use crate::subsystem::drop_in::{self, Content};
use crate::subsystem::{Subsystems, Unreadable};

/// Patterns that remove something are compared one by one; no honest host has more.
const MAX_PATTERNS: usize = 1000;
/// No honest path is deeper.
const MAX_DEPTH: usize = 16;

/// What systemd-tmpfiles does to a path when the host boots.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tmpfile {
    /// Nothing: it stays as it is on disk.
    Stays,
    /// It is gone; why.
    Removed(String),
    /// It is made, or written, if it isn't there; why.
    Made(String),
    /// It is written, whether it is there or not; why.
    Replaced(String),
    /// It can't be told, and why.
    Unknown(String),
}

/// All lines of tmpfiles.d(5) that apply at boot.
#[derive(Debug, Default)]
pub struct Tmpfiles {
    lines: Vec<Entry>,
    /// The lines about a path, by the path.
    by_target: HashMap<HostPath, Vec<usize>>,
    /// The lines whose path is a pattern, or holds a specifier.
    patterns: Vec<usize>,
    /// Directories above what a line makes, which are made with it; and the line.
    above: HashMap<HostPath, usize>,
    /// What may hold any lines, with how many of the files are certain to come before it.
    gaps: Vec<(usize, Unreadable)>,
}

/// A line with its place.
#[derive(Debug)]
struct Entry {
    line: TmpfilesLine,
    /// Which of the files it is in.
    file: usize,
    path: HostPath,
}

impl Entry {
    fn place(&self) -> Origin {
        Origin::line(&self.path, self.line.line)
    }
}

impl Tmpfiles {
    pub(in crate::subsystem) fn merge(subsystems: &Subsystems<'_>) -> Self {
        let tree = subsystems.host().files();
        let mut tmpfiles = Tmpfiles::default();
        let merged = drop_in::at_boot(tree, "tmpfiles.d", ".conf");
        tmpfiles.gaps.extend(merged.gaps.into_iter().map(|gap| (0, gap)));
        for (file, drop_in) in merged.files.into_iter().enumerate() {
            match drop_in::read(tree, &drop_in.path) {
                Content::Bytes(bytes) => tmpfiles.file(&drop_in.path, file, &bytes),
                Content::Unread(gap) => tmpfiles.gaps.push((file, gap)),
                Content::Masked | Content::Broken(_) => {}
            }
        }
        tmpfiles
    }

    fn file(&mut self, path: &HostPath, file: usize, bytes: &[u8]) {
        for line in tmpfiles_d::parse(bytes) {
            self.add(Entry { line, file, path: path.clone() });
        }
    }

    fn add(&mut self, entry: Entry) {
        let line = &entry.line;
        // What is there is the kernel's and udev's; `w` writes what is there already.
        let is_kernels = ["/proc/", "/sys/", "/dev/"].iter().any(|memory| line.path.starts_with(memory));
        let index = self.lines.len();
        if line.kind == 'w' || is_kernels {
            self.lines.push(entry);
            return;
        }
        if line.path.contains('%') || line.removes() && glob::is_glob(&line.path) {
            if self.patterns.len() < MAX_PATTERNS {
                self.patterns.push(index);
            } else if self.patterns.len() == MAX_PATTERNS {
                let origin = entry.place();
                let reason = format!("{origin}: more than {MAX_PATTERNS} patterns; not all are looked at");
                self.gaps.push((entry.file, Unreadable { origin, reason }));
            }
            self.lines.push(entry);
            return;
        }
        let path = HostPath::new(&line.path);
        if line.makes() {
            for above in path.as_path().ancestors().skip(1).take(MAX_DEPTH) {
                if self.above.contains_key(above) {
                    break;
                }
                self.above.insert(HostPath::new(above), index);
            }
        }
        self.by_target.entry(path).or_default().push(index);
        self.lines.push(entry);
    }

    /// All lines with their places, in the order in which they apply.
    pub fn lines(&self) -> impl Iterator<Item = (Origin, &TmpfilesLine)> {
        self.lines.iter().map(|entry| (entry.place(), &entry.line))
    }

    /// What may hold any other lines.
    pub fn gaps(&self) -> impl Iterator<Item = &Unreadable> {
        self.gaps.iter().map(|(_, gap)| gap)
    }

    /// The one line that certainly makes a file or directory at a path without links, where nothing is.
    #[must_use]
    pub fn surely_makes(&self, path: &HostPath) -> Option<(Origin, &TmpfilesLine)> {
        let mut making = self.of_target(path.as_path()).filter(|entry| entry.line.makes());
        let entry = making.next().filter(|entry| entry.line.surely_makes())?;
        let is_alone = making.next().is_none() && self.gaps.is_empty();
        is_alone.then(|| (entry.place(), &entry.line))
    }

    /// Whether a line may make something below a directory.
    #[must_use]
    pub fn may_fill(&self, directory: &HostPath) -> bool {
        let copies = |entry: &Entry| matches!(entry.line.kind, 'C' | 'L');
        !self.gaps.is_empty()
            || self.above.contains_key(directory)
            || directory.as_path().ancestors().flat_map(|above| self.of_target(above)).any(copies)
            || self.patterns.iter().any(|at| self.lines[*at].line.makes())
    }

    fn of_target(&self, path: &std::path::Path) -> impl Iterator<Item = &Entry> {
        self.by_target.get(path).into_iter().flatten().map(|at| &self.lines[*at])
    }

    /// What becomes of a path without links.
    #[must_use]
    pub fn of(&self, path: &HostPath) -> Tmpfile {
        let (removed, gap) = match (self.removing(path), self.gaps.first()) {
            (Some(entry), Some((before, gap))) if *before <= entry.file => (None, Some(gap)),
            (None, Some((_, gap))) => (None, Some(gap)),
            (entry, _) => (entry, None),
        };
        let made = self.making(path);
        match (removed, made) {
            (Some(_), Some(entry)) => {
                Tmpfile::Replaced(format!("systemd-tmpfiles makes {path} ({})", entry.place()))
            }
            (Some(entry), None) => Tmpfile::Removed(if entry.line.empties() {
                format!("every boot empties {} ({})", entry.line.path, entry.place())
            } else {
                format!("systemd-tmpfiles removes {} ({})", entry.line.path, entry.place())
            }),
            // Directories above what is made are made if they are missing, and never replaced.
            (None, Some(entry)) if entry.line.replaces() && !Self::is_above(path, entry) => {
                Tmpfile::Replaced(format!("systemd-tmpfiles writes {path} ({})", entry.place()))
            }
            (None, entry) => match (gap, entry) {
                (Some(gap), _) => Tmpfile::Unknown(format!(
                    "whether every boot empties a directory above {path} can't be told: {}",
                    gap.reason
                )),
                (None, Some(entry)) => {
                    Tmpfile::Made(format!("systemd-tmpfiles makes {path} ({})", entry.place()))
                }
                (None, None) => Tmpfile::Stays,
            },
        }
    }

    /// The line that has a path removed: one that empties a directory above it (of several for one directory the first
    /// counts), or one that removes it or a directory above it.
    fn removing(&self, path: &HostPath) -> Option<&Entry> {
        let of = |target| self.of_target(target);
        let exact = of(path.as_path()).find(|entry| entry.line.removes());
        let above = path.as_path().ancestors().skip(1).find_map(|directory| {
            let first = of(directory).find(|entry| matches!(entry.line.kind, 'D' | 'd' | 'q' | 'Q' | 'v'));
            first
                .filter(|entry| entry.line.empties())
                .or_else(|| of(directory).find(|entry| entry.line.kind == 'R'))
        });
        exact.or(above).or_else(|| self.pattern(path, |entry| entry.line.removes() || entry.line.empties()))
    }

    /// The line that makes a path, or something below it.
    fn making(&self, path: &HostPath) -> Option<&Entry> {
        let exact = self
            .of_target(path.as_path())
            .filter(|entry| entry.line.makes())
            .max_by_key(|entry| entry.line.replaces());
        let copied = || {
            path.as_path().ancestors().skip(1).find_map(|directory| {
                self.of_target(directory).find(|entry| matches!(entry.line.kind, 'C' | 'L'))
            })
        };
        let above = || self.above.get(path.as_path()).map(|at| &self.lines[*at]);
        exact.or_else(copied).or_else(above).or_else(|| self.pattern(path, |entry| entry.line.makes()))
    }

    /// Whether a line makes something below a path, and not the path itself.
    fn is_above(path: &HostPath, entry: &Entry) -> bool {
        let target = HostPath::new(&entry.line.path);
        &target != path && target.as_path().starts_with(path)
    }

    /// The first line whose path is a pattern that covers a path, or a directory above it.
    fn pattern(&self, path: &HostPath, counts: impl Fn(&Entry) -> bool) -> Option<&Entry> {
        let text = path.to_string();
        let lines = self.patterns.iter().map(|at| &self.lines[*at]).filter(|entry| counts(entry));
        let mut lines = lines.filter(|entry| {
            let pattern: Vec<&str> =
                entry.line.path.split('/').map(|part| if part.contains('%') { "*" } else { part }).collect();
            let depth = if matches!(entry.line.kind, 'R' | 'D') { pattern.len() } else { usize::MAX };
            let place: Vec<&str> = text.split('/').take(depth).collect();
            glob::covers_path(&pattern.join("/"), &place.join("/"))
        });
        lines.next()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Tmpfiles {
        let mut tmpfiles = Tmpfiles::default();
        tmpfiles.file(&HostPath::new("/etc/tmpfiles.d/t.conf"), 0, text.as_bytes());
        tmpfiles
    }

    #[test]
    fn lines_make_and_remove_paths() {
        let tmpfiles = of(
            "D /tmp 1777\nr! /etc/flag\nR /var/old*\nf /etc/made - - - - x\nf+ /etc/written\nL /etc/link - - - - a\n\
             d /var/lib/a/b\nd /srv\nD /srv\nr /etc/both\nf /etc/both\nC /etc/copied\nf /run/x",
        );
        for (path, expected) in [
            ("/tmp/x", "Removed"),
            ("/tmp", "Made"),
            ("/etc/flag", "Removed"),
            ("/var/old1/x", "Removed"),
            ("/etc/made", "Made"),
            ("/etc/written", "Replaced"),
            ("/etc", "Made"),
            ("/etc/link", "Made"),
            ("/var/lib/a", "Made"),
            ("/var/lib/a/c", "Stays"),
            ("/srv/x", "Stays"),
            ("/etc/both", "Replaced"),
            ("/etc/copied/x", "Made"),
            ("/etc/other", "Stays"),
            ("/run/x", "Made"),
            ("/run/y", "Stays"),
        ] {
            let found = format!("{:?}", tmpfiles.of(&HostPath::new(path)));
            assert!(found.starts_with(expected), "{path}: {found}");
        }
    }

    #[test]
    fn only_one_plain_line_surely_makes_a_path() {
        let tmpfiles = of("f /a\nd /b 0755 etcd\nf /c\nL /c\nr /d\nf /d\nf /e/f/g");
        for (path, expected) in [("/a", true), ("/b", false), ("/c", false), ("/d", true), ("/e/f", false)] {
            assert_eq!(tmpfiles.surely_makes(&HostPath::new(path)).is_some(), expected, "{path}");
        }
        assert!(tmpfiles.may_fill(&HostPath::new("/e/f")) && !tmpfiles.may_fill(&HostPath::new("/g")));
    }
}
