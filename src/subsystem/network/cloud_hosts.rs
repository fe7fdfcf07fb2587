//! Entries of /etc/hosts that cloud-init doesn't keep: with `manage_etc_hosts: true` it writes the file from a template at each
//! boot (`cc_update_etc_hosts`).

use std::net::IpAddr;

use crate::fact::{Answer, Confidence, Origin};
use crate::host::{Files, HostError, HostPath};
use crate::parse::lines;
use crate::subsystem::systemd::units::MergedUnit;
use crate::subsystem::{Subsystems, cloud_init};

const TEMPLATES: &str = "/etc/cloud/templates";
const HOSTS: &str = "/etc/hosts";
/// The units that run its modules, by version.
const SERVICES: [&str; 4] = [
    "cloud-init.service",
    "cloud-init-network.service",
    "cloud-init-main.service",
    "cloud-init-local.service",
];

/// The names that are gone after the next boot.
pub fn lost(subsystems: &Subsystems<'_>) -> Answer<Vec<String>> {
    let files = subsystems.host().files();
    let decided = match setting(files) {
        Ok(Some(decided)) => decided,
        Ok(None) => return Answer::known(Vec::new()).because(Origin::file(HOSTS)),
        Err(error) => return Answer::unknown(error),
    };
    match is_installed(subsystems) {
        Ok(true) => {}
        Ok(false) => return Answer::known(Vec::new()).because(Origin::file(HOSTS)),
        Err(reason) => return Answer::unknown(reason),
    }
    let (hosts, template) = match (files.read(HOSTS).found(), template(subsystems)) {
        (Ok(hosts), Ok(template)) => (hosts, template),
        (Err(error), _) | (_, Err(error)) => return Answer::unknown(error),
    };
    let Some((path, template)) = template else {
        return Answer::unknown(format!("{TEMPLATES} has no template for /etc/hosts of this distribution"));
    };
    let own = match files.read("/etc/hostname").found() {
        Ok(own) => own.map(|own| String::from_utf8_lossy(&own).trim().to_owned()).unwrap_or_default(),
        Err(error) => return Answer::unknown(error),
    };
    // Templates have the host's own names, with and without a domain.
    let is_own = |name: &str| name.split('.').next() == own.split('.').next();
    let mut names = Vec::new();
    let mut places = Vec::new();
    for (line, text) in lines(hosts.as_deref().unwrap_or_default()) {
        let mut words = text.split('#').next().unwrap_or_default().split_ascii_whitespace();
        let address = words.next().and_then(|word| word.parse::<IpAddr>().ok());
        if address.is_none_or(|address| address.is_loopback() || address.is_multicast()) {
            continue;
        }
        let gone: Vec<&str> =
            words.filter(|name| !is_own(name) && !template.iter().any(|kept| kept == name)).collect();
        if !gone.is_empty() {
            places.push(Origin::line(HOSTS, line).says("cloud-init does not keep it"));
            names.extend(gone.into_iter().map(str::to_owned));
        }
    }
    // cloud-init can be switched off for one boot, too.
    match subsystems.next_boot().parameter("cloud-init") {
        _ if names.is_empty() => {}
        Ok(parameter) if parameter.value.as_deref() == Some("disabled") => {
            return Answer::known(Vec::new()).because_all(parameter.because);
        }
        Ok(_) => {}
        Err(reason) => return Answer::unknown(reason),
    }
    let note = format!("{path} is what cloud-init makes /etc/hosts of");
    Answer::known(names).because(decided).because_all(places).at_most(Confidence::High).note(note)
}

/// Whether cloud-init has a unit that isn't masked. A generator starts its units at each boot, which no file on disk tells.
fn is_installed(subsystems: &Subsystems<'_>) -> Result<bool, String> {
    let units = subsystems.units();
    let mut hidden = None;
    for service in SERVICES.iter().filter(|service| units.masked_by(subsystems, service).is_none()) {
        if units.merged(subsystems, service).is_some() {
            return Ok(true);
        }
        let unread = units.merged_with_gaps(subsystems, service);
        hidden = hidden.or_else(|| {
            unread.map(|unit| format!("whether {service} is there can't be told: {}", reason(&unit)))
        });
    }
    hidden.map_or(Ok(false), Err)
}

fn reason(unit: &MergedUnit) -> &str {
    unit.gaps.first().map_or("its files can't be read", |gap| &gap.reason)
}

/// Where `manage_etc_hosts` is set so that the whole file is written; none if it isn't.
fn setting(files: &Files) -> Result<Option<Origin>, HostError> {
    let Some(main) = files.read(cloud_init::MAIN).found()? else { return Ok(None) };
    if files.lstat(cloud_init::DISABLED).found()?.is_some() {
        return Ok(None);
    }
    let text = String::from_utf8_lossy(&main);
    if !text.contains("update_etc_hosts") && !text.contains("update-etc-hosts") {
        return Ok(None);
    }
    let (mut paths, hidden) = cloud_init::files(files);
    hidden.map_or(Ok(()), Err)?;
    paths.push(HostPath::new(cloud_init::OF_INSTANCE));
    let mut decided = None;
    for path in paths {
        let Some(bytes) = files.read(&path).found()? else { continue };
        for (line, _, value) in cloud_init::settings(&bytes).filter(|(_, key, _)| key == "manage_etc_hosts") {
            let writes =
                ["true", "yes", "on", "1", "template"].contains(&value.to_ascii_lowercase().as_str());
            decided = writes.then(|| Origin::line(&path, line).sets("manage_etc_hosts", value));
        }
    }
    Ok(decided)
}

/// The words of the distribution's template.
fn template(subsystems: &Subsystems<'_>) -> Result<Option<(String, Vec<String>)>, HostError> {
    let os = subsystems.os_release();
    let ids = std::iter::once(os.id.as_str()).chain(os.like.iter().map(String::as_str));
    let family = |id: &str| match id {
        "rhel" | "fedora" | "centos" => "redhat".to_owned(),
        "opensuse" => "suse".to_owned(),
        other => other.to_owned(),
    };
    for name in ids.map(family) {
        let path = format!("{TEMPLATES}/hosts.{name}.tmpl");
        if let Some(bytes) = subsystems.host().files().read(&path).found()? {
            let text = String::from_utf8_lossy(&bytes);
            return Ok(Some((path, text.split_ascii_whitespace().map(str::to_owned).collect())));
        }
    }
    Ok(None)
}
