//! What a variable shows before anything writes it: the kernel's default, and whether it is there at all.

use crate::fact::{Knowledge, Origin, OriginKind, Reason, ReasonCode, Version};
use crate::parse::cmdline;
use crate::subsystem::Subsystems;
use crate::subsystem::kernel::modules::{self, ModuleState, names};
use crate::subsystem::kernel::sysctl_d::variable;
use crate::subsystem::loader::next_boot::BootEntry;

/// Whether a variable is there when systemd-sysctl writes.
pub(super) enum Existence {
    /// It is: it is the kernel's own.
    Exists,
    /// It is, because this module is there.
    With(modules::State),
    /// Its interface appears at some time, if it appears at all.
    WithInterface,
    /// It isn't: what is written to it is lost. The module, and whether it is there once the boot is over.
    Lost {
        /// The module that brings the variable.
        module: &'static str,
        /// Its state once the boot is over.
        finally: modules::State,
    },
    /// The next kernel has it no more, since this version.
    Removed(&'static str),
    /// It can't be told.
    Unclear(Reason),
}

/// Variables that guides still name, and the Linux that has them no more.
///
/// Source: the commits that removed them; `fs.may_detach_mounts` is of the kernel of RHEL 7 alone.
const REMOVED: [(&str, &str); 10] = [
    ("fs/may_detach_mounts", "4"),
    ("net/ipv4/tcp_tw_recycle", "4.12"),
    ("kernel/sched_latency_ns", "5.13"),
    ("kernel/sched_migration_cost_ns", "5.13"),
    ("kernel/sched_min_granularity_ns", "5.13"),
    ("kernel/sched_nr_migrate", "5.13"),
    ("kernel/sched_tunable_scaling", "5.13"),
    ("kernel/sched_wakeup_granularity_ns", "5.13"),
    ("kernel/sched_time_avg_ms", "4.15"),
    ("vm/block_dump", "5.13"),
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
    if let Some((_, since)) = REMOVED.iter().find(|(removed, _)| *removed == path) {
        return removed(subsystems, since);
    }
    if let Some(module) = names::bringing(path) {
        return with_module(subsystems, module);
    }
    match variable::interface_of(path) {
        Some((_, interface, _)) if !matches!(interface, "all" | "default" | "lo") => Existence::WithInterface,
        _ => Existence::Exists,
    }
}

/// Whether the kernels that may boot are older than the one that removed a variable.
fn removed(subsystems: &Subsystems<'_>, since: &'static str) -> Existence {
    let unclear = |text: &str| {
        let text = format!("{text}; Linux has no such variable since {since}");
        Existence::Unclear(Reason::new(ReasonCode::Undecided, text))
    };
    let mut is_newer = None;
    for entry in &subsystems.next_boot().entries {
        let release = entry.release.as_deref().and_then(Version::parse);
        let (Some(release), Some(since)) = (release, Version::parse(since)) else {
            return unclear("the release of the kernel that boots next is not known");
        };
        if is_newer.replace(release >= since).is_some_and(|before| before != (release >= since)) {
            return unclear("kernels that may boot next differ");
        }
    }
    match is_newer {
        Some(true) => Existence::Removed(since),
        Some(false) => Existence::Exists,
        None => unclear("it is not known which kernel boots next"),
    }
}

fn with_module(subsystems: &Subsystems<'_>, module: &'static str) -> Existence {
    let unclear = |text: String| Existence::Unclear(Reason::new(ReasonCode::Undecided, text));
    let early = subsystems.modules().when_sysctl_runs(subsystems, module);
    match &early.state {
        // What a command removes later takes its variables along.
        Knowledge::Known(ModuleState::Loaded) => {
            match subsystems.modules().at_boot(subsystems, module).state {
                Knowledge::Unknown(reason) => {
                    unclear(format!("it depends on whether {module} stays loaded: {reason}"))
                }
                Knowledge::Known(_) | Knowledge::Absent => Existence::With(early),
            }
        }
        Knowledge::Known(ModuleState::BuiltIn) => Existence::With(early),
        Knowledge::Unknown(reason) => unclear(format!("it depends on whether {module} is loaded: {reason}")),
        Knowledge::Known(_) | Knowledge::Absent => {
            let unordered = FIREWALLS.iter().find(|unit| subsystems.units().may_start(subsystems, unit));
            if let (Some(unit), "nf_conntrack") = (unordered, module) {
                return unclear(format!(
                    "{unit} may load {module} before or after systemd-sysctl runs; modules-load.d does not"
                ));
            }
            let finally = subsystems.modules().at_boot(subsystems, module);
            match (&finally.state, finally.notes.first()) {
                (Knowledge::Known(ModuleState::MaybeLoaded), Some(why)) => unclear(why.clone()),
                _ => Existence::Lost { module, finally },
            }
        }
    }
}

/// The place of a default of the kernel itself.
pub(super) fn kernel_default() -> Origin {
    Origin::named(OriginKind::Kernel, "kernel default")
}

/// The default of the kernel that boots by an entry, and what says so if it isn't the table.
pub(super) fn default(
    subsystems: &Subsystems<'_>,
    path: &str,
    entry: Option<&BootEntry>,
) -> Option<(String, Option<Origin>)> {
    let release = entry.and_then(|entry| entry.release.as_deref());
    let words = entry.and_then(|entry| entry.cmdline.as_deref()).unwrap_or_default();
    let of_command_line = |parameter: &str, value: &str| {
        let origin = Origin::named(OriginKind::Kernel, "kernel command line");
        (value.to_owned(), Some(origin.says(format!("{parameter}={value}"))))
    };
    match path {
        "kernel/panic" => {
            if let Some(value) = cmdline::parameter(words, "panic") {
                return Some(of_command_line("panic", value));
            }
        }
        "kernel/panic_on_oops" if cmdline::parameter(words, "oops") == Some("panic") => {
            return Some(("1".to_owned(), of_command_line("oops", "panic").1));
        }
        "net/core/optmem_max" => return by_release(release, "6.7", "20480", "131072"),
        // The loopback interface is set up otherwise than those that follow (`net/ipv4/devinet.c`).
        "net/ipv4/conf/lo/disable_policy" | "net/ipv4/conf/lo/disable_xfrm" => {
            return Some(("1".to_owned(), None));
        }
        "net/ipv6/conf/lo/use_tempaddr" | "net/ipv6/conf/lo/accept_dad" => {
            return Some(("-1".to_owned(), None));
        }
        _ => {}
    }
    match of_configuration(subsystems, path, release) {
        Ok(None) => variable::find(path)?.default.map(|value| (value.to_owned(), None)),
        Ok(found) => found,
        // A default that is not known makes unknown what nothing sets.
        Err(_) => None,
    }
}

/// A default, and the place that says so.
type Default = (String, Option<Origin>);

/// The default that the kernel's configuration gives a variable.
///
/// # Errors
/// That the configuration is there and can't be read: then the default is not known.
fn of_configuration(
    subsystems: &Subsystems<'_>,
    path: &str,
    release: Option<&str>,
) -> Result<Option<Default>, Reason> {
    let (option, when_set) = match path {
        "kernel/panic" => ("PANIC_TIMEOUT", None),
        "kernel/panic_on_oops" => ("PANIC_ON_OOPS_VALUE", None),
        "kernel/dmesg_restrict" => ("SECURITY_DMESG_RESTRICT", Some("1")),
        // A patch of Debian's and Android's kernels.
        "kernel/perf_event_paranoid" => ("SECURITY_PERF_EVENTS_RESTRICT", Some("3")),
        _ => return Ok(None),
    };
    let Some(release) = release else { return Ok(None) };
    let config = subsystems.kernel_config().of_release(subsystems, release)?;
    let found = config.as_ref().and_then(|config| config.option(option));
    Ok(found.map(|(value, origin)| (when_set.unwrap_or(value).to_owned(), Some(origin))))
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
