//! The pod network that the container runtime takes: the first configuration file that is valid and whose plugins are
//! all there (CNI specification 1.0; `ocicni`, which CRI-O uses: seen on a running CRI-O 1.37).

use serde_json::Value as Json;

use crate::fact::{Answer, Confidence, Moment, Origin, Reason, State, Value};
use crate::host::{Files, Kind, Read};
use crate::subsystem::Subsystems;

/// Where runtimes look unless they are told otherwise.
const DIRECTORY: &str = "/etc/cni/net.d";
const PLUGINS: &str = "/opt/cni/bin";

/// A file may nest plugins (`delegate`); no honest one does so deeper.
const MAX_DEPTH: usize = 8;

/// One configuration file.
struct Network {
    path: String,
    name: String,
    /// The first plugin: the one that makes the network.
    kind: String,
    /// All plugins that it names.
    types: Vec<String>,
    /// Plugins that no directory has.
    missing: Vec<String>,
}

/// The network that the runtime takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PodNetwork {
    /// Its name.
    pub name: String,
    /// Its configuration file.
    pub file: String,
    /// Its first plugin.
    pub plugin: String,
    /// Files that the runtime skips, and why.
    pub ignored: Vec<String>,
    /// Valid files that come later and are not used.
    pub others: Vec<String>,
}

/// Where the runtime looks, and for what.
struct Settings {
    directory: String,
    plugins: Vec<String>,
    /// The name that a network must have; any if it is empty.
    wanted: String,
    confidence: Confidence,
}

impl Settings {
    fn of(subsystems: &Subsystems<'_>, moment: Moment) -> Result<Self, Reason> {
        let setting = |key: &str| {
            let fact = subsystems.crio().ask(subsystems, key, moment);
            match fact.state {
                State::Unknown(reason) => Err(reason),
                state => Ok((state, fact.confidence)),
            }
        };
        let (directory, sure) = setting("network.network_dir")?;
        let (plugins, plugins_sure) = setting("network.plugin_dirs")?;
        let (wanted, _) = setting("network.cni_default_network")?;
        let plugins = match plugins {
            State::Known(Value::List(items)) => {
                items.iter().filter_map(Value::as_text).map(str::to_owned).collect()
            }
            _ => vec![PLUGINS.to_owned()],
        };
        Ok(Settings {
            directory: text(&directory).unwrap_or(DIRECTORY).trim_end_matches('/').to_owned(),
            plugins,
            wanted: text(&wanted).unwrap_or_default().to_owned(),
            confidence: sure.min(plugins_sure),
        })
    }
}

/// The network that the runtime takes; absent if there is none.
pub fn network(subsystems: &Subsystems<'_>, moment: Moment) -> Answer<PodNetwork> {
    let (settings, found) = match configurations(subsystems, moment) {
        Ok((settings, Some(found))) => (settings, found),
        Ok((settings, None)) => {
            return Answer::absent().because(Origin::file(&settings.directory).says("is not there"));
        }
        Err(reason) => return Answer::unknown(reason),
    };
    let mut valid = Vec::new();
    let mut ignored: Vec<(Origin, String)> = Vec::new();
    for (path, read) in found {
        match read {
            Ok(network) if network.missing.is_empty() => valid.push(network),
            Ok(network) => {
                let missing = network.missing.join(", ");
                let searched = settings.plugins.join(", ");
                ignored.push((Origin::file(&path), format!("{path}: no plugin {missing} in {searched}")));
            }
            Err(why) => ignored.push((Origin::file(&path), format!("{path}: {why}"))),
        }
    }
    choose(&settings, valid, ignored)
}

/// Plugins that belong to one pod network, and the networks that use them.
const OWNED: [(&str, &[&str]); 13] = [
    ("antrea", &["antrea"]),
    ("aws-cni", &["aws"]),
    ("azure-vnet", &["azure"]),
    ("calico", &["calico", "canal"]),
    ("cilium-cni", &["cilium"]),
    ("contiv-k8s", &["contiv"]),
    ("flannel", &["flannel", "canal"]),
    ("kube-ovn", &["kube-ovn"]),
    ("kuberouter", &["kube-router"]),
    ("ovn-k8s-cni-overlay", &["ovn-kubernetes"]),
    ("ovs-cni", &["ovn-kubernetes"]),
    ("romana", &["romana"]),
    ("weave-net", &["weave"]),
];

/// Files of pod networks other than the wanted one (of any, without one), whether the runtime takes them or not: what an earlier
/// cluster left. Plugins that several networks use, such as `bridge`, tell nothing.
pub fn leftovers(subsystems: &Subsystems<'_>, wanted: Option<&str>, moment: Moment) -> Answer<Vec<String>> {
    let (settings, configurations) = match configurations(subsystems, moment) {
        Ok((settings, Some(found))) => (settings, found),
        Ok((settings, None)) => {
            return Answer::known(Vec::new()).because(Origin::file(&settings.directory));
        }
        Err(reason) => return Answer::unknown(reason),
    };
    let mut found = Vec::new();
    for (path, read) in configurations {
        // What the runtime ignores is nobody's network.
        let Ok(network) = read else { continue };
        let owner =
            |plugin: &String| OWNED.iter().find(|(name, _)| name == plugin).map(|(_, owners)| *owners);
        let owners: Vec<&[&str]> = network.types.iter().filter_map(owner).collect();
        let is_wanted = |owners: &&[&str]| wanted.is_some_and(|wanted| owners.contains(&wanted));
        if let (Some(first), false) = (owners.first(), owners.iter().any(is_wanted)) {
            let network = first.first().copied().unwrap_or_default();
            found.push((Origin::file(&path), format!("{path} is of {network}")));
        }
    }
    let places: Vec<Origin> = found.iter().map(|(place, _)| place.clone()).collect();
    Answer::known(found.into_iter().map(|(_, what)| what).collect())
        .because_all(places)
        .at_most(settings.confidence)
}

/// The paths of the directory's configuration files, each with what it says or why the runtime ignores it.
type Configurations = Vec<(String, Result<Network, String>)>;

/// Where the runtime looks, and the configuration files there, in its order; none if there is no such directory.
fn configurations(
    subsystems: &Subsystems<'_>,
    moment: Moment,
) -> Result<(Settings, Option<Configurations>), Reason> {
    let settings = Settings::of(subsystems, moment)?;
    let files = subsystems.host().files();
    let Some(names) = files.list(&settings.directory).found()? else { return Ok((settings, None)) };
    let mut found = Vec::new();
    for name in names.iter().filter_map(|name| name.to_str()).filter(|name| is_configuration(name)) {
        let path = format!("{}/{name}", settings.directory);
        let read = match read(files, &path, &settings.plugins) {
            Ok(network) => Ok(network),
            Err(Wrong::Invalid(why)) => Err(why),
            Err(Wrong::Unreadable(reason)) => return Err(reason),
        };
        found.push((path, read));
    }
    Ok((settings, Some(found)))
}

/// Which files of the directory runtimes read.
fn is_configuration(name: &str) -> bool {
    name.rsplit_once('.').is_some_and(|(_, suffix)| ["conf", "conflist", "json"].contains(&suffix))
}

/// The first valid network that has the wanted name.
fn choose(
    settings: &Settings,
    mut valid: Vec<Network>,
    ignored: Vec<(Origin, String)>,
) -> Answer<PodNetwork> {
    let wanted = settings.wanted.as_str();
    let Some(chosen) = valid.iter().position(|network| wanted.is_empty() || network.name == wanted) else {
        let mut answer = Answer::absent();
        for (place, why) in ignored {
            answer = answer.because(place).note(why);
        }
        return match wanted {
            "" => answer,
            name => answer.note(format!("cni_default_network is {name}, and no valid file has that name")),
        };
    };
    let network = valid.remove(chosen);
    let origin = Origin::file(&network.path);
    let found = PodNetwork {
        name: network.name,
        file: network.path,
        plugin: network.kind,
        ignored: ignored.into_iter().map(|(_, why)| why).collect(),
        others: valid.into_iter().map(|other| other.path).collect(),
    };
    Answer::known(found).because(origin).at_most(settings.confidence)
}

fn text(state: &State) -> Option<&str> {
    match state {
        State::Known(Value::Text(text)) if !text.is_empty() => Some(text),
        _ => None,
    }
}

enum Wrong {
    /// Nobody knows what it says.
    Unreadable(Reason),
    /// The runtime passes over it.
    Invalid(String),
}

fn read(files: &Files, path: &str, directories: &[String]) -> Result<Network, Wrong> {
    let bytes = match files.read_document(path) {
        Read::There(bytes) => bytes,
        Read::Missing(_) => return Err(Wrong::Invalid("leads to no file".into())),
        Read::Hidden(error) => return Err(Wrong::Unreadable(error.into())),
    };
    let json: Json =
        serde_json::from_slice(&bytes).map_err(|error| Wrong::Invalid(format!("no JSON: {error}")))?;
    let name = json["name"].as_str().unwrap_or_default().to_owned();
    let is_list = path.strip_suffix(".conflist").is_some();
    let plugins: Vec<&Json> = if is_list {
        json["plugins"].as_array().map(|plugins| plugins.iter().collect()).unwrap_or_default()
    } else {
        vec![&json]
    };
    let Some(kind) = plugins.first().and_then(|plugin| plugin["type"].as_str()) else {
        return Err(Wrong::Invalid("names no plugin".into()));
    };
    let mut types = Vec::new();
    for plugin in plugins {
        collect(plugin, MAX_DEPTH, &mut types);
    }
    types.sort();
    types.dedup();
    let mut missing = Vec::new();
    for name in &types {
        if !is_installed(files, directories, name)? {
            missing.push(name.clone());
        }
    }
    Ok(Network { path: path.to_owned(), name, kind: kind.to_owned(), types, missing })
}

/// The plugins that a plugin's configuration names: its own, that of its addresses, and those that it calls.
fn collect(plugin: &Json, depth: usize, types: &mut Vec<String>) {
    let Some(depth) = depth.checked_sub(1) else { return };
    for named in [plugin, &plugin["ipam"]] {
        types.extend(named["type"].as_str().map(str::to_owned));
    }
    if plugin["delegate"].is_object() {
        collect(&plugin["delegate"], depth, types);
    }
}

fn is_installed(files: &Files, directories: &[String], name: &str) -> Result<bool, Wrong> {
    // A name is a file name: nothing is looked for elsewhere.
    if name.is_empty() || name.contains('/') {
        return Ok(false);
    }
    for directory in directories {
        match files.stat(format!("{}/{name}", directory.trim_end_matches('/'))) {
            Read::There(found) if found.kind == Kind::File && found.mode & 0o111 != 0 => return Ok(true),
            Read::There(_) | Read::Missing(_) => {}
            Read::Hidden(error) => return Err(Wrong::Unreadable(error.into())),
        }
    }
    Ok(false)
}
