//! What the running CRI-O works with: it tells its effective configuration on its own socket (`GET /config`, since
//! 1.17). Where it can't be asked, the files speak.

use super::{Crio, defaults, handlers, programs, rendered};
use crate::component::crio::options::OPTIONS;
use crate::component::crio::running::{self, Beside};
use crate::fact::{Confidence, Fact, Origin, Reason, State, Value};
use crate::parse::document::{Content, Node};
use crate::parse::toml_document;
use crate::subsystem::Subsystems;
use crate::subsystem::runtime::cri::socket_path;

/// The configuration of the daemon, and where it was asked.
#[derive(Debug)]
pub(super) struct Daemon {
    document: Node,
    place: String,
}

/// The effective value of a key now.
pub(super) fn now(crio: &Crio, subsystems: &Subsystems<'_>, key: &str) -> Fact {
    match crio.daemon.get_or_init(|| ask(crio, subsystems)) {
        Ok(daemon) => match daemon.document.at(&format!("crio.{key}")) {
            Some(node) => Fact::new(node.state()).because(Origin::file(&daemon.place).says("GET /config")),
            // It tells all that it knows, but an older one need not know the key.
            None => from_files(crio, subsystems, key, "the running CRI-O tells no such key"),
        },
        Err(why) => from_files(crio, subsystems, key, why),
    }
}

fn from_files(crio: &Crio, subsystems: &Subsystems<'_>, key: &str, why: &str) -> Fact {
    crio.at_boot(subsystems, key).at_most(Confidence::High).note(format!("from files: {why}"))
}

/// Keys that the files set and the daemon runs with another value.
pub(super) fn stale_keys(crio: &Crio, subsystems: &Subsystems<'_>) -> Fact {
    let daemon = match crio.daemon.get_or_init(|| ask(crio, subsystems)) {
        Ok(daemon) => daemon,
        Err(why) => return Fact::unknown(why.as_str()),
    };
    if let Some(reason) = crio.gap() {
        return Fact::unknown(reason);
    }
    let mut found = Vec::new();
    let in_use = daemon.document.at("crio");
    for option in OPTIONS.iter().filter(|option| option.key != "storage_option") {
        let Some(node) = in_use.and_then(|table| table.at(option.key)) else { continue };
        let running = node.state();
        if crio.candidates(option.key).is_empty() && crio.overrides(option).is_empty() {
            if let Some(default) = gone(crio, subsystems, option.key, &running) {
                let place = Origin::file(&daemon.place).says("GET /config");
                let text = format!(
                    "{}: runs with {}, no file sets it any more; {} is compiled in",
                    option.key,
                    rendered(&running),
                    rendered(&default)
                );
                found.push((place, text));
            }
            continue;
        }
        let file = crio.effective(subsystems, option.key);
        if !is_same(crio, subsystems, option.key, &file.state, &running) {
            let text = format!(
                "{}: runs with {}, the files say {}",
                option.key,
                rendered(&running),
                rendered(&file.state)
            );
            found.push((file.because.into_iter().next().unwrap_or_default(), text));
        }
    }
    match stale_handlers(crio, subsystems, daemon) {
        Ok(handlers) => found.extend(handlers),
        Err(reason) if found.is_empty() => return Fact::unknown(reason),
        // What was found is stale without the rest.
        Err(_) => {}
    }
    let mut fact = Fact::findings(found);
    if crio.minor(subsystems).is_none() {
        fact = fact.note("CRI-O's version is not known, so that what is compiled in was compared for its cgroup manager only");
    }
    fact.note(format!("compared with {} GET /config", daemon.place))
}

/// Whether the running value is what CRI-O makes of the files' value; where that isn't known nothing is said.
fn is_same(crio: &Crio, subsystems: &Subsystems<'_>, key: &str, files: &State, running: &State) -> bool {
    let (State::Known(files), State::Known(running)) = (files, running) else {
        return files == running || matches!(files, State::Unknown(_));
    };
    let pause_image = crio.text(subsystems, "image.pause_image");
    let plugin_dir = crio.text(subsystems, "network.plugin_dir");
    let beside = Beside {
        pause_image: pause_image.as_deref(),
        plugin_dir: plugin_dir.as_deref(),
        default_runtime: defaults::handler(crio.minor(subsystems)),
    };
    // Without a pause image of the files it is the one that is compiled in.
    let is_pause = || key == "image.pinned_images" && beside.pause_image.is_none();
    running::is_same(key, files, running, &beside) || (is_pause() && is_longer_by_one(files, running))
}

/// Whether a list has one item more than another has.
fn is_longer_by_one(short: &Value, long: &Value) -> bool {
    match (short, long) {
        (Value::List(short), Value::List(long)) => {
            long.len() == short.len() + 1 && short.iter().all(|item| long.contains(item))
        }
        _ => false,
    }
}

/// Keys that show by themselves that a file which set them is gone; what is compiled in is known for these.
const TELLING: [&str; 6] = [
    "api.listen",
    "network.cni_default_network",
    "runtime.cgroup_manager",
    "runtime.conmon",
    "runtime.default_runtime",
    "runtime.pids_limit",
];

/// A key that no file sets any more, and with which the daemon runs all the same.
fn gone(crio: &Crio, subsystems: &Subsystems<'_>, key: &str, running: &State) -> Option<State> {
    let is_known = crio.minor(subsystems).is_some() || key == "runtime.cgroup_manager";
    if !is_known || !TELLING.contains(&key) {
        return None;
    }
    let default = crio.effective(subsystems, key).state;
    let plain = |state: &State| match state {
        State::Known(Value::Text(text)) => socket_path(text).unwrap_or_else(|_| text.clone()),
        other => rendered(other),
    };
    // An older one need not know the key.
    (matches!(default, State::Known(_)) && *running != State::Absent && plain(&default) != plain(running))
        .then_some(default)
}

/// Handlers that the files and the daemon have otherwise.
///
/// # Errors
/// What could not be looked at.
fn stale_handlers<'c>(
    crio: &'c Crio,
    subsystems: &Subsystems<'_>,
    daemon: &Daemon,
) -> Result<Vec<(Origin, String)>, &'c str> {
    let Some(Node { content: Content::Table(running), .. }) = daemon.document.at("crio.runtime.runtimes")
    else {
        return Ok(Vec::new());
    };
    let mut found = Vec::new();
    let in_files = handlers::all(crio, subsystems);
    // Settings for all beat those of a handler.
    let is_overruled = |field: &str| match field {
        "monitor_path" => crio.text(subsystems, "runtime.conmon").is_some(),
        "monitor_cgroup" => crio.text(subsystems, "runtime.conmon_cgroup").is_some(),
        _ => false,
    };
    for handler in in_files.iter().filter(|handler| handler.place.is_some()) {
        let name = &handler.name;
        let Some(table) = running.get(name) else {
            if !programs::is_dropped(crio, subsystems, handler)? {
                found.push((
                    handler.origin(),
                    format!("runtime.runtimes.{name}: it runs without this handler"),
                ));
            }
            continue;
        };
        if handler.inherits() {
            continue;
        }
        for field in ["monitor_cgroup", "monitor_path", "runtime_path", "runtime_root", "runtime_type"] {
            let theirs = match table.at(field).map(Node::state) {
                Some(State::Known(Value::Text(text))) if !text.is_empty() => text,
                _ => continue,
            };
            let ours = handler.text(field);
            if !ours.is_empty() && ours != theirs && !is_overruled(field) {
                let text =
                    format!("runtime.runtimes.{name}.{field}: runs with {theirs}, the files say {ours}");
                found.push((handler.origin(), text));
            }
        }
    }
    // One of these two is compiled in, by version.
    let is_known =
        |name: &str| ["crun", "runc"].contains(&name) || in_files.iter().any(|handler| handler.name == name);
    for name in running.keys().filter(|name| !is_known(name)) {
        let text =
            format!("runtime.runtimes.{name}: runs with this handler, the files have none of this name");
        found.push((Origin::file(&daemon.place).says("GET /config"), text));
    }
    Ok(found)
}

/// The daemon's configuration, or why it is not known.
fn ask(crio: &Crio, subsystems: &Subsystems<'_>) -> Result<Daemon, String> {
    let running = subsystems.host().running().ok_or_else(|| Reason::not_running().to_string())?;
    let listen = crio.at_boot(subsystems, "api.listen");
    let default = "/run/crio/crio.sock".to_owned();
    let socket = match &listen.state {
        State::Known(Value::Text(text)) => socket_path(text).unwrap_or(default),
        _ => default,
    };
    let answer = subsystems.cri().answer(running, &socket);
    let runtime = answer.as_ref().map_err(|silence| format!("{socket}: {silence}"))?;
    let config = runtime.config.as_ref().map_err(|silence| format!("{socket}: GET /config: {silence}"))?;
    let document =
        toml_document::parse(config.as_bytes()).map_err(|error| format!("{socket}: GET /config: {error}"))?;
    Ok(Daemon { document, place: socket })
}
