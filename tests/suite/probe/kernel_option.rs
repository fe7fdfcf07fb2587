use node_preflight::fact::Moment;
use node_preflight::host::Host;

use crate::tree::{Tree, ask, text};

const RELEASE: &str = "6.1.0-18-amd64";

fn machine() -> String {
    format!("[uname]\nnodename = \"n\"\nrelease = \"{RELEASE}\"\nmachine = \"x86_64\"\n")
}

/// A kernel with two modules, one of them blocked, and another that is built in; nothing of it runs.
fn kernel() -> Tree {
    Tree::new()
        .file(&format!("/lib/modules/{RELEASE}/modules.dep"), "k/vxlan.ko.zst:\nk/xt_set.ko.xz:\n")
        .file(&format!("/lib/modules/{RELEASE}/modules.builtin"), "k/nf_tables.ko\n")
        .file("/etc/modprobe.d/x.conf", "install xt_set /bin/false\n")
        .file("/etc/os-release", "ID=debian\nVERSION_ID=12\n")
        .boots(RELEASE, "root=/dev/vda1")
}

#[test]
fn modules_answer_without_a_configuration() {
    for (option, expected) in [
        ("VXLAN", "loadable"),
        ("CONFIG_VXLAN", "loadable"),
        ("NETFILTER_XT_SET", "blocked"),
        ("NF_TABLES", "available"),
        ("NFT_NAT", "absent"),
    ] {
        assert_eq!(kernel().boot_text(&format!("kernel-option:{option}")), expected, "{option}");
    }
    let told = kernel().boot_text("kernel-option:NET_NS");
    assert!(
        told.starts_with("unknown") && told.contains("/usr/lib/ostree-boot/config-6.1.0-18-amd64"),
        "{told}"
    );
}

#[test]
fn the_running_kernel_answers_for_both_moments_if_it_boots_again() {
    let shows = |tree: Tree| {
        tree.live("/proc/self/ns/net", "")
            .live("/proc/filesystems", "nodev\tsysfs\n\text4\n")
            .live("/proc/sys/kernel/seccomp/actions_avail", "kill allow\n")
            .live("/proc/modules", "")
            .live("/sys/fs/cgroup/cgroup.controllers", "cpu io\n")
            .live("/proc/cgroups", "#subsys_name\thierarchy\nfreezer\t0\n")
            .machine(&machine())
    };
    let same = shows(kernel());
    for (option, expected) in [
        ("NET_NS", "available"),
        ("PID_NS", "absent"),
        ("SECCOMP_FILTER", "available"),
        ("EXT4_FS", "available"),
        ("POSIX_MQUEUE", "absent"),
        ("BLK_CGROUP", "available"),
        ("CGROUP_FREEZER", "available"),
    ] {
        assert_eq!(same.now_text(&format!("kernel-option:{option}")), expected, "{option}");
        assert_eq!(same.recorded_text(&format!("kernel-option:{option}")), expected, "{option} at boot");
    }
    // What may be missing for another reason is not told to be absent.
    assert!(same.now_text("kernel-option:KEYS").starts_with("unknown"));
    assert!(same.now_text("kernel-option:CGROUP_HUGETLB").starts_with("unknown"));
    let other = shows(kernel().boots("6.9", "root=/dev/vda1"));
    assert!(other.recorded_text("kernel-option:NET_NS").starts_with("unknown"));
}

#[test]
fn a_configuration_answers_last() {
    let config = "# CONFIG_KEYS=y would be nice\nCONFIG_CGROUP_BPF=y\nCONFIG_NFT_NAT=m\nCONFIG_X=m\n";
    let tree = kernel().file(&format!("/boot/config-{RELEASE}"), config);
    for (option, expected) in [
        ("CGROUP_BPF", "available"),
        ("KEYS", "absent"),
        ("VXLAN", "loadable"),
        // Built as a module that is not installed: linux-modules-extra, say.
        ("NFT_NAT", "absent"),
        ("X", "loadable"),
    ] {
        assert_eq!(tree.boot_text(&format!("kernel-option:{option}")), expected, "{option}");
    }
}

#[test]
fn the_live_kernel_has_namespaces() {
    let host = Host::live().unwrap();
    assert_eq!(text(&ask(&host, "kernel-option:PID_NS", Moment::Now)), "available");
}
