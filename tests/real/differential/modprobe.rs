//! What modules-load.d loads, against what kmod would insert for its lines (`modprobe --dry-run --use-blacklist`,
//! which is what systemd-modules-load asks of libkmod). The indices that kmod reads are written here, so that
//! any graph of modules will do.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::process::Command;

use node_preflight::fact::{Knowledge, Moment};
use node_preflight::host::Host;
use node_preflight::subsystem::Subsystems;
use node_preflight::subsystem::kernel::modules::ModuleState;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use crate::jail::{Jail, output};
use crate::layout::{Entry, Layout};
use crate::run::{Oracle, Run};

pub(crate) static ORACLE: Oracle = Oracle {
    name: "modprobe",
    says: "modules-load.d loads the modules that modprobe would insert",
    trees: 400,
    run,
    unknown: &["runs a command instead of loading"],
};

const PROGRAM: &str = "/usr/sbin/modprobe";
const MODULES: [&str; 6] = ["ma", "mb-x", "mc", "md", "me", "mf"];
const DIRECTORY: &str = "/usr/lib/modules/6.1";

/// For each module those that it needs, all of them before it in the list.
fn needs() -> impl Strategy<Value = Vec<BTreeSet<usize>>> {
    vec(subsequence((0..MODULES.len()).collect::<Vec<_>>(), 0..3), MODULES.len()).prop_map(|direct| {
        let mut all: Vec<BTreeSet<usize>> = Vec::new();
        for (module, needed) in direct.into_iter().enumerate() {
            let needed: BTreeSet<usize> = needed.into_iter().filter(|needed| *needed < module).collect();
            let deeper: BTreeSet<usize> = needed.iter().flat_map(|needed| all[*needed].clone()).collect();
            all.push(needed.union(&deeper).copied().collect());
        }
        all
    })
}

fn name() -> impl Strategy<Value = String> {
    const OTHER: &[&str] = &[
        "mb_x", "fs-foo", "fs_foo", "al-1", "al9", "conf", "con-g", "bi", "bi-alias", "none", "ma x", "m[ad]",
    ];
    prop_oneof![4 => select(&MODULES[..]), 3 => select(OTHER)].prop_map(str::to_owned)
}

fn rule() -> impl Strategy<Value = String> {
    (name(), name(), select(&MODULES[..]), 0..16u8).prop_map(|(one, other, module, form)| match form {
        0..=3 => format!("blacklist {one}"),
        4..=6 => format!("softdep {one} pre: {other}"),
        7 => format!("softdep {one} post: {other}"),
        8 => format!("softdep {one} {other}"),
        9 => format!("alias conf {module}"),
        10 => format!("alias con* {module}"),
        11 => format!("alias {one} {module}"),
        12 => format!("options {one} a=1"),
        // Nothing needs the last module, so that what its command does to others is no question.
        13 => "install mf /bin/false".to_owned(),
        14 => format!("softdep {one} \\\n pre: {other}"),
        _ => format!("# blacklist {one}"),
    })
}

fn rules() -> impl Strategy<Value = (String, Entry)> {
    const DIRECTORIES: &[&str] = &["/etc/modprobe.d", "/usr/lib/modprobe.d"];
    let entry = prop_oneof![
        8 => vec(rule(), 0..4).prop_map(|rules| Entry::File(rules.join("\n") + "\n")),
        1 => Just(Entry::Link("/dev/null".into())),
        1 => Just(Entry::Link("nowhere".into())),
    ];
    (select(DIRECTORIES), select(&["a.conf", "b.conf", "b.conf", "x.conf~", "9.conf"][..]), entry)
        .prop_map(|(directory, name, entry)| (format!("{directory}/{name}"), entry))
}

#[derive(Debug)]
struct Case {
    needs: Vec<BTreeSet<usize>>,
    rules: Layout,
    names: Vec<String>,
    words: &'static str,
}

fn case() -> impl Strategy<Value = Case> {
    const WORDS: &[&str] =
        &["ro", "ro", "ro modprobe.blacklist=mc", "ro modprobe.blacklist=ma,mb_x", "modprobe.blacklist=mb-x"];
    (needs(), vec(rules(), 0..4), vec(name(), 1..4), select(WORDS))
        .prop_map(|(needs, rules, names, words)| Case { needs, rules: Layout(rules), names, words })
}

/// One of kmod's indices: a trie of keys with their values, as depmod writes it.
fn index(entries: &[(String, String)]) -> Vec<u8> {
    #[derive(Default)]
    struct Node {
        children: BTreeMap<u8, Node>,
        values: Vec<String>,
    }
    fn write(node: &Node, file: &mut Vec<u8>) -> u32 {
        let children: BTreeMap<u8, u32> =
            node.children.iter().map(|(byte, child)| (*byte, write(child, file))).collect();
        let mut at = u32::try_from(file.len()).unwrap();
        if let (Some((first, _)), Some((last, _))) = (children.first_key_value(), children.last_key_value()) {
            at |= 0x2000_0000;
            file.extend([*first, *last]);
            for byte in *first..=*last {
                file.extend(children.get(&byte).copied().unwrap_or(0).to_be_bytes());
            }
        }
        if !node.values.is_empty() {
            at |= 0x4000_0000;
            file.extend(u32::try_from(node.values.len()).unwrap().to_be_bytes());
            for (priority, value) in (0u32..).zip(&node.values) {
                file.extend(priority.to_be_bytes());
                file.extend(value.bytes().chain([0]));
            }
        }
        at
    }
    let mut root = Node::default();
    for (key, value) in entries {
        let node = key.replace('-', "_").into_bytes().into_iter();
        node.fold(&mut root, |node, byte| node.children.entry(byte).or_default()).values.push(value.clone());
    }
    let mut file = [0xB007_F457u32.to_be_bytes(), 0x0002_0001u32.to_be_bytes(), [0; 4]].concat();
    let at = write(&root, &mut file);
    file[8..12].copy_from_slice(&at.to_be_bytes());
    file
}

fn lay(jail: &Jail, case: &Case) {
    let path = |module: usize| format!("kernel/{}.ko", MODULES[module]);
    let line = |module: usize| {
        let needed = case.needs[module].iter().rev().map(|needed| format!(" {}", path(*needed)));
        format!("{}:{}", path(module), needed.collect::<String>())
    };
    let lines: Vec<String> = (0..MODULES.len()).map(line).collect();
    const ALIASES: [(&str, &str); 3] = [("fs-foo", "ma"), ("al*", "mb_x"), ("al-1", "mc")];
    let aliases: String = ALIASES.iter().map(|(alias, module)| format!("alias {alias} {module}\n")).collect();
    let menu =
        format!("set default=\"0\"\nmenuentry 'Linux' {{\n\tlinux\t/boot/vmlinuz-6.1 {}\n}}\n", case.words);
    let file = |text: &str| Entry::File(text.to_owned());
    let layout = case
        .rules
        .clone()
        .with(&format!("{DIRECTORY}/modules.dep"), Entry::File(lines.join("\n") + "\n"))
        .with(&format!("{DIRECTORY}/modules.alias"), Entry::File(aliases))
        .with(&format!("{DIRECTORY}/modules.softdep"), file("softdep md pre: ma\n"))
        .with(&format!("{DIRECTORY}/modules.builtin"), file("kernel/bi.ko\n"))
        .with("/etc/modules-load.d/x.conf", Entry::File(case.names.join("\n") + "\n"))
        .with("/boot/vmlinuz-6.1", file("k"))
        .with("/boot/grub/grub.cfg", Entry::File(menu));
    jail.lay(&layout);
    let own = |entries: &[(&str, &str)]| {
        entries.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect::<Vec<_>>()
    };
    let dep: Vec<_> = MODULES.iter().map(|name| (*name).to_owned()).zip(lines).collect();
    let place = jail.root().join(DIRECTORY.trim_start_matches('/'));
    // kmod looks whether they are there, not what they hold.
    fs::create_dir(place.join("kernel")).unwrap();
    (0..MODULES.len()).for_each(|module| fs::write(place.join(path(module)), "").unwrap());
    fs::write(place.join("modules.dep.bin"), index(&dep)).unwrap();
    fs::write(place.join("modules.alias.bin"), index(&own(&ALIASES))).unwrap();
    fs::write(place.join("modules.builtin.bin"), index(&own(&[("bi", "")]))).unwrap();
    fs::write(place.join("modules.symbols.bin"), index(&[])).unwrap();
    fs::write(jail.root().join("proc/cmdline"), format!("{}\n", case.words)).unwrap();
}

/// The modules that modprobe would insert for one name.
fn inserted(jail: &Jail, name: &str) -> Result<Vec<String>, String> {
    let mut command = Command::new("chroot");
    command.arg(jail.root()).args([
        PROGRAM,
        "--dry-run",
        "--verbose",
        "--use-blacklist",
        "-S",
        "6.1",
        "--",
        name,
    ]);
    let text = output(&mut command)?;
    let one = |line: &str| {
        let path = line.strip_prefix("insmod ")?.split(' ').next()?;
        Some(path.rsplit('/').next()?.strip_suffix(".ko")?.replace('-', "_"))
    };
    Ok(text.lines().filter_map(one).collect())
}

fn run(run: &mut Run) -> Result<(), String> {
    let mut jail = Jail::of(&[PROGRAM])?;
    fs::create_dir_all(jail.root().join("sys/module")).unwrap();
    jail.fix();
    run.trees(&case(), |case, tally| {
        lay(&jail, case);
        let mut theirs = BTreeSet::new();
        for name in &case.names {
            theirs.extend(inserted(&jail, name)?);
        }
        let host = Host::directory(jail.root()).map_err(|error| error.to_string())?;
        let subsystems = Subsystems::of(&host);
        for module in MODULES.map(|module| module.replace('-', "_")) {
            let fact = subsystems.modules().state(&subsystems, &module, Moment::NextBoot);
            let loaded = match &fact.state {
                Knowledge::Known(ModuleState::MaybeLoaded) => {
                    let reason = fact.notes.first().map_or("", String::as_str);
                    tally.unknown(&ORACLE, reason)?;
                    continue;
                }
                Knowledge::Known(state) => *state == ModuleState::Loaded,
                Knowledge::Absent => false,
                Knowledge::Unknown(reason) => {
                    tally.unknown(&ORACLE, &reason.to_string())?;
                    continue;
                }
            };
            if loaded != theirs.contains(&module) {
                return Err(format!(
                    "{module}: the program says {:?}, modprobe inserts {theirs:?}",
                    fact.state
                ));
            }
            tally.agreed(loaded);
        }
        Ok(())
    });
    Ok(())
}
