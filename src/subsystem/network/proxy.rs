//! Proxies for HTTP: the variables that systemd gives the programs of a node, and those of logins.

use crate::fact::Origin;
use crate::host::{Files, Read};
use crate::parse::no_proxy::{self, NoProxy};
use crate::subsystem::Subsystems;
use crate::subsystem::systemd::exec_context::ExecContext;
use crate::subsystem::systemd::system_conf::{self, Environment};

/// The file that `pam_env` reads at every login: where the shell of whoever runs kubeadm gets its proxies from.
pub const LOGIN: &str = "/etc/environment";

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
    let launch = ExecContext::read(subsystems, name);
    if !launch.exists {
        return Ok(None);
    }
    if let Some(gap) = launch.gaps.first() {
        return Err(gap.reason.clone());
    }
    let mut environment = system_conf::environment(subsystems)?;
    environment.extend(launch.environment);
    Ok(Some(from(&environment)))
}

/// The proxies of logins; none without the file.
///
/// # Errors
/// Why they can't be known.
pub fn of_logins(files: &Files) -> Result<Option<Proxies>, String> {
    match files.read(LOGIN) {
        Read::There(content) => {
            // pam_env takes `export`, too.
            let found = crate::parse::assignments::parse(&content).into_iter();
            let environment =
                found.map(|set| (set.name, (Origin::line(LOGIN, set.line), set.value))).collect();
            Ok(Some(from(&environment)))
        }
        Read::Missing(_) => Ok(None),
        Read::Hidden(error) => Err(error.to_string()),
    }
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
