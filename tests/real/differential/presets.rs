//! The units of a first boot, against what `systemctl preset-all` enables and systemd then starts.

use std::process::Command;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use crate::enabled::install;
use crate::jail::outputs;
use crate::layout::{Entry, Layout};
use crate::run::{Oracle, Run};
use crate::transaction::{Transaction, compare, jail, menu, predict};
use crate::units::{DIRECTORIES, link};

pub(crate) static ORACLE: Oracle = Oracle {
    name: "presets",
    says: "a first boot enables and starts the units of its presets",
    trees: 300,
    run,
    unknown: &["requires what can't be started", "systemd drops one of them"],
};

const NAMES: &[&str] = &["a.service", "b.service", "c.service", "e-f.service", "d@.service", "j.target"];

fn unit_file() -> impl Strategy<Value = (String, Entry)> {
    (select(DIRECTORIES), select(NAMES), install()).prop_map(|(directory, name, lines)| {
        let body = if name.ends_with("service") { "[Service]\nExecStart=/usr/bin/true\n" } else { "" };
        // A name that only the first boot makes is not known before.
        let lines = lines.replace("Alias=", "# Alias=");
        (format!("{directory}/{name}"), Entry::File(format!("[Unit]\n{body}[Install]\n{lines}\n")))
    })
}

fn preset() -> impl Strategy<Value = (String, Entry)> {
    const PLACES: &[&str] = &[
        "/etc/systemd/system-preset",
        "/usr/lib/systemd/system-preset",
        "/usr/local/lib/systemd/system-preset",
    ];
    const FILES: &[&str] = &["10-a.preset", "20-b.preset", "9-c.preset", "x.preset~"];
    const PATTERNS: &[&str] =
        &["a.service", "*.service", "b*", "d@.service x y", "d@.service", "?.service", "*", "a b.service"];
    let line = (select(&["enable", "disable", "ignore", "Enable", "#enable"][..]), select(PATTERNS))
        .prop_map(|(action, pattern)| format!("{action} {pattern}\n"));
    let entry = prop_oneof![
        6 => vec(line, 0..4).prop_map(|lines| Entry::File(lines.concat())),
        1 => Just(Entry::Link("/dev/null".into())),
    ];
    (select(PLACES), select(FILES), entry).prop_map(|(place, file, entry)| (format!("{place}/{file}"), entry))
}

fn tree() -> impl Strategy<Value = Layout> {
    vec(prop_oneof![4 => unit_file(), 3 => preset(), 1 => link()], 1..9).prop_map(Layout)
}

fn run(run: &mut Run) -> Result<(), String> {
    let jail = jail(&[])?;
    run.trees(&tree(), |layout, tally| {
        // The targets of systemd itself stay as they are.
        let own = "disable *.target\ndisable rescue.service\n";
        let layout = layout
            .clone()
            .with("/etc/systemd/system-preset/00-own.preset", Entry::File(own.into()))
            .with("/boot/grub/grub.cfg", menu("ro systemd.condition-first-boot=1"));
        jail.lay(&layout);
        let predicted = predict(&jail)?;
        let mut systemctl = Command::new("systemctl");
        outputs(systemctl.arg("--root").arg(jail.root()).args(["preset-all", "--preset-mode=enable-only"]))?;
        let transaction = Transaction::of(&jail, None)?;
        compare(predicted, &transaction, &ORACLE, tally)
    });
    Ok(())
}
