use node_preflight::fact::{Confidence, Moment};
use node_preflight::host::Host;

use crate::tree::{Tree, ask, text};

const RELEASE: &str = "6.1.0-18-amd64";

/// A tree with a Debian 12 kernel whose modules are those that the cases need.
fn debian() -> Tree {
    Tree::new()
        .file(&format!("/usr/lib/modules/{RELEASE}/modules.builtin"), "kernel/fs/ext4/ext4.ko\n")
        .file(
            &format!("/usr/lib/modules/{RELEASE}/modules.dep"),
            "k/bridge.ko:\nk/br_netfilter.ko: k/bridge.ko\nk/nf_conntrack.ko:\n",
        )
        .link("/lib", "usr/lib")
        .boots(RELEASE, "root=/dev/vda1 ro quiet")
}

fn check(key: &str, expected: &str, files: &[(&str, &str)]) {
    let tree = files.iter().fold(debian(), |tree, (path, content)| tree.file(path, content));
    assert_eq!(tree.boot_text(&format!("sysctl:{key}")), expected, "{key} with {files:?}");
}

#[test]
fn files_apply_by_name_and_the_last_different_value_wins() {
    check("vm.swappiness", "11", &[("/etc/sysctl.d/50-a.conf", "vm.swappiness=11\n")]);
    check(
        "net.ipv4.tcp_keepalive_time",
        "7200",
        &[
            ("/etc/sysctl.d/64-a", "net.ipv4.tcp_keepalive_time=700\n"),
            ("/etc/sysctl.d/64-a.conf.bak", "net.ipv4.tcp_keepalive_time=701\n"),
        ],
    );
    check(
        "net.ipv4.tcp_keepalive_probes",
        "5",
        &[("/etc/sysctl.d/5.conf", "net/ipv4/tcp_keepalive_probes = 5\n")],
    );
    check(
        "kernel.msgmni",
        "31000",
        &[("/etc/sysctl.d/5.conf", "this is not an assignment\nkernel.msgmni=31000\n")],
    );
    check(
        "net.ipv4.tcp_synack_retries",
        "3",
        &[
            ("/etc/sysctl.d/10-a.conf", "net.ipv4.tcp_synack_retries=2\n"),
            ("/etc/sysctl.d/9-a.conf", "net.ipv4.tcp_synack_retries=3\n"),
        ],
    );
    check(
        "net.ipv4.tcp_syn_retries",
        "5",
        &[
            ("/etc/sysctl.d/Za.conf", "net.ipv4.tcp_syn_retries=4\n"),
            ("/etc/sysctl.d/aa.conf", "net.ipv4.tcp_syn_retries=5\n"),
        ],
    );
    check(
        "net.ipv4.tcp_max_tw_buckets",
        "4444",
        &[
            ("/etc/sysctl.d/40-a.conf/inner", "x\n"),
            ("/etc/sysctl.d/50-a.conf", "net.ipv4.tcp_max_tw_buckets=4444\n"),
        ],
    );
}

#[test]
fn a_link_to_dev_null_masks_and_sysctl_conf_needs_a_link() {
    let masked = debian()
        .file("/usr/lib/sysctl.d/61-a.conf", "kernel.panic=14\n")
        .link("/etc/sysctl.d/61-a.conf", "/dev/null");
    assert_eq!(masked.boot_text("sysctl:kernel.panic"), "0");
    let leftover = debian().file("/etc/sysctl.conf", "vm.swappiness=13\n");
    assert_eq!(leftover.boot_text("sysctl:vm.swappiness"), "60");
    let linked = leftover.link("/etc/sysctl.d/99-sysctl.conf", "../sysctl.conf");
    assert_eq!(linked.boot_text("sysctl:vm.swappiness"), "13");
}

#[test]
fn values_are_shown_as_the_kernel_shows_them() {
    check("net.ipv4.igmp_max_msf", "10", &[("/etc/sysctl.d/5.conf", "net.ipv4.igmp_max_msf=\"30\"\n")]);
    check("fs.aio-max-nr", "131072", &[("/etc/sysctl.d/5.conf", "fs.aio-max-nr = 131072 # comment\n")]);
    check(
        "net.ipv6.conf.all.forwarding",
        "0",
        &[("/etc/sysctl.d/5.conf", "net.ipv6.conf.all.forwarding = yes\n")],
    );
    check("vm.panic_on_oom", "0", &[("/etc/sysctl.d/5.conf", "vm.panic_on_oom=1\nvm.panic_on_oom=99\n")]);
}

#[test]
fn forwarding_has_two_names_and_a_repeat_does_not_move() {
    let files = |first: &str| {
        [
            ("/etc/sysctl.d/10.conf", format!("net.ipv4.ip_forward={first}\n")),
            ("/etc/sysctl.d/20.conf", "net.ipv4.conf.all.forwarding=0\n".to_owned()),
            ("/etc/sysctl.d/30.conf", "net.ipv4.ip_forward=1\n".to_owned()),
        ]
    };
    for (first, expected) in [("1", "0"), ("0", "1")] {
        let tree = files(first).iter().fold(debian(), |tree, (path, text)| tree.file(path, text));
        assert_eq!(tree.boot_text("sysctl:net.ipv4.ip_forward"), expected);
        assert_eq!(tree.boot_text("sysctl:net.ipv4.conf.all.forwarding"), expected);
    }
}

#[test]
fn exclusions_keep_globs_off_and_cancel_assignments() {
    let tree = debian().file(
        "/etc/sysctl.d/50.conf",
        "-net.ipv4.conf.all.send_redirects\nnet.ipv4.conf.*.send_redirects=0\nvm.swappiness=1\n-vm.swappiness\n",
    );
    assert_eq!(tree.boot_text("sysctl:net.ipv4.conf.all.send_redirects"), "1");
    assert_eq!(tree.boot_text("sysctl:net.ipv4.conf.default.send_redirects"), "0");
    assert_eq!(tree.boot_text("sysctl:vm.swappiness"), "60");
}

#[test]
fn interfaces_take_their_own_key_or_the_default() {
    let tree = debian()
        .file("/etc/sysctl.d/50.conf", "net.ipv4.conf.eth0.rp_filter=2\nnet.ipv4.conf.all.arp_ignore=1\n");
    assert_eq!(tree.boot_text("sysctl:net.ipv4.conf.eth0.rp_filter"), "2");
    assert_eq!(tree.boot_text("sysctl:net.ipv4.conf.eth0.arp_ignore"), "0");
    assert_eq!(tree.boot_text("sysctl:net.ipv4.conf.all.arp_ignore"), "1");
    let tree = debian().file("/etc/sysctl.d/50.conf", "net.ipv4.conf.default.arp_notify=1\n");
    assert!(tree.boot_text("sysctl:net.ipv4.conf.eth0.arp_notify").starts_with("unknown: it depends"));
}

#[test]
fn a_key_whose_module_is_not_loaded_is_lost() {
    let key = "sysctl:net.bridge.bridge-nf-call-iptables";
    let lost = debian().file("/etc/sysctl.d/50.conf", "net.bridge.bridge-nf-call-iptables=0\n");
    let fact = lost.boot(key);
    assert_eq!(text(&fact), "absent");
    assert!(fact.notes.iter().any(|note| note.starts_with("lost: br_netfilter")), "{fact:?}");
    let again = lost.program("/etc/rc.local", "#!/bin/sh\nmodprobe br_netfilter\n");
    assert_eq!(again.boot_text(key), "1");
    let again = again.program("/etc/rc.local", "#!/bin/sh\nmodprobe br_netfilter\nsysctl --system\n");
    assert!(again.boot_text(key).starts_with("unknown"));
    let kept = again.file("/etc/modules-load.d/k8s.conf", "br_netfilter\n");
    assert_eq!(kept.boot_text(key), "0");
}

#[test]
fn the_deciding_line_and_the_overruled_ones_are_named() {
    let tree = debian()
        .file("/usr/lib/sysctl.d/10.conf", "\nnet.ipv4.ip_forward=0\n")
        .file("/etc/sysctl.d/20.conf", "net.ipv4.ip_forward=1\n")
        .file("/etc/sysctl.d/30.conf", "net.ipv4.conf.all.forwarding=1\n");
    let fact = tree.boot("sysctl:net.ipv4.ip_forward");
    assert_eq!(fact.because[0].to_string(), "/etc/sysctl.d/30.conf:1");
    let lost: Vec<_> = fact.overruled.iter().map(ToString::to_string).collect();
    assert_eq!(lost, ["/usr/lib/sysctl.d/10.conf:2", "/etc/sysctl.d/20.conf:1"]);
    assert_eq!(fact.confidence, Confidence::Certain);
}

#[test]
fn a_later_writer_makes_it_unknown_unless_it_writes_the_same() {
    let tree = || debian().file("/etc/sysctl.d/50.conf", "vm.swappiness=10\nnet.ipv4.ip_forward=0\n");
    for (script, expected) in [
        ("sysctl -w vm.swappiness=10", "10"),
        ("sysctl -w vm.swappiness=20", "unknown"),
        ("echo 10 > /proc/sys/vm/swappiness", "10"),
        ("echo 30 > /proc/sys/vm/swappiness", "unknown"),
        ("# sysctl -w vm.swappiness=20", "10"),
        ("sysctl -n vm.swappiness", "10"),
        ("sysctl \"$key=1\"", "unknown"),
        ("sysctl vm.overcommit_memory=1", "10"),
        ("sysctl -p", "10"),
    ] {
        let content = format!("#!/bin/sh\n{script}\n");
        let told = tree().program("/etc/rc.local", &content).boot_text("sysctl:vm.swappiness");
        assert!(told.starts_with(expected), "{script}: {told}");
        assert_eq!(tree().file("/etc/rc.local", &content).boot_text("sysctl:vm.swappiness"), "10");
    }
}

#[test]
fn a_udev_rule_may_apply_a_lost_key_and_interfaces_may_run_sysctl() {
    let key = "net.bridge.bridge-nf-call-iptables";
    let tree = debian()
        .file("/etc/sysctl.d/50.conf", format!("{key}=0\nvm.swappiness=1\n"))
        .file(
            "/etc/udev/rules.d/99-bridge.rules",
            "ACTION==\"add\", SUBSYSTEM==\"module\", KERNEL==\"br_netfilter\", RUN+=\"/sbin/sysctl -p\"\n",
        )
        .file("/etc/network/interfaces", "auto eth0\niface eth0 inet dhcp\n  post-up sysctl -w vm.swappiness=5\n")
        .file("/usr/lib/systemd/system/networking.service", "[Service]\nExecStart=/sbin/ifup -a\n")
        .link("/etc/systemd/system/multi-user.target.wants/networking.service", "/dev/full");
    assert!(tree.boot_text(&format!("sysctl:{key}")).starts_with("unknown"));
    let told = tree.boot_text("sysctl:vm.swappiness");
    assert!(told.starts_with("unknown: /etc/network/interfaces:3"), "{told}");
}

#[test]
fn ufw_is_not_ordered_against_sysctl_d() {
    let tree = |ours: &str| {
        debian()
            .file("/etc/ufw/ufw.conf", "ENABLED=yes\n")
            .file("/etc/default/ufw", "IPT_SYSCTL=/etc/ufw/sysctl.conf\n")
            .file("/etc/ufw/sysctl.conf", "net/ipv4/conf/all/log_martians=0\n")
            .file("/etc/sysctl.d/50-x.conf", format!("net.ipv4.conf.all.log_martians={ours}\n"))
            .file(
                "/usr/lib/systemd/system/ufw.service",
                "[Unit]\nDefaultDependencies=no\nAfter=local-fs.target\n[Service]\nType=oneshot\nRemainAfterExit=yes\n\
                 ExecStart=/lib/ufw/ufw-init start quiet\n[Install]\nWantedBy=multi-user.target\n",
            )
            .file("/usr/lib/systemd/system/multi-user.target", "[Unit]\nDescription=m\n")
            .link("/etc/systemd/system/default.target", "/usr/lib/systemd/system/multi-user.target")
            .link(
                "/etc/systemd/system/multi-user.target.wants/ufw.service",
                "/usr/lib/systemd/system/ufw.service",
            )
    };
    let told = tree("1").boot_text("sysctl:net.ipv4.conf.all.log_martians");
    assert!(told.starts_with("unknown: /etc/ufw/sysctl.conf:1"), "{told}");
    assert_eq!(tree("0").boot_text("sysctl:net.ipv4.conf.all.log_martians"), "0");
}

#[test]
fn the_command_line_sets_values_before_the_files() {
    let tree = |cmdline: &str| Tree::new().boots(RELEASE, cmdline);
    let told = tree("sysctl.vm.overcommit_memory=1").boot_text("sysctl:vm.overcommit_memory");
    assert_eq!(told, "1");
    let overruled =
        tree("sysctl.vm.overcommit_memory=1").file("/etc/sysctl.d/5.conf", "vm.overcommit_memory=2\n");
    assert_eq!(overruled.boot_text("sysctl:vm.overcommit_memory"), "2");
    assert_eq!(tree("panic=5").boot_text("sysctl:kernel.panic"), "5");
    assert_eq!(tree("ipv6.disable=1").boot_text("sysctl:net.ipv6.conf.all.forwarding"), "absent");
    check("net.core.optmem_max", "20480", &[("/etc/sysctl.d/5.conf", "net.core.optmem_max=\\\n30000\n")]);
}

/// A unit that the default target wants.
fn enabled(tree: Tree, unit: &str) -> Tree {
    tree.file("/usr/lib/systemd/system/multi-user.target", "[Unit]\nDescription=m\n")
        .link("/etc/systemd/system/default.target", "/usr/lib/systemd/system/multi-user.target")
        .file(&format!("/usr/lib/systemd/system/{unit}"), "[Service]\nExecStart=/usr/bin/x\n")
        .program("/usr/bin/x", "\u{7f}ELF")
        .link(
            &format!("/etc/systemd/system/multi-user.target.wants/{unit}"),
            &format!("/usr/lib/systemd/system/{unit}"),
        )
}

#[test]
fn daemons_that_write_something_else_make_it_unknown() {
    let forward =
        |value: &str| debian().file("/etc/sysctl.d/5.conf", format!("net.ipv4.ip_forward={value}\n"));
    let key = "sysctl:net.ipv4.ip_forward";
    let docker = |value: &str| enabled(forward(value), "docker.service");
    assert!(docker("0").boot_text(key).starts_with("unknown: docker.service"));
    assert_eq!(docker("1").boot_text(key), "1");
    let quiet = docker("0").file("/etc/docker/daemon.json", "{\"ip-forward\": false}");
    assert_eq!(quiet.boot_text(key), "0");

    let networkd = |line: &str| {
        enabled(forward("0"), "systemd-networkd.service")
            .file("/etc/systemd/network/10-x.network", format!("[Match]\nName=eth0\n[Network]\n{line}\n"))
    };
    assert!(
        networkd("IPForward=yes").boot_text(key).starts_with("unknown: /etc/systemd/network/10-x.network:4")
    );
    assert_eq!(networkd("IPForward=ipv6").boot_text(key), "0");
    assert_eq!(networkd("IPForward=no").boot_text(key), "0");

    let unit = "[Service]\nExecStart=/usr/bin/kubelet --config=/var/lib/kubelet/config.yaml\n";
    let kubelet =
        || enabled(debian(), "kubelet.service").file("/usr/lib/systemd/system/kubelet.service", unit);
    let config = "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n";
    let joined = |fields: &str| kubelet().file("/var/lib/kubelet/config.yaml", format!("{config}{fields}"));
    assert_eq!(kubelet().boot_text("sysctl:vm.overcommit_memory"), "0");
    assert!(joined("").boot_text("sysctl:vm.overcommit_memory").starts_with("unknown: kubelet.service"));
    assert_eq!(joined("").boot_text("sysctl:vm.panic_on_oom"), "0");
    // What it can't decode makes it exit before it sets anything.
    for quiet in ["protectKernelDefaults: true\n", "maxPods: many\n"] {
        assert_eq!(joined(quiet).boot_text("sysctl:vm.overcommit_memory"), "0", "{quiet}");
    }
}

#[test]
fn a_file_that_cannot_be_read_makes_unknown_what_no_later_line_decides() {
    let tree = debian()
        .file("/etc/sysctl.d/10.conf", "vm.swappiness=1\n")
        .file("/etc/sysctl.d/50.conf", vec![b'#'; 5 << 20])
        .file("/etc/sysctl.d/60.conf", "kernel.panic=10\n");
    assert!(tree.boot_text("sysctl:vm.swappiness").starts_with("unknown: /etc/sysctl.d/50.conf"));
    assert!(tree.boot_text("sysctl:vm.panic_on_oom").starts_with("unknown"));
    assert_eq!(tree.boot_text("sysctl:kernel.panic"), "10");
}

#[test]
fn an_unknown_key_takes_a_plain_number_and_says_so() {
    let tree = debian().file("/etc/sysctl.d/5.conf", "dev.new.thing=5\ndev.new.other=5 # x\n");
    let fact = tree.boot("sysctl:dev.new.thing");
    assert_eq!((text(&fact).as_str(), fact.confidence), ("5", Confidence::High));
    assert!(tree.boot_text("sysctl:dev.new.other").starts_with("unknown"));
    assert!(tree.boot_text("sysctl:dev.new.third").starts_with("unknown: nothing sets"));
}

#[test]
fn a_masked_service_applies_nothing() {
    let tree = debian()
        .file("/etc/sysctl.d/50.conf", "vm.swappiness=18\n")
        .link("/etc/systemd/system/systemd-sysctl.service", "/dev/null");
    assert_eq!(tree.boot_text("sysctl:vm.swappiness"), "60");
}

#[test]
fn a_credential_on_disk_comes_last() {
    let told = debian()
        .file("/etc/sysctl.d/99-z.conf", "vm.swappiness=1\n")
        .file("/etc/credstore/sysctl.extra", "vm.swappiness=2\n")
        .boot_text("sysctl:vm.swappiness");
    assert_eq!(told, "2");
}

#[test]
fn the_live_value_is_what_proc_shows() {
    let host = Host::live().unwrap();
    let expected = std::fs::read_to_string("/proc/sys/vm/swappiness").unwrap();
    assert_eq!(text(&ask(&host, "sysctl:vm.swappiness", Moment::Now)), expected.trim());
    assert_eq!(text(&ask(&host, "sysctl:vm.no_such_thing", Moment::Now)), "absent");
    assert!(text(&ask(&host, "sysctl:vm.stat_refresh", Moment::Now)).starts_with("unknown"));
    assert!(text(&ask(&host, "sysctl:net.ipv4", Moment::Now)).contains("directory"));
}

/// The crate of that name is a second opinion on ordinary keys of the live kernel.
#[test]
fn the_crate_sysctl_sees_the_same_values() {
    use sysctl::Sysctl as _;
    let host = Host::live().unwrap();
    for key in
        ["kernel.ostype", "kernel.pid_max", "vm.swappiness", "vm.overcommit_memory", "net.ipv4.ip_forward"]
    {
        let theirs = sysctl::Ctl::new(key).and_then(|ctl| ctl.value_string()).unwrap();
        assert_eq!(text(&ask(&host, &format!("sysctl:{key}"), Moment::Now)), theirs, "{key}");
    }
}

#[test]
fn a_profile_of_tuned_counts_unless_the_administrator_says_otherwise() {
    let host = |profile: &str| {
        let unit = "[Service]\nExecStart=/usr/bin/true\n";
        let base = crate::distributions::debian12("quiet")
            .file("/usr/lib/systemd/system/tuned.service", unit)
            .link(
                "/etc/systemd/system/multi-user.target.wants/tuned.service",
                "/usr/lib/systemd/system/tuned.service",
            )
            .file(
                "/usr/lib/tuned/throughput-performance/tuned.conf",
                "[sysctl]\nvm.swappiness=10\nvm.dirty_ratio=40\nkernel.panic = >5\n",
            )
            .file(
                "/usr/lib/tuned/virtual-guest/tuned.conf",
                "[main]\ninclude=throughput-performance\n[x]\ntype=sysctl\nvm.swappiness=30\n",
            );
        match profile {
            "" => base,
            name => base.file("/etc/tuned/active_profile", format!("{name}\n")),
        }
    };
    let guest = host("virtual-guest");
    let fact = guest.boot("sysctl:vm.swappiness");
    assert_eq!(crate::tree::text(&fact), "30");
    assert_eq!(fact.because[0].to_string(), "/usr/lib/tuned/virtual-guest/tuned.conf:5");
    assert_eq!(guest.boot_text("sysctl:vm.dirty_ratio"), "40");
    assert!(guest.boot_text("sysctl:kernel.panic").starts_with("unknown: "), "it depends on the machine");
    assert!(
        host("").boot_text("sysctl:vm.swappiness").contains("tuned"),
        "which profile is chosen isn't known"
    );
    let by_hand = |path: &str| host("virtual-guest").file(path, "vm.swappiness=5\n");
    assert_eq!(by_hand("/etc/sysctl.d/k8s.conf").boot_text("sysctl:vm.swappiness"), "5");
    assert!(by_hand("/usr/lib/sysctl.d/k8s.conf").boot_text("sysctl:vm.swappiness").starts_with("unknown: "));
    let keeps = by_hand("/etc/sysctl.d/k8s.conf").file("/etc/tuned/tuned-main.conf", "reapply_sysctl = 0\n");
    assert!(keeps.boot_text("sysctl:vm.swappiness").starts_with("unknown: "));
}

#[test]
fn networkd_is_configured_by_drop_ins_as_well() {
    for path in
        ["/etc/systemd/network/10-lan.network.d/forward.conf", "/usr/lib/systemd/networkd.conf.d/x.conf"]
    {
        let tree = crate::distributions::debian12("quiet")
            .file("/usr/lib/systemd/system/systemd-networkd.service", "[Service]\nExecStart=/usr/bin/true\n")
            .link("/etc/systemd/system/multi-user.target.wants/systemd-networkd.service", "x")
            .file("/etc/systemd/network/10-lan.network", "[Match]\nName=en*\n")
            .file("/etc/sysctl.d/x.conf", "net.ipv4.ip_forward=0\n")
            .file(path, "[Network]\nIPv4Forwarding=yes\n");
        let told = tree.boot_text("sysctl:net.ipv4.ip_forward");
        assert!(told.starts_with("unknown: ") && told.contains(path), "{told}");
    }
}
