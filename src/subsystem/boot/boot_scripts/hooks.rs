//! The places from which a boot runs commands: rc.local, units, init scripts, and the hooks of other programs.

use super::scan::Scan;
use super::source::{Language, Source};
use super::{Touches, cloud, ifupdown, udev};
use crate::fact::Origin;
use crate::host::{HostPath, Kind, Read};
use crate::parse::{lines, tmpfiles_d};
use crate::subsystem::Subsystems;
use crate::subsystem::drop_in::{self, Content};
use crate::subsystem::systemd::units::Starts;

/// Hooks that packages of distributions bring along: what they call in ways that can't be followed is known.
const STOCK_HOOKS: [&str; 44] = [
    "000resolvconf",
    "01-ifupdown",
    "04-iscsi",
    "10-ifcfg-rh-routes.sh",
    "10-sendmail",
    "11-dhclient",
    "20-chrony",
    "20-chrony-dhcp",
    "20-chrony-onoffline",
    "30-winbind",
    "90-nm-cloud-setup.sh",
    "99-gce",
    "avahi-autoipd",
    "avahi-daemon",
    "bridge",
    "chrony",
    "clamav-freshclam-ifupdown",
    "cloud_inventory_uevent",
    "ethtool",
    "hook-network-manager",
    "hook-dhclient",
    "hostapd",
    "ifenslave",
    "ip",
    "ip-up",
    "mountnfs",
    "no-wait.d",
    "ntpdate",
    "ntpsec-ntpdate",
    "openssh-server",
    "openvpn",
    "openvswitch",
    "ovs-lib",
    "postfix",
    "pre-up.d",
    "pre-down.d",
    "resolvconf",
    "resolved",
    "sendmail",
    "upstart",
    "vde2",
    "vlan",
    "wireless-tools",
    "wpasupplicant",
];

pub(super) fn read(subsystems: &Subsystems<'_>, scan: &mut Scan<'_>) {
    rc_local(subsystems, scan);
    unit_commands(subsystems, scan);
    init_scripts(subsystems, scan);
    let starts = |units: &[&str]| units.iter().any(|unit| subsystems.units().may_start(subsystems, unit));
    if !matches!(subsystems.units().starts(subsystems, "networking.service"), Starts::No(_)) {
        ifupdown::read(scan);
        for directory in ["/etc/network/if-pre-up.d", "/etc/network/if-up.d"] {
            hook_directory(scan, directory);
        }
    }
    if starts(&["NetworkManager.service"]) {
        for directory in ["/etc/NetworkManager/dispatcher.d", "/etc/NetworkManager/dispatcher.d/pre-up.d"] {
            hook_directory(scan, directory);
        }
    }
    if starts(&["networkd-dispatcher.service"]) {
        for state in ["configured", "configuring", "carrier", "degraded", "routable"] {
            hook_directory(scan, &format!("/etc/networkd-dispatcher/{state}.d"));
        }
    }
    cron(scan);
    if starts(&["tuned.service"]) {
        tuned(scan);
    }
    cloud::read(subsystems, scan);
    udev::read(scan);
    tmpfiles_credential(scan);
    for directory in ["/etc/systemd/system-generators", "/usr/local/lib/systemd/system-generators"] {
        hook_directory(scan, directory);
    }
    credentials(subsystems, scan);
}

fn rc_local(subsystems: &Subsystems<'_>, scan: &mut Scan<'_>) {
    if subsystems.units().masked_by(subsystems, "rc-local.service").is_some() {
        return;
    }
    let files = scan.files;
    let mut other = None;
    for path in ["/etc/rc.local", "/etc/rc.d/rc.local"] {
        let path = HostPath::new(path);
        let real = files.real_path(&path);
        // One may be a link to the other.
        if other.as_ref() == Some(&real) {
            continue;
        }
        match files.stat(&path) {
            Read::There(file) if file.kind == Kind::File && file.mode & 0o111 != 0 => {
                scan.script(&path, true, false);
            }
            Read::There(_) | Read::Missing(_) => {}
            Read::Hidden(error) => scan.unread(error),
        }
        other = Some(real);
    }
}

fn unit_commands(subsystems: &Subsystems<'_>, scan: &mut Scan<'_>) {
    let mut source: Option<(String, Source)> = None;
    for (origin, command) in subsystems.units().started_commands(subsystems) {
        if command.contains("/ufw-init") {
            continue;
        }
        let is_stock = Source::is_stock_path(&origin.path);
        // sysctl.d is applied once: `kernel::sysctl` plays that through.
        let words: Vec<&str> = command.split_ascii_whitespace().collect();
        if words.len() == 1 && words[0].ends_with("/systemd-sysctl") {
            continue;
        }
        let mut next = match source.take() {
            Some((path, known)) if path == origin.path => known,
            other => {
                if let Some((_, known)) = other {
                    scan.end(known);
                }
                Source::new(&HostPath::new(&origin.path), is_stock, Language::Shell)
            }
        };
        next.directory = Some(HostPath::new("/"));
        scan.line(&mut next, origin, command.clone());
        source = Some((origin.path.clone(), next));
    }
    if let Some((_, known)) = source {
        scan.end(known);
    }
}

/// Scripts of `/etc/init.d` that no unit file stands for.
fn init_scripts(subsystems: &Subsystems<'_>, scan: &mut Scan<'_>) {
    const DIRECTORY: &str = "/etc/init.d";
    let names = match drop_in::list(scan.files, DIRECTORY) {
        Read::There(names) => names,
        Read::Missing(_) => return,
        Read::Hidden(error) => return scan.unread(error),
    };
    for name in names.iter().filter_map(|name| name.to_str()) {
        let unit = format!("{}.service", name.strip_suffix(".sh").unwrap_or(name));
        let units = subsystems.units();
        let is_started = !matches!(units.starts(subsystems, &unit), Starts::No(_));
        if is_started && units.merged(subsystems, &unit).is_none() {
            let path = HostPath::new(DIRECTORY).join(name);
            scan.script(&path, false, true);
        }
    }
}

/// Scripts of a directory of hooks: all of its files that are executable run.
fn hook_directory(scan: &mut Scan<'_>, directory: &str) {
    let names = match drop_in::list(scan.files, directory) {
        Read::There(names) => names,
        Read::Missing(_) => return,
        Read::Hidden(error) => return scan.unread(error),
    };
    for name in names.iter() {
        let is_stock = name.to_str().is_some_and(|name| STOCK_HOOKS.contains(&name));
        scan.script(&HostPath::new(directory).join(name), false, is_stock);
    }
}

/// `@reboot` of crontab(5). Tables count even where no daemon is known to start that reads them: one of another name may.
fn cron(scan: &mut Scan<'_>) {
    let mut tables = vec![(HostPath::new("/etc/crontab"), true)];
    for (directory, has_user) in
        [("/etc/cron.d", true), ("/var/spool/cron/crontabs", false), ("/var/spool/cron", false)]
    {
        match drop_in::list(scan.files, directory) {
            Read::There(names) => {
                tables.extend(names.iter().map(|name| (HostPath::new(directory).join(name), has_user)));
            }
            Read::Missing(_) => {}
            Read::Hidden(error) => scan.unread(error),
        }
    }
    for (path, has_user) in tables {
        let is_file = scan.files.stat(&path).map(|file| file.kind == Kind::File);
        match is_file
            .and_then(|is_file| if is_file { scan.files.read(&path).map(Some) } else { Read::There(None) })
        {
            Read::There(Some(bytes)) => {
                for (number, line) in lines(&bytes) {
                    let Some(rest) = line.trim().strip_prefix("@reboot") else { continue };
                    let rest = rest.trim_start();
                    let command = if has_user {
                        rest.split_once(char::is_whitespace).map_or("", |(_, rest)| rest)
                    } else {
                        rest
                    };
                    let mut source = Source::new(&path, false, Language::Shell);
                    scan.line(&mut source, &Origin::line(&path, number), command.to_owned());
                    scan.end(source);
                }
            }
            Read::There(None) | Read::Missing(_) => {}
            Read::Hidden(error) => scan.unread(error),
        }
    }
}

/// Scripts beside the profile in use; `tuned` in `kernel::sysctl` reads the profile itself.
fn tuned(scan: &mut Scan<'_>) {
    let active = match scan.files.read("/etc/tuned/active_profile") {
        Read::There(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        Read::Missing(_) => return,
        Read::Hidden(error) => return scan.unread(error),
    };
    for profile in active.split_ascii_whitespace().filter(|name| !name.contains('/')) {
        for (directory, is_stock) in [
            ("/etc/tuned", false),
            ("/etc/tuned/profiles", false),
            ("/usr/lib/tuned", true),
            ("/usr/lib/tuned/profiles", true),
        ] {
            scan.directory(Some(&format!("{directory}/{profile}")), is_stock);
        }
    }
}

/// Lines of tmpfiles.d(5) in a credential; those in files are known (`Tmpfiles`).
fn tmpfiles_credential(scan: &mut Scan<'_>) {
    let path = HostPath::new("/etc/credstore/tmpfiles.extra");
    let bytes = match drop_in::read(scan.files, &path) {
        Content::Bytes(bytes) => bytes,
        Content::Unread(gap) => return scan.unread(gap),
        Content::Masked | Content::Broken(_) => return,
    };
    for line in tmpfiles_d::parse(&bytes) {
        if let Some(variable) = line.path.strip_prefix("/proc/sys/") {
            let origin = Origin::line(&path, line.line).says("systemd-tmpfiles writes it");
            scan.doubt(origin, Touches::Sysctl(super::sysctl::pattern_of(variable)));
        }
    }
}

/// Credentials of the command line (systemd.exec(5), systemd-system-credentials(7)): their values aren't read.
fn credentials(subsystems: &Subsystems<'_>, scan: &mut Scan<'_>) {
    let next = subsystems.next_boot();
    for entry in &next.entries {
        let place = entry.because.first().cloned().unwrap_or_else(|| Origin::file("kernel command line"));
        for word in entry.cmdline.iter().flatten() {
            let Some((key, value)) = word.split_once('=') else { continue };
            if !matches!(key, "systemd.set_credential" | "systemd.set_credential_binary") {
                continue;
            }
            let name = value.split(':').next().unwrap_or_default();
            let may_touch = match name {
                "sysctl.extra" => Touches::Sysctl("**".into()),
                "tmpfiles.extra" => Touches::Anything,
                "fstab.extra" => Touches::SwapOn,
                "system.hostname" => Touches::Hostname,
                name if name.starts_with("systemd.extra-unit") || name.starts_with("systemd.unit-dropin") => {
                    Touches::Anything
                }
                _ => continue,
            };
            scan.doubt(place.clone().says(format!("{key}={name}")), may_touch);
        }
    }
}
