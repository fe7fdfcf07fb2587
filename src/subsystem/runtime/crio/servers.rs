//! What CRI-O listens on: its socket, the ports and certificates of streams and metrics, NRI.

use super::host_checks::Look;
use super::invalid_values::set;
use crate::component::crio::Since;
use crate::fact::Value;
use crate::host::{HostError, HostErrorKind, Kind, Read};
use crate::pki::key_pair;
use crate::subsystem::boot::ephemeral::is_below_memory;
use crate::subsystem::systemd::exec_context::absolute;

/// The longest path of a socket, in bytes (unix(7)).
const SOCKET_PATH: usize = 107;

/// NRI is on unless a file turns it off.
const NRI_SINCE: Since = Since::Minor(30);

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

impl Look<'_, '_> {
    /// An empty directory in the place of the socket is removed, another one isn't.
    pub(super) fn socket(&mut self) {
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
    pub(super) fn metrics_socket(&mut self) {
        let is_on =
            matches!(set(self.crio, self.subsystems, "metrics.enable_metrics"), Some((_, Value::Bool(true))));
        let Some((place, path)) =
            self.text("metrics.metrics_socket").filter(|(_, path)| is_on && !path.is_empty())
        else {
            return;
        };
        let path = absolute(&path);
        if path.len() > SOCKET_PATH {
            let what = format!(
                "metrics.metrics_socket is \"{path}\"; CRI-O accepts a path of at most {SOCKET_PATH} bytes, which is what the kernel takes for a socket"
            );
            return self.add(place, what, Since::Always);
        }
        if let Some(file) = self.in_the_way(path.rsplit_once('/').map_or("", |(parent, _)| parent)) {
            let what = format!(
                "metrics.metrics_socket is \"{path}\", and {file} is no directory; CRI-O accepts a path whose directory it can make"
            );
            self.add(place, what, Since::Always);
        }
    }

    /// A number, or a name of /etc/services.
    pub(super) fn stream_port(&mut self) {
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
    pub(super) fn tls(&mut self) {
        let Some((place, Value::Bool(true))) = set(self.crio, self.subsystems, "api.stream_enable_tls")
        else {
            return;
        };
        let mut pair = Vec::new();
        for (key, mark) in [
            ("api.stream_tls_cert", "-----BEGIN CERTIFICATE-----"),
            ("api.stream_tls_key", "PRIVATE KEY-----"),
        ] {
            let Some((place, path)) = self.text(key).filter(|(_, path)| !path.is_empty()) else {
                self.add(place.clone(), format!("api.stream_enable_tls without {key}"), Since::Always);
                continue;
            };
            let wrong = match self.files.read_document(absolute(&path)) {
                Read::There(bytes) if String::from_utf8_lossy(&bytes).contains(mark) => {
                    pair.push((place, path, bytes));
                    continue;
                }
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
        if let [(_, _, certificate), (place, path, key)] = pair.as_slice() {
            match key_pair::is_of(&String::from_utf8_lossy(key), &String::from_utf8_lossy(certificate)) {
                Ok(true) => {}
                Ok(false) => {
                    let what = format!(
                        "api.stream_tls_key is \"{path}\", the key of another certificate; CRI-O accepts the key of api.stream_tls_cert"
                    );
                    self.add(place.clone(), what, Since::Always);
                }
                Err(reason) => self.hide(&format!("{path}: {reason}")),
            }
        }
        self.tls_authority();
    }

    /// Only whether it is there: of one that holds no certificate CRI-O says nothing.
    fn tls_authority(&mut self) {
        const KEY: &str = "api.stream_tls_ca";
        let Some((place, path)) = self.text(KEY).filter(|(_, path)| !path.is_empty()) else { return };
        match self.files.stat(absolute(&path)) {
            Read::There(_) => {}
            Read::Missing(_) => {
                let what = format!("{KEY} is \"{path}\", which isn't there; CRI-O accepts a file");
                self.add(place, what, Since::Always);
            }
            Read::Hidden(error) => self.hide(&error),
        }
    }

    /// With `enable_nri`, which is the default since 1.30: its socket, unless connections are off, and plugins that start by
    /// themselves.
    pub(super) fn nri(&mut self) {
        const PLUGINS: &str = "nri.nri_plugin_dir";
        let is = |key: &str, value: bool| matches!(set(self.crio, self.subsystems, key), Some((_, Value::Bool(set))) if set == value);
        if is("nri.enable_nri", false) {
            return;
        }
        let listens = !is("nri.nri_disable_connections", true);
        if let Some((place, path)) =
            self.text("nri.nri_listen").filter(|(_, path)| listens && !path.is_empty())
        {
            let path = absolute(&path);
            if let Some(file) = self.in_the_way(path.rsplit_once('/').map_or("", |(parent, _)| parent)) {
                let what = format!(
                    "nri.nri_listen is \"{path}\", and {file} is no directory; CRI-O accepts a path whose directory it can make"
                );
                self.add(place, what, NRI_SINCE);
            }
        }
        let Some((place, path)) = self.text(PLUGINS).filter(|(_, path)| !path.is_empty()) else { return };
        if let Some(file) = self.in_the_way(&path) {
            let what =
                format!("{PLUGINS} is \"{path}\", and {file} is no directory; CRI-O accepts a directory");
            self.add(place, what, NRI_SINCE);
        }
    }
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
