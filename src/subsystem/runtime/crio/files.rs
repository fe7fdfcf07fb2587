//! CRI-O's files: crio.conf, then every file of crio.conf.d, at any depth and whatever its name.

use crate::component::crio::options;
use crate::component::go_decoder::{self, Format};
use crate::fact::Origin;
use crate::host::{Files, HostError, HostErrorKind, Kind, Read};
use crate::parse::document::Node;
use crate::parse::toml_document;
use crate::subsystem::Unreadable;
use crate::subsystem::systemd::exec_context::absolute;

const MAIN: &str = "/etc/crio/crio.conf";
const DROPINS: &str = "/etc/crio/crio.conf.d";
/// No honest host has more files; each is held against each key that is asked for.
const MAX_FILES: usize = 1000;
/// Deeper trees are an accident; what is deeper is a gap.
const MAX_DEPTH: usize = 8;

/// What editors and package managers leave behind, and what people write beside a file; CRI-O reads it as it reads
/// anything else.
const LEFTOVERS: &[&str] = &[
    ".bak",
    ".backup",
    ".cfsaved",
    ".default",
    ".disabled",
    ".dist",
    ".dpkg-dist",
    ".dpkg-new",
    ".dpkg-old",
    ".dpkg-tmp",
    ".example",
    ".md",
    ".new",
    ".off",
    ".old",
    ".orig",
    ".rej",
    ".rpmnew",
    ".rpmorig",
    ".rpmsave",
    ".sample",
    ".save",
    ".swo",
    ".swp",
    ".tmp",
    ".txt",
    ".ucf-dist",
    ".ucf-new",
    ".ucf-old",
    "~",
];

/// Whether a name says that nobody means the file to count: 10-crio.conf.bak, 10-crio.conf.20240101, .10-crio.conf.swp,
/// #10-crio.conf#, README.
fn is_leftover(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let goes_on = |suffix: &&str| {
        let rest = lower.rfind(suffix).map(|at| &lower[at + suffix.len()..]);
        rest.is_some_and(|rest| rest.starts_with(|c: char| !c.is_ascii_alphanumeric()))
    };
    lower.starts_with(['.', '#'])
        || lower.starts_with("readme")
        || LEFTOVERS.iter().any(|end| lower.ends_with(end))
        || [".conf", ".toml"].iter().any(goes_on)
}

/// The files that were read.
#[derive(Debug, Default)]
pub(super) struct ConfigFiles {
    /// In the order in which they count, the last one most.
    pub(super) documents: Vec<(String, Node)>,
    /// Files at which CRI-O stops, with what it says; it stops at the first.
    pub(super) fatal: Vec<(Origin, String)>,
    /// Values of the wrong type, at which it stops as well.
    pub(super) mistyped: Vec<(Origin, String)>,
    /// Files that are there by accident, as their names say.
    pub(super) leftovers: Vec<Origin>,
    pub(super) gaps: Vec<Unreadable>,
    /// Of these, directories that may hold files of any name.
    pub(super) unlisted: Vec<Unreadable>,
}

impl ConfigFiles {
    /// The files that CRI-O reads; a flag or variable may name others, with the place that does.
    pub(super) fn read(
        files: &Files,
        main: Option<&(Origin, String)>,
        drop_ins: Option<&(Origin, String)>,
    ) -> Self {
        let mut found = ConfigFiles::default();
        let path = main.map_or_else(|| MAIN.to_owned(), |(_, path)| absolute(path));
        match (files.stat(&path), main) {
            // An empty path means none.
            (_, Some((_, named))) if named.is_empty() => {}
            // Only its own one may be missing.
            (Read::Missing(_), Some((origin, _))) => {
                found.fatal.push((origin.clone(), format!("open {path}: no such file")));
            }
            (Read::Missing(_), None) => {}
            (Read::There(_) | Read::Hidden(_), _) => found.add(files, &path),
        }
        if drop_ins.is_some_and(|(_, named)| named.is_empty()) {
            return found;
        }
        let directory = drop_ins.map_or_else(|| DROPINS.to_owned(), |(_, path)| absolute(path));
        match (files.stat(&directory), files.lstat(&directory)) {
            (Read::Missing(_), _) => {}
            // It walks from the path itself, and follows no link there; only a slash behind it would.
            (_, Read::There(own)) if own.kind != Kind::Directory && !directory.ends_with('/') => {
                found.add(files, &directory);
            }
            _ => found.walk(files, directory.trim_end_matches('/'), MAX_DEPTH),
        }
        found
    }

    fn walk(&mut self, files: &Files, directory: &str, depth: usize) {
        let names = match files.list(directory) {
            Read::There(names) => names,
            Read::Missing(_) => return,
            Read::Hidden(error) => return self.unlisted(error.into()),
        };
        for name in names.iter() {
            let name = name.to_string_lossy();
            let path = format!("{directory}/{name}");
            if self.documents.len() >= MAX_FILES {
                let reason = format!("{path}: CRI-O has more than {MAX_FILES} files, not all are read");
                return self.unlisted(Unreadable { origin: Origin::file(&path), reason });
            }
            match files.lstat(&path) {
                Read::There(found) if found.kind == Kind::Directory && depth > 0 => {
                    self.walk(files, &path, depth - 1);
                }
                Read::There(found) if found.kind == Kind::Directory => {
                    let reason = format!("{path}: nested too deeply, not read");
                    self.unlisted(Unreadable { origin: Origin::file(&path), reason });
                }
                Read::There(_) => {
                    if is_leftover(&name) {
                        self.leftovers.push(Origin::file(&path));
                    }
                    self.add(files, &path);
                }
                Read::Missing(_) => {}
                // It may be a directory of more files.
                Read::Hidden(error) => self.unlisted(error.into()),
            }
        }
    }

    fn unlisted(&mut self, gap: Unreadable) {
        self.unlisted.push(gap.clone());
        self.gaps.push(gap);
    }

    /// CRI-O stops at the first file that it can't open or decode.
    fn add(&mut self, files: &Files, path: &str) {
        use HostErrorKind::{Loop, NotAFile};
        match files.read_document(path) {
            Read::There(content) => match toml_document::parse(&content) {
                Ok(document) => {
                    let (document, mistyped) =
                        go_decoder::decode(document, "", options::schema, Format::Toml);
                    let wrong = mistyped.into_iter().map(|one| {
                        let what = one.what.strip_prefix("crio.").unwrap_or(&one.what).to_owned();
                        (Origin::at(path, one.line), what)
                    });
                    self.mistyped.extend(wrong);
                    self.documents.push((path.to_owned(), document));
                }
                Err(error) => {
                    let origin = Origin::at(path, error.line);
                    self.fatal.push((origin, format!("toml: {error}")));
                }
            },
            Read::Missing(_) | Read::Hidden(HostError { kind: Loop, .. }) => {
                self.fatal.push((Origin::file(path), "a link that leads to no file".into()));
            }
            Read::Hidden(HostError { kind: NotAFile(Kind::Directory), .. }) => {
                self.fatal.push((Origin::file(path), "a directory, where CRI-O reads a file".into()));
            }
            Read::Hidden(HostError { kind: NotAFile(Kind::Fifo), .. }) => {
                self.fatal
                    .push((Origin::file(path), "a named pipe: CRI-O waits for it and never starts".into()));
            }
            Read::Hidden(error) => self.gaps.push(error.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_what_was_left_over() {
        let left = "10-crio.conf.bak 10-crio.conf.bak2 x.CONF.BAK 10-crio.conf.rpmnew 10-crio.conf.dpkg-old 10-crio.conf~ \
                    .10-crio.conf.swp #10-crio.conf# 10-crio.conf.20240101 10-crio.conf-old 10-crio.conf_bak README README.md \
                    99-x.old 99-x.orig .hidden notes.txt 10-crio.toml.save.1 x.swo crun.disabled";
        for name in left.split_whitespace() {
            assert!(is_leftover(name), "{name}");
        }
        for name in
            "10-crio.conf 99-mine 00-default 50.conf.d-like.conf crio.toml 10-x.conf.conf old-nodes.conf x.config"
                .split_whitespace()
        {
            assert!(!is_leftover(name), "{name}");
        }
    }
}
