//! What systemd makes of the units in a jail, and what the program says of them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::process::Command;

use node_preflight::fact::Origin;
use node_preflight::host::Host;
use node_preflight::subsystem::Subsystems;
use node_preflight::subsystem::systemd::units::Starts;

use crate::jail::{Jail, outputs};
use crate::layout::{Entry, Layout};
use crate::run::{Oracle, Tally};
use crate::units::{TARGETS, UNITS};

pub(crate) const PROGRAM: &str = "/usr/lib/systemd/systemd";
const VENDOR: &str = "usr/lib/systemd/system";

/// A jail with systemd, its usual targets, and what it needs to work.
pub(crate) fn jail(programs: &[&str]) -> Result<Jail, String> {
    let mut jail = Jail::of(&[&[PROGRAM], programs].concat())?;
    let root = jail.root().to_owned();
    fs::create_dir_all(root.join(VENDOR)).unwrap();
    for target in TARGETS {
        let from = format!("/{VENDOR}/{target}");
        fs::copy(&from, root.join(VENDOR).join(target)).map_err(|error| format!("{from}: {error}"))?;
    }
    Layout::default()
        .with("/usr/lib/systemd/system/default.target", Entry::Link("multi-user.target".into()))
        .with("/usr/bin/true", Entry::Program("x".into()))
        .with("/usr/bin/sh", Entry::Program("x".into()))
        .with("/usr/sbin/init", Entry::Link("/usr/lib/systemd/systemd".into()))
        .with("/etc/machine-id", Entry::File("0123456789abcdef0123456789abcdef\n".into()))
        .with("/boot/vmlinuz-6.1", Entry::File("k".into()))
        .make(&root);
    jail.fix();
    fs::write(root.join("dev/null"), "").unwrap();
    jail.mount(&["--bind", "/dev/null"], "dev/null")?;
    jail.mount(&["-t", "proc", "proc"], "proc")?;
    jail.mount(&["-t", "tmpfs", "tmpfs"], "sys")?;
    fs::create_dir_all(root.join("sys/fs/cgroup")).unwrap();
    jail.mount(&["-t", "cgroup2", "cgroup2"], "sys/fs/cgroup")?;
    Ok(jail)
}

/// A menu that boots with a command line.
pub(crate) fn menu(cmdline: &str) -> Entry {
    Entry::File(format!(
        "set default=\"0\"\nmenuentry 'Linux' {{\n\tlinux\t/boot/vmlinuz-6.1 {cmdline}\n}}\n"
    ))
}

/// What systemd makes of the units in a jail.
pub(crate) struct Transaction {
    /// Units with a job that starts them.
    started: BTreeSet<String>,
    /// Whether systemd would stop there and start nothing.
    stuck: bool,
    /// What it says of units that it leaves out.
    warnings: String,
    /// The own name of a unit by its other names.
    names: BTreeMap<String, String>,
}

impl Transaction {
    pub(crate) fn of(jail: &Jail, booted: Option<&str>) -> Result<Self, String> {
        let mut command = Command::new("chroot");
        command.arg("--userspec=65534:65534").arg(jail.root()).args([PROGRAM, "--test", "--system"]);
        command.args(booted.map(|unit| format!("--unit={unit}"))).env("SYSTEMD_LOG_LEVEL", "warning");
        let (text, errors) = outputs(&mut command)?;
        let told: Vec<&str> = errors
            .lines()
            .filter(|line| line.contains("cycle") || line.contains("Found dependency"))
            .collect();
        let mut transaction = Transaction {
            started: BTreeSet::new(),
            names: BTreeMap::new(),
            stuck: false,
            warnings: told.join("\n"),
        };
        transaction.stuck = errors.contains("Failed to isolate default target")
            || errors.contains("Failed to start default target");
        let mut unit = "";
        for line in text.lines().map(str::trim) {
            if let Some(name) = line.strip_prefix("-> Unit ").and_then(|rest| rest.strip_suffix(':')) {
                unit = name;
            } else if let Some(name) = line.strip_prefix("Name: ").or(line.strip_prefix("Alias: ")) {
                transaction.names.insert(name.to_owned(), unit.to_owned());
            } else if let Some(name) =
                line.strip_prefix("Action: ").and_then(|rest| rest.strip_suffix(" -> start"))
            {
                transaction.started.insert(name.to_owned());
            }
        }
        if text.contains("-> By units:") || transaction.stuck {
            Ok(transaction)
        } else {
            Err(format!("no transaction: {errors}"))
        }
    }

    /// Whether a unit is started, by any of its names.
    pub(crate) fn starts(&self, name: &str) -> bool {
        self.started.contains(self.names.get(name).map_or(name, String::as_str))
    }
}

/// What the program says of the units of a jail.
pub(crate) fn predict(jail: &Jail) -> Result<Vec<(&'static str, Starts)>, String> {
    let host = Host::directory(jail.root()).map_err(|error| error.to_string())?;
    let subsystems = Subsystems::of(&host);
    let names = UNITS.iter().chain(TARGETS).filter(|name| !name.contains("@."));
    Ok(names.map(|name| (*name, subsystems.units().starts(&subsystems, name))).collect())
}

/// Whether a place says that a unit is bound to one that is not active.
fn is_bound_to_fail(place: &Origin) -> bool {
    place.says.as_deref().is_some_and(|says| says.ends_with("which is not active"))
}

/// Compares what the program says with a transaction.
pub(crate) fn compare(
    predicted: Vec<(&str, Starts)>,
    transaction: &Transaction,
    oracle: &Oracle,
    tally: &mut Tally,
) -> Result<(), String> {
    for (name, ours) in predicted {
        let theirs = transaction.starts(name);
        match ours {
            Starts::Unknown(_) if transaction.stuck => tally.agreed(true),
            ours if transaction.stuck => {
                return Err(format!("{name}: the program says {ours:?}, systemd gives the boot up"));
            }
            Starts::Unknown(reason) => tally.unknown(oracle, &reason)?,
            // systemd makes a job for it, which fails when its turn comes.
            Starts::No(why) if theirs && why.iter().any(is_bound_to_fail) => tally.agreed(true),
            ours if matches!(ours, Starts::Yes(_)) == theirs => tally.agreed(theirs),
            ours => {
                let theirs = if theirs { "starts it" } else { "doesn't" };
                let warnings = &transaction.warnings;
                return Err(format!("{name}: the program says {ours:?}, systemd {theirs}\n{warnings}"));
            }
        }
    }
    Ok(())
}
