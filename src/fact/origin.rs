//! Where a fact comes from: the path and line that decided it.

use std::fmt;

use super::escape::{cut, shortened};

/// A place that decided a fact: a file and line of the host, or a named interface such as `uname(2)`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Origin {
    /// Path on the host, or the name of a system interface.
    pub path: String,
    /// Line in that file, counted from 1.
    pub line: Option<u32>,
    /// What the place says, in few words: `sets 0`, `blacklists br_netfilter`.
    pub says: Option<String>,
    /// What kind of place it is: only a file's `path` is a path.
    pub kind: OriginKind,
    /// What the line sets, where it sets something.
    pub sets: Option<Box<Setting>>,
    /// The only attribute of a record that it decides; all of them if none is named.
    pub decides: Option<&'static str>,
}

/// What kind of place decided a fact.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum OriginKind {
    /// A file or directory of the host.
    #[default]
    File,
    /// An interface of the kernel that isn't asked by a path: a table, `getifaddrs(3)`, or another module's defaults.
    Kernel,
    /// A system call: `uname(2)`.
    SystemCall,
    /// systemd, over D-Bus.
    Bus,
    /// A socket that was asked, such as CRI-O's.
    Socket,
    /// A server on the network.
    Network,
    /// The command line of this program, or a file that its user named there.
    CommandLine,
    /// What a program does by itself: a default that is compiled in.
    Program,
}

impl OriginKind {
    /// The word used in JSON.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            OriginKind::File => "file",
            OriginKind::Kernel => "kernel",
            OriginKind::SystemCall => "system-call",
            OriginKind::Bus => "bus",
            OriginKind::Socket => "socket",
            OriginKind::Network => "network",
            OriginKind::CommandLine => "command-line",
            OriginKind::Program => "program",
        }
    }
}

/// A key and the value that a line gives it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Setting {
    /// The key as the file's reader knows it: `net.ipv4.ip_forward`.
    pub key: String,
    /// The value as it is written.
    pub value: String,
}

impl Origin {
    /// A whole file.
    pub fn file(path: impl fmt::Display) -> Self {
        Origin { path: path.to_string(), ..Origin::default() }
    }

    /// A place that is no file, by its name: `uname(2)`, `getifaddrs(3)`.
    pub fn named(kind: OriginKind, name: impl fmt::Display) -> Self {
        Origin { path: name.to_string(), kind, ..Origin::default() }
    }

    /// A line of a file that the user named, or an option alone: `--ignore-preflight-errors`.
    pub fn given(name: impl fmt::Display, line: Option<u32>) -> Self {
        Origin { line, ..Origin::named(OriginKind::CommandLine, name) }
    }

    /// A line of a file, counted from 1, where it is known; else the whole file.
    pub fn at(path: impl fmt::Display, line: Option<u32>) -> Self {
        Origin { line, ..Origin::file(path) }
    }

    /// One line of a file, counted from 1.
    pub fn line(path: impl fmt::Display, line: u32) -> Self {
        Origin::at(path, Some(line))
    }

    /// The path, if the place is a file: of the host, or one that the user named on the command line.
    #[must_use]
    pub fn path_of_file(&self) -> Option<&str> {
        match self.kind {
            OriginKind::File => Some(&self.path),
            OriginKind::Socket => Some(&*self.path).filter(|path| path.starts_with('/')),
            // `--kubeadm-config kubeadm.yaml`
            OriginKind::CommandLine => self.line.map(|_| match self.path.split_once(' ') {
                Some((option, file)) if option.starts_with("--") => file,
                _ => &*self.path,
            }),
            OriginKind::Kernel
            | OriginKind::SystemCall
            | OriginKind::Bus
            | OriginKind::Network
            | OriginKind::Program => None,
        }
    }

    /// Adds what the place says.
    #[must_use]
    pub fn says(mut self, text: impl Into<String>) -> Self {
        self.says = Some(cut(text.into()));
        self
    }

    /// Names the only attribute of a record that it decides, so that it isn't shown for another one.
    #[must_use]
    pub fn decides(mut self, attribute: &'static str) -> Self {
        self.decides = Some(attribute);
        self
    }

    /// Adds what the line sets.
    #[must_use]
    pub fn sets(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.sets = Some(Box::new(Setting { key: cut(key.into()), value: cut(value.into()) }));
        self
    }
}

/// `path:line`, as editors and terminals understand it.
impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&shortened(&self.path))?;
        match self.line {
            Some(line) => write!(f, ":{line}"),
            None => Ok(()),
        }
    }
}
