//! sysctl.d, applied by systemd-sysctl in a network namespace of its own, then read from /proc/sys.

use std::collections::BTreeMap;
use std::process::Command;

use node_preflight::fact::{Moment, State};
use node_preflight::host::Host;
use node_preflight::parse::sysctl_d;
use node_preflight::probe;
use node_preflight::subsystem::Subsystems;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use crate::jail::{Jail, output, succeed};
use crate::layout::{Entry, Layout};
use crate::run::{Oracle, Run};

pub(crate) static ORACLE: Oracle = Oracle {
    name: "sysctl",
    says: "sysctl.d gives the values that systemd-sysctl writes",
    trees: 700,
    run,
    unknown: &[
        "what the kernel makes of that text is not known",
        "its kernel default is not known",
        "it depends on whether",
    ],
};

const PROGRAM: &str = "/usr/lib/systemd/systemd-sysctl";

/// Variables that every network namespace has of its own.
const PATHS: &[&str] = &[
    "net/ipv4/ip_forward",
    "net/ipv4/conf/all/forwarding",
    "net/ipv4/conf/default/forwarding",
    "net/ipv4/conf/lo/forwarding",
    "net/ipv4/conf/eth0/forwarding",
    "net/ipv4/conf/all/accept_redirects",
    "net/ipv4/conf/default/accept_redirects",
    "net/ipv4/conf/lo/accept_redirects",
    "net/ipv4/conf/all/rp_filter",
    "net/ipv4/conf/default/rp_filter",
    "net/ipv4/conf/lo/rp_filter",
    "net/ipv4/conf/eth0/rp_filter",
    "net/ipv4/conf/eth0.7/rp_filter",
    "net/ipv4/conf/all/send_redirects",
    "net/ipv4/conf/lo/send_redirects",
    "net/ipv4/conf/all/log_martians",
    "net/ipv4/tcp_keepalive_time",
    "net/ipv4/tcp_syn_retries",
    "net/ipv4/tcp_fin_timeout",
    "net/ipv4/tcp_tw_reuse",
    "net/ipv4/ip_default_ttl",
    "net/ipv4/ip_local_port_range",
    "net/ipv4/ping_group_range",
    "net/ipv4/ip_unprivileged_port_start",
    "net/core/somaxconn",
    "net/ipv6/conf/all/forwarding",
    "net/ipv6/conf/default/forwarding",
    "net/ipv6/conf/lo/forwarding",
    "net/ipv6/conf/eth0/forwarding",
    "net/ipv6/conf/all/disable_ipv6",
    "net/ipv6/conf/default/disable_ipv6",
    "net/ipv6/conf/eth0/disable_ipv6",
    "net/ipv6/conf/all/accept_ra",
    "net/ipv6/conf/default/accept_ra",
];

const GLOBS: &[&str] = &[
    "net.ipv4.conf.*.rp_filter",
    "net.ipv4.conf.*.forwarding",
    "net/ipv4/conf/*/accept_redirects",
    "net.ipv4.conf.[al]*.rp_filter",
    "net.ipv4.conf.[!al]*.rp_filter",
    "net.ipv4.conf.?o.rp_filter",
    "net.ipv4.conf.eth*.rp_filter",
    "net/ipv4/conf/eth0.*/rp_filter",
    "net.ipv*.conf.all.forwarding",
    "net.ipv4.tcp_s*_retries",
    "net.ipv4.conf.all.*_redirects",
    "net.*.rp_filter",
    "net.ipv6.conf.*.disable_ipv6",
    "net.ipv4.conf.{all,lo}.rp_filter",
    "net.ipv4.conf.\\lo.rp_filter",
    "net.ipv4.conf.[.rp_filter",
];

fn key() -> impl Strategy<Value = String> {
    let path = select(PATHS).prop_map(str::to_owned);
    // Few variables meet often.
    let busy = select(&PATHS[..13]).prop_map(str::to_owned);
    let spelled = (prop_oneof![3 => busy, 2 => path], 0..12u8).prop_map(|(path, spelling)| match spelling {
        0..=6 => sysctl_d::dotted(&path),
        7..=8 => path,
        9 => format!("/{path}"),
        10 => path.replacen('/', "//", 1),
        // The first separator decides; a slash further on is then a dot of the name.
        _ => path.replace('/', "."),
    });
    prop_oneof![6 => spelled, 2 => select(GLOBS).prop_map(str::to_owned)]
}

fn value() -> impl Strategy<Value = String> {
    const USUAL: &[&str] = &["0", "1", "2"];
    const ODD: &[&str] = &[
        "-1",
        "3",
        "64",
        "010",
        "0x1",
        "0X1",
        "08",
        "0x",
        "1 # comment",
        "1# comment",
        "1;",
        "\"1\"",
        "'1'",
        "yes",
        "on",
        "true",
        "",
        "256",
        "65536",
        "99999999999",
        "99999999999999999999",
        "+1",
        "1.5",
        "1 2",
        "1\t2",
        " 1",
        "1,2",
        "32768 60999",
        "1024\t65000",
        "1024",
        "65000 1024",
        "0 2147483647",
        "0 0",
        "1 \\",
        "a b",
        "--1",
        "0 x",
        "é",
    ];
    prop_oneof![3 => select(USUAL), 2 => select(ODD)].prop_map(str::to_owned)
}

fn line() -> impl Strategy<Value = String> {
    (key(), value(), 0..24u8).prop_map(|(key, value, form)| match form {
        0..=9 => format!("{key} = {value}"),
        10..=12 => format!("{key}={value}"),
        13..=14 => format!("-{key} = {value}"),
        15..=17 => format!("-{key}"),
        18 => format!(" \t{key}\t=\t{value} \r"),
        19 => format!("# {key} = {value}"),
        20 => format!("; {key} = {value}"),
        21 => format!("- {key} = {value}"),
        22 => format!("{key} {value}"),
        _ => format!("{key} == {value}"),
    })
}

fn tree() -> impl Strategy<Value = Layout> {
    const DIRECTORIES: &[&str] = &["/etc/sysctl.d", "/usr/lib/sysctl.d", "/usr/local/lib/sysctl.d"];
    const NAMES: &[&str] = &[
        "10-a.conf",
        "9-b.conf",
        "50-c.conf",
        "50-c.conf",
        "Z.conf",
        "a.conf",
        "99-sysctl.conf",
        ".hidden.conf",
        "50-c.conf.bak",
        "50-c",
        "é.conf",
        "50 d.conf",
    ];
    const TARGETS: &[&str] = &[
        "/dev/null",
        "/dev/null",
        "../sysctl.conf",
        "/etc/sysctl.conf",
        "nowhere",
        "10-a.conf",
        "/usr/lib/sysctl.d/50-c.conf",
        "../../../../../../etc/sysctl.conf",
    ];
    let content = || {
        (vec(line(), 0..7), any::<bool>())
            .prop_map(|(lines, ends)| lines.join("\n") + if ends && !lines.is_empty() { "\n" } else { "" })
    };
    let entry = prop_oneof![
        12 => content().prop_map(Entry::File),
        3 => select(TARGETS).prop_map(|target| Entry::Link(target.into())),
        1 => Just(Entry::File(String::new())),
        1 => Just(Entry::Directory),
    ];
    let file = (select(DIRECTORIES), select(NAMES), entry)
        .prop_map(|(directory, name, entry)| (format!("{directory}/{name}"), entry));
    let conf = content().prop_map(|text| ("/etc/sysctl.conf".to_owned(), Entry::File(text)));
    (vec(prop_oneof![9 => file, 1 => conf], 1..7)).prop_map(Layout)
}

/// Reads all variables in a namespace with the interfaces `eth0` and `eth0.7`, after some commands.
fn read(commands: &str) -> Result<BTreeMap<String, String>, String> {
    let script = format!(
        "ip link add eth0 type veth peer name eth0.7 && cd /proc/sys || exit\n{commands}\ngrep -s '' {} || true",
        PATHS.join(" ")
    );
    let text = succeed(Command::new("unshare").args(["--net", "sh", "-c", &script]))?;
    let one = |line: &str| {
        let (path, value) = line.split_once(':')?;
        Some((path.to_owned(), value.split_ascii_whitespace().collect::<Vec<_>>().join(" ")))
    };
    Ok(text.lines().filter_map(one).collect())
}

fn run(run: &mut Run) -> Result<(), String> {
    let mut jail = Jail::of(&[PROGRAM])?;
    let root = jail.root().to_str().ok_or("the temporary directory has an odd name")?.to_owned();
    jail.mount(&["--bind", "/proc"], "proc")?;
    output(Command::new("ip").arg("-V")).map_err(|_| "no ip on this machine")?;

    // A namespace takes over values of the machine: what the program takes for defaults is written first.
    jail.lay(&Layout::default());
    let defaults: Vec<(&str, String)> = {
        let host = Host::directory(jail.root()).map_err(|error| error.to_string())?;
        let subsystems = Subsystems::of(&host);
        let ask = |path: &&'static str| match ask(&subsystems, path).state {
            State::Known(value) => Some((*path, value.to_string())),
            _ => None,
        };
        PATHS.iter().filter_map(ask).collect()
    };
    let resets: String =
        defaults.iter().map(|(path, value)| format!("echo '{value}' >{path}\n")).collect::<String>();
    let start = read(&resets)?;
    let apply = format!("{resets}chroot '{root}' {PROGRAM} 2>/dev/null");

    run.trees(&tree(), |layout, tally| {
        jail.lay(layout);
        let found = read(&apply)?;
        let host = Host::directory(jail.root()).map_err(|error| error.to_string())?;
        let subsystems = Subsystems::of(&host);
        for path in PATHS {
            let fact = ask(&subsystems, path);
            let predicted = match &fact.state {
                State::Known(value) => Some(value.to_string()),
                State::Absent => None,
                State::Unknown(reason) => {
                    tally.unknown(&ORACLE, &reason.to_string())?;
                    continue;
                }
            };
            // Of an unset variable whose default is another on this kernel nothing can be learnt.
            let untouched = found.get(*path) == start.get(*path);
            if predicted.as_ref() != found.get(*path) {
                return Err(format!(
                    "{path}: the program says {predicted:?} because {}, the kernel {:?} (before: {:?})",
                    fact.because.first().map(ToString::to_string).unwrap_or_default(),
                    found.get(*path),
                    start.get(*path)
                ));
            }
            tally.agreed(!untouched);
        }
        Ok(())
    });
    Ok(())
}

fn ask(subsystems: &Subsystems<'_>, path: &str) -> node_preflight::fact::Fact {
    let probe = probe::find("sysctl").unwrap();
    let key = probe.key.parse(Some(&sysctl_d::dotted(path))).unwrap();
    (probe.ask)(subsystems, &key, Moment::NextBoot)
}
