//! Kernel variables that services write when they start.
//!
//! Source: ufw 0.36, systemd.network(5) of 252 and 257, documentation of dockerd and kubelet.

use super::super::networkd;
use super::super::tuned::Tuned;
use super::Writers;
use crate::fact::{Origin, OriginKind};
use crate::host::{Files, Read};
use crate::parse::lines;
use crate::subsystem::Subsystems;

/// What kubelet sets unless `protectKernelDefaults` is on.
const KUBELET: [(&str, &str); 6] = [
    ("vm/overcommit_memory", "1"),
    ("vm/panic_on_oom", "0"),
    ("kernel/panic", "10"),
    ("kernel/panic_on_oops", "1"),
    ("kernel/keys/root_maxkeys", "1000000"),
    ("kernel/keys/root_maxbytes", "25000000"),
];
/// What dockerd sets: forwarding, and that bridged packets pass iptables.
const DOCKER: [(&str, &str); 2] =
    [("net/bridge/bridge-nf-call-iptables", "1"), ("net/bridge/bridge-nf-call-ip6tables", "1")];

impl Writers {
    pub(super) fn services(&mut self, subsystems: &Subsystems<'_>) {
        let files = subsystems.host().files();
        if subsystems.units().may_start(subsystems, "ufw.service") {
            self.ufw(files);
        }
        if subsystems.units().may_start(subsystems, "systemd-networkd.service") {
            self.networkd(files);
        }
        if subsystems.units().may_start(subsystems, "tuned.service") {
            self.tuned(subsystems);
        }
        if subsystems.units().may_start(subsystems, "docker.service") {
            self.docker(files);
        }
        if subsystems.units().may_start(subsystems, "kubelet.service") {
            self.kubelet(subsystems);
        }
    }

    fn ufw(&mut self, files: &Files) {
        let Some(enabled) = self.shell_setting(files, "/etc/ufw/ufw.conf", "ENABLED") else { return };
        if enabled.eq_ignore_ascii_case("yes") {
            let path = self.shell_setting(files, "/etc/default/ufw", "IPT_SYSCTL");
            let path = path.unwrap_or_else(|| "/etc/ufw/sysctl.conf".into());
            let ufw = Origin::named(OriginKind::Program, "ufw.service");
            if super::shell::is_plain(&path) {
                self.file(files, &path, &ufw, true);
            } else {
                self.add_any(ufw);
            }
        }
    }

    /// The last assignment of a shell variable in a file; what can't be read may say anything.
    fn shell_setting(&mut self, files: &Files, path: &str, key: &str) -> Option<String> {
        let bytes = files.read(path).or_hidden(&mut self.gaps)?;
        let found = lines(&bytes)
            .filter_map(|(_, text)| Some(text.trim().strip_prefix(key)?.strip_prefix('=')?.to_owned()))
            .last()?;
        Some(found.trim().trim_matches(['"', '\'']).to_owned())
    }

    fn networkd(&mut self, files: &Files) {
        let (settings, gaps) = networkd::settings(files);
        for gap in gaps {
            for path in ["net/ipv4/ip_forward", "net/ipv6/conf/all/forwarding"] {
                let origin = gap.origin.clone().says(format!("systemd-networkd reads it; {}", gap.reason));
                self.add(path, None, origin, false);
            }
        }
        for setting in settings {
            self.add(setting.path, Some(setting.text), setting.origin, false);
        }
    }

    /// tuned applies its profile, and then once more what `/etc/sysctl.d` says.
    fn tuned(&mut self, subsystems: &Subsystems<'_>) {
        let tuned = Tuned::read(subsystems.host().files());
        self.gaps.extend(tuned.gaps);
        let merge = subsystems.sysctl_d().merged(subsystems);
        for (path, setting) in tuned.settings {
            if !(tuned.reapplies && merge.has_line_below("/etc/sysctl", &path)) {
                self.add(&path, setting.text.as_deref(), setting.origin, tuned.is_chosen);
            }
        }
        // A script that was read is a part of what the boot runs; another may do anything.
        let is_read =
            |path: &str| subsystems.boot_scripts().lines.iter().any(|(origin, _)| origin.path == path);
        for (origin, path) in tuned.scripts {
            if !is_read(&path) {
                self.add_any(origin);
            }
        }
    }

    fn docker(&mut self, files: &Files) {
        let docker = |says: &str| Origin::named(OriginKind::Program, "docker.service").says(says);
        let on = || (Some("1"), docker("dockerd switches forwarding on"));
        let forwarding = match files.read_document("/etc/docker/daemon.json") {
            Read::There(bytes) => {
                // With a file that isn't JSON dockerd doesn't start.
                let json = serde_json::from_slice::<serde_json::Value>(&bytes).unwrap_or_default();
                (json["ip-forward"] != serde_json::Value::Bool(false)).then(on)
            }
            Read::Missing(_) => Some(on()),
            Read::Hidden(error) => {
                Some((None, docker(&format!("dockerd may switch forwarding on: {error}"))))
            }
        };
        if let Some((text, origin)) = forwarding {
            self.add("net/ipv4/ip_forward", text, origin, false);
        }
        for (path, text) in DOCKER {
            self.add(path, Some(text), docker("dockerd has bridged packets pass iptables"), false);
        }
    }

    fn kubelet(&mut self, subsystems: &Subsystems<'_>) {
        if subsystems.kubelet().may_set_variables() {
            for (path, text) in KUBELET {
                let origin = Origin::named(OriginKind::Program, "kubelet.service");
                self.add(path, Some(text), origin.says(format!("kubelet sets {text}")), false);
            }
        }
    }
}
