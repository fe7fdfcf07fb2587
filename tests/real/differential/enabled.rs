//! The word of `systemctl is-enabled`, against `systemctl --root=DIR list-unit-files`.

use std::process::Command;

use node_preflight::fact::{Knowledge, Moment};
use node_preflight::host::Host;
use node_preflight::subsystem::Subsystems;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use crate::jail::{Jail, output};
use crate::layout::{Entry, Layout};
use crate::run::{Oracle, Run};
use crate::units::{DIRECTORIES, UNITS, link};

pub(crate) static ORACLE: Oracle = Oracle {
    name: "enabled",
    says: "unit files are enabled, disabled, masked ... as systemctl says",
    trees: 500,
    run,
    unknown: &[],
};

/// Lines of an `[Install]` section.
pub(crate) fn install() -> impl Strategy<Value = String> {
    const LINES: &[&str] = &[
        "WantedBy=multi-user.target",
        "WantedBy=j.target",
        "RequiredBy=b.service",
        "UpheldBy=b.service",
        "Alias=al.service",
        "Alias=al2.service al.service",
        "Alias=al@.service",
        "Also=b.service",
        "DefaultInstance=x",
        "WantedBy=",
        "Alias=",
        "# WantedBy=multi-user.target",
        "WantedBy=\"multi-user.target\"",
    ];
    vec(select(LINES), 0..3).prop_map(|lines| lines.join("\n"))
}

fn unit_file() -> impl Strategy<Value = (String, Entry)> {
    let target =
        (select(DIRECTORIES), select(UNITS), 0..8u8).prop_map(|(directory, name, form)| match form {
            0..=1 => "/dev/null".to_owned(),
            2..=3 => name.to_owned(),
            4..=5 => format!("{directory}/{name}"),
            6 => format!("../../../../../..{directory}/{name}"),
            _ => format!("/opt/{}", name.replace('@', "-")),
        });
    let entry = prop_oneof![
        8 => install().prop_map(|lines| Entry::File(format!("[Service]\nExecStart=/bin/true\n[Install]\n{lines}\n"))),
        1 => Just(Entry::File("[Service]\nExecStart=/bin/true\n".into())),
        4 => target.prop_map(Entry::Link),
        1 => Just(Entry::File(String::new())),
    ];
    (select(DIRECTORIES), select(UNITS), entry)
        // Of links by the name of an instance, systemctl and systemd make different things.
        .prop_filter("no link of an instance", |(_, name, entry)| {
            !matches!(entry, Entry::Link(to) if to == name || (name.contains('@') && !name.contains("@.") && to != "/dev/null"))
        })
        .prop_map(|(directory, name, entry)| (format!("{directory}/{name}"), entry))
}

fn drop_in() -> impl Strategy<Value = (String, Entry)> {
    // Of namesakes beside an instance and its template, systemctl takes another one than systemd.
    (select(DIRECTORIES), select(UNITS), install()).prop_map(|(directory, name, lines)| {
        (format!("{directory}/{name}.d/{}.conf", name.len()), Entry::File(format!("[Install]\n{lines}\n")))
    })
}

fn elsewhere() -> impl Strategy<Value = (String, Entry)> {
    (select(UNITS), install()).prop_map(|(name, lines)| {
        (format!("/opt/{name}"), Entry::File(format!("[Service]\nExecStart=/bin/true\n[Install]\n{lines}\n")))
    })
}

fn tree() -> impl Strategy<Value = Layout> {
    // systemctl takes a link to /dev/null beside a unit for one that enables; the boot doesn't.
    let link =
        link().prop_filter("no mask", |(_, entry)| !matches!(entry, Entry::Link(to) if to == "/dev/null"));
    let entry = prop_oneof![6 => unit_file(), 1 => drop_in(), 5 => link, 1 => elsewhere()];
    vec(entry, 1..10).prop_map(Layout)
}

fn run(run: &mut Run) -> Result<(), String> {
    let jail = Jail::of(&[])?;
    let version = output(Command::new("systemctl").arg("--version"))?;
    let version: String =
        version.chars().skip_while(|c| !c.is_ascii_digit()).take_while(char::is_ascii_digit).collect();
    let library = format!("/usr/lib/systemd/libsystemd-shared-{version}.so");
    run.trees(&tree(), |layout, tally| {
        jail.lay(&layout.clone().with(&library, Entry::File("x".into())));
        let mut systemctl = Command::new("systemctl");
        systemctl.arg("--root").arg(jail.root()).args(["--no-legend", "--no-pager", "list-unit-files"]);
        let text = output(&mut systemctl)?;
        let host = Host::directory(jail.root()).map_err(|error| error.to_string())?;
        let subsystems = Subsystems::of(&host);
        for line in text.lines() {
            let mut words = line.split_ascii_whitespace();
            let (Some(name), Some(theirs)) = (words.next(), words.next()) else { continue };
            // A link that it can't follow; systemd itself passes it over and may find a file further down.
            if theirs == "bad" {
                continue;
            }
            let fact = subsystems.units().service(&subsystems, name, Moment::NextBoot);
            let Knowledge::Known(unit) = &fact.state else {
                return Err(format!("{name}: the program says {:?}, systemctl {theirs}", fact.state));
            };
            match &unit.enabled {
                Knowledge::Known(ours) if *ours == theirs => tally.agreed(theirs != "disabled"),
                ours => return Err(format!("{name}: the program says {ours:?}, systemctl {theirs}")),
            }
        }
        Ok(())
    });
    Ok(())
}
