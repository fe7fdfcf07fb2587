//! Who else writes kernel variables, swap and the host's name during a boot: what hides them, and what they can't do.

use node_preflight::fact::Confidence;

use crate::distributions;
use crate::tree::{Tree, text};

const RELEASE: &str = "6.1.0-18-amd64";

/// A Debian 12 whose ufw starts.
fn with_ufw() -> Tree {
    distributions::debian12("")
        .file("/etc/ufw/ufw.conf", "ENABLED=yes\n")
        .file("/etc/default/ufw", "IPT_SYSCTL=/etc/ufw/sysctl.conf\n")
        .file("/etc/ufw/sysctl.conf", "net/ipv4/ip_forward=1\n")
        .file("/etc/sysctl.d/5.conf", "net.ipv4.ip_forward=0\n")
        .file("/etc/tmpfiles.d/x.conf", "d /run/x\n")
        .file("/etc/udev/rules.d/x.rules", "ACTION==\"add\"\n")
        .file(
            "/usr/lib/systemd/system/ufw.service",
            "[Service]\nExecStart=/lib/ufw/ufw-init start\n[Install]\nWantedBy=multi-user.target\n",
        )
        .link(
            "/etc/systemd/system/multi-user.target.wants/ufw.service",
            "/usr/lib/systemd/system/ufw.service",
        )
}

#[test]
fn a_writer_that_is_hidden_is_no_writer_that_is_absent() {
    let told = with_ufw().recorded_text("sysctl:net.ipv4.ip_forward");
    assert!(told.starts_with("unknown: /etc/ufw/sysctl.conf:1"), "{told}");
    for path in ["/etc/ufw/ufw.conf", "/etc/ufw/sysctl.conf", "/etc/default/ufw"] {
        let told = with_ufw().hidden("root", path).recorded_text("sysctl:net.ipv4.ip_forward");
        assert!(told.starts_with(&format!("unknown: {path}: permission denied")), "{told}");
    }
    let off = || with_ufw().file("/etc/ufw/ufw.conf", "ENABLED=no\n");
    assert_eq!(off().recorded_text("sysctl:net.ipv4.ip_forward"), "0");
    for path in
        ["/etc/tmpfiles.d/x.conf", "/etc/tmpfiles.d", "/etc/udev/rules.d/x.rules", "/etc/udev/rules.d"]
    {
        let told = off().hidden("root", path).recorded_text("sysctl:net.ipv4.ip_forward");
        assert!(told.starts_with(&format!("unknown: {path}: permission denied")), "{told}");
    }
}

#[test]
fn a_write_to_one_variable_is_no_value_of_another() {
    let dirty = distributions::debian12("")
        .file("/etc/tmpfiles.d/dirty.conf", "w /proc/sys/vm/dirty_ratio - - - - 40\n");
    assert_eq!(dirty.boot_text("sysctl:vm.dirty_bytes"), "0");
    assert_eq!(dirty.boot_text("sysctl:vm.dirty_ratio"), "40");
    let forced = distributions::debian12("")
        .file("/etc/tmpfiles.d/x.conf", "f+ /proc/sys/vm/dirty_expire_centisecs - - - - 2111\n");
    assert_eq!(forced.boot_text("sysctl:vm.dirty_expire_centisecs"), "2111");
    let host_name = forced.file("/etc/tmpfiles.d/x.conf", "w /proc/sys/vm/dirty_ratio - - - - %b\n");
    assert!(host_name.boot_text("sysctl:vm.dirty_ratio").starts_with("unknown"));
}

#[test]
fn lines_of_sysctl_d_are_read_as_the_kernel_and_systemd_read_them() {
    for (text, key, expected) in [
        (
            "net.ipv4.ip_local_reserved_ports = 30000-32767,8080,6443\n",
            "net.ipv4.ip_local_reserved_ports",
            "6443,8080,30000-32767",
        ),
        ("vm.swappiness=5\rvm.vfs_cache_pressure=120\r", "vm.vfs_cache_pressure", "120"),
        ("fs.may_detach_mounts = 1\n", "fs.may_detach_mounts", "absent"),
        ("kernel.sched_migration_cost_ns = 5000000\n", "kernel.sched_migration_cost_ns", "absent"),
        ("net.ipv4.tcp_ecn = 3\n", "net.ipv4.tcp_ecn", "2"),
    ] {
        let tree = distributions::debian12("").file("/etc/sysctl.d/50-x.conf", text);
        assert_eq!(tree.boot_text(&format!("sysctl:{key}")), expected, "{text}");
    }
    let linked = distributions::debian12("")
        .file("/run/x.txt", "vm.max_map_count=262144\n")
        .link("/etc/sysctl.d/50-x.conf", "/run/x.txt");
    assert_eq!(linked.boot_text("sysctl:vm.max_map_count"), "65530");
}

#[test]
fn many_lines_are_a_gap_and_not_a_burden() {
    let lines: String = (0..60_000).map(|number| format!("net.a.b{number}=1\n")).collect();
    let tree = distributions::debian12("").file("/etc/sysctl.d/99-x.conf", lines);
    let told = tree.boot_text("sysctl:vm.swappiness");
    assert!(told.contains("sysctl.d has more than 50000 lines"), "{told}");
    let globs: String = (0..2_000).map(|number| format!("net.*.x{number}=1\n")).collect();
    let told =
        distributions::debian12("").file("/etc/sysctl.d/99-x.conf", globs).boot_text("sysctl:vm.swappiness");
    assert!(told.contains("more than 1000 patterns"), "{told}");
}

#[test]
fn a_generator_that_is_hidden_may_make_swap() {
    let tree = || {
        distributions::debian12("")
            .file("/usr/lib/systemd/system-generators/zram-generator", "\x7fELF")
            .file("/usr/lib/systemd/zram-generator.conf", "[zram0]\nzram-size = ram\n")
    };
    let visible = tree().recorded_text("swap:/dev/zram0");
    assert_eq!(visible, "on");
    let hidden = tree().hidden("root", "/usr/lib/systemd/system-generators").recorded_text("swap:/dev/zram0");
    assert!(hidden.starts_with("unknown: /usr/lib/systemd/system-generators"), "{hidden}");
    // The empty file of the administrator would hide the vendor's.
    let masked = || tree().file("/etc/systemd/zram-generator.conf", "");
    assert_eq!(masked().recorded_text("swap:/dev/zram0"), "off");
    let told = masked().hidden("root", "/etc/systemd/zram-generator.conf").recorded_text("swap:/dev/zram0");
    assert!(told.starts_with("unknown: /etc/systemd/zram-generator.conf: permission denied"), "{told}");
}

#[test]
fn swap_that_may_stay_off_is_not_on() {
    let fstab = |more: &str| {
        distributions::debian12("").append("/etc/fstab", format!("{more} none swap sw,nofail 0 0\n"))
    };
    assert_eq!(fstab("/dev/vdb3").boot_text("swap:/dev/vdb3"), "on");
    for directory in ["dev-vdb3.swap.d", "swap.d"] {
        let path = format!("/etc/systemd/system/{directory}/10-off.conf");
        let tree = fstab("/dev/vdb3").file(&path, "[Unit]\nConditionPathExists=/etc/swap-allowed\n");
        let told = tree.boot_text("swap:/dev/vdb3");
        assert!(told.starts_with(&format!("unknown: {path}:2")), "{told}");
    }
    let missing = fstab("/swapfile1").boot("swap:/swapfile1");
    assert_eq!((text(&missing).as_str(), missing.confidence), ("on", Confidence::High));
    // A whole system: what isn't in it has to be made by something that isn't understood.
    let told = fstab("/swapfile1").program("/usr/sbin/swapon", "").boot_text("swap:/swapfile1");
    assert!(
        told.starts_with("unknown: /etc/fstab:") && told.contains("there is no file /swapfile1"),
        "{told}"
    );
    assert_eq!(
        fstab("/swapfile1").file("/swapfile1", "x").boot("swap:/swapfile1").confidence,
        Confidence::Certain
    );
}

#[test]
fn a_name_may_be_set_by_others() {
    let named = || distributions::debian12("").file("/etc/hostname", "node-in-file\n");
    assert_eq!(named().boot_text("hostname"), "node-in-file");
    let unit = "[Service]\nType=oneshot\nExecStart=/bin/hostname node-by-script\n";
    let script = named()
        .file("/etc/systemd/system/sethost.service", unit)
        .link("/etc/systemd/system/multi-user.target.wants/sethost.service", "../sethost.service");
    let told = script.boot_text("hostname");
    assert!(told.starts_with("unknown: /etc/systemd/system/sethost.service:3"), "{told}");
    let cloud = named().file("/etc/cloud/cloud.cfg", "preserve_hostname: false\nhostname: other\n");
    assert!(cloud.boot_text("hostname").starts_with("unknown: cloud-init may set the host name `other`"));
    let cloud = named()
        .file("/etc/cloud/cloud.cfg", "preserve_hostname: true\n")
        .hidden("root", "/etc/cloud/cloud.cfg");
    assert!(cloud.recorded_text("hostname").starts_with("unknown: /etc/cloud/cloud.cfg: permission denied"));
}

#[test]
fn modules_that_a_command_removes_or_a_service_brings_are_not_certain() {
    let tree = || {
        distributions::debian12("")
            .file(
                &format!("/usr/lib/modules/{RELEASE}/modules.dep"),
                "k/bridge.ko:\nk/br_netfilter.ko: k/bridge.ko\nk/nf_conntrack.ko:\n",
            )
            .boots(RELEASE, "root=/dev/vda1 ro")
    };
    let unit = |tree: Tree, command: &str| {
        tree.file("/etc/systemd/system/x.service", format!("[Service]\nType=oneshot\nExecStart={command}\n"))
            .link("/etc/systemd/system/multi-user.target.wants/x.service", "../x.service")
    };
    let loaded = || tree().file("/etc/modules-load.d/x.conf", "br_netfilter\n");
    assert_eq!(loaded().boot_text("module:br_netfilter"), "loaded");
    let removed = unit(loaded(), "/sbin/modprobe -r br_netfilter");
    assert!(removed.boot_text("module:br_netfilter").starts_with("unknown: "));
    assert!(removed.boot_text("sysctl:net.bridge.bridge-nf-call-iptables").starts_with("unknown: "));
    assert_eq!(tree().boot_text("module:nf_conntrack"), "loadable");
    let brings = unit(tree(), "/usr/sbin/iptables -t nat -L");
    assert!(brings.boot_text("module:nf_conntrack").starts_with("unknown: /etc/systemd/system/x.service:3"));
}

/// A host that starts a service, whose variable has the kernel's default.
fn starting(unit: &str) -> Tree {
    distributions::debian12("")
        .file(&format!("/usr/lib/systemd/system/{unit}"), "[Service]\nExecStart=/usr/bin/true\n")
        .link(&format!("/etc/systemd/system/multi-user.target.wants/{unit}"), "/dev/full")
}

#[test]
fn interfaces_of_another_directory_are_read() {
    let tree = starting("networking.service")
        .file("/etc/network/interfaces", "source /etc/net-extra/*.cfg\nsource more.cfg\n")
        .file(
            "/etc/net-extra/a.cfg",
            "auto eth0\niface eth0 inet manual\n post-up sysctl -w vm.swappiness=5\n",
        )
        .file("/etc/network/more.cfg", "auto eth1\niface eth1 inet manual\n up sysctl -w kernel.panic=7\n");
    let told = tree.boot_text("sysctl:vm.swappiness");
    assert!(told.starts_with("unknown: /etc/net-extra/a.cfg:3"), "{told}");
    let told = tree.boot_text("sysctl:kernel.panic");
    assert!(told.starts_with("unknown: /etc/network/more.cfg:3"), "{told}");
}

#[test]
fn the_generator_of_cloud_init_may_start_it() {
    let cloud = || {
        distributions::debian12("")
            .file("/usr/lib/systemd/system/cloud-init.service", "[Service]\nExecStart=/usr/bin/true\n")
            .link("/etc/systemd/system/cloud-init.target.wants/cloud-init.service", "/dev/full")
            .file("/etc/cloud/cloud.cfg.d/99-boot.cfg", "bootcmd:\n  - [ sysctl, -w, vm.swappiness=7 ]\n")
    };
    let generator = "/usr/lib/systemd/system-generators/cloud-init-generator";
    let started = cloud().program(generator, "#!/bin/sh\n");
    let told = started.boot_text("sysctl:vm.swappiness");
    assert!(told.starts_with("unknown: /etc/cloud/cloud.cfg.d/99-boot.cfg"), "{told}");
    for off in [
        cloud(),
        started.link("/etc/systemd/system-generators/cloud-init-generator", "/dev/null"),
        cloud().program(generator, "#!/bin/sh\n").file("/etc/cloud/cloud-init.disabled", ""),
    ] {
        assert_eq!(off.boot_text("sysctl:vm.swappiness"), "60");
    }
}

#[test]
fn a_script_of_a_profile_of_tuned_counts_if_it_is_read() {
    let profile = |script: &str| {
        starting("tuned.service")
            .file("/etc/tuned/active_profile", "own\n")
            .file(
                "/etc/tuned/own/tuned.conf",
                format!("[sysctl]\nvm.swappiness=5\n[script]\nscript={script}\n"),
            )
            .program(
                "/etc/tuned/own/script.sh",
                "#!/bin/sh\n[ $1 = start ] && sysctl -w kernel.shmmni=6000\n",
            )
    };
    for script in ["${i:PROFILE_DIR}/script.sh", "script.sh", "/etc/tuned/own/script.sh"] {
        assert_eq!(profile(script).boot_text("sysctl:vm.swappiness"), "5", "{script}");
        assert!(profile(script).boot_text("sysctl:kernel.shmmni").starts_with("unknown"), "{script}");
    }
    assert!(profile("/opt/other.sh").boot_text("sysctl:vm.swappiness").starts_with("unknown"));
}
