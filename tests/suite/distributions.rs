//! Minimal roots of distributions: what of a freshly installed system matters to the next boot. Names and
//! values as the distributions ship them; the unit files are our own, as short as their meaning allows.

use crate::tree::Tree;

const KERNEL: &str = "6.1.0-18-amd64";

/// Modules of the base kernel that are used in tests, with what they depend on.
const MODULES: &[(&str, &[&str])] = &[
    ("kernel/fs/overlayfs/overlay.ko", &[]),
    ("kernel/net/bridge/br_netfilter.ko", &["kernel/net/bridge/bridge.ko"]),
    ("kernel/net/bridge/bridge.ko", &["kernel/net/802/stp.ko", "kernel/net/llc/llc.ko"]),
    ("kernel/net/802/stp.ko", &["kernel/net/llc/llc.ko"]),
    ("kernel/net/llc/llc.ko", &[]),
    ("kernel/net/netfilter/nf_conntrack.ko", &["kernel/net/ipv6/netfilter/nf_defrag_ipv6.ko"]),
    ("kernel/net/ipv6/netfilter/nf_defrag_ipv6.ko", &[]),
    ("kernel/net/netfilter/nf_nat.ko", &["kernel/net/netfilter/nf_conntrack.ko"]),
    ("kernel/net/netfilter/ipvs/ip_vs.ko", &["kernel/net/netfilter/nf_conntrack.ko"]),
    ("kernel/net/netfilter/ipvs/ip_vs_wrr.ko", &["kernel/net/netfilter/ipvs/ip_vs.ko"]),
    ("kernel/drivers/net/macvtap.ko", &["kernel/drivers/net/tap.ko"]),
    ("kernel/drivers/net/tap.ko", &[]),
    ("kernel/drivers/net/dummy.ko", &[]),
    ("kernel/drivers/net/nlmon.ko", &[]),
    ("kernel/drivers/net/ifb.ko", &[]),
    ("kernel/drivers/net/bonding/bonding.ko", &[]),
    ("kernel/net/ipv4/ipip.ko", &["kernel/net/ipv4/ip_tunnel.ko"]),
    ("kernel/net/ipv4/ip_tunnel.ko", &[]),
    ("kernel/drivers/block/zram/zram.ko", &[]),
    ("kernel/fs/xfs/xfs.ko", &[]),
    ("kernel/drivers/net/tun.ko", &[]),
    ("kernel/drivers/net/veth.ko", &[]),
    ("kernel/net/ipv4/udp_tunnel.ko", &[]),
    ("kernel/drivers/net/wireguard/wireguard.ko", &["kernel/net/ipv4/udp_tunnel.ko"]),
    ("kernel/drivers/net/vxlan/vxlan.ko", &["kernel/net/ipv4/udp_tunnel.ko"]),
    ("kernel/drivers/net/geneve.ko", &["kernel/net/ipv4/udp_tunnel.ko"]),
    ("kernel/net/ipv4/gre.ko", &[]),
    ("kernel/net/ipv4/ip_gre.ko", &["kernel/net/ipv4/gre.ko", "kernel/net/ipv4/ip_tunnel.ko"]),
    ("kernel/net/sctp/sctp.ko", &["kernel/net/ipv4/udp_tunnel.ko"]),
    ("kernel/drivers/net/macvlan.ko", &[]),
    ("kernel/drivers/net/macsec.ko", &[]),
    ("kernel/drivers/net/ipvlan/ipvlan.ko", &[]),
    ("kernel/net/netfilter/ipvs/ip_vs_rr.ko", &["kernel/net/netfilter/ipvs/ip_vs.ko"]),
    ("kernel/net/ipv6/tunnel6.ko", &[]),
    ("kernel/net/ipv6/ip6_tunnel.ko", &["kernel/net/ipv6/tunnel6.ko"]),
    (
        "kernel/net/ipv6/ip6_gre.ko",
        &["kernel/net/ipv4/gre.ko", "kernel/net/ipv6/ip6_tunnel.ko", "kernel/net/ipv6/tunnel6.ko"],
    ),
    ("kernel/drivers/net/team/team.ko", &[]),
    ("kernel/fs/isofs/isofs.ko", &[]),
    ("kernel/fs/udf/udf.ko", &[]),
];

/// Debian 12: systemd 252, kernel 6.1.
pub fn debian12(cmdline: &str) -> Tree {
    debian("12", "bookworm", "252", cmdline)
        .link("/etc/sysctl.d/99-sysctl.conf", "../sysctl.conf")
        .file("/etc/sysctl.conf", "#net.ipv4.ip_forward=1\n")
        .file("/usr/lib/sysctl.d/50-pid-max.conf", "kernel.pid_max = 4194304\n")
}

/// Debian 13: systemd 257; no /etc/sysctl.conf any more.
pub fn debian13(cmdline: &str) -> Tree {
    debian("13", "trixie", "257", cmdline)
}

fn debian(version: &str, codename: &str, systemd: &str, cmdline: &str) -> Tree {
    let os = format!(
        "PRETTY_NAME=\"Debian GNU/Linux {version} ({codename})\"\nNAME=\"Debian GNU/Linux\"\nVERSION_ID=\"{version}\"\nID=debian\n"
    );
    let mut tree = Tree::new()
        .link("/lib", "usr/lib")
        .link("/sbin", "usr/sbin")
        .link("/bin", "usr/bin")
        .file("/usr/lib/os-release", os)
        .link("/etc/os-release", "../usr/lib/os-release")
        .file("/etc/machine-id", "5e3f1b0c9d8a47e6b2c1d0f9e8a7b6c5\n")
        .file("/etc/hostname", "node1\n")
        .file("/etc/fstab", "/dev/vda1 / ext4 errors=remount-ro 0 1\n")
        .file(&format!("/usr/lib/x86_64-linux-gnu/systemd/libsystemd-shared-{systemd}.so"), "")
        .program("/usr/lib/systemd/systemd", "")
        .link("/usr/sbin/init", "../lib/systemd/systemd")
        .file("/lib64/ld-linux-x86-64.so.2", "")
        .program("/usr/bin/true", "")
        .program("/usr/bin/false", "")
        .program("/usr/bin/sh", "")
        .link("/etc/modules-load.d/modules.conf", "../modules")
        .file("/etc/modules", "# one module a line\n")
        .program("/usr/lib/systemd/system-generators/systemd-fstab-generator", "")
        .program("/usr/lib/systemd/system-generators/systemd-gpt-auto-generator", "")
        .program("/usr/lib/systemd/system-generators/systemd-sysv-generator", "")
        .program("/usr/lib/systemd/system-generators/systemd-rc-local-generator", "")
        .program("/usr/lib/systemd/systemd-sysctl", "")
        .program("/usr/lib/systemd/systemd-modules-load", "")
        .boots(KERNEL, cmdline);
    for (path, depends) in MODULES {
        tree = tree.file(&format!("/usr/lib/modules/{KERNEL}/{path}"), "");
        let line = format!("{path}: {}\n", depends.join(" "));
        tree = tree.append(&format!("/usr/lib/modules/{KERNEL}/modules.dep"), line.replace(": \n", ":\n"));
    }
    tree = tree
        .file(
            &format!("/usr/lib/modules/{KERNEL}/modules.builtin"),
            "kernel/fs/ext4/ext4.ko\nkernel/crypto/crc32c.ko\n",
        )
        .file(
            &format!("/usr/lib/modules/{KERNEL}/modules.alias"),
            "alias fs-overlay overlay\nalias netdev-dummy dummy\nalias fs-xfs xfs\n",
        )
        .file(&format!("/usr/lib/modules/{KERNEL}/modules.softdep"), "")
        .file(&format!("/boot/config-{KERNEL}"), "CONFIG_MODULES=y\nCONFIG_SWAP=y\nCONFIG_OVERLAY_FS=m\nCONFIG_CGROUP_SCHED=y\nCONFIG_CPUSETS=y\nCONFIG_MEMCG=y\nCONFIG_CGROUP_PIDS=y\nCONFIG_BLK_CGROUP=y\n");
    units(tree)
}

/// The chain of targets that every boot goes through, and the services that turn files into state.
fn units(tree: Tree) -> Tree {
    const UNITS: &[(&str, &str)] = &[
        (
            "graphical.target",
            "[Unit]\nRequires=multi-user.target\nAfter=multi-user.target\nAllowIsolate=yes\n",
        ),
        ("multi-user.target", "[Unit]\nRequires=basic.target\nAfter=basic.target\nAllowIsolate=yes\n"),
        (
            "basic.target",
            "[Unit]\nRequires=sysinit.target\nWants=sockets.target timers.target paths.target slices.target\nAfter=sysinit.target\n",
        ),
        ("sysinit.target", "[Unit]\nWants=local-fs.target swap.target\nAfter=local-fs.target swap.target\n"),
        ("local-fs.target", "[Unit]\nDefaultDependencies=no\n"),
        ("swap.target", "[Unit]\nDescription=Swaps\n"),
        ("sockets.target", "[Unit]\n"),
        ("timers.target", "[Unit]\nDefaultDependencies=no\n"),
        ("paths.target", "[Unit]\nDefaultDependencies=no\n"),
        ("slices.target", "[Unit]\nDefaultDependencies=no\n"),
        ("network.target", "[Unit]\n"),
        (
            "systemd-sysctl.service",
            "[Unit]\nDefaultDependencies=no\nAfter=systemd-modules-load.service\nBefore=sysinit.target\n[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/lib/systemd/systemd-sysctl\n",
        ),
        (
            "systemd-modules-load.service",
            "[Unit]\nDefaultDependencies=no\nBefore=sysinit.target\nConditionDirectoryNotEmpty=|/lib/modules-load.d\nConditionDirectoryNotEmpty=|/etc/modules-load.d\nConditionKernelCommandLine=|modules_load\n[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/lib/systemd/systemd-modules-load\n",
        ),
        (
            "rc-local.service",
            "[Unit]\nConditionFileIsExecutable=/etc/rc.local\nAfter=network.target\n[Service]\nType=forking\nExecStart=/etc/rc.local start\nRemainAfterExit=yes\n",
        ),
    ];
    let mut tree = tree
        .link("/usr/lib/systemd/system/default.target", "graphical.target")
        .link("/usr/lib/systemd/system/procps.service", "systemd-sysctl.service")
        .link(
            "/usr/lib/systemd/system/sysinit.target.wants/systemd-sysctl.service",
            "../systemd-sysctl.service",
        )
        .link(
            "/usr/lib/systemd/system/sysinit.target.wants/systemd-modules-load.service",
            "../systemd-modules-load.service",
        )
        .file(
            "/usr/lib/systemd/system-preset/90-systemd.preset",
            "enable remote-fs.target\ndisable debug-shell.service\n",
        );
    for (name, text) in UNITS {
        tree = tree.file(&format!("/usr/lib/systemd/system/{name}"), text);
    }
    tree
}
