use crate::tree::{Tree, attribute};

const STATUS: &str = "Package: kubelet\nStatus: hold ok installed\nArchitecture: amd64\nVersion: 1.31.0-1.1\n\n\
    Package: kubeadm\nStatus: install ok installed\nVersion: 1.31.0-1.1\n\n\
    Package: kubectl\nStatus: hold ok config-files\nVersion: 1.30.0\n\n\
    Package: half\nStatus: install ok half-installed\nVersion: 1\n";

#[test]
fn a_dpkg_hold_is_a_hold_and_a_pin_is_none() {
    let tree = Tree::new()
        .file("/var/lib/dpkg/status", STATUS)
        .file("/etc/apt/preferences.d/k", "Package: kubeadm\nPin: version *\nPin-Priority: -1\n");
    for (name, expected) in [
        ("kubelet", "held=true version=1.31.0-1.1"),
        ("kubelet:amd64", "held=true version=1.31.0-1.1"),
        ("kubelet:arm64", "absent"),
        ("kubeadm", "held=false version=1.31.0-1.1"),
        ("kubectl", "absent"),
        ("nothing", "absent"),
    ] {
        assert_eq!(tree.boot_text(&format!("package:{name}")), expected, "{name}");
    }
    assert!(tree.boot_text("package:half").starts_with("unknown: "));
}

#[test]
fn without_a_database_nothing_is_known() {
    assert!(Tree::new().boot_text("package:kubelet").starts_with("unknown: no package database"));
}

#[test]
fn an_image_of_a_distribution_without_packages_has_none() {
    let tree = Tree::new().file("/usr/lib/os-release", "ID=flatcar\n");
    assert_eq!(tree.boot_text("package:kubelet"), "absent");
}

#[test]
fn a_lock_of_some_versions_may_hold() {
    let tree = Tree::new()
        .file("/usr/lib/sysimage/rpm/Packages.db", "x")
        .program("/usr/bin/crio", "x")
        .file("/etc/zypp/locks", "type: package\nversion: == 1.30\nmatch_type: glob\nsolvable_name: crio\n");
    let held = attribute(&tree.boot("package:crio"), "held");
    assert!(held.starts_with("unknown: /etc/zypp/locks:4"), "{held}");
}

#[test]
fn apk_and_pacman_are_read() {
    let apk = Tree::new()
        .file("/lib/apk/db/installed", "C:x\nP:kubelet\nV:1.31-r0\n\nP:a\nV:1\n")
        .file("/etc/apk/world", "a\nkubelet=1.31-r0\n");
    assert_eq!(apk.boot_text("package:kubelet"), "held=true version=1.31-r0");
    assert_eq!(apk.boot_text("package:a"), "held=false version=1");
    let pacman = Tree::new()
        .directory("/var/lib/pacman/local/cri-o-1.31.0-2")
        .file("/etc/pacman.conf", "[options]\nIgnorePkg = cri-* x\n");
    assert_eq!(pacman.boot_text("package:cri-o"), "held=true version=1.31.0-2");
    assert_eq!(pacman.boot_text("package:cri"), "absent");
}

#[test]
fn locks_of_an_unread_rpm_database_are_known() {
    for (path, text, held) in [
        ("/etc/dnf/plugins/versionlock.list", "# c\nkubelet-0:1.31.0-1.*\n", "true"),
        ("/etc/dnf/plugins/versionlock.list", "kubelet-extra-0:1.31.0-1.*\n", "false"),
        ("/etc/dnf/versionlock.toml", "version='1.0'\n[[packages]]\nname='kubelet'\n", "true"),
        ("/etc/yum.repos.d/k.repo", "[k]\nexclude=kubelet kubeadm\n", "true"),
        ("/etc/dnf/dnf.conf", "[main]\nexcludepkgs=kube*\n", "true"),
        ("/etc/dnf/dnf.conf", "[main]\nbest=1\n", "false"),
        ("/etc/zypp/locks", "\ntype: package\nmatch_type: glob\nsolvable_name: kube*\n\n", "true"),
        ("/etc/zypp/locks", "\ntype: package\nmatch_type: glob\nsolvable_name: crun\n\n", "false"),
    ] {
        let tree = Tree::new()
            .file("/var/lib/rpm/rpmdb.sqlite", "x")
            .program("/usr/bin/kubelet", "x")
            .file(path, text);
        let fact = tree.boot("package:kubelet");
        assert_eq!(attribute(&fact, "held"), held, "{path} {text}");
        assert!(attribute(&fact, "version").starts_with("unknown: RPM database found"));
        assert!(tree.boot_text("package:kubeadm").starts_with("unknown: RPM"));
    }
}

#[test]
fn a_database_without_an_end_of_paragraph_costs_no_time() {
    let tree = Tree::new().file("/var/lib/dpkg/status", vec![0; 32 << 20]);
    let told = tree.boot_text("package:kubelet");
    assert_eq!(
        told,
        "unknown: /var/lib/dpkg/status: a line or paragraph is longer than 1048576 bytes, not read"
    );
}
