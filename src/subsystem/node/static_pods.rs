//! Static pods: the manifests that the kubelet reads, what they say of this node, and whether the runtime has their pods.

use std::collections::BTreeMap;
use std::net::IpAddr;

use super::manifest::Manifest;
use super::pods::{is_running, state};
use crate::fact::{Answer, Knowledge, Moment, Origin, Reason, ReasonCode, State, Value};
use crate::host::cri::Pod;
use crate::host::{Files, HostError, HostErrorKind, Kind, Read};
use crate::parse::yaml;
use crate::subsystem::Subsystems;

/// More files are no static pods of anybody.
const MAX_FILES: usize = 256;
/// More arguments has no component.
pub(super) const MAX_ARGUMENTS: usize = 512;

/// Flags of the control plane with addresses that this node must have: those on which a program listens, and those which it
/// tells others.
const ADDRESSES: [(&str, &[&str]); 2] = [
    ("kube-apiserver", &["--advertise-address", "--bind-address"]),
    (
        "etcd",
        &[
            "--advertise-client-urls",
            "--initial-advertise-peer-urls",
            "--listen-client-urls",
            "--listen-metrics-urls",
            "--listen-peer-urls",
        ],
    ),
];

/// The static pods of a node.
#[derive(Clone, Debug)]
pub struct StaticPods {
    /// Their names, without that of the node.
    pub names: Vec<String>,
    /// Those that don't run, and why.
    pub down: Knowledge<Vec<String>>,
    /// Files with a pod that another file has, too.
    pub duplicates: Vec<String>,
    /// What keeps one from starting: flags that are gone, files that aren't there, files that are no manifest.
    pub mistakes: Knowledge<Vec<String>>,
    /// The version of the API server, by the tag of its image.
    pub api_server_version: Option<String>,
    /// Addresses in the flags of the control plane that the host doesn't have; absent if they name none.
    pub foreign_addresses: Knowledge<Vec<String>>,
}

/// What the kubelet's directory of static pods holds, and what names it; else the answer to whatever is asked of it.
pub(super) fn held<T>(
    subsystems: &Subsystems<'_>,
    moment: Moment,
) -> Result<(String, Vec<Origin>, Holds), Box<Answer<T>>> {
    let told = subsystems.kubelet().value(subsystems, "staticPodPath", moment);
    let directory = match told.state {
        State::Known(Value::Text(path)) if path.starts_with('/') => path,
        State::Unknown(reason) => return Err(Answer::unknown(reason).into()),
        _ => {
            return Err(Answer::absent()
                .because_all(told.because)
                .note("the kubelet is told no directory of static pods")
                .into());
        }
    };
    match manifests(subsystems.host().files(), &directory) {
        Ok(holds) => Ok((directory, told.because, holds)),
        Err(reason) => Err(Answer::unknown(reason).into()),
    }
}

/// The static pods; absent if the kubelet is told no directory, or it holds none.
pub fn static_pods(subsystems: &Subsystems<'_>, moment: Moment) -> Answer<StaticPods> {
    let (directory, told, holds) = match held(subsystems, moment) {
        Ok(held) => held,
        Err(answer) => return *answer,
    };
    let Holds { pods: manifests, broken, others } = holds;
    let noted = |answer: Answer<StaticPods>| {
        others
            .iter()
            .fold(answer, |answer, path| answer.note(format!("{path} is no pod; the kubelet skips it")))
    };
    if manifests.is_empty() && broken.is_empty() {
        return noted(Answer::absent().because(Origin::file(&directory).says("holds no pod")));
    }
    let mut names: Vec<String> = manifests.iter().map(|manifest| manifest.name.clone()).collect();
    names.sort_unstable();
    names.dedup();
    let duplicates = duplicates(&manifests);
    let mut because: Vec<Origin> = duplicates.iter().map(|(path, _)| Origin::file(path)).collect();
    let api_server = manifests.iter().find(|manifest| manifest.name == "kube-apiserver");
    let api_server_version = api_server.and_then(Manifest::version);
    let down = match moment {
        Moment::NextBoot => {
            let reason = "no runtime can be asked about the next boot";
            Knowledge::unknown(Reason::new(ReasonCode::NotRunning, reason))
        }
        Moment::Now => match pods(subsystems) {
            Ok(pods) => {
                let down = manifests
                    .iter()
                    .filter_map(|manifest| Some((manifest.path.as_str(), manifest.down(&pods)?)));
                let broken = broken.iter().map(|(path, what)| (path.as_str(), what.clone()));
                let mut down: Vec<(&str, String)> = down.chain(broken).collect();
                down.sort();
                because.extend(down.iter().map(|(path, _)| Origin::file(path)));
                Knowledge::Known(down.into_iter().map(|(_, what)| what).collect())
            }
            Err(reason) => Knowledge::unknown(reason),
        },
    };
    let (mistakes, places) = mistakes(subsystems.host().files(), &manifests, &broken, moment);
    because.extend(places);
    if because.is_empty() {
        because.extend(manifests.iter().map(|manifest| Origin::file(&manifest.path)));
    }
    let duplicates = duplicates.into_iter().map(|(_, what)| what).collect();
    let foreign_addresses = match moment {
        Moment::Now => foreign_addresses(subsystems, &directory, &manifests),
        Moment::NextBoot => Answer::unknown("which addresses the next boot gives is not known"),
    };
    // The places of addresses that are the host's own say nothing about the pods.
    let is_foreign = matches!(&foreign_addresses.state, Knowledge::Known(found) if !found.is_empty());
    let places = if is_foreign { foreign_addresses.because } else { Vec::new() };
    let foreign_addresses = foreign_addresses.state;
    let pods = StaticPods { names, down, duplicates, mistakes, api_server_version, foreign_addresses };
    noted(Answer::known(pods).because_all(places).because_all(because).because_all(told))
}

/// What keeps pods from starting, and the places; unknown if there is nothing but what can't be looked at.
fn mistakes(
    files: &Files,
    manifests: &[Manifest],
    broken: &[(String, String)],
    moment: Moment,
) -> (Knowledge<Vec<String>>, Vec<Origin>) {
    let mut gap = None;
    let mut found: Vec<(Origin, String)> =
        manifests.iter().flat_map(|manifest| manifest.mistakes(files, &mut gap)).collect();
    // Those that don't run now are told by what is down.
    if moment == Moment::NextBoot {
        found.extend(broken.iter().map(|(path, what)| (Origin::file(path), what.clone())));
    }
    if let (true, Some(reason)) = (found.is_empty(), gap) {
        return (Knowledge::unknown(reason), Vec::new());
    }
    let (places, texts): (Vec<Origin>, Vec<String>) =
        found.into_iter().map(|(place, what)| (place.says(what.clone()).decides("mistakes"), what)).unzip();
    (Knowledge::Known(texts), places)
}

/// Files with a pod of a name that a file before it has, too: the kubelet reads both, and which of them runs is not settled.
fn duplicates(manifests: &[Manifest]) -> Vec<(String, String)> {
    let mut by_name: BTreeMap<(&str, &str), &Manifest> = BTreeMap::new();
    let mut found = Vec::new();
    for manifest in manifests {
        let (first, name) = match by_name.get(&(manifest.namespace.as_str(), manifest.name.as_str())) {
            None => {
                by_name.insert((&manifest.namespace, &manifest.name), manifest);
                continue;
            }
            Some(first) => (first, &manifest.name),
        };
        // The one that is named like its pod is meant.
        let is_meant = |manifest: &Manifest| {
            let file = manifest.path.rsplit('/').next().unwrap_or_default();
            SUFFIXES.iter().any(|suffix| file.strip_suffix(suffix) == Some(name))
        };
        let (other, meant) = if is_meant(manifest) { (*first, manifest) } else { (manifest, *first) };
        found
            .push((other.path.clone(), format!("{} has the pod {name}, as {} does", other.path, meant.path)));
    }
    found
}

/// Addresses in the flags of the control plane's manifests that the host doesn't have; absent if they name none.
fn foreign_addresses(
    subsystems: &Subsystems<'_>,
    directory: &str,
    manifests: &[Manifest],
) -> Answer<Vec<String>> {
    let Some(running) = subsystems.host().running() else { return Answer::unknown(Reason::not_running()) };
    let mut named: Vec<(Origin, &str, IpAddr)> = Vec::new();
    for manifest in manifests {
        let flags =
            ADDRESSES.iter().find(|(name, _)| *name == manifest.name).map_or(&[][..], |(_, flags)| *flags);
        for (line, argument) in manifest.arguments.iter().take(MAX_ARGUMENTS) {
            let Some((flag, value)) = argument.split_once('=').filter(|(flag, _)| flags.contains(flag))
            else {
                continue;
            };
            let place = Origin::at(&manifest.path, *line);
            named.extend(value.split(',').filter_map(address).map(|address| (place.clone(), flag, address)));
        }
    }
    if named.is_empty() {
        return Answer::absent()
            .because(Origin::file(directory))
            .note("no manifest names an address of the host");
    }
    let own = match running.addresses().required() {
        Ok(own) => own,
        Err(error) => return Answer::unknown(error),
    };
    let is_foreign = |address: &IpAddr| {
        !address.is_unspecified()
            && !address.is_loopback()
            && !own.iter().any(|known| known.address == *address)
    };
    let foreign: Vec<_> = named.iter().filter(|(.., address)| is_foreign(address)).collect();
    let places =
        if foreign.is_empty() { named.iter().map(|(place, ..)| place.clone()).collect() } else { Vec::new() };
    let told = foreign.iter().map(|(_, flag, address)| format!("{flag}: {address}")).collect();
    let because = foreign.iter().map(|(place, flag, address)| {
        place.clone().says(format!("{flag}: {address} is on no interface")).sets(*flag, address.to_string())
    });
    Answer::known(told).because_all(because).because_all(places)
}

/// The address in a value: `192.0.2.1`, `https://[2001:db8::1]:2379`; none if it has a name.
fn address(value: &str) -> Option<IpAddr> {
    let host = value.split_once("://").map_or(value, |(_, rest)| rest);
    if let Some(rest) = host.strip_prefix('[') {
        return rest.split(']').next()?.parse().ok();
    }
    host.parse().ok().or_else(|| host.rsplit_once(':')?.0.parse().ok())
}

/// The pods that the node's runtime has.
fn pods(subsystems: &Subsystems<'_>) -> Result<Vec<Pod>, String> {
    let running = subsystems.host().running().ok_or_else(|| Reason::not_running().to_string())?;
    let chosen = subsystems
        .cri()
        .choose(running, subsystems.kubelet().candidates(subsystems))
        .map_err(|notes| notes.join("; "))?;
    let runtime = chosen.answer.map_err(|silence| format!("{}: {silence}", chosen.socket))?;
    runtime.workloads.clone().map_err(|silence| format!("{}: {silence}", chosen.socket))
}

/// How files are named that are meant to be pods; the kubelet looks at no suffix.
const SUFFIXES: [&str; 3] = [".json", ".yaml", ".yml"];

/// What a directory of static pods holds.
#[derive(Default)]
pub(super) struct Holds {
    pub(super) pods: Vec<Manifest>,
    /// Files that seem to be pods and that the kubelet can't read, with what is wrong.
    pub(super) broken: Vec<(String, String)>,
    /// Files that nobody misses: the kubelet says so in its log, again and again.
    others: Vec<String>,
}

/// The pods of a directory, and its files that are none; the kubelet passes over names with a dot in front
/// (`pkg/kubelet/config/file.go`).
fn manifests(files: &Files, directory: &str) -> Result<Holds, Reason> {
    let paths = match files.list(directory) {
        Read::There(names) => {
            let names = names.iter().map(|name| name.to_string_lossy());
            let seen = names.filter(|name| !name.starts_with('.'));
            seen.map(|name| format!("{}/{name}", directory.trim_end_matches('/'))).collect()
        }
        Read::Missing(_) => Vec::new(),
        // The kubelet takes the path of one file, too.
        Read::Hidden(HostError { kind: HostErrorKind::NotAFile(Kind::File), .. }) => {
            vec![directory.to_owned()]
        }
        Read::Hidden(error) => return Err(error.into()),
    };
    if paths.len() > MAX_FILES {
        let reason = format!("{directory}: more than {MAX_FILES} files");
        return Err(Reason::new(ReasonCode::TooLarge, reason));
    }
    let mut directory_holds = Holds::default();
    for path in paths {
        match files.stat(&path) {
            Read::There(metadata) if metadata.kind != Kind::File => continue,
            Read::Missing(_) => continue,
            Read::Hidden(error) => return Err(error.into()),
            Read::There(_) => {}
        }
        let Some(bytes) = files.read_document(&path).found()? else { continue };
        let is_meant = SUFFIXES.iter().any(|suffix| path.ends_with(suffix));
        let read = yaml::parse(&bytes).map_err(|error| error.to_string());
        match read.and_then(|node| Manifest::of(&path, &node)) {
            Ok(Some(manifest)) => directory_holds.pods.push(manifest),
            Err(wrong) if is_meant => directory_holds.broken.push((path.clone(), format!("{path}: {wrong}"))),
            // A file of another name that is no manifest: the kubelet complains, and goes on.
            Ok(None) | Err(_) => directory_holds.others.push(path),
        }
    }
    Ok(directory_holds)
}

impl Manifest {
    /// What is wrong with it at the runtime. The kubelet calls a static pod `NAME-NODE` and says where it has it from.
    fn down(&self, pods: &[Pod]) -> Option<String> {
        let prefix = format!("{}-", self.name);
        let is_it = |pod: &&Pod| {
            pod.namespace == self.namespace && pod.name.starts_with(&prefix) && pod.source != "api"
        };
        let mut best: Option<String> = None;
        for pod in pods.iter().filter(is_it) {
            if !pod.ready {
                best.get_or_insert_with(|| format!("{}: its pod {} is not ready", self.name, pod.name));
                continue;
            }
            let newest = pod.newest();
            let idle = self.containers.iter().find_map(|name| match newest.get(name.as_str()) {
                Some(container) if is_running(container) => None,
                Some(container) => Some(format!("{name} doesn't run: {}", state(container))),
                None => Some(format!("{name} is not there")),
            });
            best = Some(format!("{}: the container {}", self.name, idle?));
        }
        Some(best.unwrap_or_else(|| format!("{}: no pod", self.name)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_found_in_urls() {
        let text = |value: &str| address(value).map(|address| address.to_string());
        assert_eq!(text("192.0.2.1").as_deref(), Some("192.0.2.1"));
        assert_eq!(text("https://192.0.2.1:2379").as_deref(), Some("192.0.2.1"));
        assert_eq!(text("https://[2001:db8::1]:2379").as_deref(), Some("2001:db8::1"));
        assert_eq!(text("2001:db8::1").as_deref(), Some("2001:db8::1"));
        for none in ["", "https://etcd.example.com:2379", "https://[", "["] {
            assert_eq!(text(none), None, "{none}");
        }
    }
}
