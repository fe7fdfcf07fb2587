//! What update-alternatives makes of a random row of commands, against what the program says of the links and files
//! that it leaves.

use std::fs;
use std::os::unix::fs::symlink;
use std::process::Command;

use node_preflight::fact::Knowledge;
use node_preflight::host::Host;
use node_preflight::subsystem::Subsystems;
use node_preflight::subsystem::distribution::alternatives;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use crate::jail::{Jail, outputs};
use crate::layout::{Entry, Layout};
use crate::run::{Oracle, Run};

pub(crate) static ORACLE: Oracle = Oracle {
    name: "alternatives",
    says: "names lead where update-alternatives says, by itself or by hand",
    trees: 100,
    run,
    unknown: &[],
};

const NAMES: &[&str] = &["iptables", "editor"];
const PROGRAMS: &[&str] = &["iptables-nft", "iptables-legacy", "vi", "none"];

#[derive(Clone, Debug)]
enum Step {
    Install(&'static str, &'static str, u8),
    Set(&'static str, &'static str),
    Auto(&'static str),
    Remove(&'static str, &'static str),
    RemoveAll(&'static str),
    /// Somebody changes the link with ln(1).
    Link(&'static str, &'static str),
}

fn step() -> impl Strategy<Value = Step> {
    let (name, program) = (|| select(NAMES), || select(PROGRAMS));
    prop_oneof![
        6 => (name(), program(), 0..30u8).prop_map(|(name, program, priority)| Step::Install(name, program, priority)),
        3 => (name(), program()).prop_map(|(name, program)| Step::Set(name, program)),
        1 => name().prop_map(Step::Auto),
        2 => (name(), program()).prop_map(|(name, program)| Step::Remove(name, program)),
        1 => name().prop_map(Step::RemoveAll),
        1 => (name(), program()).prop_map(|(name, program)| Step::Link(name, program)),
    ]
}

fn tool(jail: &Jail, arguments: &[&str]) -> Result<String, String> {
    let mut command = Command::new("update-alternatives");
    command.arg("--root").arg(jail.root()).args(["--log", "/dev/null"]).args(arguments);
    Ok(outputs(&mut command)?.0)
}

fn take(jail: &Jail, step: &Step) -> Result<(), String> {
    let path = |name: &str| format!("/usr/bin/{name}");
    match step {
        Step::Install(name, program, priority) => {
            let link = format!("/usr/sbin/{name}");
            tool(jail, &["--install", &link, name, &path(program), &priority.to_string()])?;
        }
        Step::Set(name, program) => drop(tool(jail, &["--set", name, &path(program)])?),
        Step::Auto(name) => drop(tool(jail, &["--auto", name])?),
        Step::Remove(name, program) => drop(tool(jail, &["--remove", name, &path(program)])?),
        Step::RemoveAll(name) => drop(tool(jail, &["--remove-all", name])?),
        Step::Link(name, program) => {
            let link = jail.root().join("etc/alternatives").join(name);
            if link.symlink_metadata().is_ok() {
                fs::remove_file(&link).unwrap();
                symlink(path(program), link).unwrap();
            }
        }
    }
    Ok(())
}

fn run(run: &mut Run) -> Result<(), String> {
    outputs(Command::new("update-alternatives").arg("--version"))?;
    let jail = Jail::of(&[])?;
    run.trees(&vec(step(), 1..9), |steps, tally| {
        let programs = PROGRAMS.iter().filter(|name| **name != "none");
        let programs = programs.map(|name| (format!("/usr/bin/{name}"), Entry::Program("x".into())));
        jail.lay(&Layout(programs.chain([("/etc/alternatives".into(), Entry::Directory)]).collect()));
        fs::create_dir_all(jail.root().join("var/lib/dpkg/alternatives")).unwrap();
        steps.iter().try_for_each(|step| take(&jail, step))?;
        let host = Host::directory(jail.root()).map_err(|error| error.to_string())?;
        let subsystems = Subsystems::of(&host);
        for name in NAMES {
            let text = tool(&jail, &["--query", name])?;
            let field = |key: &str| text.lines().find_map(|line| line.strip_prefix(key)).map(str::to_owned);
            let (value, status) = (field("Value: "), field("Status: "));
            let fact = alternatives::alternative(&subsystems, name);
            match (&fact.state, value, status) {
                (Knowledge::Absent, None, None) => tally.agreed(false),
                (Knowledge::Known(ours), Some(value), Some(status)) => {
                    let is_automatic = Knowledge::Known(status == "auto");
                    if ours.target.to_string() != value || ours.is_automatic != is_automatic {
                        return Err(format!("{name}: the program says {ours:?}, the tool {value} {status}"));
                    }
                    tally.agreed(true);
                }
                (ours, value, status) => {
                    return Err(format!("{name}: the program says {ours:?}, the tool {value:?} {status:?}"));
                }
            }
        }
        Ok(())
    });
    Ok(())
}
