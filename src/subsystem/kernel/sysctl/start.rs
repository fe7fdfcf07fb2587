//! What a variable shows before anything writes it: the kernel's default, and whether it is there at all.

use super::variable;
use crate::fact::{Fact, Origin, State, Value, Version};
use crate::subsystem::Subsystems;
use crate::subsystem::loader::next_boot::BootEntry;

/// Whether a variable is there when systemd-sysctl writes.
pub(super) enum Existence {
    /// It is: it is the kernel's own.
    Exists,
    /// It is, because this module is there.
    With(Fact),
    /// Its interface appears at some time, if it appears at all.
    WithInterface,
    /// It isn't: what is written to it is lost. The module, and whether it is there once the boot is over.
    Lost {
        /// The module that brings the variable.
        module: &'static str,
        /// Its state once the boot is over.
        later: Fact,
    },
    /// It can't be told.
    Unclear(String),
}

/// The module that brings a variable; none for the kernel's own.
pub(super) fn module_of(path: &str) -> Option<&'static str> {
    MODULES.iter().find(|(prefix, _)| path.starts_with(prefix)).map(|(_, module)| *module)
}

const MODULES: [(&str, &str); 8] = [
    ("net/bridge/", "br_netfilter"),
    ("net/netfilter/nf_conntrack_", "nf_conntrack"),
    ("net/nf_conntrack_max", "nf_conntrack"),
    ("net/ipv4/vs/", "ip_vs"),
    ("net/sctp/", "sctp"),
    ("net/rds/", "rds"),
    ("sunrpc/", "sunrpc"),
    ("dev/raid/", "md_mod"),
];

/// Units that set up a firewall, which pulls in connection tracking at a time that nobody orders.
const FIREWALLS: [&str; 6] = [
    "ufw.service",
    "firewalld.service",
    "nftables.service",
    "netfilter-persistent.service",
    "iptables.service",
    "ip6tables.service",
];

/// Whether a variable is there when systemd-sysctl writes.
pub(super) fn existence(subsystems: &Subsystems<'_>, path: &str) -> Existence {
    if let Some(module) = module_of(path) {
        return with_module(subsystems, module);
    }
    match variable::interface_of(path) {
        Some((_, interface, _)) if !matches!(interface, "all" | "default" | "lo") => Existence::WithInterface,
        _ => Existence::Exists,
    }
}

fn with_module(subsystems: &Subsystems<'_>, module: &'static str) -> Existence {
    let early = subsystems.modules().when_sysctl_runs(subsystems, module);
    match &early.state {
        State::Known(Value::Text(word)) if word == "built-in" || word == "loaded" => Existence::With(early),
        State::Unknown(reason) => {
            Existence::Unclear(format!("it depends on whether {module} is loaded: {reason}"))
        }
        _ => {
            let unordered = FIREWALLS.iter().find(|unit| subsystems.units().may_start(subsystems, unit));
            if let (Some(unit), "nf_conntrack") = (unordered, module) {
                return Existence::Unclear(format!(
                    "{unit} may load {module} before or after systemd-sysctl runs; modules-load.d does not"
                ));
            }
            Existence::Lost { module, later: subsystems.modules().at_boot(subsystems, module) }
        }
    }
}

/// The default of the kernel that boots by an entry, and what says so if it isn't the table.
pub(super) fn default(
    subsystems: &Subsystems<'_>,
    path: &str,
    entry: Option<&BootEntry>,
) -> Option<(String, Option<Origin>)> {
    let release = entry.and_then(|entry| entry.release.as_deref());
    let words = entry.and_then(|entry| entry.cmdline.as_deref()).unwrap_or_default();
    let of_command_line = |parameter: &str| {
        let value = crate::parse::cmdline::parameter(words, parameter)?;
        let origin = Origin::file("kernel command line").says(format!("{parameter}={value}"));
        Some((value.to_owned(), Some(origin)))
    };
    match path {
        "kernel/panic" => {
            if let Some(found) = of_command_line("panic") {
                return Some(found);
            }
        }
        "kernel/panic_on_oops" if crate::parse::cmdline::parameter(words, "oops") == Some("panic") => {
            let origin = Origin::file("kernel command line").says("oops=panic");
            return Some(("1".to_owned(), Some(origin)));
        }
        "net/core/optmem_max" => return by_release(release, "6.7", "20480", "131072"),
        _ => {}
    }
    let option = match path {
        "kernel/panic" => Some("PANIC_TIMEOUT"),
        "kernel/panic_on_oops" => Some("PANIC_ON_OOPS_VALUE"),
        _ => None,
    };
    let config =
        release.and_then(|release| subsystems.kernel_config().of_release(subsystems, release).ok()?);
    if let (Some(option), Some(config)) = (option, config)
        && let Some((value, origin)) = config.option(option)
    {
        return Some((value.to_owned(), Some(origin)));
    }
    variable::find(path)?.default.map(|value| (value.to_owned(), None))
}

fn by_release(
    release: Option<&str>,
    since: &str,
    before: &str,
    after: &str,
) -> Option<(String, Option<Origin>)> {
    let (release, since) = (Version::parse(release?)?, Version::parse(since)?);
    Some((if release < since { before } else { after }.to_owned(), None))
}
