//! What the running CRI-O works with: it tells its effective configuration on its own socket (`GET /config`, since
//! 1.17). Where it can't be asked, the files speak.

use super::options::OPTIONS;
use super::{Crio, word};
use crate::fact::{Confidence, Fact, Origin, State, Value};
use crate::format::document::Node;
use crate::format::toml_document;
use crate::subsystem::Subsystems;
use crate::subsystem::cri::socket_path;

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
    for option in OPTIONS.iter().filter(|option| option.key != "storage_option") {
        let Some(node) = daemon.document.at(&format!("crio.{}", option.key)) else { continue };
        if crio.candidates(option.key).is_empty() && crio.overrides(option).is_empty() {
            continue;
        }
        let file = crio.effective(subsystems, option.key);
        let running = node.state();
        if file.state != running && !matches!(file.state, State::Unknown(_)) {
            let text =
                format!("{}: runs with {}, the files say {}", option.key, word(&running), word(&file.state));
            found.push((file.because.into_iter().next().unwrap_or_default(), text));
        }
    }
    Fact::findings(found).note(format!("compared with {} GET /config", daemon.place))
}

/// The daemon's configuration, or why it is not known.
fn ask(crio: &Crio, subsystems: &Subsystems<'_>) -> Result<Daemon, String> {
    let running = subsystems.host().running().ok_or("nothing is running here")?;
    let listen = crio.at_boot(subsystems, "api.listen");
    let default = "/run/crio/crio.sock".to_owned();
    let socket = match &listen.state {
        State::Known(Value::Text(text)) => socket_path(text).unwrap_or(default),
        _ => default,
    };
    let chosen = subsystems.cri().choose(subsystems, running, Some(&socket));
    let chosen = chosen.map_err(|notes| notes.join("; "))?;
    let runtime = chosen.answer.as_ref().map_err(|silence| format!("{socket}: {silence}"))?;
    let config = runtime.config.as_ref().map_err(|silence| format!("{socket}: GET /config: {silence}"))?;
    let document =
        toml_document::parse(config.as_bytes()).map_err(|error| format!("{socket}: GET /config: {error}"))?;
    Ok(Daemon { document, place: chosen.socket.clone() })
}
