//! The lines of random fstab files, as findmnt reads them.

use std::process::Command;

use node_preflight::parse::fstab;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use crate::jail::{Jail, outputs};
use crate::layout::{Entry, Layout};
use crate::run::{Oracle, Run};

pub(crate) static ORACLE: Oracle = Oracle {
    name: "fstab",
    says: "fstab has the lines that findmnt reads in it",
    trees: 300,
    run,
    unknown: &[],
};

fn line() -> impl Strategy<Value = String> {
    const DEVICES: &[&str] =
        &["/dev/sda1", "UUID=0a1b-2c3d", "LABEL=a\\040b", "tmpfs", "//host/share", "host:/x"];
    const TARGETS: &[&str] = &["/", "/a\\040b", "none", "swap", "/var/lib", "/t\\011x"];
    const KINDS: &[&str] = &["ext4", "swap", "xfs,ext4", "none", "auto"];
    const OPTIONS: &[&str] = &["defaults", "sw,pri=5", "noauto,nofail", "x-systemd.device-timeout=5s,ro"];
    const BLANKS: &[&str] = &[" ", "\t", "  \t "];
    let fields = (select(DEVICES), select(TARGETS), select(KINDS), select(OPTIONS));
    (fields, vec(select(BLANKS), 5), 0..10u8).prop_map(|((device, target, kind, options), blanks, form)| {
        let b = |index: usize| blanks[index];
        match form {
            0 => format!("#{device}{}{target}{}{kind}{}{options}", b(0), b(1), b(2)),
            1 => format!("{}# comment", b(0)),
            2 => String::new(),
            3 => format!("{}{device}{}{target}{}{kind}{}{options}", b(3), b(0), b(1), b(2)),
            4 => format!("{device}{}{target}{}{kind}{}{options}{}0{}2", b(0), b(1), b(2), b(3), b(4)),
            5 => format!("{device}{}{target}{}{kind}{}{options}{}1", b(0), b(1), b(2), b(3)),
            6 => format!("{device}{}{target}", b(0)),
            _ => format!("{device}{}{target}{}{kind}{}{options}", b(0), b(1), b(2)),
        }
    })
}

fn run(run: &mut Run) -> Result<(), String> {
    outputs(Command::new("findmnt").arg("--version"))?;
    let jail = Jail::of(&[])?;
    run.trees(&vec(line(), 0..6), |lines, tally| {
        let text = lines.join("\n") + "\n";
        jail.lay(&Layout(vec![("/etc/fstab".into(), Entry::File(text.clone()))]));
        let mut findmnt = Command::new("findmnt");
        findmnt.arg("--tab-file").arg(jail.root().join("etc/fstab"));
        findmnt.args(["--list", "--json", "--output", "SOURCE,TARGET,FSTYPE,OPTIONS"]);
        let (json, _) = outputs(&mut findmnt)?;
        let json: serde_json::Value = serde_json::from_str(&json).unwrap_or_default();
        let theirs: Vec<[String; 4]> = json["filesystems"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|mount| {
                ["source", "target", "fstype", "options"]
                    .map(|key| mount[key].as_str().unwrap_or_default().into())
            })
            .collect();
        let ours: Vec<[String; 4]> = fstab::parse(text.as_bytes())
            .into_iter()
            .map(|mount| [mount.device, mount.target, mount.kind, mount.options])
            .collect();
        if ours != theirs {
            return Err(format!("the program reads {ours:?}, findmnt {theirs:?}"));
        }
        ours.iter().for_each(|_| tally.agreed(true));
        Ok(())
    });
    Ok(())
}
