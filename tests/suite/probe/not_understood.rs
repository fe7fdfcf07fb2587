//! What a boot runs and isn't understood makes unknown what it may write, and nothing else.

use crate::distributions;
use crate::tree::Tree;

/// A service of the administrator's that the boot starts.
fn service(tree: Tree, command: &str) -> Tree {
    tree.file("/etc/systemd/system/t.service", format!("[Service]\nType=oneshot\nExecStart={command}\n"))
        .link("/etc/systemd/system/multi-user.target.wants/t.service", "../t.service")
}

fn script(text: &str) -> Tree {
    let tree = distributions::debian12("").file("/etc/sysctl.d/5.conf", "net.ipv4.ip_forward = 1\n");
    service(tree, "/opt/run.sh").program("/opt/run.sh", format!("#!/bin/sh\n{text}\n"))
}

#[test]
fn scripts_that_may_write_a_variable_make_it_unknown() {
    for text in [
        "for s in steps/*.sh; do sh $s; done",
        ". $CONFIG",
        "curl -s http://x/y | sh",
        "eval \"$LINES\"",
        "cat <<X | sysctl -p -\nnet.ipv4.ip_forward=0\nX",
        "grep -v x /etc/list | xargs -n1 sysctl -w",
        "for f in /proc/sys/net/ipv4/ip_*; do echo 0 > $f; done",
        "cd /proc/sys/net/ipv4 && echo 0 > ip_forward",
        "echo 0 | tee /proc/sys/net/ipv4/{ip_forward,tcp_ecn}",
        "key=/proc/sys/net/ipv4/ip_forward",
        "/opt/other.sh",
        ". /opt/other.sh",
        "cd /opt && ./other.sh",
        "sysctl -qp /etc/other.conf",
        "sysctl -e -p /etc/none.conf /etc/other.conf",
        "/lib/systemd/systemd-sysctl /etc/other.conf",
    ] {
        let tree = script(text)
            .program("/opt/other.sh", "#!/bin/sh\nsysctl -w net.ipv4.ip_forward=0\n")
            .file("/etc/other.conf", "net.ipv4.ip_forward = 0\n");
        let found = tree.boot_text("sysctl:net.ipv4.ip_forward");
        assert!(found.starts_with("unknown"), "{text}: {found}");
    }
}

#[test]
fn scripts_that_write_something_else_leave_it_certain() {
    for text in [
        "sysctl -w vm.swappiness=1",
        "sysctl -n net.ipv4.ip_forward",
        "if [ -e /proc/sys/net/ipv4/ip_forward ]; then cat /proc/sys/net/ipv4/ip_forward; fi",
        "value=$(cat /proc/sys/net/ipv4/ip_forward)",
        "command -v sysctl >/dev/null || exit 0",
        "echo \"use sysctl\"",
        "for m in a b; do modprobe $m; done",
        "for f in /proc/sys/net/ipv4/conf/*/rp_filter; do echo 1 > $f; done",
        "systemctl restart containerd",
        "/opt/none.sh",
        "hostname node1",
    ] {
        assert_eq!(script(text).boot_text("sysctl:net.ipv4.ip_forward"), "1", "{text}");
    }
}

#[test]
fn modules_swap_and_the_name_are_unknown_where_a_line_names_them() {
    let tree = |text: &str| {
        script(text)
            .file("/etc/hostname", "node\n")
            .file("/etc/modules-load.d/k.conf", "br_netfilter\n")
            .file("/etc/fstab", "/dev/vdb1 none swap sw 0 0\n")
    };
    for (text, question) in [
        ("hostname other", "hostname"),
        ("hostnamectl set-hostname other", "hostname"),
        ("modprobe -r br_netfilter", "module:br_netfilter"),
        ("for m in $(cat /etc/list); do modprobe -- $m; done", "module:overlay"),
        ("swapoff -a", "swap"),
        ("systemctl stop dev-vdb1.swap", "swap:/dev/vdb1"),
    ] {
        let found = tree(text).boot_text(question);
        assert!(found.starts_with("unknown"), "{text}: {found}");
        let found = tree("true").boot_text(question);
        assert!(!found.starts_with("unknown"), "{question}: {found}");
    }
    let loop_of_names = "for m in overlay dummy; do\n/sbin/modprobe -- $m\ndone";
    let found = tree(loop_of_names).boot_text("module:dummy");
    assert!(found.contains("loaded"), "{found}");
}

#[test]
fn doors_that_a_boot_opens_are_read() {
    let tree = || script("true");
    let line = "sysctl -w net.ipv4.ip_forward=$x";
    let cron = "[Service]\nExecStart=/usr/sbin/cron -f\n";
    let cron = tree().file("/usr/lib/systemd/system/cron.service", cron).link(
        "/etc/systemd/system/multi-user.target.wants/cron.service",
        "/usr/lib/systemd/system/cron.service",
    );
    for (door, tree) in [
        (
            "udev",
            tree().file("/etc/udev/rules.d/9.rules", "KERNEL==\"vda\", SYSCTL{net.ipv4.ip_forward}=\"0\"\n"),
        ),
        (
            "udev",
            tree().file(
                "/etc/udev/rules.d/9.rules",
                format!("KERNEL==\"vda\", RUN+=\"/bin/sh -c '{line}'\"\n"),
            ),
        ),
        ("tmpfiles", tree().file("/etc/tmpfiles.d/k.conf", "f+ /proc/sys/net/ipv4/ip_forward - - - - 0\n")),
        ("generator", tree().program("/etc/systemd/system-generators/g", format!("#!/bin/sh\n{line}\n"))),
        ("cron", cron.file("/etc/cron.d/k", format!("@reboot root {line}\n"))),
    ] {
        let found = tree.boot_text("sysctl:net.ipv4.ip_forward");
        assert!(found.starts_with("unknown"), "{door}: {found}");
    }
}

#[test]
fn a_table_of_cron_counts_whatever_the_name_of_its_daemon() {
    let tree = script("true").file("/etc/fstab", "/dev/vdb1 none swap sw 0 0\n");
    assert_eq!(tree.boot_text("swap:/dev/vdb1"), "on");
    let tree = tree.file("/etc/cron.d/k", "@reboot root swapoff -a\n");
    assert!(tree.boot_text("swap:/dev/vdb1").starts_with("unknown"));
}

#[test]
fn another_command_of_systemd_sysctl_makes_unknown_what_it_may_leave_out() {
    let tree = |command: &str| {
        script("true").file("/etc/sysctl.d/k.conf", "vm.overcommit_memory=1\n").file(
            "/etc/systemd/system/systemd-sysctl.service.d/k.conf",
            format!("[Service]\nExecStart=\n{command}\n"),
        )
    };
    let plain = tree("ExecStart=/lib/systemd/systemd-sysctl");
    assert_eq!(plain.boot_text("sysctl:vm.overcommit_memory"), "1");
    let other = tree("ExecStart=/lib/systemd/systemd-sysctl --prefix=/net");
    assert!(other.boot_text("sysctl:vm.overcommit_memory").starts_with("unknown"));
    // What no file sets is not its affair.
    assert!(!other.boot_text("sysctl:vm.swappiness").starts_with("unknown"));
}

#[test]
fn a_file_that_leads_into_memory_is_not_what_the_boot_finds() {
    let tree = distributions::debian12("")
        .file("/run/k/s.txt", "vm.max_map_count=262144\n")
        .file("/run/name", "n\n");
    let tree = tree.link("/etc/sysctl.d/50.conf", "/run/k/s.txt").link("/etc/hostname", "/run/name");
    // As a boot has it: such a file is gone when it is read (Linux 6.1, systemd 252).
    assert_eq!(tree.boot_text("sysctl:vm.max_map_count"), "65530");
    assert_eq!(tree.boot_text("hostname"), "localhost");
}
