//! The recording of a host, copied so that a test may change it.

use std::fs;
use std::path::{Path, PathBuf};

use node_preflight::builtin;
use node_preflight::engine::finding::Worst;
use node_preflight::engine::identity::identify;
use node_preflight::engine::{self, Selection};
use node_preflight::fact::Moment;
use node_preflight::host::Host;
use node_preflight::report::{Outcome, Report};
use node_preflight::subsystem::Subsystems;

use crate::fixtures::CIRCUMSTANCES;

/// A copy of a recording.
pub struct RecordingCopy {
    directory: tempfile::TempDir,
}

impl RecordingCopy {
    /// A copy of `fixtures/NAME`.
    pub fn of(fixture: &str) -> Self {
        let directory = crate::tree::scratch();
        let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(fixture);
        for entry in walkdir::WalkDir::new(&from) {
            let entry = entry.unwrap();
            let to = directory.path().join(entry.path().strip_prefix(&from).unwrap());
            if entry.path_is_symlink() {
                std::os::unix::fs::symlink(fs::read_link(entry.path()).unwrap(), to).unwrap();
            } else if entry.file_type().is_dir() {
                fs::create_dir_all(to).unwrap();
            } else {
                fs::copy(entry.path(), to).unwrap();
            }
        }
        RecordingCopy { directory }
    }

    /// A place in it: `root/etc/fstab`.
    pub fn place(&self, path: &str) -> PathBuf {
        self.directory.path().join(path)
    }

    /// Writes a file.
    pub fn write(&self, path: &str, text: &str) {
        fs::create_dir_all(self.place(path).parent().unwrap()).unwrap();
        fs::write(self.place(path), text).unwrap();
    }

    /// Writes at the end of a file.
    pub fn write_more(&self, path: &str, text: &str) {
        self.write(path, &(fs::read_to_string(self.place(path)).unwrap_or_default() + text));
    }

    /// Writes a program.
    pub fn program(&self, path: &str) {
        use std::os::unix::fs::PermissionsExt as _;
        self.write(path, "");
        fs::set_permissions(self.place(path), fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// Removes a file, which must be there.
    pub fn remove(&self, path: &str) {
        fs::remove_file(self.place(path)).unwrap();
    }

    /// Writes something in place of a text, which must be there.
    pub fn change(&self, path: &str, from: &str, to: &str) {
        let text = fs::read_to_string(self.place(path)).unwrap();
        assert!(text.contains(from), "{path} has no {from}");
        self.write(path, &text.replace(from, to));
    }

    /// The report of a profile.
    pub fn report(&self, profile: &str, sets: &[(&str, &str)]) -> Report {
        let selection = Selection { profiles: vec![profile.into()], ..Selection::everything() };
        let sets: Vec<(String, String)> =
            sets.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let plan = engine::compile(&builtin::rules(), &selection, &sets).unwrap();
        let host = Host::recording(self.directory.path()).unwrap();
        let subsystems = Subsystems::of(&host);
        let findings = engine::judge(&plan, &subsystems, &Moment::ALL);
        Report::new(&plan, identify(&subsystems), findings, Vec::new(), CIRCUMSTANCES)
    }

    /// The outcome, and the rules that fail or are unknown.
    pub fn judged(&self, profile: &str, sets: &[(&str, &str)]) -> (Outcome, Vec<String>) {
        let report = self.report(profile, sets);
        let odd =
            report.findings.iter().filter(|entry| matches!(entry.worst(), Worst::Fail | Worst::Unknown));
        (report.outcome(), odd.map(|entry| entry.rule.to_string()).collect())
    }
}
