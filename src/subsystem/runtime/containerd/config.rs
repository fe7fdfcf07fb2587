//! config.toml and what it imports, put together.

use std::collections::{BTreeSet, VecDeque};

use super::imports::{MAX_FILES, imports};
use super::needs::needs;
use crate::component::containerd::values::{EXITS, NO_CRI};
use crate::component::containerd::{
    CRI, IMAGES, SHORT, WHOLE, cri_values, default_runtime, is_before_2, network_plugins, refused, settings,
    short_names, tables, too_new, values, version,
};
use crate::component::go_decoder::Mistyped;
use crate::fact::{Origin, State, Value, Version};
use crate::host::{Files, Read};
use crate::parse::document::Node;
use crate::parse::toml_document;

#[derive(Default)]
pub(super) struct Config {
    /// In the order of loading; a later one counts more.
    pub(super) documents: Vec<(String, Node)>,
    pub(super) mistakes: Vec<(Origin, String)>,
    /// Of the installed containerd, where it is known.
    pub(super) release: Option<Version>,
    /// A file that can't be read and may be a mistake.
    pub(super) doubt: Option<String>,
}

/// The file that containerd starts with.
pub(super) struct File<'a> {
    pub(super) files: &'a Files,
    pub(super) path: &'a str,
    /// By the command line, so that it has to be there.
    pub(super) is_named: bool,
}

impl File<'_> {
    /// What a release makes of it; none stands for one that isn't known.
    pub(super) fn load(&self, release: Option<&Version>) -> Result<Config, String> {
        let mut config = Config { release: release.cloned(), ..Config::default() };
        let mut pending = VecDeque::from([(self.path.to_owned(), self.is_named)]);
        let mut seen = BTreeSet::new();
        while let Some((path, required)) = pending.pop_front() {
            if !seen.insert(path.clone()) {
                continue;
            }
            if seen.len() > MAX_FILES {
                return Err(format!("{path}: more than {MAX_FILES} files are imported"));
            }
            let bytes = match self.files.read_document(&path) {
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
                    let document = config.decoded(&path, document);
                    for import in imports(self.files, &path, &document)? {
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
        let needs = needs(&config, self.files);
        config.mistakes.extend(needs.missing);
        config.doubt = needs.doubt;
        Ok(config)
    }
}

impl Config {
    /// A document with its settings as containerd spells them; values of another type are mistakes.
    fn decoded(&mut self, path: &str, document: Node) -> Node {
        let (document, mistyped) = settings::decode(document, self.release.as_ref());
        let told = |one: Mistyped| (Origin::at(path, one.line), format!("{}: {EXITS}", one.what));
        self.mistakes.extend(mistyped.into_iter().map(told));
        document
    }

    /// The tables of the CRI in a document that count, with their names.
    pub(super) fn read_tables<'d>(
        &self,
        document: &'d Node,
    ) -> impl Iterator<Item = (&'static str, &'d Node)> {
        let read = tables(version(document), self.release.as_ref()).read;
        read.into_iter().filter_map(move |table| Some((table, plugin(document, table)?)))
    }

    /// Those in which only the server of streams counts.
    fn bare_server_tables<'d>(&self, document: &'d Node) -> impl Iterator<Item = (&'static str, &'d Node)> {
        let server = tables(version(document), self.release.as_ref()).server;
        server.into_iter().filter_map(move |table| Some((table, plugin(document, table)?)))
    }

    /// Those of a document that hold runtimes.
    fn runtime_tables<'d>(&self, document: &'d Node) -> impl Iterator<Item = &'d Node> {
        self.read_tables(document).filter(|(table, _)| *table != IMAGES).map(|(_, table)| table)
    }

    /// The tables of the CRI's runtimes that count, with their files.
    pub(super) fn counted_tables(&self) -> Vec<(&str, &Node)> {
        let of = |document| self.runtime_tables(document);
        let all = self.documents.iter();
        all.flat_map(|(path, document)| of(document).map(move |table| (path.as_str(), table))).collect()
    }

    /// The tables of the server of streams, with their files.
    pub(super) fn server_tables(&self) -> Vec<(&str, &Node)> {
        let of = |document| {
            let all = self.bare_server_tables(document).chain(self.read_tables(document));
            all.filter(|(name, _)| [SHORT, WHOLE].contains(name)).map(|(_, table)| table)
        };
        let all = self.documents.iter();
        all.flat_map(|(path, document)| of(document).map(move |table| (path.as_str(), table))).collect()
    }

    /// Whether it is known to be of 1.x.
    pub(super) fn is_before_2(&self) -> bool {
        is_before_2(self.release.as_ref())
    }

    /// Where a plugin is switched off.
    pub(super) fn disables(&self, name: &str) -> Option<Origin> {
        let mut all = self.documents.iter().flat_map(|(path, document)| disabled(path, document));
        all.find(|(_, other)| other == name).map(|(place, _)| place)
    }

    /// A default runtime that no table describes: the CRI doesn't load. That of runc is built in.
    fn check_default_runtime(&mut self) {
        let name = self.default_runtime();
        let mut tables = self.counted_tables();
        // Before 2.0 a later table of the plugin takes the place of an earlier one, and a table of runtimes that of the built-in one.
        let replaces = self.is_before_2();
        if replaces {
            tables.drain(..tables.len().saturating_sub(1));
        }
        let has = |key: &str| {
            tables.iter().rev().find_map(|(path, table)| Some(Origin::at(path, table.at(key)?.line)))
        };
        let runtimes = has("containerd.runtimes");
        let is_described = has(&format!("containerd.runtimes.{name}")).is_some();
        if is_described || (name == "runc" && !(replaces && runtimes.is_some())) {
            return;
        }
        let place = has("containerd.default_runtime_name").or(runtimes);
        let what = format!("default_runtime_name is `{name}`, and no table describes that runtime: {NO_CRI}");
        self.mistakes.extend(place.map(|place| (place, what)));
    }

    /// From version 2 of the file on, plugins are named by URI; another word stops containerd. Version 3 came with 2.0: from
    /// 1.6.32 and 1.7.17 on containerd 1.x exits at it (containerd/containerd#10165), before it passes over its tables.
    fn check(&mut self, path: &str, document: &Node) {
        if let Some(what) = self.release.as_ref().and_then(|release| too_new(version(document), release)) {
            let place = Origin::at(path, document.at("version").and_then(|node| node.line));
            self.mistakes.push((place, what));
        }
        let release = self.release.as_ref();
        let mut found = short_names(document, release);
        found.extend(values::of_file(document, release));
        for (table, plugin) in self.read_tables(document) {
            found.extend(refused(table, plugin, version(document), release));
            found.extend(cri_values::of_plugin(table, plugin, release));
        }
        for (table, server) in self.bare_server_tables(document) {
            found.extend(cri_values::of_plugin(table, server, release));
        }
        self.mistakes.extend(found.into_iter().map(|(line, what)| (Origin::at(path, line), what)));
        if version(document) < 2 {
            return;
        }
        for (place, name) in disabled(path, document) {
            if !values::is_uri(&name, release) {
                let what = format!("disabled_plugins: `{name}` is no URI such as {}", CRI[0]);
                self.mistakes.push((place, what));
            }
        }
    }

    /// Whether the CRI is on. Lists of several files add up.
    pub(super) fn cri(&self) -> (bool, Option<Origin>) {
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
        !self.is_before_2() || !plugin.starts_with("io.containerd.cri.v1.")
    }

    /// `SystemdCgroup` of the default runtime. Tables of one plugin in several files replace each other as a whole before 2.0,
    /// and are merged from then on (containerd/containerd#9982).
    pub(super) fn systemd_cgroup(&self) -> (State, Option<Origin>) {
        let mut found: Option<(State, Origin)> = None;
        for (path, document) in &self.documents {
            let doubtful = tables(version(document), self.release.as_ref()).doubtful;
            for plugin in doubtful.into_iter().filter_map(|table| plugin(document, table)) {
                if let Some(node) = plugin.at(&systemd_key(plugin)) {
                    let place = Origin::at(path, node.line);
                    let reason = format!(
                        "{place}: whether a file of this version sets SystemdCgroup here depends on containerd's version"
                    );
                    return (State::unknown(reason), Some(place));
                }
            }
            for plugin in self.runtime_tables(document) {
                let replaces = self.release.as_ref().map(|_| self.is_before_2());
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

    /// The runtime of pods that ask for none, by the last file that says so.
    pub(super) fn default_runtime(&self) -> String {
        let documents = self.documents.iter().rev();
        let mut named = documents
            .flat_map(|(_, document)| self.read_tables(document).map(|(_, table)| default_runtime(table)));
        named.find(|name| name != "runc").unwrap_or_else(|| "runc".into())
    }

    /// The table in which `SystemdCgroup` is missing, as far as the file has it.
    pub(super) fn unset_systemd_cgroup(&self) -> Option<Origin> {
        let (path, document) = self.documents.last()?;
        let line = self.runtime_tables(document).find_map(|plugin| {
            let runtime = plugin.at(&format!("containerd.runtimes.{}", default_runtime(plugin)));
            runtime.map_or(plugin.line, |runtime| runtime.at("options").unwrap_or(runtime).line)
        });
        Some(Origin::at(path, line).says("doesn't set SystemdCgroup"))
    }

    /// Where it looks for network plugins, if a file says so; the last one counts.
    pub(super) fn network_plugins(&self) -> Option<(Vec<String>, Origin)> {
        self.documents.iter().rev().find_map(|(path, document)| {
            let (line, paths) = self.read_tables(document).find_map(|(_, table)| network_plugins(table))?;
            Some((paths, Origin::at(path, line).says("names the directories of network plugins")))
        })
    }

    /// A setting outside of plugins, in the last file of a version that has it.
    pub(super) fn last(&self, key: &str, counts: impl Fn(i64) -> bool) -> Option<(Origin, State)> {
        let mut documents = self.documents.iter().rev().filter(|(_, document)| counts(version(document)));
        let set = documents.find_map(|(path, document)| Some((path, document.at(key)?)));
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
