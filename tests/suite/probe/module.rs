use node_preflight::fact::{Moment, State};
use node_preflight::host::Host;

use crate::tree::{Tree, ask, text};

const RELEASE: &str = "6.1.0-18-amd64";
const DEP: &str = "\
kernel/fs/overlayfs/overlay.ko:
kernel/net/bridge/bridge.ko.xz: kernel/net/802/stp.ko.xz kernel/net/llc/llc.ko.xz
kernel/net/802/stp.ko.xz: kernel/net/llc/llc.ko.xz
kernel/net/llc/llc.ko.xz:
kernel/net/bridge/br_netfilter.ko.xz: kernel/net/bridge/bridge.ko.xz kernel/net/802/stp.ko.xz kernel/net/llc/llc.ko.xz
kernel/net/netfilter/nf_conntrack.ko.zst:
kernel/net/netfilter/nf_nat.ko: kernel/net/netfilter/nf_conntrack.ko.zst
kernel/net/netfilter/ipvs/ip_vs.ko: kernel/net/netfilter/nf_conntrack.ko.zst
kernel/drivers/net/nlmon.ko:
kernel/drivers/net/tap.ko:
kernel/fs/xfs/xfs.ko:
";

fn debian() -> Tree {
    let modules = format!("/usr/lib/modules/{RELEASE}");
    Tree::new()
        .file(&format!("{modules}/modules.dep"), DEP)
        .file(&format!("{modules}/modules.builtin"), "kernel/fs/ext4/ext4.ko\nkernel/x/built-in-one.ko\n")
        .file(&format!("{modules}/modules.alias"), "# Aliases\nalias fs-xfs xfs\n")
        .link("/lib", "usr/lib")
        .boots(RELEASE, "root=/dev/vda1 ro quiet")
}

/// The state of a module with one line in modules-load.d and one in modprobe.d.
fn with(asked: &str, rule: &str, module: &str) -> String {
    debian()
        .file("/etc/modules-load.d/x.conf", format!("{asked}\n"))
        .file("/etc/modprobe.d/x.conf", format!("{rule}\n"))
        .boot_text(&format!("module:{module}"))
}

#[test]
fn lines_of_modules_load_d_load_one_module_each() {
    for (asked, module, expected) in [
        ("overlay", "overlay", "loaded"),
        ("nf-nat", "nf_nat", "loaded"),
        ("nf_nat", "nf-conntrack", "loaded"),
        ("br_netfilter", "llc", "loaded"),
        ("fs-xfs", "xfs", "loaded"),
        ("overlay br_netfilter", "overlay", "loadable"),
        ("overlay # why", "overlay", "loadable"),
        ("# overlay", "overlay", "loadable"),
        ("", "ext4", "built-in"),
        ("", "built_in_one", "built-in"),
        ("", "br_filter", "absent"),
    ] {
        assert_eq!(with(asked, "", module), expected, "{asked} {module}");
    }
}

#[test]
fn what_blocks_a_module_depends_on_how_it_is_asked_for() {
    for (asked, rule, module, expected) in [
        ("overlay", "blacklist overlay", "overlay", "loadable"),
        ("nf_nat", "blacklist nf-conntrack", "nf_conntrack", "loaded"),
        ("overlay", "install overlay /bin/false", "overlay", "blocked"),
        ("overlay", "install overlay /bin/true", "overlay", "blocked"),
        ("ip_vs", "install nf_conntrack /bin/false", "ip_vs", "blocked"),
        ("overlay", "install overlay /usr/bin/do-it", "overlay", "unknown"),
        ("nlmon", "softdep nlmon pre: tap", "tap", "loaded"),
        ("nlmon", "softdep nlmon post: tap nothing", "tap", "loaded"),
        ("my-name", "alias my-name overlay", "overlay", "loaded"),
        ("overlay", "alias overlay off", "overlay", "blocked"),
        ("overlay", "install over* /bin/false", "overlay", "blocked"),
        ("overlay", "install overlay /bin/false\nsoftdep overlay pre: tap", "overlay", "loaded"),
        ("ip_vs", "install ip_vs /bin/false", "nf_conntrack", "loaded"),
    ] {
        let told = with(asked, rule, module);
        assert!(told.starts_with(expected), "{asked} with {rule}: {told}");
    }
}

#[test]
fn etc_modules_counts_through_a_link_only() {
    let tree = debian().file("/etc/modules", "overlay\n");
    assert_eq!(tree.boot_text("module:overlay"), "loadable");
    let linked = tree.link("/etc/modules-load.d/modules.conf", "../modules");
    assert_eq!(linked.boot_text("module:overlay"), "loaded");
    assert_eq!(debian().file("/etc/modules-load.d/x", "overlay\n").boot_text("module:overlay"), "loadable");
    let masked =
        debian().file("/usr/lib/modules-load.d/x.conf", "overlay\n").file("/etc/modules-load.d/x.conf", "");
    assert_eq!(masked.boot_text("module:overlay"), "loadable");
}

#[test]
fn a_kernel_variable_can_forbid_all_loading_after_boot() {
    let tree = debian()
        .file("/etc/sysctl.d/5.conf", "kernel.modules_disabled=1\n")
        .file("/etc/modules-load.d/x.conf", "overlay\n");
    assert_eq!(tree.boot_text("module:overlay"), "loaded");
    assert_eq!(tree.boot_text("module:xfs"), "blocked");
}

#[test]
fn a_variable_whose_value_is_a_module_loads_it() {
    let modules = format!("/usr/lib/modules/{RELEASE}/modules.dep");
    for (line, rule, module, expected) in [
        ("net.core.default_qdisc=fq", "", "sch_fq", "loaded"),
        ("net.ipv4.tcp_congestion_control=bbr", "", "tcp_bbr", "loaded"),
        ("net.core.default_qdisc=fq_codel", "", "sch_fq", "loadable"),
        ("net.core.default_qdisc=fq", "install sch_fq /bin/true", "sch_fq", "blocked"),
    ] {
        let tree = debian()
            .file(&modules, "kernel/net/sched/sch_fq.ko:\nkernel/net/ipv4/tcp_bbr.ko:\n")
            .file("/etc/sysctl.d/50-qdisc.conf", format!("{line}\n"))
            .file("/etc/modprobe.d/x.conf", format!("{rule}\n"));
        assert_eq!(tree.boot_text(&format!("module:{module}")), expected, "{line} {rule}");
    }
}

#[test]
fn a_command_of_rc_local_loads_by_name() {
    let tree = debian()
        .program("/etc/rc.local", "#!/bin/sh\nmodprobe nf-nat\n")
        .file("/etc/modprobe.d/x.conf", "blacklist nf_nat\n");
    assert_eq!(tree.boot_text("module:nf_nat"), "loaded");
    assert_eq!(tree.boot_text("module:xfs"), "loadable");
}

#[test]
fn a_circle_of_dependencies_ends() {
    let tree = Tree::new()
        .file("/lib/modules/6.1/modules.dep", "a.ko: b.ko\nb.ko: a.ko\n")
        .file("/etc/modprobe.d/x.conf", "softdep a pre: b\nsoftdep b pre: a\n")
        .file("/etc/modules-load.d/x.conf", "a\n")
        .boots("6.1", "");
    assert_eq!(tree.boot_text("module:b"), "loaded");
}

#[test]
fn a_kernel_without_its_modules_has_only_what_is_built_in() {
    let tree = Tree::new()
        .boots("6.1.0-2-amd64", "root=UUID=x ro quiet")
        .file(
            "/boot/config-6.1.0-2-amd64",
            "CONFIG_OVERLAY_FS=m\nCONFIG_MODULES=y\nCONFIG_BRIDGE_NETFILTER=y\n",
        )
        .file("/usr/lib/modules/6.1.0-1-amd64/modules.dep", "kernel/fs/overlayfs/overlay.ko:\n")
        .file("/usr/lib/modules/6.1.0-1-amd64/modules.builtin", "");
    let fact = tree.boot("module:overlay");
    assert_eq!(fact.state, State::Absent);
    assert!(fact.notes[0].contains("directory of modules is missing"));
    assert_eq!(tree.boot_text("module:br_netfilter"), "built-in");
    assert_eq!(tree.boot_text("kernel-config:CONFIG_OVERLAY_FS"), "m");
}

#[test]
fn the_command_line_loads_and_forbids() {
    let tree = |cmdline: &str| {
        Tree::new()
            .file("/lib/modules/6.1/modules.dep", DEP)
            .file("/etc/modules-load.d/x.conf", "ip_vs\n")
            .boots("6.1", cmdline)
    };
    assert_eq!(tree("module_blacklist=nf_conntrack").boot_text("module:ip_vs"), "blocked");
    assert_eq!(tree("modprobe.blacklist=ip_vs").boot_text("module:ip_vs"), "loadable");
    assert_eq!(tree("modules-load=overlay").boot_text("module:overlay"), "loaded");
    assert_eq!(tree("rd.modules_load=overlay").boot_text("module:overlay"), "loadable");
    assert_eq!(tree("nomodule").boot_text("module:overlay"), "blocked");
}

#[test]
fn the_live_machine_has_overlay_in_some_way_and_says_why() {
    let host = Host::live().unwrap();
    let fact = ask(&host, "module:overlay", Moment::Now);
    assert!(!fact.because.is_empty() || matches!(fact.state, State::Unknown(_)), "{fact:?}");
    let listed = std::fs::read_to_string("/proc/filesystems").unwrap().contains("overlay");
    if listed {
        assert!(["built-in", "loaded"].contains(&text(&fact).as_str()), "{fact:?}");
        assert_eq!(text(&ask(&host, "filesystem:overlay", Moment::Now)), "available");
    }
    assert_eq!(text(&ask(&host, "module:no-such-module", Moment::Now)), "absent");
}

#[test]
fn another_init_may_load_what_it_likes() {
    let tree = crate::distributions::debian12("ro quiet")
        .file("/etc/modules-load.d/k8s.conf", "br_netfilter\n")
        .program("/bin/busybox", "")
        .link("/usr/sbin/init", "/bin/busybox");
    assert!(
        tree.boot_text("module:br_netfilter").starts_with("unknown: what loads modules at boot is not known")
    );
    assert_eq!(tree.boot_text("module:ext4"), "built-in");
}

#[test]
fn absurdly_many_names_cost_no_time_and_leave_the_answer_open() {
    let names: String = (0..20_000).map(|n| format!("no-such-module-{n}\n")).collect();
    let aliases: String = (0..4_000).map(|n| format!("alias no-such-*{n}x y\n")).collect();
    let tree = crate::distributions::debian12("ro quiet")
        .file("/etc/modules-load.d/a.conf", names)
        .append("/usr/lib/modules/6.1.0-18-amd64/modules.alias", aliases);
    let told = tree.boot_text("module:overlay");
    assert!(told.starts_with("unknown: /etc/modules-load.d/a.conf:501: more than 500 modules"), "{told}");
}
