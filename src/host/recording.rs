//! A host kept for later: `root/` holds its files, `live/` what the running system answered.

use std::path::Path;
use std::rc::Rc;

use super::directory::Directory;
use super::error::HostError;
use super::files::Files;
use super::running::Running;

/// The parts of a recording.
pub(super) struct Recording {
    pub(super) files: Rc<Files>,
    pub(super) running: Option<Box<dyn Running>>,
}

impl Recording {
    pub(super) fn open(path: &Path) -> Result<Self, HostError> {
        let files = Rc::new(Files::new(Box::new(Directory::open(&path.join("root"))?)));
        Ok(Recording { files, running: None })
    }
}
