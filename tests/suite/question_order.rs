//! Random small hosts: no question panics, and no answer depends on what was asked before it.

use node_preflight::fact::Moment;
use node_preflight::host::Host;
use proptest::prelude::*;
use proptest::sample::select;

use crate::bad_input::answers;
use crate::distributions;
use crate::tree::{Tree, ask};

const QUESTIONS: &[&str] = &[
    "cgroup",
    "cmdline",
    "file:/tmp/x",
    "filesystem:overlay",
    "hostname",
    "iptables",
    "kernel",
    "machine-id",
    "module:br_netfilter",
    "module:dummy",
    "module:ip_vs",
    "module:overlay",
    "modules-load",
    "selinux",
    "service:systemd-modules-load.service",
    "service:systemd-sysctl.service",
    "service:x.service",
    "swap",
    "swap:/dev/vda2",
    "swap:any",
    "sysctl:net.bridge.bridge-nf-call-iptables",
    "sysctl:net.ipv4.conf.all.rp_filter",
    "sysctl:net.ipv4.ip_forward",
    "sysctl:vm.swappiness",
    "systemd",
];

const SYSCTLS: &[&str] = &[
    "net.ipv4.ip_forward=1",
    "net/ipv4/ip_forward = 0",
    "-net.ipv4.ip_forward=x",
    "net.ipv4.conf.*.rp_filter=2",
    "-net.ipv4.conf.all.rp_filter",
    "net.bridge.bridge-nf-call-iptables=1",
    "vm.swappiness = 10\r",
    "vm.swappiness",
    "= =",
    "*=1",
    "# c",
];
const LOADS: &[&str] =
    &["overlay", "br_netfilter", "dummy", "dummy numdummies=2", "-x", "nothing", "ip_vs\r", "../x"];
const MODPROBES: &[&str] = &[
    "blacklist overlay",
    "install br_netfilter /bin/false",
    "install dummy /sbin/modprobe --ignore-install dummy",
    "softdep overlay pre: dummy",
    "softdep dummy pre: overlay",
    "alias x overlay",
    "alias overlay dummy",
    "options bridge a=1",
    "install overlay \\",
    "remove",
];
const MOUNTS: &[&str] = &[
    "/dev/vda2 none swap sw 0 0",
    "/dev/vda2 none swap noauto 0 0",
    "/swap\\040file none swap defaults,nofail",
    "UUID=1 none swap",
    "LABEL=\"My Swap\" none swap sw",
    "tmpfs /tmp tmpfs rw 0 0",
    "tmpfs /tmp",
    "\\777 \\ swap",
    "#/dev/vda3 none swap sw",
];
const UNITS: &[&str] = &[
    "[Service]\nExecStart=/sbin/swapon /dev/vdz\n",
    "[Service]\nExecStart=/bin/sh -c 'sysctl -w vm.swappiness=3; modprobe dummy'\n",
    "[Unit]\nRequires=x.service\nAfter=x.service\n[Service]\nExecStart=/bin/true\n",
    "[Unit]\nConditionPathExists=!/nowhere\nConflicts=multi-user.target\n",
    "ExecStart=\n[",
];
const LINES: &[&str] = &[
    "ro",
    "ro systemd.swap=0",
    "ro fstab=no modules_load=dummy,overlay",
    "sysctl.vm.swappiness=1 modprobe.blacklist=overlay",
    "init=/bin/sh",
    "systemd.unit=rescue.target systemd.mask=systemd-sysctl.service",
    "selinux=0 systemd.hostname=_ \"a b\" =",
];

fn lines(of: &'static [&'static str]) -> impl Strategy<Value = String> {
    proptest::collection::vec(select(of), 0..5).prop_map(|lines| lines.join("\n"))
}

/// Files of a random host by path.
fn host() -> impl Strategy<Value = (String, Vec<(&'static str, String)>, bool)> {
    let sysctl = (lines(SYSCTLS), lines(SYSCTLS), lines(SYSCTLS));
    let modules = (lines(LOADS), lines(LOADS), lines(MODPROBES));
    let rest = (lines(MOUNTS), select(UNITS), select(LINES), any::<bool>());
    (sysctl, modules, rest).prop_map(|(sysctl, modules, (mounts, unit, cmdline, pulled))| {
        let files = vec![
            ("/etc/sysctl.d/50-a.conf", sysctl.0),
            ("/usr/lib/sysctl.d/50-a.conf", sysctl.1),
            ("/etc/sysctl.conf", sysctl.2),
            ("/etc/modules-load.d/a.conf", modules.0),
            ("/usr/lib/modules-load.d/b.conf", modules.1),
            ("/etc/modprobe.d/a.conf", modules.2),
            ("/etc/fstab", mounts),
            ("/etc/systemd/system/x.service", unit.to_owned()),
        ];
        (cmdline.to_owned(), files, pulled)
    })
}

fn build((cmdline, files, pulled): &(String, Vec<(&'static str, String)>, bool)) -> Tree {
    let mut tree = distributions::debian12(cmdline);
    for (path, content) in files {
        tree = tree.file(path, content);
    }
    if *pulled {
        tree = tree.link("/etc/systemd/system/multi-user.target.wants/x.service", "../x.service");
    }
    tree
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn answers_do_not_depend_on_the_order_of_questions(
        host in host(),
        order in Just(QUESTIONS.to_vec()).prop_shuffle(),
    ) {
        let tree = build(&host);
        let host = Host::directory(&tree.root()).unwrap();
        let order: Vec<String> = order.into_iter().map(str::to_owned).collect();
        let together = answers(&host, &order);
        for question in QUESTIONS {
            // Asked alone, of a host that remembers nothing.
            let alone = ask(&Host::directory(&tree.root()).unwrap(), question, Moment::NextBoot);
            prop_assert_eq!(&together[&((*question).to_owned(), Moment::NextBoot)], &alone, "{}", question);
        }
    }
}
