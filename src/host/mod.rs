//! Where facts come from: the live machine, a root directory, a recording. Nothing else reads a host.
//!
//! A host is a file tree, as it is on disk, and perhaps a running system. Everything in it is hostile:
//! reads are bounded, links never lead out of the root, and no FIFO or device is ever opened.

mod budget;
mod bus;
mod bus_stream;
#[cfg(test)]
mod bus_tests;
pub mod cri;
mod deadline;
mod directory;
mod documents;
mod elsewhere;
mod error;
mod files;
#[cfg(test)]
mod files_tests;
mod http;
pub mod https;
mod kernel;
mod merged_usr;
mod mounted;
#[cfg(test)]
mod mounted_tests;
mod no_response;
mod path;
mod range_reader;
mod read;
mod recording;
mod resolve;
#[cfg(test)]
mod resolve_tests;
mod running;
mod tree;

use std::rc::Rc;
use std::time::Duration;

pub use self::http::HttpResponse;
pub use budget::{MAX_KEPT, MAX_NAMES, MAX_READ, MAX_VALUES, Used};
pub use error::{HostError, HostErrorKind};
pub use files::Files;
pub use no_response::NoResponse;
pub use path::HostPath;
pub use range_reader::RangeReader;
pub use read::Read;
pub use running::{Address, Connection, Running, Space, Uname, UnitState};
pub use tree::{Kind, Metadata};

/// Files as they are on disk, and perhaps a running system to ask.
pub struct Host {
    files: Rc<Files>,
    running: Option<Box<dyn Running>>,
    source: Source,
}

/// Where a host was read from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// The machine that this program runs on.
    Live,
    /// A directory that holds a root filesystem.
    Directory(String),
    /// A host kept for later: `root/` and `live/`.
    Recording(String),
}

impl Host {
    /// The machine that this program runs on.
    ///
    /// # Errors
    /// If `/` can't be opened.
    pub fn live() -> Result<Self, HostError> {
        Self::live_within(running::TIME_OUT)
    }

    /// The same; its sockets are waited for so long.
    ///
    /// # Errors
    /// If `/` can't be opened.
    pub fn live_within(time_out: Duration) -> Result<Self, HostError> {
        let files = Rc::new(Files::new(Box::new(directory::Directory::live()?)));
        let running = Box::new(kernel::Kernel::new(Rc::clone(&files), time_out));
        Ok(Host { files, running: Some(running), source: Source::Live })
    }

    /// A root directory: it has only the moment `boot`.
    ///
    /// # Errors
    /// If the directory is missing, not a directory, or can't be opened.
    pub fn directory(path: &std::path::Path) -> Result<Self, HostError> {
        let directory = directory::Directory::open(path)?;
        let files = Files::new(Box::new(directory::Directory::open(path)?));
        let elsewhere = elsewhere::find(&files, &directory);
        let files =
            if elsewhere.is_empty() { files } else { Files::new(elsewhere::mounted(directory, elsewhere)) };
        let source = Source::Directory(path.display().to_string());
        Ok(Host { files: Rc::new(files), running: None, source })
    }

    /// A recording: a directory with `root/` and, where the system was running, `live/`.
    ///
    /// # Errors
    /// If `root/` is missing or a part of `live/` can't be read.
    pub fn recording(path: &std::path::Path) -> Result<Self, HostError> {
        let recording::Recording { files, running } = recording::Recording::open(path)?;
        Ok(Host { files, running, source: Source::Recording(path.display().to_string()) })
    }

    /// The files on disk.
    #[must_use]
    pub fn files(&self) -> &Files {
        &self.files
    }

    /// The running system; none for an image or a root directory.
    #[must_use]
    pub fn running(&self) -> Option<&dyn Running> {
        self.running.as_deref()
    }

    /// Where this host was read from.
    #[must_use]
    pub fn source(&self) -> &Source {
        &self.source
    }
}
