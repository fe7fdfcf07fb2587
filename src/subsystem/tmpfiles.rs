//! What a boot makes of paths before any service runs: file systems in memory, and the lines of tmpfiles.d(5) that make,
//! empty or remove something on disk.

use foldhash::HashMap;

use crate::host::{Files, HostPath};
use crate::parse::systemd::conf_paths;
use crate::parse::{glob, lines};
use crate::subsystem::drop_in::{self, Content};
use crate::subsystem::{Subsystems, Unreadable};

/// File systems in memory that the kernel and PID 1 mount (file-hierarchy(7)).
const IN_MEMORY: [&str; 4] = ["/run", "/proc", "/sys", "/dev"];
/// Patterns that remove something are compared one by one; no honest host has more.
const MAX_PATTERNS: usize = 1000;

/// Whether a path without links is below a file system that every boot makes again. The mount points
/// themselves are on disk.
#[must_use]
pub fn is_below_memory(path: &HostPath) -> bool {
    IN_MEMORY.iter().any(|directory| is_below(path, directory))
}

/// Whether a path is one of those file systems itself.
#[must_use]
pub fn is_memory(path: &HostPath) -> bool {
    IN_MEMORY.iter().any(|directory| path.as_path() == std::path::Path::new(directory))
}

/// Whether a path is below a directory.
#[must_use]
pub fn is_below(path: &HostPath, directory: &str) -> bool {
    let rest = path.as_path().as_os_str().as_encoded_bytes().strip_prefix(directory.as_bytes());
    rest.is_some_and(|rest| directory == "/" && !rest.is_empty() || rest.starts_with(b"/") && rest.len() > 1)
}

/// A path without links. Every boot makes `/var/run` a link to `/run`, where nothing else has the name
/// (tmpfiles.d `var.conf`).
#[must_use]
pub fn real(files: &Files, path: &HostPath) -> HostPath {
    match path.as_path().strip_prefix("/var/run") {
        Ok(rest) if matches!(files.lstat("/var/run"), crate::host::Read::Missing(_)) => {
            files.real_path(HostPath::new("/run").join(rest))
        }
        _ => files.real_path(path),
    }
}

/// Whether the file at a path is a link to what every boot makes again: what its reader will find there can't be told.
#[must_use]
pub fn leads_to_memory(files: &Files, path: &HostPath) -> Option<Unreadable> {
    let end = real(files, path);
    (end != *path && !is_below_memory(path) && is_below_memory(&end)).then(|| Unreadable {
        origin: crate::fact::Origin::file(path).says(format!("leads to {end}")),
        reason: format!("{path} leads to {end}, which is made anew at boot"),
    })
}

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

/// The lines of tmpfiles.d(5) that make, empty or remove something.
#[derive(Debug, Default)]
pub struct TmpfilesCleanup {
    lines: Vec<Line>,
    /// The lines about a path, by the path.
    by_target: HashMap<HostPath, Vec<usize>>,
    /// The lines whose path is a pattern, or holds a specifier.
    patterns: Vec<usize>,
    /// Directories above what a line makes, which are made with it; and the line.
    above: HashMap<HostPath, usize>,
    /// What may hold any lines, with how many of the files are certain to come before it.
    gaps: Vec<(usize, Unreadable)>,
}

#[derive(Debug)]
struct Line {
    kind: char,
    /// `+`, or another sign that replaces what is there.
    replaces: bool,
    target: String,
    /// Which of the files it is in.
    file: usize,
    place: String,
}

impl Line {
    fn empties(&self) -> bool {
        self.kind == 'D'
    }

    fn removes(&self) -> bool {
        matches!(self.kind, 'r' | 'R')
    }
}

impl TmpfilesCleanup {
    pub(in crate::subsystem) fn merge(subsystems: &Subsystems<'_>) -> Self {
        let tree = subsystems.host().files();
        let mut cleanup = TmpfilesCleanup::default();
        let directories = conf_paths("tmpfiles.d");
        let merged = drop_in::merge(tree, &directories.each_ref().map(String::as_str), ".conf");
        cleanup.gaps.extend(merged.gaps.into_iter().map(|gap| (0, gap)));
        for (file, drop_in) in merged.files.into_iter().enumerate() {
            match drop_in::read(tree, &drop_in.path) {
                Content::Bytes(bytes) => {
                    for (number, text) in lines(&bytes) {
                        cleanup.line(&text, file, || format!("{}:{number}", drop_in.path));
                    }
                }
                Content::Unread(gap) => cleanup.gaps.push((file, gap)),
                Content::Masked | Content::Broken(_) => {}
            }
        }
        cleanup
    }

    fn line(&mut self, text: &str, file: usize, place: impl Fn() -> String) {
        let mut words = text.split_ascii_whitespace();
        let (Some(kind), Some(target)) = (words.next(), words.next()) else { return };
        let Some(letter) = kind.chars().next().filter(|letter| "DdqQvfFLpcbCrRw".contains(*letter)) else {
            return;
        };
        let target = target.trim_matches(['"', '\'']);
        // What is there is the kernel's and udev's; `w` writes what is there already.
        let is_kernels = ["/proc/", "/sys/", "/dev/"].iter().any(|memory| target.starts_with(memory));
        if letter == 'w' || is_kernels {
            return;
        }
        let index = self.lines.len();
        let is_pattern = target.contains('%') || matches!(letter, 'r' | 'R') && glob::is_glob(target);
        let replaces = letter == 'F' || kind.contains(['+', '=']);
        self.lines.push(Line { kind: letter, replaces, target: target.to_owned(), file, place: place() });
        if is_pattern {
            if self.patterns.len() == MAX_PATTERNS {
                let reason = format!("{}: more than {MAX_PATTERNS} patterns; not all are looked at", place());
                self.gaps.push((file, Unreadable { origin: crate::fact::Origin::file(place()), reason }));
            }
            if self.patterns.len() < MAX_PATTERNS {
                self.patterns.push(index);
            }
            return;
        }
        let path = HostPath::new(target);
        if !matches!(letter, 'r' | 'R') {
            for above in path.as_path().ancestors().skip(1).take(16) {
                if self.above.contains_key(above) {
                    break;
                }
                self.above.insert(HostPath::new(above), index);
            }
        }
        self.by_target.entry(path).or_default().push(index);
    }

    /// What becomes of a path without links.
    #[must_use]
    pub fn of(&self, path: &HostPath) -> Tmpfile {
        let (removed, gap) = match (self.removing(path), self.gaps.first()) {
            (Some(line), Some((before, gap))) if *before <= line.file => (None, Some(gap)),
            (None, Some((_, gap))) => (None, Some(gap)),
            (line, _) => (line, None),
        };
        let made = self.making(path);
        match (removed, made) {
            (Some(_), Some(line)) => {
                Tmpfile::Replaced(format!("systemd-tmpfiles makes {path} ({})", line.place))
            }
            (Some(line), None) => Tmpfile::Removed(if line.empties() {
                format!("every boot empties {} ({})", line.target, line.place)
            } else {
                format!("systemd-tmpfiles removes {} ({})", line.target, line.place)
            }),
            // Directories above what is made are made if they are missing, and never replaced.
            (None, Some(line)) if line.replaces && !Self::is_above(path, line) => {
                Tmpfile::Replaced(format!("systemd-tmpfiles writes {path} ({})", line.place))
            }
            (None, line) => match (gap, line) {
                (Some(gap), _) => Tmpfile::Unknown(format!(
                    "whether every boot empties a directory above {path} can't be told: {}",
                    gap.reason
                )),
                (None, Some(line)) => {
                    Tmpfile::Made(format!("systemd-tmpfiles makes {path} ({})", line.place))
                }
                (None, None) => Tmpfile::Stays,
            },
        }
    }

    /// The line that has a path removed: one that empties a directory above it (of several for one directory the first
    /// counts), or one that removes it or a directory above it.
    fn removing(&self, path: &HostPath) -> Option<&Line> {
        let of = |target: &std::path::Path| {
            self.by_target.get(target).into_iter().flatten().map(|at| &self.lines[*at])
        };
        let exact = of(path.as_path()).find(|line| line.removes());
        let above = path.as_path().ancestors().skip(1).find_map(|directory| {
            let first = of(directory).find(|line| matches!(line.kind, 'D' | 'd' | 'q' | 'Q' | 'v'));
            first.filter(|line| line.empties()).or_else(|| of(directory).find(|line| line.kind == 'R'))
        });
        exact.or(above).or_else(|| self.pattern(path, |line| line.removes() || line.empties()))
    }

    /// The line that makes a path, or something below it.
    fn making(&self, path: &HostPath) -> Option<&Line> {
        let exact = self.by_target.get(path.as_path()).into_iter().flatten().map(|at| &self.lines[*at]);
        let exact = exact.filter(|line| !line.removes()).max_by_key(|line| line.replaces);
        let copied = || {
            path.as_path().ancestors().skip(1).find_map(|directory| {
                let lines = self.by_target.get(directory)?.iter().map(|at| &self.lines[*at]);
                lines.into_iter().find(|line| line.kind == 'C' || line.kind == 'L')
            })
        };
        let above = || self.above.get(path.as_path()).map(|at| &self.lines[*at]);
        exact.or_else(copied).or_else(above).or_else(|| self.pattern(path, |line| !line.removes()))
    }

    /// Whether a line makes something below a path, and not the path itself.
    fn is_above(path: &HostPath, line: &Line) -> bool {
        let target = HostPath::new(&line.target);
        &target != path && target.as_path().starts_with(path)
    }

    /// The first line whose path is a pattern that covers a path, or a directory above it.
    fn pattern(&self, path: &HostPath, counts: impl Fn(&Line) -> bool) -> Option<&Line> {
        let text = path.to_string();
        let lines = self.patterns.iter().map(|at| &self.lines[*at]).filter(|line| counts(line));
        let mut lines = lines.filter(|line| {
            let pattern: Vec<&str> =
                line.target.split('/').map(|part| if part.contains('%') { "*" } else { part }).collect();
            let depth = if matches!(line.kind, 'R' | 'D') { pattern.len() } else { usize::MAX };
            let place: Vec<&str> = text.split('/').take(depth).collect();
            glob::covers_path(&pattern.join("/"), &place.join("/"))
        });
        lines.next()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cleanup(text: &str) -> TmpfilesCleanup {
        let mut cleanup = TmpfilesCleanup::default();
        for line in text.lines() {
            cleanup.line(line, 0, || "t.conf:1".into());
        }
        cleanup
    }

    #[test]
    fn lines_make_and_remove_paths() {
        let cleanup = cleanup(
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
            let found = format!("{:?}", cleanup.of(&HostPath::new(path)));
            assert!(found.starts_with(expected), "{path}: {found}");
        }
    }
}
