//! The kubelet's configuration files: the file of `--config`, and the drop-ins of `--config-dir` over it.
//!
//! `loadConfigFile` and `mergeKubeletConfigurations` in cmd/kubelet/app/server.go, read at Kubernetes 1.37.

use crate::component::kubelet::field_table::{KNOWN_UP_TO, SINCE};
use crate::component::kubelet::fields::{self, Oddities};
use crate::fact::Origin;
use crate::host::{Files, HostError, HostErrorKind, Kind, Read};
use crate::parse::document::{Content, Node};
use crate::parse::yaml;
use crate::subsystem::Unreadable;

const API: &str = "kubelet.config.k8s.io/v1beta1";
const KIND: &str = "KubeletConfiguration";
/// Deeper trees and more drop-ins are accidents; what is left out is a gap.
const MAX_DEPTH: usize = 8;
const MAX_DROP_INS: usize = 500;

/// A configuration file that the kubelet reads.
#[derive(Debug)]
pub(super) struct Document {
    pub path: String,
    pub node: Node,
}

/// All configuration files, in the order in which they are laid over each other.
#[derive(Debug, Default)]
pub(super) struct Config {
    /// The file of `--config`, or of kubeadm.
    pub file: Option<String>,
    /// Whether that file is there.
    pub there: bool,
    pub documents: Vec<Document>,
    /// Why the kubelet exits, each with its place.
    pub errors: Vec<(Origin, String)>,
    /// Fields that it drops with no more than a line in its log.
    pub unknown: Vec<(Origin, String)>,
    /// What could not be read.
    pub gaps: Vec<Unreadable>,
    /// What a reader should know.
    pub notes: Vec<String>,
}

/// What reading depends on besides the files.
pub(super) struct Reader<'h> {
    pub files: &'h Files,
    /// The minor version of the installed kubelet, where it is known.
    pub minor: Option<u64>,
}

impl Config {
    /// Reads the main file; that it isn't there is normal before kubeadm has run.
    pub(super) fn main(&mut self, reader: &Reader<'_>, path: &str) {
        self.file = Some(path.to_owned());
        match reader.files.read(path) {
            Read::There(content) => {
                self.there = true;
                self.add(reader, path, &content);
            }
            Read::Missing(_) => {}
            Read::Hidden(error) => self.trouble(path, error),
        }
    }

    /// Reads the drop-ins in the order of Go's `filepath.WalkDir`: by name, a directory in its place among the files.
    pub(super) fn drop_ins(&mut self, reader: &Reader<'_>, flag: &Origin, directory: &str) {
        let root = directory.trim_end_matches('/');
        match reader.files.lstat(root) {
            // WalkDir follows no link, the one it begins with neither, unless a slash follows its name.
            Read::There(found) if found.kind == Kind::Link && root == directory => {
                self.notes.push(format!("{directory} is a link: the kubelet reads no drop-in behind it"));
            }
            Read::There(_) => self.walk(reader, root, MAX_DEPTH),
            Read::Missing(_) => {
                self.errors.push((flag.clone(), format!("{directory}: no such directory")));
            }
            Read::Hidden(error) => self.gaps.push(error.into()),
        }
    }

    fn walk(&mut self, reader: &Reader<'_>, directory: &str, depth: usize) {
        let names = match reader.files.list(directory) {
            Read::There(names) => names,
            Read::Missing(_) => return,
            Read::Hidden(error) => return self.gaps.push(error.into()),
        };
        for name in names.iter() {
            let path = format!("{directory}/{}", name.to_string_lossy());
            let is_directory = match reader.files.kind(&path) {
                Read::There(kind) => kind == Kind::Directory,
                Read::Missing(_) => continue,
                Read::Hidden(error) => {
                    self.gaps.push(error.into());
                    continue;
                }
            };
            if self.documents.len() > MAX_DROP_INS || (is_directory && depth == 0) {
                let reason = format!("{path}: too many drop-ins, or nested too deeply; not read");
                return self.gaps.push(Unreadable { origin: Origin::file(&path), reason });
            }
            if is_directory {
                self.walk(reader, &path, depth - 1);
            } else if name.as_encoded_bytes().ends_with(b".conf") {
                match reader.files.read(&path) {
                    Read::There(content) => self.add(reader, &path, &content),
                    Read::Missing(_) => self.leads_nowhere(&path),
                    Read::Hidden(error) => self.trouble(&path, error),
                }
            }
        }
    }

    /// What keeps us from reading may keep the kubelet, too, or not.
    fn trouble(&mut self, path: &str, error: HostError) {
        match error.kind {
            HostErrorKind::Loop | HostErrorKind::NotAFile(Kind::Directory) => self.leads_nowhere(path),
            _ => self.gaps.push(error.into()),
        }
    }

    fn leads_nowhere(&mut self, path: &str) {
        self.errors.push((Origin::file(path), "leads to no file".into()));
    }

    fn add(&mut self, reader: &Reader<'_>, path: &str, content: &[u8]) {
        let place = |line| Origin::at(path, line);
        let mut node = match yaml::parse_lenient(content) {
            Ok(node) => node,
            Err(error) => return self.errors.push((place(error.line), error.message)),
        };
        for (key, wanted) in [("apiVersion", API), ("kind", KIND)] {
            let found = node.at(key);
            if found.is_none_or(|found| found.content != Content::Text(wanted.into())) {
                let line = found.and_then(|found| found.line);
                self.errors.push((place(line), format!("{key} must be {wanted}")));
            }
        }
        let all_known = reader.minor.is_some_and(|minor| minor <= KNOWN_UP_TO);
        let Oddities { unknown, wrong } = fields::look(&mut node, all_known);
        self.errors.extend(wrong.into_iter().map(|(text, line)| (place(line), text)));
        self.unknown.extend(unknown.into_iter().map(|(text, line)| (place(line), text)));
        if let Content::Table(table) = &mut node.content {
            for (field, since) in SINCE {
                if reader.minor.is_some_and(|minor| minor < since)
                    && let Some(dropped) = table.remove(field)
                {
                    self.unknown.push((place(dropped.line), field.to_owned()));
                }
            }
        }
        self.documents.push(Document { path: path.to_owned(), node });
    }
}
