//! The kubelet's configuration files: the file of `--config`, and the drop-ins of `--config-dir` over it.
//!
//! `loadConfigFile` and `mergeKubeletConfigurations` in cmd/kubelet/app/server.go, read at Kubernetes 1.37.

use crate::component::kubelet::default_table::THRESHOLDS;
use crate::component::kubelet::field_table::{KNOWN_UP_TO, SINCE};
use crate::component::kubelet::fields::{self, Oddities, Reading};
use crate::component::kubelet::zeros;
use crate::fact::{Origin, OriginKind};
use crate::host::{Files, HostError, HostErrorKind, Kind, Read};
use crate::parse::document::{Content, Node};
use crate::parse::{go_path, go_yaml};
use crate::subsystem::Unreadable;

const API: &str = "kubelet.config.k8s.io/v1beta1";
const KIND: &str = "KubeletConfiguration";
/// Deeper trees and more drop-ins are accidents; what is left out is a gap.
const MAX_DEPTH: usize = 8;
const MAX_DROP_INS: usize = 500;

/// A configuration file that the kubelet reads.
#[derive(Debug)]
pub(super) struct Document {
    pub from: Source,
    pub node: Node,
}

/// Where a document is from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Source {
    File(String),
    /// What the kubelet has built in, and lays its drop-ins over.
    BuiltIn,
    /// A file that the user gives kubeadm.
    Given(Origin),
}

impl Document {
    /// The file of the host.
    pub(super) fn path(&self) -> Option<&str> {
        match &self.from {
            Source::File(path) => Some(path),
            Source::BuiltIn | Source::Given(_) => None,
        }
    }

    /// A line of it, as a place.
    pub(super) fn place(&self, line: Option<u32>) -> Origin {
        match &self.from {
            Source::File(path) => Origin::at(path, line),
            Source::BuiltIn => Origin::named(OriginKind::Program, "the kubelet's built-in thresholds"),
            Source::Given(whole) => Origin { line, ..whole.clone() },
        }
    }
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
    /// Files among its drop-ins that look like some and that it skips.
    pub ignored: Vec<(Origin, String)>,
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
    /// Whether a directory of drop-ins is read.
    pub has_drop_ins: bool,
}

/// Paths that the kubelet takes relative to the directory of its file (pkg/kubelet/apis/config/helpers.go).
const PATHS: [&str; 7] = [
    "authentication.x509.clientCAFile",
    "podLogsDir",
    "resolvConf",
    "staticPodPath",
    "tlsCertFile",
    "tlsPrivateKeyFile",
    "volumePluginDir",
];

/// Which file a document is of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Main,
    DropIn,
}

impl Config {
    /// Reads the main file. That kubeadm's isn't there is normal before it has run; nobody promises another one.
    pub(super) fn main(&mut self, reader: &Reader<'_>, flag: Option<&Origin>, path: &str) {
        self.file = Some(path.to_owned());
        match reader.files.read_document(path) {
            Read::There(content) => {
                self.there = true;
                self.add(reader, path, &content, Role::Main);
            }
            Read::Missing(_) => match flag {
                Some(flag) if path != super::CONFIG => {
                    self.errors.push((flag.clone(), format!("{path} does not exist")));
                }
                _ => {}
            },
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
                match reader.files.read_document(&path) {
                    Read::There(content) => self.add(reader, &path, &content, Role::DropIn),
                    Read::Missing(_) => self.leads_nowhere(&path),
                    Read::Hidden(error) => self.trouble(&path, error),
                }
            } else if [".yaml", ".yml", ".json"].iter().any(|end| path.ends_with(end)) {
                self.ignored.push((Origin::file(&path), format!("{path} does not end in .conf")));
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

    fn add(&mut self, reader: &Reader<'_>, path: &str, content: &[u8], role: Role) {
        let place = |line| Origin::at(path, line);
        let Ok(text) = std::str::from_utf8(content) else {
            return self.errors.push((place(None), "not UTF-8".to_owned()));
        };
        let go_yaml::Document { root: mut node, twice } = match go_yaml::parse(text, 0) {
            Ok(document) => document,
            Err(error) => return self.errors.push((place(error.line), error.message)),
        };
        // Of the main file the last one counts, with a line in the log; drop-ins are decoded strictly.
        if role == Role::DropIn {
            let texts =
                twice.into_iter().map(|(key, line)| (place(Some(line)), format!("{key} is there twice")));
            self.errors.extend(texts);
        }
        for (key, wanted) in [("apiVersion", API), ("kind", KIND)] {
            let found = node.at(key);
            if found.is_none_or(|found| found.content != Content::Text(wanted.into())) {
                let line = found.and_then(|found| found.line);
                self.errors.push((place(line), format!("{key} must be {wanted}")));
            }
        }
        let all_known = reader.minor.is_some_and(|minor| minor <= KNOWN_UP_TO);
        let is_patch = role == Role::DropIn;
        let Oddities { unknown, wrong } = fields::look(&node, Reading { all_known, is_patch });
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
        zeros::settle(&mut node, is_patch);
        if role == Role::Main {
            main_file_only(&mut node, path, reader.has_drop_ins);
        }
        self.documents.push(Document { from: Source::File(path.to_owned()), node });
    }

    /// Lays the built-in thresholds below the files, where the main one has none: drop-ins add to them.
    pub(super) fn add_thresholds(&mut self, minor: Option<u64>) {
        let main = self.documents.first().filter(|_| self.there);
        let is_set = main.and_then(|main| main.node.at("evictionHard"));
        if is_set.is_some_and(|node| node.content != Content::Null) {
            return;
        }
        let known = THRESHOLDS.iter().filter(|(.., since)| minor.is_none_or(|minor| minor >= *since));
        let text = |text: &str| Node::unplaced(Content::Text(text.to_owned()));
        let table = |entries| Node::unplaced(Content::Table(entries));
        let thresholds = known.map(|(name, value, _)| ((*name).to_owned(), text(value))).collect();
        let node = table([("evictionHard".to_owned(), table(thresholds))].into());
        self.documents.insert(0, Document { from: Source::BuiltIn, node });
    }
}

/// What the kubelet does with its main file and not with drop-ins.
fn main_file_only(node: &mut Node, path: &str, has_drop_ins: bool) {
    let directory = path.rsplit_once('/').map_or("", |(directory, _)| directory);
    for field in PATHS {
        if let Some(Content::Text(text)) = node.at_mut(field).map(|node| &mut node.content)
            && !text.is_empty()
            && !text.starts_with('/')
        {
            *text = go_path::clean(&format!("{directory}/{text}"));
        }
    }
    // An empty list becomes the default once a directory of drop-ins is read.
    if let Some(enforced) = node.at_mut("enforceNodeAllocatable")
        && has_drop_ins
        && enforced.content == Content::List(Vec::new())
    {
        enforced.content = Content::Null;
    }
}
