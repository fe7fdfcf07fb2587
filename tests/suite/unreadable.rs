//! Files and directories that nobody could read, and what they could have decided.

use crate::distributions;
use crate::tree::Tree;

fn debian() -> Tree {
    distributions::debian12("root=/dev/vda1 systemd.gpt_auto=0")
}

#[test]
fn what_an_unread_place_could_decide_is_unknown_and_names_it() {
    let script = "#!/bin/sh\ntrue\n";
    for (tree, path, question) in [
        (debian(), "/etc/fstab", "swap"),
        (debian(), "/etc/fstab", "swap:any"),
        (debian(), "/etc/fstab", "file:/tmp/x"),
        (debian().program("/etc/rc.local", script), "/etc/rc.local", "swap"),
        (debian().program("/etc/rc.local", script), "/etc/rc.local", "sysctl:vm.swappiness"),
        (debian().file("/etc/cloud/cloud.cfg", ""), "/etc/cloud/cloud.cfg", "swap"),
        (debian().file("/etc/cloud/cloud.cfg.d/a.cfg", ""), "/etc/cloud/cloud.cfg.d", "swap"),
        (debian().file("/etc/waagent.conf", ""), "/etc/waagent.conf", "swap"),
        (debian(), "/etc/systemd/system", "swap"),
        (debian(), "/etc/sysctl.d", "sysctl:vm.swappiness"),
        (debian(), "/etc/sysctl.conf", "sysctl:vm.swappiness"),
        (debian(), "/etc/modules", "module:overlay"),
        (debian(), "/etc/modprobe.d", "module:overlay"),
        (debian(), "/etc/hostname", "hostname"),
        (debian(), "/boot/grub/grub.cfg", "cmdline"),
        (debian(), "/boot/grub/grub.cfg", "selinux"),
        (debian(), "/usr/lib/os-release", "os"),
        (debian(), "/etc/systemd/system", "unit:crio#LimitNOFILE"),
        (debian(), "/etc/systemd/system", "service:crio.service"),
        (debian(), "/etc/systemd/system", "kubelet:hostnameOverride"),
        (debian(), "/etc/systemd/system", "binary:mount@kubelet"),
        (debian(), "/usr/local/bin", "containerd"),
        (debian(), "/usr/local/bin", "crio:runtime.cgroup_manager"),
        (debian(), "/usr/local/bin", "kubelet:cgroupDriver"),
        (debian().file("/etc/passwd", ""), "/etc/passwd", "file:/etc/fstab"),
        (debian().file("/etc/group", ""), "/etc/group", "file:/etc/fstab"),
        (debian().program("/usr/bin/runc", ""), "/var/lib/dpkg/status", "program:runc"),
        (debian().program("/usr/bin/kubelet", ""), "/var/lib/dpkg/status", "kubelet:cgroupDriverSource"),
        (debian().file("/etc/crio/crio.conf.d/a", ""), "/etc/crio/crio.conf.d", "crio:leftover_files"),
        (
            debian().file("/etc/modules-load.d/a.conf", "x\n"),
            "/usr/lib/modules/6.1.0-18-amd64/modules.dep",
            "modules-load",
        ),
        (debian().file("/etc/selinux/config", "SELINUX=enforcing\n"), "/etc/selinux/config", "selinux"),
        (debian().file("/var/lib/dpkg/status", ""), "/var/lib/dpkg/status", "package:kubelet"),
    ] {
        let told =
            tree.directory("/etc/modprobe.d").directory("/etc/sysctl.d").denied(path).recorded_text(question);
        let name = path.rsplit('/').next().unwrap();
        assert!(told.contains("unknown") || told.contains("=?"), "{path}: {question}: {told}");
        assert!(told.contains(name) || told.contains("=?"), "{path}: {question}: {told}");
    }
}

#[test]
fn an_entry_that_could_not_be_read_may_be_the_one_that_boots() {
    let entry = |release: &str| format!("title x\nversion {release}\nlinux /vmlinuz-{release}\noptions ro\n");
    let tree = Tree::new()
        .file("/boot/loader/loader.conf", "default a*\n")
        .file("/boot/loader/entries/a.conf", entry("6.1.0"))
        .file("/boot/loader/entries/b.conf", entry("6.2.0"));
    assert_eq!(tree.boot_text("kernel"), "6.1.0");
    let tree = tree.denied("/boot/loader/entries/b.conf");
    for question in ["kernel", "cmdline"] {
        let told = tree.recorded_text(question);
        assert!(told.starts_with("unknown: ") && told.contains("b.conf"), "{question}: {told}");
    }
}
