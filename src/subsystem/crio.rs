//! CRI-O's configuration: crio.conf, every file of crio.conf.d, then environment and flags of its unit.

use super::launch::Launch;
use super::{Gap, Subsystems};
use crate::fact::{Confidence, Fact, Origin, State, Value};
use crate::format::document::{Content, Node};
use crate::format::toml_document;
use crate::host::{Files, HostError, Kind};

const MAIN: &str = "/etc/crio/crio.conf";
const DROPINS: &str = "/etc/crio/crio.conf.d";
/// Deeper trees are an accident; what is deeper is a gap.
const DEPTH: usize = 8;

/// Flags and environment variables that beat the files (crio(8)).
const FLAGS: [(&str, &str, &str); 5] = [
    ("api.listen", "listen", "CONTAINER_LISTEN"),
    ("network.network_dir", "cni-config-dir", "CONTAINER_CNI_CONFIG_DIR"),
    ("runtime.cgroup_manager", "cgroup-manager", "CONTAINER_CGROUP_MANAGER"),
    ("runtime.conmon_cgroup", "conmon-cgroup", "CONTAINER_CONMON_CGROUP"),
    ("runtime.default_runtime", "default-runtime", "CONTAINER_DEFAULT_RUNTIME"),
];

/// What containers may do unless a file says otherwise (crio.conf(5), 1.18 and later).
const CAPABILITIES: [&str; 9] =
    ["CHOWN", "DAC_OVERRIDE", "FSETID", "FOWNER", "SETGID", "SETUID", "SETPCAP", "NET_BIND_SERVICE", "KILL"];

/// CRI-O's configuration at the next boot.
#[derive(Debug, Default)]
pub struct Crio {
    installed: bool,
    documents: Vec<(String, Node)>,
    fatal: Option<String>,
    gaps: Vec<Gap>,
    launch: Launch,
}

impl Crio {
    pub(super) fn merge(subsystems: &Subsystems<'_>) -> Self {
        let files = subsystems.host().files();
        let mut crio = Crio { launch: Launch::read(subsystems, "crio.service"), ..Crio::default() };
        let programs =
            ["/usr/local/bin/crio", "/usr/bin/crio", "/usr/local/sbin/crio", "/usr/sbin/crio", "/etc/crio"];
        crio.installed = crio.launch.exists || programs.iter().any(|path| files.stat(path).is_ok());
        if !files.lstat(MAIN).is_err_and(|error| error.is_not_found()) {
            crio.add(files, MAIN);
        }
        crio.walk(files, DROPINS, DEPTH);
        crio
    }

    fn walk(&mut self, files: &Files, directory: &str, depth: usize) {
        let names = match files.list(directory) {
            Ok(names) => names,
            Err(error) if error.is_not_found() => return,
            Err(error) => return self.gaps.push(error.into()),
        };
        for name in names.iter() {
            let path = format!("{directory}/{}", name.to_string_lossy());
            match files.lstat(&path) {
                Ok(found) if found.kind == Kind::Directory && depth > 0 => self.walk(files, &path, depth - 1),
                Ok(found) if found.kind == Kind::Directory => self.gaps.push(Gap {
                    origin: Origin::file(&path),
                    reason: format!("{path}: nested too deeply, not read"),
                }),
                Ok(_) => self.add(files, &path),
                Err(error) => self.gaps.push(error.into()),
            }
        }
    }

    /// CRI-O stops at the first file that it can't open or decode.
    fn add(&mut self, files: &Files, path: &str) {
        use crate::host::Trouble::{Loop, NotAFile, NotFound};
        match files.read(path) {
            Ok(content) => match toml_document::parse(&content) {
                Ok(document) => self.documents.push((path.to_owned(), document)),
                Err(error) => self.stop(format!("{path}: toml: {error}")),
            },
            Err(HostError { trouble: NotFound | Loop | NotAFile(Kind::Directory), .. }) => {
                self.stop(format!("{path}: a link that leads to no file"));
            }
            Err(error) => self.gaps.push(error.into()),
        }
    }

    fn stop(&mut self, reason: String) {
        self.fatal.get_or_insert(reason);
    }

    /// The effective value of a key, dotted, without the leading `crio.`.
    pub fn at_boot(&self, subsystems: &Subsystems<'_>, key: &str) -> Fact {
        if !self.installed {
            return Fact::absent().note("CRI-O is not installed: no program, no unit, no /etc/crio");
        }
        if let Some(fatal) = &self.fatal {
            return Fact::unknown(format!("CRI-O will not start: {fatal}"));
        }
        for flag in ["config", "config-dir"] {
            if let Some((origin, _)) = self.launch.flag(flag).last() {
                return Fact::unknown(format!("{origin}: --{flag} names other files"));
            }
        }
        for variable in ["CONTAINER_CONFIG", "CONTAINER_CONFIG_DIR"] {
            if let Some((origin, _)) = self.launch.environment.get(variable) {
                return Fact::unknown(format!("{origin}: {variable} names other files"));
            }
        }
        if let Some(gap) = self.launch.gaps.first().or(self.gaps.first()) {
            return Fact::unknown(gap.reason.clone());
        }
        if key == "storage_option" {
            return Fact::unknown(
                "values of storage_option add up over files, which this version doesn't follow",
            );
        }
        let mut candidates = self.candidates(key);
        if let Some((_, flag, variable)) = FLAGS.iter().find(|(name, ..)| *name == key) {
            let variable = self.launch.environment.get(*variable).cloned();
            candidates
                .extend(variable.into_iter().chain(self.launch.flag(flag)).map(|(o, v)| (o, State::from(v))));
        }
        let Some((origin, state)) = candidates.pop() else { return Self::compiled_in(subsystems, key) };
        if matches!(&state, State::Known(Value::Record(_))) && !key.starts_with("runtime.runtimes.") {
            return Fact::unknown(format!("{key} is a table merged from several files; ask for a key in it"));
        }
        let text = ["api.listen", "network.network_dir", "runtime.cgroup_manager", "runtime.default_runtime"];
        if text.contains(&key) && !matches!(&state, State::Known(Value::Text(_))) {
            return Fact::unknown(format!("CRI-O will not start: {origin}: {key} is no text"));
        }
        let mut fact = Fact::new(state).because(origin);
        fact.overruled = candidates.into_iter().map(|(origin, _)| origin).collect();
        fact
    }

    fn candidates(&self, key: &str) -> Vec<(Origin, State)> {
        let path = format!("crio.{key}");
        // A later table of a handler or workload replaces the earlier one as a whole.
        let whole = ["crio.runtime.runtimes.", "crio.runtime.workloads."].iter().find_map(|prefix| {
            let name = path.strip_prefix(prefix)?;
            Some(format!("{prefix}{}", name.split('.').next().unwrap_or(name)))
        });
        let last = whole
            .as_ref()
            .and_then(|table| self.documents.iter().rposition(|(_, node)| node.at(table).is_some()));
        let documents = &self.documents[last.unwrap_or(0)..];
        documents
            .iter()
            .filter_map(|(file, document)| {
                let node = document.at(&path)?;
                let says =
                    if let Content::Table(_) = node.content { None } else { Some(format!("{key} is set")) };
                Some((Origin { line: node.line, says, ..Origin::file(file) }, node.state()))
            })
            .collect()
    }

    /// What is compiled in, by version.
    fn compiled_in(subsystems: &Subsystems<'_>, key: &str) -> Fact {
        let packages = subsystems.packages();
        let version = subsystems
            .programs()
            .version(subsystems, "crio")
            .or_else(|| ["cri-o", "crio"].iter().find_map(|name| packages.version(subsystems, name)));
        let minor = version.as_deref().and_then(|version| {
            let version = version.rsplit(':').next()?;
            version.strip_prefix("1.")?.split(|c: char| !c.is_ascii_digit()).next()?.parse::<u32>().ok()
        });
        let state = match key {
            "runtime.cgroup_manager" if minor.is_some_and(|minor| minor < 18) => State::from("cgroupfs"),
            "runtime.cgroup_manager" => State::from("systemd"),
            "runtime.default_runtime" if minor.is_some_and(|minor| minor < 31) => State::from("runc"),
            "runtime.default_runtime" => State::from("crun"),
            "api.listen" => State::from("/var/run/crio/crio.sock"),
            "network.network_dir" => State::from("/etc/cni/net.d/"),
            "network.plugin_dirs" => State::Known(Value::list(["/opt/cni/bin/"])),
            // Before 1.18 there were more.
            "runtime.default_capabilities" if minor.is_some_and(|minor| minor >= 18) => {
                State::Known(Value::list(CAPABILITIES))
            }
            _ => {
                return Fact::unknown(format!(
                    "no file sets {key}, and its compiled-in default is not known"
                ));
            }
        };
        let note = match minor {
            Some(minor) => format!("compiled into CRI-O 1.{minor}; no file sets it"),
            None => {
                "compiled into current CRI-O; no file sets it, and the installed version is not known".into()
            }
        };
        Fact::new(state).at_most(Confidence::High).note(note)
    }
}
