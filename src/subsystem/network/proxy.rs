//! Proxies for HTTP: the variables that systemd gives the programs of a node, and those of logins.

use std::collections::BTreeMap;

use crate::fact::Origin;
use crate::host::Files;
use crate::parse::no_proxy::{self, NoProxy};
use crate::parse::{ini, unit};
use crate::subsystem::Subsystems;
use crate::subsystem::systemd::exec_context::Launch;

/// The file that `pam_env` reads at every login: where the shell of whoever runs kubeadm gets its proxies from.
pub const LOGIN: &str = "/etc/environment";

/// Where systemd's own configuration is, by how much it counts: later ones win.
const SYSTEM_CONF: [&str; 2] = ["/usr/lib/systemd/system.conf", "/etc/systemd/system.conf"];

/// The proxies of one program.
#[derive(Debug, Default)]
pub struct Proxies {
    /// Proxy for http, with the place that sets it.
    pub http: Option<(Origin, String)>,
    /// Proxy for https.
    pub https: Option<(Origin, String)>,
    /// What is reached without, as it is written.
    pub exceptions: Option<(Origin, String)>,
    /// The same, read.
    pub no_proxy: NoProxy,
}

impl Proxies {
    /// Whether there is a proxy at all.
    #[must_use]
    pub fn any(&self) -> bool {
        self.http.is_some() || self.https.is_some()
    }
}

/// The proxies that a unit gives its program; none if there is no such unit.
///
/// # Errors
/// Why they can't be known.
pub fn of_unit(subsystems: &Subsystems<'_>, name: &str) -> Result<Option<Proxies>, String> {
    let launch = Launch::read(subsystems, name);
    if !launch.exists {
        return Ok(None);
    }
    if let Some(gap) = launch.gaps.first() {
        return Err(gap.reason.clone());
    }
    let mut environment = defaults(subsystems.host().files())?;
    environment.extend(launch.environment);
    Ok(Some(from(&environment)))
}

/// The proxies of logins; none without the file.
///
/// # Errors
/// Why they can't be known.
pub fn of_logins(files: &Files) -> Result<Option<Proxies>, String> {
    match files.read(LOGIN).legacy() {
        Ok(content) => {
            // pam_env takes `export`, too.
            let found = crate::parse::assignments::parse(&content).into_iter();
            let environment =
                found.map(|set| (set.name, (Origin::line(LOGIN, set.line), set.value))).collect();
            Ok(Some(from(&environment)))
        }
        Err(error) if error.is_not_found() => Ok(None),
        Err(error) => Err(error.to_string()),
    }
}

type Environment = BTreeMap<String, (Origin, String)>;

/// `DefaultEnvironment=` of systemd-system.conf(5): every unit gets it.
fn defaults(files: &Files) -> Result<Environment, String> {
    let mut paths: Vec<String> = SYSTEM_CONF.iter().map(|path| (*path).to_owned()).collect();
    let mut drop_ins = BTreeMap::new();
    for directory in ["/usr/lib/systemd/system.conf.d", "/etc/systemd/system.conf.d"] {
        match files.list(directory).legacy() {
            Ok(names) => {
                for name in names.iter().filter_map(|name| name.to_str()).filter(|name| {
                    std::path::Path::new(name).extension().is_some_and(|suffix| suffix == "conf")
                }) {
                    drop_ins.insert(name.to_owned(), format!("{directory}/{name}"));
                }
            }
            Err(error) if error.is_not_found() => {}
            Err(error) => return Err(error.to_string()),
        }
    }
    paths.extend(drop_ins.into_values());
    let mut environment = Environment::new();
    for path in paths {
        let content = match files.read(&path).legacy() {
            Ok(content) => content,
            Err(error) if error.is_not_found() => continue,
            Err(error) => return Err(error.to_string()),
        };
        for entry in ini::parse(&content)
            .entries
            .iter()
            .filter(|entry| entry.section == "Manager" && entry.key == "DefaultEnvironment")
        {
            if entry.value.is_empty() {
                environment.clear();
            }
            for word in unit::words(&entry.value) {
                if let Some((name, value)) = word.split_once('=') {
                    environment.insert(name.to_owned(), (Origin::line(&path, entry.line), value.to_owned()));
                }
            }
        }
    }
    Ok(environment)
}

/// The variable in upper case counts; only if it is empty or not set the one in lower case does.
fn from(environment: &Environment) -> Proxies {
    let get = |name: &str| {
        let spellings = [name.to_owned(), name.to_lowercase()];
        spellings
            .iter()
            .filter_map(|name| environment.get(name))
            .find(|(_, value)| !value.is_empty())
            .cloned()
    };
    let exceptions = get("NO_PROXY");
    let no_proxy = no_proxy::parse(exceptions.as_ref().map_or("", |(_, text)| text));
    Proxies { http: get("HTTP_PROXY"), https: get("HTTPS_PROXY"), exceptions, no_proxy }
}
