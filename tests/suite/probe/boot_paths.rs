//! What units find at paths that a boot makes, removes or covers before services start.

use node_preflight::fact::{Confidence, Fact};

use crate::distributions::debian12;
use crate::tree::{Tree, attribute};

const TMPFILES: &str = "[Unit]\nDefaultDependencies=no\nBefore=sysinit.target\n[Service]\nType=oneshot\n\
                        RemainAfterExit=yes\nExecStart=systemd-tmpfiles --create --remove --boot --exclude-prefix=/dev\n";
const SETUP: &str = "/usr/lib/systemd/system/systemd-tmpfiles-setup.service";

/// A host whose boot makes, removes and covers paths, and a service with a setting.
fn host(setting: &str) -> Tree {
    debian12("")
        .program("/bin/true", "")
        .program("/bin/sh", "")
        .file(SETUP, TMPFILES)
        .link(
            "/usr/lib/systemd/system/sysinit.target.wants/systemd-tmpfiles-setup.service",
            "../systemd-tmpfiles-setup.service",
        )
        .file(
            "/etc/tmpfiles.d/a.conf",
            "f /var/lib/made - - - - text\nd /run/directory\nr! /etc/removed\nf /etc/by-etcd 0600 etcd\n\
             D /var/emptied\nf /var/filled/x\n",
        )
        .file("/etc/removed", "")
        .file("/var/emptied/old", "")
        .file("/mnt/covered/flag", "")
        .file("/mnt/late/flag", "")
        .file("/etc/fstab", "tmpfs /mnt/covered tmpfs size=1M 0 0\ntmpfs /mnt/late tmpfs nofail 0 0\n")
        .file(
            "/etc/systemd/system/a.service",
            format!("[Unit]\n{setting}\n[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/bin/true\n"),
        )
        .link("/etc/systemd/system/multi-user.target.wants/a.service", "../a.service")
}

fn active(fact: &Fact) -> String {
    attribute(fact, "active")
}

#[test]
fn conditions_look_at_what_the_boot_has_made_of_a_path() {
    for (setting, expected) in [
        ("ConditionPathExists=/var/lib/made", "active"),
        ("ConditionPathExists=!/var/lib/made", "inactive"),
        ("ConditionFileNotEmpty=/var/lib/made", "active"),
        ("ConditionPathIsDirectory=/var/lib/made", "inactive"),
        ("ConditionPathIsDirectory=/run/directory", "active"),
        ("ConditionPathExists=/etc/removed", "inactive"),
        ("ConditionPathExists=/mnt/covered/flag", "inactive"),
        ("ConditionDirectoryNotEmpty=/mnt/covered", "unknown"),
        ("ConditionDirectoryNotEmpty=/var/emptied", "inactive"),
        ("ConditionPathExistsGlob=/var/emptied/*", "inactive"),
        ("ConditionDirectoryNotEmpty=/var/filled", "unknown"),
        // Nobody knows whether there is such a user.
        ("ConditionPathExists=/etc/by-etcd", "unknown"),
        // Its mount isn't waited for.
        ("ConditionPathExists=/mnt/late/flag", "unknown"),
        // A service may make it.
        ("ConditionPathExists=/run/other", "unknown"),
        // It starts before all that.
        ("ConditionPathExists=/var/lib/made\nDefaultDependencies=no", "unknown"),
    ] {
        let fact = host(setting).boot("service:a");
        assert!(active(&fact).starts_with(expected), "{setting}: {}", active(&fact));
        assert_ne!(fact.confidence, Confidence::Certain, "{setting}");
    }
}

#[test]
fn what_tmpfiles_d_does_is_unknown_where_another_command_does_it() {
    let setting = "ConditionPathExists=/var/lib/made";
    let other = TMPFILES.replace("--create", "--create --prefix=/run");
    for tree in [
        host(setting).file(SETUP, other),
        host(setting).file(SETUP, TMPFILES.replace("[Unit]", "[Unit]\nConditionPathExists=/etc/none")),
        host(setting).link("/etc/systemd/system/systemd-tmpfiles-setup.service", "/dev/null"),
        host(setting).file("/etc/tmpfiles.d/b.conf", "d /var/lib/made\n"),
    ] {
        let fact = tree.boot("service:a");
        assert!(active(&fact).starts_with("unknown"), "{}", active(&fact));
    }
}

#[test]
fn what_another_unit_names_may_be_made_by_it() {
    let other = "[Service]\nType=oneshot\nExecStart=/usr/bin/touch /mnt/covered/flag /etc/none\n";
    for path in ["/mnt/covered/flag", "/etc/none"] {
        let tree = host(&format!("ConditionPathExists={path}"))
            .file("/etc/systemd/system/b.service", other)
            .link("/etc/systemd/system/multi-user.target.wants/b.service", "../b.service");
        let fact = tree.boot("service:a");
        assert!(active(&fact).starts_with("unknown"), "{path}: {}", active(&fact));
    }
}

#[test]
fn files_that_tmpfiles_d_makes_are_there_for_services() {
    let service =
        "[Service]\nType=oneshot\nRemainAfterExit=yes\nEnvironmentFile=/var/lib/made\nExecStart=/bin/true\n";
    let tree = host("").file("/etc/systemd/system/a.service", service);
    assert_eq!(active(&tree.boot("service:a")), "active");
    let gone = service.replace("/var/lib/made", "/etc/removed");
    assert_eq!(active(&tree.file("/etc/systemd/system/a.service", gone).boot("service:a")), "failed");
}

#[test]
fn the_version_of_the_next_kernel_decides_where_it_is_known() {
    for (setting, expected) in [
        ("ConditionKernelVersion=<5.0", "inactive"),
        ("ConditionKernelVersion=>=5.4 <7", "active"),
        ("ConditionKernelVersion=>=6.1", "unknown"),
        ("ConditionKernelVersion=6.*", "unknown"),
    ] {
        let fact = host(setting).boot("service:a");
        assert!(active(&fact).starts_with(expected), "{setting}: {}", active(&fact));
    }
}
