//! What CRI-O's settings name and the host must have: directories that nothing is in the way of, time zones, devices,
//! certificates, service names.

use super::invalid_values::{last, set};
use super::{Crio, rendered};
use crate::component::crio::{Refusal, Since, values};
use crate::fact::{Origin, State, Value};
use crate::host::{Files, HostError, HostErrorKind, Kind, Read};
use crate::subsystem::Subsystems;
use crate::subsystem::boot::ephemeral::is_below_memory;
use crate::subsystem::systemd::exec_context::absolute;

/// Directories that CRI-O makes where they are missing, and since when it ends where it can't.
const DIRECTORIES: &[(&str, Since)] = &[
    ("image.namespaced_auth_dir", Since::Minor(35)),
    ("image.signature_policy_dir", Since::Always),
    ("imagestore", Since::Always),
    ("log_dir", Since::Always),
    ("network.network_dir", Since::Always),
    ("network.plugin_dir", Since::Always),
    ("network.plugin_dirs", Since::Always),
    ("root", Since::Always),
    ("runroot", Since::Always),
    ("runtime.container_attach_socket_dir", Since::Always),
    ("runtime.container_exits_dir", Since::Always),
    ("runtime.namespaces_dir", Since::Always),
];

/// Where Go looks for time zones.
const ZONES: [&str; 4] =
    ["/usr/share/zoneinfo", "/usr/share/lib/zoneinfo", "/usr/lib/locale/TZ", "/etc/zoneinfo"];

/// Names of ports that Go knows by itself.
const PORTS: [&str; 15] = [
    "domain",
    "ftp",
    "ftps",
    "gopher",
    "http",
    "https",
    "imap2",
    "imap3",
    "imaps",
    "pop3",
    "pop3s",
    "smtp",
    "ssh",
    "submissions",
    "telnet",
];

/// Adds what is wrong.
///
/// # Errors
/// What could not be looked at.
pub(super) fn look(crio: &Crio, subsystems: &Subsystems<'_>, found: &mut Vec<Refusal>) -> Result<(), String> {
    let mut look = Look { crio, subsystems, files: subsystems.host().files(), found, hidden: None };
    look.directories();
    look.socket();
    look.metrics_socket();
    look.time_zone();
    look.devices();
    look.stream_port();
    look.tls();
    look.seccomp();
    look.block_io();
    look.apparmor();
    look.rdt();
    look.log();
    look.hidden.map_or(Ok(()), Err)
}

pub(super) struct Look<'l, 'h> {
    pub(super) crio: &'l Crio,
    pub(super) subsystems: &'l Subsystems<'h>,
    pub(super) files: &'l Files,
    found: &'l mut Vec<Refusal>,
    /// The first that could not be looked at.
    hidden: Option<String>,
}

impl Look<'_, '_> {
    pub(super) fn add(&mut self, place: Origin, what: impl Into<String>, since: Since) {
        self.found.push(Refusal::new(place, what, since));
    }

    pub(super) fn hide(&mut self, error: &HostError) {
        self.hidden.get_or_insert_with(|| error.to_string());
    }

    pub(super) fn text(&self, key: &str) -> Option<(Origin, String)> {
        match set(self.crio, self.subsystems, key)? {
            (place, Value::Text(text)) => Some((place, text)),
            _ => None,
        }
    }

    fn directories(&mut self) {
        for (key, since) in DIRECTORIES {
            let Some((place, value)) = set(self.crio, self.subsystems, key) else { continue };
            let paths = match value {
                Value::List(items) => items.iter().filter_map(Value::as_text).map(str::to_owned).collect(),
                Value::Text(text) => vec![text],
                _ => Vec::new(),
            };
            for path in paths.iter().filter(|path| !path.is_empty()) {
                // The namespaces are kept in directories below.
                let whole =
                    if *key == "runtime.namespaces_dir" { format!("{path}/netns") } else { path.clone() };
                if let Some(file) = self.in_the_way(&whole) {
                    let what = format!(
                        "{key} is \"{path}\", and {file} is no directory; CRI-O accepts a directory, or one that it can make"
                    );
                    self.add(place.clone(), what, *since);
                }
            }
        }
    }

    fn in_the_way(&mut self, path: &str) -> Option<String> {
        in_the_way(self.files, path).unwrap_or_else(|error| {
            self.hide(&error);
            None
        })
    }

    /// An empty directory in the place of the socket is removed, another one isn't.
    fn socket(&mut self) {
        let Some((place, path)) = self.text("api.listen") else { return };
        let path = absolute(&path);
        let parent = path.rsplit_once('/').map_or("", |(parent, _)| parent);
        let blocked = self.in_the_way(parent);
        if let Some(file) = blocked {
            let what = format!(
                "api.listen is \"{path}\", and {file} is no directory; CRI-O accepts a path whose directory it can make"
            );
            return self.add(place, what, Since::Always);
        }
        if is_below_memory(&self.files.real_path(&path)) {
            return;
        }
        let is_full = match self.files.stat(&path) {
            Read::There(found) if found.kind == Kind::Directory => {
                self.files.list(&path).map(|names| !names.is_empty()).found()
            }
            Read::There(_) | Read::Missing(_) => Ok(None),
            Read::Hidden(error) => Err(error),
        };
        if let Err(error) = &is_full {
            return self.hide(error);
        }
        if is_full == Ok(Some(true)) {
            let what = format!(
                "api.listen is \"{path}\", a directory that isn't empty; CRI-O wants to make its socket there"
            );
            self.add(place, what, Since::Always);
        }
    }

    /// Its directory is made, with `enable_metrics`.
    fn metrics_socket(&mut self) {
        let is_on =
            matches!(set(self.crio, self.subsystems, "metrics.enable_metrics"), Some((_, Value::Bool(true))));
        let Some((place, path)) =
            self.text("metrics.metrics_socket").filter(|(_, path)| is_on && !path.is_empty())
        else {
            return;
        };
        let path = absolute(&path);
        if let Some(file) = self.in_the_way(path.rsplit_once('/').map_or("", |(parent, _)| parent)) {
            let what = format!(
                "metrics.metrics_socket is \"{path}\", and {file} is no directory; CRI-O accepts a path whose directory it can make"
            );
            self.add(place, what, Since::Always);
        }
    }

    fn time_zone(&mut self) {
        let Some((place, zone)) = self.text("runtime.timezone") else { return };
        if zone.is_empty() || zone == "UTC" || zone.eq_ignore_ascii_case("local") {
            return;
        }
        let is_name = !zone.starts_with(['/', '\\']) && !zone.split(['/', '\\']).any(|part| part == "..");
        let paths = ZONES.iter().map(|directory| format!("{directory}/{zone}"));
        let there = if is_name { self.files.any_is_there(paths) } else { Ok(false) };
        match there {
            Ok(true) => {}
            Ok(false) => {
                let what = format!(
                    "runtime.timezone is \"{zone}\"; CRI-O accepts \"local\", or a name below /usr/share/zoneinfo of this host"
                );
                self.add(place, what, Since::Minor(30));
            }
            Err(error) => self.hide(&error),
        }
    }

    /// Devices in /dev are made by the kernel: a directory doesn't have them, and the next boot may.
    fn devices(&mut self) {
        const KEY: &str = "runtime.additional_devices";
        let Some((place, Value::List(items))) = set(self.crio, self.subsystems, KEY) else { return };
        let running = self.subsystems.host().running().is_some();
        for item in items.iter().filter_map(Value::as_text) {
            let Some(path) = values::device(item) else { continue };
            let is_made = path == "/dev" || path.starts_with("/dev/");
            if is_made && !running {
                continue;
            }
            let wrong = match self.files.stat(path) {
                Read::There(found) if matches!(found.kind, Kind::CharDevice | Kind::BlockDevice) => continue,
                Read::There(_) => "is no device",
                Read::Missing(_) => "isn't there",
                Read::Hidden(error) => {
                    self.hide(&error);
                    continue;
                }
            };
            let what =
                format!("{KEY} has \"{item}\", and {path} {wrong}; CRI-O accepts devices of this host");
            self.add(place.clone(), what, Since::Always);
        }
    }

    /// A number, or a name of /etc/services.
    fn stream_port(&mut self) {
        let Some((place, port)) = self.text("api.stream_port") else { return };
        let digits = port.strip_prefix(['+', '-']).unwrap_or(&port);
        let is_known =
            if port.is_empty() || (!digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())) {
                port.is_empty() || port.parse::<i64>().is_ok_and(|port| (0..=65535).contains(&port))
            } else if PORTS.contains(&port.to_ascii_lowercase().as_str()) {
                true
            } else {
                match self.files.read("/etc/services") {
                    Read::There(bytes) => has_service(&bytes, &port),
                    Read::Missing(_) => false,
                    Read::Hidden(error) => return self.hide(&error),
                }
            };
        if !is_known {
            let what = format!(
                "api.stream_port is \"{port}\"; CRI-O accepts a port from 0 to 65535 or a name of /etc/services"
            );
            self.add(place, what, Since::Always);
        }
    }

    /// A certificate and its key, both there and in PEM.
    fn tls(&mut self) {
        let Some((place, Value::Bool(true))) = set(self.crio, self.subsystems, "api.stream_enable_tls")
        else {
            return;
        };
        for (key, mark) in [
            ("api.stream_tls_cert", "-----BEGIN CERTIFICATE-----"),
            ("api.stream_tls_key", "PRIVATE KEY-----"),
        ] {
            let Some((place, path)) = self.text(key).filter(|(_, path)| !path.is_empty()) else {
                self.add(place.clone(), format!("api.stream_enable_tls without {key}"), Since::Always);
                continue;
            };
            let wrong = match self.files.read_document(absolute(&path)) {
                Read::There(bytes) if String::from_utf8_lossy(&bytes).contains(mark) => continue,
                Read::There(_) => "holds none",
                Read::Missing(_) => "isn't there",
                Read::Hidden(HostError { kind: HostErrorKind::NotAFile(_), .. }) => "is no file",
                Read::Hidden(error) => {
                    self.hide(&error);
                    continue;
                }
            };
            let wanted = if key.ends_with("key") { "a private key" } else { "a certificate" };
            let what =
                format!("{key} is \"{path}\", which {wrong}; CRI-O accepts a file with {wanted} in PEM");
            self.add(place, what, Since::Always);
        }
    }

    /// The file of `--log`: its directory must be there.
    fn log(&mut self) {
        let Some((place, path)) =
            last(self.crio, "log", "CONTAINER_LOG").filter(|(_, path)| !path.is_empty())
        else {
            return;
        };
        let path = absolute(&path);
        let parent = path.rsplit_once('/').map_or("/", |(parent, _)| parent);
        if is_below_memory(&self.files.real_path(&path)) {
            return;
        }
        let is_missing = match (self.files.stat(&path), self.files.stat(parent)) {
            (Read::There(found), _) => found.kind == Kind::Directory,
            (_, Read::There(found)) => found.kind != Kind::Directory,
            (Read::Hidden(error), _) | (_, Read::Hidden(error)) => return self.hide(&error),
            (_, Read::Missing(_)) => !parent.is_empty(),
        };
        if is_missing {
            let what = format!(
                "--log is {}; CRI-O accepts a file in a directory that is there",
                rendered(&State::from(path))
            );
            self.add(place, what, Since::Always);
        }
    }
}

/// What is there in the place of a directory that CRI-O would make, or of one above it.
///
/// # Errors
/// What could not be looked at.
pub(super) fn in_the_way(files: &Files, path: &str) -> Result<Option<String>, HostError> {
    let mut path = absolute(path).trim_end_matches('/').to_owned();
    while !path.is_empty() {
        // What is in memory now is gone at the next start of the host.
        if is_below_memory(&files.real_path(&path)) {
            return Ok(None);
        }
        match files.stat(&path) {
            Read::There(found) if found.kind == Kind::Directory => return Ok(None),
            Read::There(_) => return Ok(Some(path)),
            Read::Missing(_) => path.truncate(path.rfind('/').unwrap_or(0)),
            Read::Hidden(error) => return Err(error),
        }
    }
    Ok(None)
}

/// Whether /etc/services has a name for TCP.
fn has_service(bytes: &[u8], name: &str) -> bool {
    String::from_utf8_lossy(bytes).lines().any(|line| {
        let mut words = line.split('#').next().unwrap_or_default().split_whitespace();
        let (Some(first), Some(port)) = (words.next(), words.next()) else { return false };
        let is_name = |word: &str| word.eq_ignore_ascii_case(name);
        port.ends_with("/tcp") && (is_name(first) || words.any(is_name))
    })
}
