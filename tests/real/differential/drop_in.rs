//! Which files of drop-in directories count and in which order, as systemd-analyze cat-config lists them.

use std::process::Command;

use node_preflight::host::Host;
use node_preflight::subsystem::drop_in::merge;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use crate::jail::{Jail, succeed};
use crate::layout::{Entry, Layout};
use crate::run::{Oracle, Run};

pub(crate) static ORACLE: Oracle = Oracle {
    name: "drop-in",
    says: "the same files count in the same order as in systemd-analyze cat-config",
    trees: 200,
    run,
    unknown: &[],
};

/// Highest first, as in sysctl.d(5).
const DIRECTORIES: &[&str] =
    &["/etc/sysctl.d", "/run/sysctl.d", "/usr/local/lib/sysctl.d", "/usr/lib/sysctl.d", "/lib/sysctl.d"];

fn tree() -> impl Strategy<Value = Layout> {
    const NAMES: &[&str] = &[
        "10-a.conf",
        "9-b.conf",
        "Z.conf",
        "a.conf",
        "a-b.conf",
        "a.conf~",
        ".h.conf",
        "50-default.conf",
        "x",
    ];
    let entry = prop_oneof![
        6 => Just(Entry::File("a=1\n".into())),
        1 => Just(Entry::File(String::new())),
        2 => Just(Entry::Link("/dev/null".into())),
    ];
    let file = (select(&DIRECTORIES[..4]), select(NAMES), entry)
        .prop_map(|(directory, name, entry)| (format!("{directory}/{name}"), entry));
    vec(file, 0..10).prop_map(Layout)
}

fn run(run: &mut Run) -> Result<(), String> {
    succeed(Command::new("systemd-analyze").arg("--version"))?;
    let mut jail = Jail::of(&[])?;
    std::fs::write(jail.root().join("dev/null"), "").unwrap();
    jail.mount(&["--bind", "/dev/null"], "dev/null")?;
    run.trees(&tree(), |layout, tally| {
        jail.lay(layout);
        let mut analyze = Command::new("systemd-analyze");
        let text = succeed(
            analyze.arg("--no-pager").arg("--root").arg(jail.root()).args(["cat-config", "sysctl.d"]),
        );
        let root = jail.root().to_str().unwrap();
        let is_header = |line: &&str| line.starts_with("# ");
        let theirs: Vec<String> = text
            .unwrap_or_default()
            .lines()
            .filter(is_header)
            .map(|line| line[2..].strip_prefix(root).unwrap_or(&line[2..]).to_owned())
            .collect();
        let host = Host::directory(jail.root()).map_err(|error| error.to_string())?;
        let merged = merge(host.files(), DIRECTORIES, ".conf");
        // Those that are masked are listed, too: their names are taken.
        let ours: Vec<String> = merged.files.iter().map(|file| file.path.to_string()).collect();
        if ours != theirs {
            return Err(format!("the program takes {ours:?}, systemd-analyze {theirs:?}"));
        }
        ours.iter().for_each(|_| tally.agreed(true));
        Ok(())
    });
    Ok(())
}
