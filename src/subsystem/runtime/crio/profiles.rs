//! Files that CRI-O's settings name and that it reads when it starts: seccomp profiles, profiles of AppArmor, classes of block I/O and
//! of caches.

use super::host_checks::Look;
use crate::component::crio::{Since, seccomp};
use crate::fact::Origin;
use crate::host::{Files, HostError, HostErrorKind, Read};
use crate::parse::document::Content;
use crate::parse::yaml;
use crate::subsystem::systemd::exec_context::absolute;

impl Look<'_, '_> {
    /// For a profile that isn't there CRI-O takes its own, since 1.34 (`internal/config/seccomp`).
    pub(super) fn seccomp(&mut self) {
        const KEY: &str = "runtime.seccomp_profile";
        let Some((place, path)) = self.text(KEY).filter(|(_, path)| !path.is_empty()) else { return };
        match self.profile(&path) {
            Ok(Some(what)) => self.add(Origin::file(absolute(&path)), what, Since::Always),
            Ok(None) => {}
            Err(())
                if path == "unconfined"
                    || self.crio.minor(self.subsystems).is_none_or(|minor| minor >= 34) => {}
            Err(()) => {
                let what = format!("{KEY} is \"{path}\", which isn't there; before 1.34 CRI-O wants it");
                self.add(place, what, Since::Always);
            }
        }
    }

    /// What is wrong with the profile at a path.
    ///
    /// # Errors
    /// It isn't there.
    fn profile(&mut self, path: &str) -> Result<Option<String>, ()> {
        match profile(self.files, path) {
            Ok(wrong) => Ok(wrong),
            Err(error) if error.is_not_found() => Err(()),
            Err(error) => {
                self.hide(&error);
                Ok(None)
            }
        }
    }

    pub(super) fn block_io(&mut self) {
        const KEY: &str = "runtime.blockio_config_file";
        let Some((place, path)) = self.text(KEY).filter(|(_, path)| !path.is_empty()) else { return };
        let wrong = match self.files.read_document(absolute(&path)) {
            Read::There(bytes) => match yaml::parse(&bytes) {
                Ok(document) if matches!(document.content, Content::Table(_) | Content::Null) => return,
                Ok(_) => "holds no keys".into(),
                Err(error) => format!("isn't YAML: {error}"),
            },
            Read::Missing(_) => "isn't there".into(),
            Read::Hidden(HostError { kind: HostErrorKind::NotAFile(_), .. }) => "is no file".into(),
            Read::Hidden(error) => return self.hide(&error),
        };
        let what = format!("{KEY} is \"{path}\", which {wrong}; CRI-O accepts a file of YAML");
        self.add(place, what, Since::Minor(22));
    }

    /// A profile of AppArmor must be loaded, which only the running kernel tells.
    pub(super) fn apparmor(&mut self) {
        const KEY: &str = "runtime.apparmor_profile";
        let own = ["", "crio-default", "unconfined"];
        let named = self.text(KEY).filter(|(_, name)| !own.contains(&name.as_str()));
        let Some((place, name)) = named.filter(|_| self.subsystems.host().running().is_some()) else {
            return;
        };
        match self.files.read("/sys/kernel/security/apparmor/profiles") {
            Read::There(bytes) => {
                let start = format!("{name} (");
                if !String::from_utf8_lossy(&bytes).lines().any(|line| line.starts_with(&start)) {
                    let what = format!(
                        "{KEY} is \"{name}\", which isn't loaded; CRI-O accepts profiles that the kernel has"
                    );
                    self.add(place, what, Since::Always);
                }
            }
            // Without AppArmor nothing is looked at.
            Read::Missing(_) => {}
            Read::Hidden(error) => self.hide(&error),
        }
    }

    /// Only where the machine can share caches and memory bandwidth.
    pub(super) fn rdt(&mut self) {
        const KEY: &str = "runtime.rdt_config_file";
        let named = self.text(KEY).filter(|(_, path)| !path.is_empty());
        let Some((place, path)) = named.filter(|_| self.subsystems.host().running().is_some()) else {
            return;
        };
        match (self.files.stat("/sys/fs/resctrl/info"), self.files.stat(absolute(&path))) {
            (Read::There(_), Read::Missing(_)) => {
                let what = format!("{KEY} is \"{path}\", which isn't there; CRI-O accepts a file of YAML");
                self.add(place, what, Since::Minor(22));
            }
            (Read::Hidden(error), _) | (Read::There(_), Read::Hidden(error)) => self.hide(&error),
            _ => {}
        }
    }
}

/// What is wrong with a seccomp profile.
///
/// # Errors
/// It can't be read, or isn't there.
pub(super) fn profile(files: &Files, path: &str) -> Result<Option<String>, HostError> {
    match files.read_document(absolute(path)) {
        Read::There(bytes) => Ok(seccomp::wrong(&bytes)),
        Read::Missing(path) => Err(HostError::new(path, HostErrorKind::NotFound)),
        Read::Hidden(HostError { kind: HostErrorKind::NotAFile(kind), .. }) => {
            Ok(Some(format!("the seccomp profile is {kind}")))
        }
        Read::Hidden(error) => Err(error),
    }
}
