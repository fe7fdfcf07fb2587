//! The units that a boot starts, against the transaction that systemd itself makes of them (`systemd --test`,
//! which starts nothing).

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::process::Command;

use node_preflight::host::Host;
use node_preflight::subsystem::Subsystems;
use node_preflight::subsystem::units::Starts;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use crate::jail::{Jail, outputs};
use crate::layout::{Entry, Layout};
use crate::run::{Oracle, Run, Tally};

pub static ORACLE: Oracle = Oracle {
    name: "graph",
    says: "the next boot starts the units for which systemd makes a job",
    trees: 600,
    run,
    unknown: &["requires what can't be started", "conflicts with", "are not followed here"],
};

pub const PROGRAM: &str = "/usr/lib/systemd/systemd";
const VENDOR: &str = "usr/lib/systemd/system";

/// Targets of systemd itself that every tree has.
const TARGETS: &[&str] = &[
    "basic.target",
    "graphical.target",
    "multi-user.target",
    "paths.target",
    "rescue.target",
    "rescue.service",
    "shutdown.target",
    "slices.target",
    "sockets.target",
    "sysinit.target",
    "timers.target",
    "swap.target",
    "local-fs.target",
];

pub const UNITS: &[&str] = &[
    "a.service",
    "b.service",
    "c.service",
    "e-f.service",
    "e-f-g.service",
    "d@.service",
    "d@x.service",
    "d@y.service",
    "h.socket",
    "h.service",
    "i.timer",
    "j.target",
    "al.service",
    "al2.service",
    "al@.service",
    "al@x.service",
];

pub const DIRECTORIES: &[&str] = &[
    "/etc/systemd/system",
    "/usr/lib/systemd/system",
    "/usr/local/lib/systemd/system",
    "/etc/systemd/system.control",
    "/etc/systemd/system.attached",
];

fn unit() -> impl Strategy<Value = String> {
    select(UNITS).prop_map(str::to_owned)
}

fn pulled() -> impl Strategy<Value = String> {
    const OTHER: &[&str] =
        &["d@%i.service", "%p.socket", "d@%p.service", "none.service", "graphical.target", "%N.timer"];
    prop_oneof![7 => unit(), 1 => select(OTHER).prop_map(str::to_owned)]
}

fn line() -> impl Strategy<Value = String> {
    const KEYS: &[&str] =
        &["Wants", "Wants", "Wants", "Requires", "BindsTo", "Upholds", "Conflicts", "Wnats"];
    (select(KEYS), vec(pulled(), 0..3), 0..20u8).prop_map(|(key, units, form)| match form {
        0 => format!("{key}=\"{}\"", units.join("\" \"")),
        1 => format!("  {key} = \\\n  {}", units.join(" \\\n# comment\n ")),
        2 => format!("# {key}={}", units.join(" ")),
        3 => format!("[Install]\n{key}={}\n[Unit]", units.join(" ")),
        4 => "DefaultDependencies=no".into(),
        _ => format!("{key}={}", units.join(" ")),
    })
}

fn lines() -> impl Strategy<Value = String> {
    vec(line(), 0..4).prop_map(|lines| format!("[Unit]\n{}\n", lines.join("\n")))
}

/// What a unit of this name holds besides `[Unit]`.
fn body(name: &str) -> &'static str {
    match name.rsplit_once('.').map_or("", |(_, kind)| kind) {
        "service" => "[Service]\nExecStart=/usr/bin/true\n",
        "socket" => "[Socket]\nListenStream=/run/h.socket\n",
        "timer" => "[Timer]\nOnBootSec=1h\nUnit=a.service\n",
        _ => "",
    }
}

fn unit_file() -> impl Strategy<Value = (String, Entry)> {
    let target = (select(DIRECTORIES), unit(), 0..8u8).prop_map(|(directory, name, form)| match form {
        0..=1 => "/dev/null".to_owned(),
        2..=4 => name,
        5 => format!("{directory}/{name}"),
        6 => format!("../../../../../..{directory}/{name}"),
        _ => format!("/opt/{name}"),
    });
    let entry = prop_oneof![
        8 => lines().prop_map(Entry::File),
        4 => target.prop_map(Entry::Link),
        1 => Just(Entry::File(String::new())),
    ];
    (select(DIRECTORIES), unit(), entry).prop_map(|(directory, name, entry)| {
        let entry = match entry {
            Entry::File(text) if !text.is_empty() => Entry::File(text + body(&name)),
            other => other,
        };
        (format!("{directory}/{name}"), entry)
    })
}

fn drop_in() -> impl Strategy<Value = (String, Entry)> {
    const BESIDE: &[&str] = &["e-.service", "e-f-.service", "service", "j.target", "multi-user.target"];
    let beside = prop_oneof![3 => unit(), 2 => select(BESIDE).prop_map(str::to_owned)];
    let entry = prop_oneof![
        8 => lines().prop_map(Entry::File),
        1 => Just(Entry::Link("/dev/null".into())),
        1 => Just(Entry::File(String::new())),
        1 => Just(Entry::Link("nowhere".into())),
    ];
    (select(DIRECTORIES), beside, select(&["10.conf", "20.conf", "9.conf", "x.conf~"][..]), entry)
        .prop_map(|(directory, beside, file, entry)| (format!("{directory}/{beside}.d/{file}"), entry))
}

/// A link that pulls a unit in.
pub fn link() -> impl Strategy<Value = (String, Entry)> {
    const BESIDE: &[&str] = &["multi-user.target", "multi-user.target", "multi-user.target", "j.target"];
    let beside = prop_oneof![5 => select(BESIDE).prop_map(str::to_owned), 1 => unit()];
    let target = (select(DIRECTORIES), unit(), 0..8u8).prop_map(|(directory, name, form)| match form {
        0 => "/dev/null".to_owned(),
        1..=4 => format!("{directory}/{name}"),
        5..=6 => format!("../{name}"),
        _ => "nowhere".to_owned(),
    });
    let entry = prop_oneof![
        12 => target.prop_map(Entry::Link),
        1 => Just(Entry::File(String::new())),
        1 => Just(Entry::Directory),
    ];
    let side = select(&["wants", "wants", "requires", "upholds"][..]);
    (select(DIRECTORIES), beside, side, unit(), entry).prop_map(|(directory, beside, side, name, entry)| {
        (format!("{directory}/{beside}.{side}/{name}"), entry)
    })
}

fn default_target() -> impl Strategy<Value = (String, Entry)> {
    const TARGETS: &[&str] = &[
        "graphical.target",
        "/usr/lib/systemd/system/j.target",
        "/dev/null",
        "nowhere.target",
        "../../../usr/lib/systemd/system/multi-user.target",
        "a.service",
    ];
    select(TARGETS)
        .prop_map(|target| ("/etc/systemd/system/default.target".into(), Entry::Link(target.into())))
}

/// A tree of units, and the unit to boot if it isn't the default target.
pub fn tree() -> impl Strategy<Value = (Layout, Option<&'static str>)> {
    const BOOTED: &[Option<&str>] =
        &[None, None, None, None, None, Some("j.target"), Some("a.service"), Some("graphical.target")];
    let entry = prop_oneof![6 => unit_file(), 3 => drop_in(), 6 => link(), 1 => default_target()];
    (vec(entry, 1..12), select(BOOTED)).prop_map(|(entries, booted)| (Layout(entries), booted))
}

/// A jail with systemd, its usual targets, and what it needs to work.
pub fn jail(programs: &[&str]) -> Result<Jail, String> {
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
pub fn menu(cmdline: &str) -> Entry {
    Entry::File(format!(
        "set default=\"0\"\nmenuentry 'Linux' {{\n\tlinux\t/boot/vmlinuz-6.1 {cmdline}\n}}\n"
    ))
}

/// What systemd makes of the units in a jail.
pub struct Transaction {
    /// Units with a job that starts them.
    started: BTreeSet<String>,
    /// Whether systemd would stop there and start nothing.
    stuck: bool,
    /// Whether it had to leave out a unit because of an ordering cycle.
    pub cyclic: bool,
    /// The own name of a unit by its other names.
    names: BTreeMap<String, String>,
}

impl Transaction {
    pub fn of(jail: &Jail, booted: Option<&str>) -> Result<Self, String> {
        let mut command = Command::new("chroot");
        command.arg("--userspec=65534:65534").arg(jail.root()).args([PROGRAM, "--test", "--system"]);
        command.args(booted.map(|unit| format!("--unit={unit}"))).env("SYSTEMD_LOG_LEVEL", "warning");
        let (text, errors) = outputs(&mut command)?;
        let cyclic = errors.contains("ordering cycle");
        let mut transaction =
            Transaction { started: BTreeSet::new(), names: BTreeMap::new(), stuck: false, cyclic };
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
    pub fn starts(&self, name: &str) -> bool {
        self.started.contains(self.names.get(name).map_or(name, String::as_str))
    }
}

/// What the program says of the units of a jail.
pub fn predict(jail: &Jail) -> Result<Vec<(&'static str, Starts)>, String> {
    let host = Host::directory(jail.root()).map_err(|error| error.to_string())?;
    let subsystems = Subsystems::of(&host);
    let names = UNITS.iter().chain(TARGETS).filter(|name| !name.contains("@."));
    Ok(names.map(|name| (*name, subsystems.units().starts(&subsystems, name))).collect())
}

/// Compares what the program says with a transaction.
pub fn compare(
    predicted: Vec<(&str, Starts)>,
    transaction: &Transaction,
    tally: &mut Tally,
) -> Result<(), String> {
    for (name, ours) in predicted {
        let theirs = transaction.starts(name);
        match ours {
            Starts::Unknown(_) if transaction.stuck => tally.agreed(true),
            ours if transaction.stuck => {
                return Err(format!("{name}: the program says {ours:?}, systemd gives the boot up"));
            }
            Starts::Unknown(reason) => tally.unknown(&ORACLE, &reason)?,
            ours if matches!(ours, Starts::Yes(_)) == theirs => tally.agreed(theirs),
            ours => {
                let theirs = if theirs { "starts it" } else { "doesn't" };
                return Err(format!("{name}: the program says {ours:?}, systemd {theirs}"));
            }
        }
    }
    Ok(())
}

fn run(run: &mut Run) -> Result<(), String> {
    let jail = jail(&[])?;
    run.trees(&tree(), |(layout, booted), tally| {
        let cmdline = booted.map_or("ro".to_owned(), |unit| format!("ro systemd.unit={unit}"));
        jail.lay(&layout.clone().with("/boot/grub/grub.cfg", menu(&cmdline)));
        let transaction = Transaction::of(&jail, *booted)?;
        // Which unit it leaves out depends on the order of its hash tables.
        if transaction.cyclic {
            return Ok(());
        }
        compare(predict(&jail)?, &transaction, tally)
    });
    Ok(())
}
