//! containerd's configuration: config.toml and what it imports, as far as the kubelet depends on it. Which tables count is in
//! `component/containerd.rs`.

use std::collections::{BTreeSet, VecDeque};

use super::containerd_programs;
use crate::component::containerd::{
    CRI, IMAGES, default_runtime, network_plugins, refused, short_names, tables, too_new, version,
};
use crate::fact::{Answer, Confidence, Knowledge, Origin, State, Value, Version};
use crate::host::{Files, Read};
use crate::parse::document::Node;
use crate::parse::glob::covers_name;
use crate::parse::toml_document;
use crate::subsystem::Subsystems;
use crate::subsystem::systemd::exec_context::ExecContext;

/// Read if the unit names no other file; absent is fine.
const CONFIG: &str = "/etc/containerd/config.toml";

/// No honest file imports more.
const MAX_FILES: usize = 200;

#[derive(Default)]
struct Config {
    /// In the order of loading; a later one counts more.
    documents: Vec<(String, Node)>,
    mistakes: Vec<(Origin, String)>,
    /// Of the installed containerd, where it is known.
    release: Option<Version>,
}

/// What the kubelet depends on.
#[derive(Clone, Debug, PartialEq)]
pub struct Containerd {
    /// Its socket.
    pub address: State,
    /// The runtime of pods that ask for none.
    pub default_runtime: String,
    /// The version of its file; none if there is none.
    pub version: Option<i64>,
    /// Its file; none if there is none, so that its defaults count.
    pub config: Option<String>,
    /// Whether its CRI is on.
    pub cri: bool,
    /// Programs of its default runtime that aren't there.
    pub missing_programs: Knowledge<Vec<String>>,
    /// What stops it when it starts.
    pub mistakes: Knowledge<Vec<String>>,
    /// Directories of network plugins that its file names; none if it names none.
    pub network_plugins: Option<Vec<String>>,
    /// `SystemdCgroup` of its default runtime.
    pub systemd_cgroup: State,
}

/// What the kubelet depends on; absent without containerd.
pub fn containerd(subsystems: &Subsystems<'_>) -> Answer<Containerd> {
    let files = subsystems.host().files();
    let launch = ExecContext::read(subsystems, "containerd.service");
    let programs = ["/usr/bin/containerd", "/usr/local/bin/containerd", "/usr/sbin/containerd"];
    if !launch.exists {
        match files.any_is_there(programs) {
            Ok(true) => {}
            Ok(false) => return Answer::absent(),
            Err(error) => return Answer::unknown(error),
        }
    }
    if let Some(gap) = launch.gaps.first() {
        return Answer::unknown(gap.reason.clone());
    }
    let named = named_config(&launch);
    let path = named.as_deref().unwrap_or(CONFIG);
    let installed = subsystems.programs().version(subsystems, "containerd");
    let release = installed.as_deref().and_then(Version::parse);
    let unread =
        if release.is_none() { subsystems.programs().unread(subsystems, "containerd") } else { None };
    let config = match Config::load(files, path, named.is_some(), release) {
        Ok(config) => config,
        Err(reason) => return Answer::unknown(reason),
    };
    let (missing_programs, program_places) =
        containerd_programs::missing(files, &launch, &config.counted_tables());
    let (cri, cri_place) = config.cri();
    let (systemd, systemd_place) = config.systemd_cgroup();
    let (network_plugins, network_place) = config.network_plugins().unzip();
    let address = address(&config);
    let found = Containerd {
        default_runtime: config.default_runtime(),
        version: config.documents.first().map(|(_, document)| version(document)),
        address: address.0,
        config: (!config.documents.is_empty()).then(|| path.to_owned()),
        cri,
        network_plugins,
        missing_programs,
        mistakes: config.known_mistakes(unread),
        systemd_cgroup: systemd,
    };
    let places = config.mistakes.iter().map(|(place, _)| place.clone());
    let mut fact = Answer::known(found).because_all(places);
    let of = |place: Option<Origin>, attribute| place.map(|place: Origin| place.decides(attribute));
    let systemd_place = systemd_place.or_else(|| config.unset_systemd_cgroup());
    let decided = [
        of(cri_place, "cri"),
        of(systemd_place, "systemd_cgroup"),
        of(network_place, "network_plugins"),
        of(address.1, "address"),
    ];
    fact = fact.because_all(decided.into_iter().flatten());
    fact = fact.because_all(program_places.into_iter().map(|place| place.decides("missing-programs")));
    if fact.because.is_empty() {
        let says = if config.documents.is_empty() { "is not there" } else { "sets nothing of this" };
        fact = fact.because(Origin::file(path).says(says)).at_most(Confidence::High);
    }
    fact
}

/// The file that the command line names.
fn named_config(launch: &ExecContext) -> Option<String> {
    let long = launch.flag("config").pop().map(|(_, path)| path);
    let short =
        || launch.words.iter().skip_while(|(_, word)| word != "-c").nth(1).map(|(_, path)| path.clone());
    long.or_else(short)
}

/// The socket, and the place that sets it. From version 4 on the server is a plugin, too.
fn address(config: &Config) -> (State, Option<Origin>) {
    let server = config.last("plugins.io.containerd.server.v1.grpc.address");
    match server.or_else(|| config.last("grpc.address")) {
        Some((place, state)) => (state, Some(place)),
        None => (State::from("/run/containerd/containerd.sock"), None),
    }
}

impl Config {
    fn load(files: &Files, path: &str, named: bool, release: Option<Version>) -> Result<Self, String> {
        let mut config = Config { release, ..Config::default() };
        let mut pending = VecDeque::from([(path.to_owned(), named)]);
        let mut seen = BTreeSet::new();
        while let Some((path, required)) = pending.pop_front() {
            if !seen.insert(path.clone()) {
                continue;
            }
            if seen.len() > MAX_FILES {
                return Err(format!("{path}: more than {MAX_FILES} files are imported"));
            }
            let bytes = match files.read_document(&path) {
                Read::There(bytes) => bytes,
                Read::Missing(_) if !required => continue,
                Read::Missing(_) => {
                    config.mistakes.push((Origin::file(&path), "is not there".into()));
                    continue;
                }
                Read::Hidden(error) => return Err(error.to_string()),
            };
            match toml_document::parse(&bytes) {
                Ok(document) => {
                    for import in imports(files, &path, &document)? {
                        pending.push_back((import, true));
                    }
                    config.check(&path, &document);
                    config.documents.push((path, document));
                }
                Err(error) => {
                    let place = Origin::at(&path, error.line);
                    config.mistakes.push((place, format!("toml: {error}")));
                }
            }
        }
        config.check_default_runtime();
        Ok(config)
    }

    /// The tables of the CRI that count, with their files.
    fn counted_tables(&self) -> Vec<(&str, &Node)> {
        let of = |document| {
            let read = tables(version(document), self.release.as_ref()).read;
            read.into_iter().filter(|table| *table != IMAGES).filter_map(|table| plugin(document, table))
        };
        let all = self.documents.iter();
        all.flat_map(|(path, document)| of(document).map(move |table| (path.as_str(), table))).collect()
    }

    /// A default runtime that no table describes: the CRI doesn't load. That of runc is built in.
    fn check_default_runtime(&mut self) {
        let name = self.default_runtime();
        let tables = self.counted_tables();
        let is_described =
            tables.iter().any(|(_, table)| table.at(&format!("containerd.runtimes.{name}")).is_some());
        if name == "runc" || is_described {
            return;
        }
        let key = "containerd.default_runtime_name";
        let place = tables.iter().rev().find_map(|(path, table)| Some(Origin::at(path, table.at(key)?.line)));
        let what = format!(
            "default_runtime_name is `{name}`, and no table describes that runtime: the CRI plugin doesn't load"
        );
        self.mistakes.extend(place.map(|place| (place, what)));
    }

    /// From version 2 of the file on, plugins are named by URI; another word stops containerd. Version 3 came with 2.0: from
    /// 1.6.32 and 1.7.17 on containerd 1.x exits at it (containerd/containerd#10165), before it passes over its tables.
    fn check(&mut self, path: &str, document: &Node) {
        if let Some(what) = self.release.as_ref().and_then(|release| too_new(version(document), release)) {
            let place = Origin::at(path, document.at("version").and_then(|node| node.line));
            self.mistakes.push((place, what));
        }
        let mut found = short_names(document, self.release.as_ref());
        for table in tables(version(document), self.release.as_ref()).read {
            if let Some(plugin) = plugin(document, table) {
                found.extend(refused(table, plugin, version(document), self.release.as_ref()));
            }
        }
        self.mistakes.extend(found.into_iter().map(|(line, what)| (Origin::at(path, line), what)));
        if version(document) < 2 {
            return;
        }
        for (place, name) in disabled(path, document) {
            if !name.starts_with("io.containerd.") {
                let what = format!("disabled_plugins: `{name}` is no URI such as {}", CRI[0]);
                self.mistakes.push((place, what));
            }
        }
    }

    /// Whether the CRI is on. Lists of several files add up.
    fn cri(&self) -> (bool, Option<Origin>) {
        for (path, document) in &self.documents {
            let old = version(document) < 2;
            let off = disabled(path, document).into_iter().find(|(_, name)| {
                self.knows(name) && (CRI.contains(&name.as_str()) || (old && name == "cri"))
            });
            if let Some((place, name)) = off {
                return (false, Some(place.says(format!("disables {name}"))));
            }
        }
        (true, None)
    }

    /// The two plugins that the CRI was split into came with 2.0; before, nobody is called so.
    fn knows(&self, plugin: &str) -> bool {
        self.release.as_ref().is_none_or(|release| release.number(0) >= 2)
            || !plugin.starts_with("io.containerd.cri.v1.")
    }

    /// `SystemdCgroup` of the default runtime. Tables of one plugin in several files replace each other as a whole before 2.0,
    /// and are merged from then on (containerd/containerd#9982).
    fn systemd_cgroup(&self) -> (State, Option<Origin>) {
        let mut found: Option<(State, Origin)> = None;
        for (path, document) in &self.documents {
            let counted = tables(version(document), self.release.as_ref());
            for plugin in counted.doubtful.into_iter().filter_map(|table| plugin(document, table)) {
                if let Some(node) = plugin.at(&systemd_key(plugin)) {
                    let place = Origin::at(path, node.line);
                    let reason = format!(
                        "{place}: whether a file of this version sets SystemdCgroup here depends on containerd's version"
                    );
                    return (State::unknown(reason), Some(place));
                }
            }
            let runtimes = counted.read.into_iter().filter(|table| *table != IMAGES);
            for plugin in runtimes.filter_map(|table| plugin(document, table)) {
                let replaces = self.release.as_ref().map(|release| release.number(0) < 2);
                match (plugin.at(&systemd_key(plugin)), &found, replaces) {
                    (Some(node), ..) => {
                        let place = Origin::at(path, node.line);
                        found = Some((node.state(), place.says("sets SystemdCgroup")));
                    }
                    (None, None, _) | (None, _, Some(false)) => {}
                    (None, Some(_), Some(true)) => {
                        let place = Origin::at(path, plugin.line);
                        let says = "takes the place of an earlier table of this plugin";
                        found = Some((State::from(false), place.says(says)));
                    }
                    (None, Some((_, place)), None) => {
                        let reason = format!(
                            "{path} has a table of the same plugin as {place}: whether it replaces that depends on containerd's version"
                        );
                        return (State::unknown(reason), Some(place.clone()));
                    }
                }
            }
        }
        found.map_or((State::from(false), None), |(state, place)| (state, Some(place)))
    }

    /// What stops it; whether a file of version 3 does depends on its own version.
    fn known_mistakes(&self, unread: Option<String>) -> Knowledge<Vec<String>> {
        let is_versioned = self.documents.iter().any(|(_, document)| version(document) >= 3);
        match unread {
            Some(reason) if self.mistakes.is_empty() && is_versioned => Knowledge::unknown(reason),
            _ => Knowledge::Known(
                self.mistakes.iter().map(|(place, what)| format!("{}: {what}", place.path)).collect(),
            ),
        }
    }

    /// The runtime of pods that ask for none, by the last file that says so.
    fn default_runtime(&self) -> String {
        let named = self.documents.iter().rev().flat_map(|(_, document)| {
            let read = tables(version(document), self.release.as_ref()).read;
            read.into_iter().filter_map(|table| plugin(document, table)).map(default_runtime)
        });
        named.into_iter().find(|name| name != "runc").unwrap_or_else(|| "runc".into())
    }

    /// The table in which `SystemdCgroup` is missing, as far as the file has it.
    fn unset_systemd_cgroup(&self) -> Option<Origin> {
        let (path, document) = self.documents.last()?;
        let read = tables(version(document), self.release.as_ref()).read;
        let mut plugins =
            read.into_iter().filter(|table| *table != IMAGES).filter_map(|table| plugin(document, table));
        let line = plugins.find_map(|plugin| {
            let runtime = plugin.at(&format!("containerd.runtimes.{}", default_runtime(plugin)));
            runtime.map_or(plugin.line, |runtime| runtime.at("options").unwrap_or(runtime).line)
        });
        Some(Origin::at(path, line).says("doesn't set SystemdCgroup"))
    }

    /// Where it looks for network plugins, if a file says so; the last one counts.
    fn network_plugins(&self) -> Option<(Vec<String>, Origin)> {
        self.documents.iter().rev().find_map(|(path, document)| {
            let read = tables(version(document), self.release.as_ref()).read;
            let mut plugins = read.into_iter().filter_map(|table| plugin(document, table));
            let (line, paths) = plugins.find_map(network_plugins)?;
            Some((paths, Origin::at(path, line).says("names the directories of network plugins")))
        })
    }

    fn last(&self, key: &str) -> Option<(Origin, State)> {
        let set = self.documents.iter().rev().find_map(|(path, document)| Some((path, document.at(key)?)));
        set.filter(|(_, node)| node.state() != State::from(""))
            .map(|(path, node)| (Origin::at(path, node.line).says(format!("sets {key}")), node.state()))
    }
}

/// The table of a plugin.
fn plugin<'d>(document: &'d Node, name: &str) -> Option<&'d Node> {
    document.at("plugins").and_then(|plugins| plugins.at(name))
}

/// Where `SystemdCgroup` of the default runtime stands.
fn systemd_key(plugin: &Node) -> String {
    format!("containerd.runtimes.{}.options.SystemdCgroup", default_runtime(plugin))
}

fn disabled(path: &str, document: &Node) -> Vec<(Origin, String)> {
    let Some(node) = document.at("disabled_plugins") else { return Vec::new() };
    let State::Known(Value::List(items)) = node.state() else { return Vec::new() };
    let place = Origin::at(path, node.line);
    items.iter().filter_map(Value::as_text).map(|name| (place.clone(), name.to_owned())).collect()
}

/// The files that a file imports, patterns resolved; a relative one is beside it.
fn imports(files: &Files, path: &str, document: &Node) -> Result<Vec<String>, String> {
    let Some(State::Known(Value::List(items))) = document.at("imports").map(Node::state) else {
        return Ok(Vec::new());
    };
    let parent = path.rsplit_once('/').map_or("", |(parent, _)| parent);
    let too_many = || Err(format!("{path}: more than {MAX_FILES} files are imported"));
    let mut found: Vec<String> = Vec::new();
    // Each pattern is held against each name of its directory.
    if items.len() > MAX_FILES {
        return too_many();
    }
    for item in items.iter().filter_map(Value::as_text) {
        if found.len() > MAX_FILES {
            return too_many();
        }
        let whole = if item.starts_with('/') { item.to_owned() } else { format!("{parent}/{item}") };
        let (directory, name) = whole.rsplit_once('/').unwrap_or(("", &whole));
        if directory.contains('*') {
            return Err(format!("{path}: imports {item}: patterns of directories are not followed"));
        }
        if !name.contains('*') {
            found.push(whole);
            continue;
        }
        // Seen with 1.6: there such a pattern is relative to where containerd was started.
        if !item.starts_with('/') {
            return Err(format!("{path}: imports {item}: relative to what depends on containerd's version"));
        }
        match files.list(directory) {
            Read::There(names) => {
                let names = names.iter().filter_map(|name| name.to_str()).filter(|n| covers_name(name, n));
                let left = MAX_FILES + 1 - found.len();
                found.extend(names.take(left).map(|name| format!("{directory}/{name}")));
            }
            Read::Missing(_) => {}
            Read::Hidden(error) => return Err(error.to_string()),
        }
    }
    Ok(found)
}
