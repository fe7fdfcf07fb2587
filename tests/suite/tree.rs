//! Small host trees, built in a temporary directory, and questions asked of them.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::PathBuf;

use node_preflight::fact::{Fact, Moment, State, Value};
use node_preflight::host::Host;
use node_preflight::probe;
use node_preflight::subsystem::Subsystems;

/// A host tree under construction.
pub struct Tree {
    directory: tempfile::TempDir,
}

impl Tree {
    /// An empty root.
    pub fn new() -> Self {
        let directory = scratch();
        fs::create_dir(directory.path().join("root")).unwrap();
        Tree { directory }
    }

    /// The root directory itself.
    pub fn root(&self) -> PathBuf {
        self.directory.path().join("root")
    }

    /// The recording: `root/` and, if something was said about the running system, `live/`.
    pub fn recording(&self) -> PathBuf {
        self.directory.path().to_owned()
    }

    /// Adds a file of the running system: `/proc/modules`.
    pub fn live(self, path: &str, content: impl AsRef<[u8]>) -> Self {
        let place = self.directory.path().join("live").join(path.trim_start_matches('/'));
        fs::create_dir_all(place.parent().unwrap()).unwrap();
        fs::write(place, content).unwrap();
        self
    }

    /// Adds a symbolic link of the running system: `/dev/disk/by-uuid/...`.
    pub fn live_link(self, path: &str, target: &str) -> Self {
        let place = self.directory.path().join("live").join(path.trim_start_matches('/'));
        fs::create_dir_all(place.parent().unwrap()).unwrap();
        symlink(target, place).unwrap();
        self
    }

    /// Writes `live/machine.toml`.
    pub fn machine(self, text: &str) -> Self {
        self.live("machine.toml", text)
    }

    /// Says of a file what the file system of the tests can't keep: `mode = "0600"`.
    pub fn meta(self, path: &str, text: &str) -> Self {
        self.add_meta("root", path, text)
    }

    fn add_meta(self, part: &str, path: &str, text: &str) -> Self {
        let place = self.directory.path().join("meta.toml");
        let before = fs::read_to_string(&place).unwrap_or_default();
        let head = format!("[{part}.\"{path}\"]\n");
        let after = match before.split_once(&head) {
            Some((start, end)) => format!("{start}{head}{text}\n{end}"),
            None => format!("{before}{head}{text}\n"),
        };
        fs::write(place, after).unwrap();
        self
    }

    /// Adds what a copy can't keep to the running system: a `char-device`, a `socket`.
    pub fn live_kind(self, path: &str, kind: &str) -> Self {
        self.add_meta("live", path, &format!("kind = \"{kind}\""))
    }

    /// As [`Tree::denied`], of `root` or `live`; of a directory nobody sees what is in it either.
    pub fn hidden(self, part: &str, path: &str) -> Self {
        let place = self.recording().join(part).join(path.trim_start_matches('/'));
        if !fs::symlink_metadata(&place).is_ok_and(|found| found.is_dir()) {
            return self.add_meta(part, path, "denied = true");
        }
        fs::remove_dir_all(place).unwrap();
        self.add_meta(part, path, "kind = \"directory\"\ndenied = true")
    }

    fn place(&self, path: &str) -> PathBuf {
        let place = self.root().join(path.trim_start_matches('/'));
        fs::create_dir_all(place.parent().unwrap()).unwrap();
        place
    }

    /// Adds a file.
    pub fn file(self, path: &str, content: impl AsRef<[u8]>) -> Self {
        let place = self.place(path);
        drop(fs::remove_file(&place));
        fs::write(place, content).unwrap();
        self
    }

    /// Appends to a file.
    pub fn append(self, path: &str, content: impl AsRef<[u8]>) -> Self {
        use std::io::Write as _;
        let place = self.place(path);
        fs::OpenOptions::new()
            .append(true)
            .create(true)
            .open(place)
            .unwrap()
            .write_all(content.as_ref())
            .unwrap();
        self
    }

    /// Removes a file, a link or an empty directory; it must be there.
    pub fn without(self, path: &str) -> Self {
        let place = self.place(path);
        let metadata = fs::symlink_metadata(&place).unwrap_or_else(|_| panic!("{path} isn't there"));
        if metadata.is_dir() {
            fs::remove_dir(place).unwrap()
        } else {
            fs::remove_file(place).unwrap()
        }
        self
    }

    /// Adds an executable file.
    pub fn program(self, path: &str, content: impl AsRef<[u8]>) -> Self {
        let place = self.place(path);
        fs::write(&place, content).unwrap();
        fs::set_permissions(place, fs::Permissions::from_mode(0o755)).unwrap();
        self
    }

    /// Adds a dpkg package that owns files, one a line.
    pub fn package(self, name: &str, version: &str, files: &str) -> Self {
        let status = format!("Package: {name}\nStatus: install ok installed\nVersion: {version}\n\n");
        self.append("/var/lib/dpkg/status", status).file(&format!("/var/lib/dpkg/info/{name}.list"), files)
    }

    /// Adds a symbolic link.
    pub fn link(self, path: &str, target: &str) -> Self {
        let place = self.place(path);
        drop(fs::remove_file(&place));
        symlink(target, place).unwrap();
        self
    }

    /// Adds an empty directory.
    pub fn directory(self, path: &str) -> Self {
        fs::create_dir_all(self.place(path)).unwrap();
        self
    }

    /// A minimal grub.cfg that boots `release` with a command line.
    pub fn boots(self, release: &str, cmdline: &str) -> Self {
        let entry = format!(
            "set default=\"0\"\nmenuentry 'Linux' {{\n\tlinux\t/boot/vmlinuz-{release} {cmdline}\n}}\n"
        );
        self.file(&format!("/boot/vmlinuz-{release}"), "k").file("/boot/grub/grub.cfg", entry)
    }

    /// The recording says that nobody could read a file or directory; only its name is known.
    pub fn denied(self, path: &str) -> Self {
        self.meta(path, "denied = true")
    }

    /// The value at boot in the recording, as it is printed; `absent`, or `unknown: reason`.
    pub fn recorded_text(&self, question: &str) -> String {
        text(&ask(&Host::recording(&self.recording()).unwrap(), question, Moment::NextBoot))
    }

    /// Asks `probe` or `probe:key` of the recording, now.
    pub fn now(&self, question: &str) -> Fact {
        ask(&Host::recording(&self.recording()).unwrap(), question, Moment::Now)
    }

    /// The value now, as it is printed; `absent`, or `unknown: reason`.
    pub fn now_text(&self, question: &str) -> String {
        text(&self.now(question))
    }

    /// Asks `probe` or `probe:key` at boot.
    pub fn boot(&self, question: &str) -> Fact {
        let host = Host::directory(&self.root()).unwrap();
        ask(&host, question, Moment::NextBoot)
    }

    /// The value at boot, as it is printed; `absent`, or `unknown: reason`.
    pub fn boot_text(&self, question: &str) -> String {
        text(&self.boot(question))
    }
}

/// Asks `probe` or `probe:key` of a host.
pub fn ask(host: &Host, question: &str, moment: Moment) -> Fact {
    let (name, key) = question.split_once(':').map_or((question, None), |(name, key)| (name, Some(key)));
    let probe = probe::find(name).unwrap_or_else(|| panic!("no probe {name}"));
    let key = probe.key.parse(key).unwrap();
    (probe.ask)(&Subsystems::of(host), &key, moment)
}

/// A fact's value as it is printed; `absent`, or `unknown: reason`.
pub fn text(fact: &Fact) -> String {
    match &fact.state {
        State::Known(value) => value.to_string(),
        State::Absent => "absent".into(),
        State::Unknown(reason) => format!("unknown: {reason}"),
    }
}

/// One attribute of a record as it is printed; `absent`, or `unknown: reason`.
pub fn attribute(fact: &Fact, name: &str) -> String {
    let State::Known(Value::Record(attributes)) = &fact.state else { return text(fact) };
    match &attributes[name] {
        State::Known(value) => value.to_string(),
        State::Absent => "absent".into(),
        State::Unknown(reason) => format!("unknown: {reason}"),
    }
}

/// An empty directory; in memory where that is possible, because most tests make files all the time.
pub fn scratch() -> tempfile::TempDir {
    let enough = |found: rustix::fs::StatVfs| found.f_bavail.saturating_mul(found.f_frsize) > 1 << 28;
    let in_memory = rustix::fs::statvfs("/dev/shm").is_ok_and(enough);
    let made = in_memory.then(|| tempfile::tempdir_in("/dev/shm").ok()).flatten();
    made.unwrap_or_else(|| tempfile::tempdir().unwrap())
}
