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
        let reason = "unknown: /var/lib/rpm/rpmdb.sqlite: is no SQLite database";
        assert!(attribute(&fact, "version").starts_with(reason));
        assert!(tree.boot_text("package:kubeadm").starts_with(reason));
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

/// A database that rpm 4.18 wrote; the other two have the same headers, but for the releases of the distribution: rpm can
/// no longer write them here, so `Packages.db` was put together after rpm's sources, and `Packages` with Berkeley DB 5.3.
const SQLITE: &[u8] = include_bytes!("../../../fixtures/rocky9-ready/root/var/lib/rpm/rpmdb.sqlite");
const NDB: &[u8] = include_bytes!("../../../fixtures/leap156-ready/root/usr/lib/sysimage/rpm/Packages.db");
const BDB: &[u8] = include_bytes!("../../recorded/rpm/Packages");
const DATABASES: [(&str, &[u8]); 3] = [
    ("/usr/lib/sysimage/rpm/rpmdb.sqlite", SQLITE),
    ("/usr/lib/sysimage/rpm/Packages.db", NDB),
    ("/var/lib/rpm/Packages", BDB),
];

#[test]
fn rpm_databases_are_read() {
    for (path, database) in DATABASES {
        let tree = Tree::new().file(path, database).file("/etc/dnf/dnf.conf", "[main]\nexclude=kube*\n");
        for (name, expected) in [
            ("cri-o", "held=false version=1.34.1-150500.1.1"),
            ("cri-o:noarch", "held=false version=1.34.1-150500.1.1"),
            ("cri-o:x86_64", "absent"),
            ("kubelet", "held=true version=1.34.1-150500.1.1"),
            // Its header lies in pages of its own.
            ("cri-tools", "held=false version=1.34.0-150500.1.1"),
            ("cri", "absent"),
            ("nothing", "absent"),
        ] {
            assert_eq!(tree.boot_text(&format!("package:{name}")), expected, "{path} {name}");
        }
        let fact = tree.boot("package:cri-o");
        assert_eq!(fact.because[0].to_string(), path);
    }
    let epoch = Tree::new().file("/var/lib/rpm/rpmdb.sqlite", SQLITE);
    assert_eq!(epoch.boot_text("package:containers-common"), "held=false version=5:2024-4.el9");
}

#[test]
fn the_owner_of_a_file_is_known_by_rpm() {
    for (path, database) in DATABASES {
        let tree = Tree::new().file(path, database);
        let tree = tree.program("/usr/bin/crio", "x").program("/usr/local/bin/kubelet", "x");
        let version = |name: &str| attribute(&tree.boot(&format!("program:{name}")), "version");
        assert_eq!(version("crio"), "1.34.1", "{path}");
        // A copy beside the package's own is not the package's.
        assert!(version("kubelet").starts_with("unknown: "), "{path}");
    }
}

#[test]
fn what_is_not_in_an_rpm_database_yet_makes_it_unknown() {
    for (suffix, content, expected) in [
        ("-wal", "", "held=false version=1.34.1-150500.1.1"),
        (
            "-wal",
            "x",
            "unknown: /var/lib/rpm/rpmdb.sqlite-wal: holds changes that are not in the database yet, not read",
        ),
        (
            "-journal",
            "x",
            "unknown: /var/lib/rpm/rpmdb.sqlite-journal: holds changes that are not in the database yet, not read",
        ),
    ] {
        let tree = Tree::new()
            .file("/var/lib/rpm/rpmdb.sqlite", SQLITE)
            .file(&format!("/var/lib/rpm/rpmdb.sqlite{suffix}"), content);
        assert_eq!(tree.boot_text("package:cri-o"), expected);
    }
    let two = Tree::new().file("/var/lib/rpm/rpmdb.sqlite", SQLITE).file("/var/lib/rpm/Packages", BDB);
    let told = two.boot_text("package:cri-o");
    assert!(told.contains("there is another RPM database, /var/lib/rpm/Packages"), "{told}");
    // Where one directory is a link to the other, there is one.
    let one = Tree::new()
        .file("/usr/lib/sysimage/rpm/rpmdb.sqlite", SQLITE)
        .link("/var/lib/rpm", "../../usr/lib/sysimage/rpm");
    assert_eq!(one.boot_text("package:cri-o"), "held=false version=1.34.1-150500.1.1");
    // dpkg knows its own packages, whatever an RPM database beside it holds.
    let both = Tree::new().file("/var/lib/dpkg/status", STATUS).file("/var/lib/rpm/rpmdb.sqlite", "x");
    assert_eq!(both.boot_text("package:kubelet"), "held=true version=1.31.0-1.1");
    assert_eq!(both.boot_text("package:cri-o"), "absent");
}

#[test]
fn an_rpm_database_that_is_cut_short_is_not_taken_for_an_empty_one() {
    for (path, database) in DATABASES {
        let mut known = 0;
        for length in (0..database.len()).step_by(4096) {
            let told = Tree::new().file(path, &database[..length]).boot_text("package:cri-o");
            known += usize::from(told == "held=false version=1.34.1-150500.1.1");
            assert!(
                told.starts_with("unknown: ") || told.starts_with("held=false "),
                "{path} {length}: {told}"
            );
        }
        assert!(known < database.len() / 4096, "{path}");
    }
}
