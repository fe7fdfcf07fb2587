//! Kernel configurations: of the running kernel, and of kernels on disk.

use std::cell::RefCell;
use std::rc::Rc;

use foldhash::HashMap;

use crate::fact::{Origin, Reason, ReasonCode};
use crate::host::Files;
use crate::parse::kernel_config;
use crate::subsystem::Subsystems;

/// Where the configuration of a release is on disk: what distributions install, Flatcar's `/usr/boot` and ostree's
/// copies among them, then what kernel sources leave.
pub const PLACES: [&str; 9] = [
    "/boot/config-RELEASE",
    "/lib/modules/RELEASE/config",
    "/usr/lib/modules/RELEASE/config",
    "/usr/boot/config-RELEASE",
    "/usr/lib/ostree-boot/config-RELEASE",
    "/usr/lib/kernel/config-RELEASE",
    "/lib/modules/RELEASE/build/.config",
    "/usr/src/linux-headers-RELEASE/.config",
    "/usr/src/linux-RELEASE/.config",
];

/// Kernel configurations, each unpacked at most once.
#[derive(Debug, Default)]
pub struct KernelConfigs {
    by_place: RefCell<HashMap<String, Found>>,
}

/// One kernel's configuration.
#[derive(Clone, Debug)]
pub struct KernelConfig {
    /// The file.
    pub path: String,
    text: Rc<[u8]>,
}

/// A configuration, none if there is no file, or what kept it from being read.
pub type Found = Result<Option<KernelConfig>, Reason>;

impl KernelConfig {
    /// The value of an option named without `CONFIG_` (`y`, `m`, a number or text), and its place; none if
    /// the option isn't set.
    #[must_use]
    pub fn option(&self, name: &str) -> Option<(&str, Origin)> {
        let (value, line) = kernel_config::option(&self.text, name)?;
        Some((value, Origin::line(&self.path, line).says(format!("CONFIG_{name}={value}"))))
    }

    /// Whether this kernel can load modules at all.
    #[must_use]
    pub fn loads_modules(&self) -> bool {
        self.option("MODULES").is_some()
    }
}

impl KernelConfigs {
    /// The running kernel's: its own `/proc/config.gz`, else the file of its release.
    ///
    /// # Errors
    /// In words, if a file is there and can't be read.
    pub fn now(&self, subsystems: &Subsystems<'_>) -> Found {
        let Some(running) = subsystems.host().running() else { return Ok(None) };
        match self.at(running.files(), "/proc/config.gz") {
            Ok(None) => self.of_release(subsystems, &running.uname().release),
            found => found,
        }
    }

    /// That of a kernel on disk; of the running one also what it says itself.
    ///
    /// # Errors
    /// In words, if a file is there and can't be read.
    pub fn of_release(&self, subsystems: &Subsystems<'_>, release: &str) -> Found {
        if release.is_empty() || release.contains('/') {
            return Ok(None);
        }
        for place in PLACES {
            match self.at(subsystems.host().files(), &place.replace("RELEASE", release)) {
                Ok(None) => {}
                found => return found,
            }
        }
        match subsystems.host().running() {
            Some(running) if running.uname().release == release => {
                self.at(running.files(), "/proc/config.gz")
            }
            _ => Ok(None),
        }
    }

    fn at(&self, files: &Files, place: &str) -> Found {
        if let Some(found) = self.by_place.borrow().get(place) {
            return found.clone();
        }
        let found = read(files, place);
        self.by_place.borrow_mut().insert(place.to_owned(), found.clone());
        found
    }
}

fn read(files: &Files, place: &str) -> Found {
    let Some(bytes) = files.read(place).found()? else { return Ok(None) };
    let corrupt = |text: String| Reason::new(ReasonCode::Corrupt, text);
    let text = kernel_config::unpacked(bytes).map_err(|trouble| corrupt(format!("{place} {trouble}")))?;
    if !kernel_config::is_one(&text) {
        return Err(corrupt(format!("{place} is not a kernel configuration")));
    }
    Ok(Some(KernelConfig { path: place.to_owned(), text }))
}
