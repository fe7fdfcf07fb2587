//! What a boot makes anew: file systems in memory, and directories that are emptied.

use std::cell::OnceCell;
use std::path::Path;
use std::rc::Rc;

use crate::fact::Moment;
use crate::host::{Files, HostPath};
use crate::parse::fstab::{self, Mount};
use crate::parse::lines;
use crate::subsystem::drop_in::{self, Content};
use crate::subsystem::systemd::units::Starts;
use crate::subsystem::{Subsystems, Unreadable};

/// File systems in memory that the kernel and PID 1 mount (file-hierarchy(7)).
const IN_MEMORY: [&str; 4] = ["/run", "/proc", "/sys", "/dev"];

/// Whether a path without links is below a file system that every boot makes anew. The mount points
/// themselves are on disk.
#[must_use]
pub fn is_below_memory(path: &HostPath) -> bool {
    IN_MEMORY.iter().any(|directory| is_below(path, directory))
}

/// Why what is on disk at a path without links is gone after the next boot; none if it stays.
///
/// # Errors
/// Why that can't be known.
pub fn lost(subsystems: &Subsystems<'_>, path: &HostPath) -> Result<Option<String>, String> {
    if is_below_memory(path) {
        return Ok(Some(format!("{path} is made anew by every boot")));
    }
    // PID 1 needs the mount points before it can do anything to what is below them.
    if IN_MEMORY.iter().any(|directory| path.as_path() == Path::new(directory)) {
        return Ok(None);
    }
    let mounted = mounted(subsystems, path)?;
    if let Some(mount) = &mounted {
        if matches!(mount.kind.as_str(), "tmpfs" | "ramfs") {
            return Ok(Some(format!("{} is in memory (/etc/fstab:{})", mount.target, mount.line)));
        }
        if HostPath::new(&mount.target) == HostPath::new("/tmp") && subsystems.host().running().is_none() {
            return Err(format!("/etc/fstab:{}: /tmp is on a device of its own", mount.line));
        }
    }
    if mounted.is_none_or(|mount| mount.target == "/") && is_below(path, "/tmp") {
        let units = subsystems.units();
        let is_unit = units.masked_by(subsystems, "tmp.mount").is_none()
            && units.merged(subsystems, "tmp.mount").is_some();
        match units.starts(subsystems, "tmp.mount") {
            Starts::Yes(_) if is_unit => return Ok(Some("/tmp is in memory (tmp.mount)".into())),
            Starts::Unknown(reason) if is_unit => {
                return Err(format!("whether /tmp is in memory can't be told: {reason}"));
            }
            _ => {}
        }
    }
    match subsystems.emptied().above(path) {
        // What isn't there can't be emptied.
        Err(_) if subsystems.host().files().stat(path).legacy().is_err_and(|error| error.is_not_found()) => {
            Ok(None)
        }
        Err(gap) => {
            Err(format!("whether every boot empties a directory above {path} can't be told: {}", gap.reason))
        }
        Ok(line) => Ok(line),
    }
}

/// Why there are no files to look into at a moment.
#[derive(Debug, PartialEq, Eq)]
pub enum NoFiles {
    /// The next boot makes anew what is there.
    Lost(String),
    /// It can't be told which they are.
    Unknown(String),
}

/// The files in which a path without links is found at a moment: the running system's where it is in memory, else
/// those on disk.
///
/// # Errors
/// If the next boot makes it anew, or nothing runs here.
pub fn files<'h>(subsystems: &Subsystems<'h>, path: &HostPath, moment: Moment) -> Result<&'h Files, NoFiles> {
    let disk = subsystems.host().files();
    match (moment, subsystems.host().running()) {
        (Moment::Now, None) => Err(NoFiles::Unknown("nothing is running here".into())),
        (Moment::Now, Some(running)) if is_below_memory(path) => Ok(running.files()),
        (Moment::Now, Some(_)) => Ok(disk),
        (Moment::Boot, Some(_)) if is_missing(disk, path) => Ok(disk),
        (Moment::Boot, _) => match lost(subsystems, path) {
            Ok(None) => Ok(disk),
            Ok(Some(why)) => Err(NoFiles::Lost(why)),
            Err(reason) => Err(NoFiles::Unknown(reason)),
        },
    }
}

/// Whether nothing is on the disk of a running system at a path, so that it makes no difference what a boot empties,
/// which takes a look into dozens of files. Of `/tmp` another device may be under what is seen now.
fn is_missing(disk: &Files, path: &HostPath) -> bool {
    let is_elsewhere = is_below_memory(path) || is_below(path, "/tmp");
    !is_elsewhere && disk.lstat(path).legacy().is_err_and(|error| error.is_not_found())
}

/// The nearest mount of fstab above a path; of several for one place the last is on top.
fn mounted(subsystems: &Subsystems<'_>, path: &HostPath) -> Result<Option<Mount>, String> {
    let bytes = match subsystems.host().files().read("/etc/fstab").legacy() {
        Ok(bytes) => bytes,
        Err(error) if error.is_not_found() => return Ok(None),
        Err(error) if is_below(path, "/tmp") => {
            return Err(format!("whether /tmp is in memory can't be told: {error}"));
        }
        Err(_) => return Ok(None),
    };
    let above = fstab::parse(&bytes)
        .into_iter()
        .filter(|mount| mount.is_auto() && (mount.target == "/" || is_below(path, &mount.target)));
    Ok(above.max_by_key(|mount| mount.target.len()))
}

/// The lines of tmpfiles.d(5) that make or empty directories.
#[derive(Debug, Default)]
pub struct Emptied {
    files: Vec<(String, Rc<[u8]>)>,
    /// What may hold any lines, with how many of the files are certain to come before it.
    gaps: Vec<(usize, Unreadable)>,
    /// The directories that lines of type `D` name: what is not below one of them stays, whatever else the lines do.
    suspects: Vec<HostPath>,
    lines: OnceCell<Vec<Line>>,
}

#[derive(Debug)]
struct Line {
    /// The directory.
    target: HostPath,
    /// Whether the line empties it: type `D`.
    empties: bool,
    /// Which of the files it is in.
    file: usize,
    place: String,
}

impl Emptied {
    pub(in crate::subsystem) fn merge(subsystems: &Subsystems<'_>) -> Self {
        let tree = subsystems.host().files();
        let mut emptied = Emptied::default();
        let merged = drop_in::at_boot(tree, "tmpfiles.d", ".conf");
        emptied.gaps.extend(merged.gaps.into_iter().map(|gap| (0, gap)));
        for file in merged.files {
            let bytes = match drop_in::read(tree, &file.path) {
                Content::Bytes(bytes) => bytes,
                Content::Unread(gap) => {
                    emptied.gaps.push((emptied.files.len(), gap));
                    continue;
                }
                Content::Masked | Content::Broken(_) => continue,
            };
            let starts = memchr::memchr_iter(b'D', &bytes).filter(|at| begins_a_line(&bytes[..*at]));
            let suspects = starts.filter_map(|at| {
                let (_, line) = lines(&bytes[at..]).next()?;
                words(&line).map(|(_, target)| HostPath::new(target))
            });
            emptied.suspects.extend(suspects);
            emptied.files.push((file.path.to_string(), bytes));
        }
        emptied
    }

    fn lines(&self) -> &[Line] {
        self.lines.get_or_init(|| {
            let mut found = Vec::new();
            for (file, (path, bytes)) in self.files.iter().enumerate() {
                for (number, line) in lines(bytes) {
                    let Some((kind, target)) = words(&line) else { continue };
                    if kind.starts_with(['D', 'd', 'q', 'Q', 'v']) {
                        let (target, empties) = (HostPath::new(target), kind.starts_with('D'));
                        found.push(Line { target, empties, file, place: format!("{path}:{number}") });
                    }
                }
            }
            found
        })
    }

    /// The line that has systemd-tmpfiles empty a directory above a path at boot; of several for one directory the
    /// first counts.
    ///
    /// # Errors
    /// What could not be read and decides it: it may empty any directory, or spare one for which it comes first.
    fn above(&self, path: &HostPath) -> Result<Option<String>, &Unreadable> {
        match (self.line_above(path), self.gaps.first()) {
            (Some(line), Some((before, gap))) if *before <= line.file => Err(gap),
            (None, Some((_, gap))) => Err(gap),
            (line, _) => Ok(line.map(|line| format!("every boot empties {} ({})", line.target, line.place))),
        }
    }

    fn line_above(&self, path: &HostPath) -> Option<&Line> {
        let is_above = |target: &HostPath| path != target && path.as_path().starts_with(target);
        if !self.suspects.iter().any(is_above) {
            return None;
        }
        let mut seen: Vec<&HostPath> = Vec::new();
        for line in self.lines().iter().filter(|line| is_above(&line.target)) {
            if !seen.contains(&&line.target) && line.empties {
                return Some(line);
            }
            seen.push(&line.target);
        }
        None
    }
}

/// The type and the path of a line.
fn words(line: &str) -> Option<(&str, &str)> {
    let mut words = line.split_ascii_whitespace();
    Some((words.next()?, words.next()?))
}

/// Whether what follows is the first word of a line.
fn begins_a_line(before: &[u8]) -> bool {
    let blanks = before.iter().rev().take_while(|byte| byte.is_ascii_whitespace() && **byte != b'\n').count();
    before[..before.len() - blanks].last().is_none_or(|byte| *byte == b'\n')
}

fn is_below(path: &HostPath, directory: &str) -> bool {
    let directory = HostPath::new(directory);
    path != &directory && path.as_path().starts_with(&directory)
}

/// A path without links. Every boot makes `/var/run` a link to `/run`, where nothing else has the name
/// (tmpfiles.d `var.conf`).
#[must_use]
pub fn real(files: &Files, path: &HostPath) -> HostPath {
    match path.as_path().strip_prefix("/var/run") {
        Ok(rest) if files.lstat("/var/run").legacy().is_err_and(|error| error.is_not_found()) => {
            files.real_path(HostPath::new("/run").join(rest))
        }
        _ => files.real_path(path),
    }
}
