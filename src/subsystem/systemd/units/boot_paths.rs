//! Paths that a boot makes, removes or covers before services look at them: tmpfiles.d, and file systems in memory.

use std::collections::BTreeMap;
use std::ops::Bound;

use crate::fact::Origin;
use crate::host::Files;
use crate::parse::{fstab, glob, tmpfiles_d};
use crate::subsystem::Unreadable;
use crate::subsystem::drop_in::{self, Content};

/// More patterns than this are not compared one by one.
const MAX_PATTERNS: usize = 1000;

/// What a boot does to paths.
#[derive(Debug, Default)]
pub(super) struct BootPaths {
    /// Paths that are made, with the place.
    made: BTreeMap<String, Origin>,
    /// Patterns of what is removed; what is below one is, too.
    removed: Vec<(String, Origin)>,
    /// Mount points of file systems in memory, which are empty at boot.
    covered: Vec<(String, Origin)>,
    /// Mount points that a boot goes on without.
    may_be_missing: Vec<(String, Origin)>,
    gaps: Vec<Unreadable>,
}

impl BootPaths {
    pub(super) fn read(files: &Files) -> Self {
        let mut paths = BootPaths::default();
        let merged = drop_in::at_boot(files, "tmpfiles.d", ".conf");
        paths.gaps = merged.gaps;
        for file in merged.files {
            match drop_in::read(files, &file.path) {
                Content::Bytes(bytes) => {
                    for line in tmpfiles_d::parse(&bytes) {
                        paths.add(&line, file.line(line.line));
                    }
                }
                Content::Unread(gap) => paths.gaps.push(gap),
                Content::Masked | Content::Broken(_) => {}
            }
        }
        let table = files.read("/etc/fstab").or_hidden(&mut paths.gaps);
        for mount in table.iter().flat_map(|bytes| fstab::parse(bytes)).filter(fstab::Mount::is_auto) {
            let origin = Origin::line("/etc/fstab", mount.line);
            let target = mount.target.trim_end_matches('/').to_owned();
            if ["tmpfs", "ramfs"].contains(&mount.kind.as_str()) {
                paths.covered.push((target, origin.says("mounts a file system in memory")));
            } else if mount.may_fail() {
                paths.may_be_missing.push((target, origin.says("may be missing")));
            }
        }
        paths
    }

    fn add(&mut self, line: &tmpfiles_d::TmpfilesLine, origin: Origin) {
        if line.makes() {
            self.made.entry(line.path.clone()).or_insert_with(|| origin.clone().says("makes it"));
        }
        if line.removes() && self.removed.len() < MAX_PATTERNS {
            let pattern = if line.kind == 'D' { format!("{}/*", line.path) } else { line.path.clone() };
            self.removed.push((pattern, origin.says("removes it")));
        } else if line.removes() {
            self.gaps.push(Unreadable {
                reason: "there are more lines of tmpfiles.d than are followed".into(),
                origin,
            });
        }
    }

    /// Why a path that is missing on disk may be there when services start.
    pub(super) fn may_appear(&self, path: &str) -> Option<String> {
        let below = format!("{path}/");
        let first = (Bound::Included(below.as_str()), Bound::Unbounded);
        let inside = self.made.range::<str, _>(first).next().filter(|(made, _)| made.starts_with(&below));
        let found = inside.or_else(|| self.made.get_key_value(path));
        found.map(|(_, origin)| told(origin)).or_else(|| self.unread())
    }

    /// Why a path that is there on disk may be missing when services start.
    pub(super) fn may_vanish(&self, path: &str) -> Option<String> {
        let covers = |(pattern, _): &&(String, Origin)| {
            ancestors(path).any(|path| pattern == path || glob::covers_path(pattern, path))
        };
        self.removed.iter().find(covers).map(|(_, origin)| told(origin)).or_else(|| self.covered(path))
    }

    /// Why a path shows other files at boot than on disk.
    pub(super) fn covered(&self, path: &str) -> Option<String> {
        let covers = |(target, _): &&(String, Origin)| is_below(path, target);
        self.covered.iter().find(covers).map(|(_, origin)| told(origin)).or_else(|| self.unread())
    }

    /// The mount without which a path isn't there, if the boot goes on without it.
    pub(super) fn on_doubtful_mount(&self, path: &str) -> Option<&Origin> {
        self.may_be_missing.iter().find(|(target, _)| is_below(path, target)).map(|(_, origin)| origin)
    }

    fn unread(&self) -> Option<String> {
        self.gaps.first().map(|gap| gap.reason.clone())
    }
}

fn told(origin: &Origin) -> String {
    format!("{origin} {}", origin.says.as_deref().unwrap_or_default())
}

fn is_below(path: &str, target: &str) -> bool {
    path.strip_prefix(target).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// A path and the directories that it lies in.
fn ancestors(path: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(path), |path| path.rsplit_once('/').map(|(parent, _)| parent))
        .take_while(|path| !path.is_empty())
}
