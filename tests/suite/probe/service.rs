use node_preflight::fact::Moment;
use node_preflight::host::Host;

use crate::distributions::debian12;
use crate::tree::{Tree, ask, attribute};

const ONCE: &str = "[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/bin/true\n[Install]\nWantedBy=multi-user.target\n";

fn is(tree: &Tree, unit: &str) -> (String, String) {
    let fact = tree.boot(&format!("service:{unit}"));
    (attribute(&fact, "active"), attribute(&fact, "enabled"))
}

fn active(tree: &Tree, unit: &str) -> String {
    is(tree, unit).0
}

/// A unit of /etc, with its link.
fn enabled(tree: Tree, name: &str, text: &str) -> Tree {
    tree.file(&format!("/etc/systemd/system/{name}"), text)
        .link(&format!("/etc/systemd/system/multi-user.target.wants/{name}"), &format!("../{name}"))
}

#[test]
fn a_link_starts_a_unit_and_its_target_does_not_count() {
    let tree = Tree::new()
        .file("/etc/systemd/system/a.service", ONCE)
        .link("/etc/systemd/system/multi-user.target.wants/a.service", "/nowhere/a.service")
        .file("/etc/systemd/system/b.service", ONCE);
    assert_eq!(is(&tree, "a"), ("active".into(), "enabled".into()));
    assert_eq!(is(&tree, "b.service"), ("inactive".into(), "disabled".into()));
    assert_eq!(active(&tree, "c"), "absent");
}

#[test]
fn masks_by_link_and_by_empty_file_stop_a_unit_but_masks_in_run_are_gone_at_boot() {
    for tree in [
        Tree::new()
            .file("/usr/lib/systemd/system/a.service", ONCE)
            .link("/etc/systemd/system/a.service", "/dev/null"),
        Tree::new().file("/usr/lib/systemd/system/a.service", ONCE).file("/etc/systemd/system/a.service", ""),
    ] {
        let tree = tree.link("/etc/systemd/system/multi-user.target.wants/a.service", "../a.service");
        assert_eq!(is(&tree, "a"), ("inactive".into(), "masked".into()));
    }
    let tree = enabled(debian12(""), "a.service", ONCE).link("/run/systemd/system/a.service", "/dev/null");
    assert_eq!(is(&tree, "a"), ("active".into(), "enabled".into()));
}

#[test]
fn conditions_are_judged_by_files_and_command_line() {
    for (condition, expected) in [
        ("ConditionPathExists=/etc/hostname", "active"),
        ("ConditionPathExists=!/etc/hostname", "inactive"),
        ("ConditionPathExists=|/etc/none\nConditionPathExists=|/etc/hostname", "active"),
        ("ConditionPathExists=/etc/none\nConditionFileNotEmpty=", "active"),
        ("ConditionKernelCommandLine=debug", "active"),
        ("ConditionKernelCommandLine=!debug", "inactive"),
        ("ConditionPathExistsGlob=/etc/host*", "active"),
        ("ConditionFirstBoot=yes", "inactive"),
        ("AssertPathExists=/etc/none", "inactive"),
        ("ConditionVirtualization=!container", "active"),
    ] {
        let tree = enabled(debian12("debug=1"), "a.service", &format!("[Unit]\n{condition}\n{ONCE}"));
        assert_eq!(active(&tree, "a"), expected, "{condition}");
    }
    let tree = enabled(debian12(""), "a.service", &format!("[Unit]\nConditionPathExists=/run/x\n{ONCE}"));
    assert!(active(&tree, "a").starts_with("unknown"));
}

#[test]
fn aliases_instances_and_drop_ins_are_followed() {
    let tree = debian12("")
        .file("/usr/lib/systemd/system/real.service", ONCE)
        .link("/etc/systemd/system/other.service", "/usr/lib/systemd/system/real.service")
        .link("/etc/systemd/system/multi-user.target.wants/other.service", "../other.service")
        .file("/usr/lib/systemd/system/t@.service", ONCE)
        .link("/etc/systemd/system/multi-user.target.wants/t@x.service", "/usr/lib/systemd/system/t@.service")
        .file("/usr/lib/systemd/system/late.service", ONCE)
        .file("/etc/systemd/system/real.service.d/x.conf", "[Unit]\nWants=late.service\n");
    assert_eq!(active(&tree, "real"), "active");
    assert_eq!(is(&tree, "other"), ("active".into(), "alias".into()));
    assert_eq!(is(&tree, "t@x"), ("active".into(), "enabled".into()));
    assert_eq!(active(&tree, "t@y"), "inactive");
    assert_eq!(active(&tree, "late"), "active");
}

#[test]
fn the_target_that_boots_decides_what_is_reached() {
    let unit = "[Service]\nExecStart=/bin/true\n[Install]\nWantedBy=graphical.target\n";
    let tree = |cmdline: &str| {
        debian12(cmdline)
            .file("/etc/systemd/system/g.service", unit)
            .link("/etc/systemd/system/graphical.target.wants/g.service", "../g.service")
    };
    assert_eq!(is(&tree(""), "g"), ("active".into(), "enabled".into()));
    assert_eq!(is(&tree("systemd.unit=multi-user.target"), "g"), ("inactive".into(), "enabled".into()));
    let other =
        tree("").link("/etc/systemd/system/default.target", "/usr/lib/systemd/system/multi-user.target");
    assert_eq!(active(&other, "g"), "inactive");
}

#[test]
fn what_cannot_start_is_failed_and_what_ends_is_inactive() {
    let tree = enabled(debian12(""), "a.service", "[Service]\nExecStart=/usr/bin/none\n");
    assert_eq!(active(&tree, "a"), "failed");
    let tree = enabled(debian12(""), "a.service", "[Service]\nExecStart=-/usr/bin/none\n");
    assert_eq!(active(&tree, "a"), "active");
    let tree =
        enabled(debian12(""), "a.service", "[Service]\nEnvironmentFile=/etc/none\nExecStart=/bin/true\n");
    assert_eq!(active(&tree, "a"), "failed");
    let tree = enabled(debian12(""), "a.service", "[Service]\nType=oneshot\nExecStart=/bin/true\n");
    assert_eq!(active(&tree, "a"), "inactive");
}

#[test]
fn a_socket_does_not_start_its_service_and_rivals_are_unknown() {
    let tree = enabled(
        debian12(""),
        "a.socket",
        "[Socket]\nListenStream=/run/a\n[Install]\nWantedBy=sockets.target\n",
    )
    .file("/etc/systemd/system/a.service", "[Service]\nExecStart=/bin/true\n");
    assert_eq!(active(&tree, "a.socket"), "active");
    let fact = tree.boot("service:a");
    assert_eq!(attribute(&fact, "active"), "inactive");
    assert!(fact.notes[0].contains("a.socket"), "{:?}", fact.notes);
    let tree = enabled(debian12(""), "a.service", &format!("[Unit]\nConflicts=b.service\n{ONCE}"));
    let tree = enabled(tree, "b.service", ONCE);
    assert!(active(&tree, "a").starts_with("unknown") && active(&tree, "b").starts_with("unknown"));
}

#[test]
fn only_a_first_boot_applies_presets() {
    let tree = debian12("").file("/etc/systemd/system/a.service", ONCE);
    assert_eq!(active(&tree, "a"), "inactive");
    let empty = tree.file("/etc/machine-id", "");
    assert_eq!(active(&empty, "a"), "inactive");
    let first = empty.file("/etc/machine-id", "uninitialized\n");
    assert_eq!(is(&first, "a"), ("active".into(), "enabled".into()));
    let refused = first.file("/etc/systemd/system-preset/1.preset", "disable a.*\nenable *\n");
    assert_eq!(is(&refused, "a"), ("inactive".into(), "disabled".into()));
}

#[test]
fn another_init_makes_it_unknown() {
    let tree = enabled(Tree::new(), "a.service", ONCE).file("/sbin/init", "sysvinit");
    assert!(active(&tree, "a").starts_with("unknown: the init that boots is not systemd"));
}

#[test]
fn loops_of_links_and_requirements_end() {
    let tree =
        enabled(debian12(""), "a.service", &format!("[Unit]\nRequires=b.service\nAfter=b.service\n{ONCE}"))
            .file(
                "/etc/systemd/system/b.service",
                format!("[Unit]\nRequires=a.service\nAfter=a.service\n{ONCE}"),
            )
            .link("/etc/systemd/system/x.service", "y.service")
            .link("/etc/systemd/system/y.service", "x.service");
    // Whichever of the two systemd drops, the other requires it.
    assert_eq!(active(&tree, "a"), "inactive");
    assert_eq!(active(&tree, "b"), "inactive");
    assert_eq!(active(&tree, "x"), "absent");
}

#[test]
fn where_systemd_does_not_run_nothing_is_active() {
    if std::path::Path::new("/run/systemd/system").exists() {
        return;
    }
    let fact = ask(&Host::live().unwrap(), "service:no-such-unit-here", Moment::Now);
    assert_eq!(attribute(&fact, "active"), "absent");
}

/// Seen with `systemd --test` of systemd 252.
#[test]
fn what_a_unit_pulls_in_is_cut_short_where_it_requires_what_is_missing() {
    let starts = "[Service]\nExecStart=/bin/true\n";
    let tree = enabled(
        debian12("ro"),
        "a.service",
        &format!("[Unit]\nRequires=none.service\nWants=b.service\n{starts}"),
    )
    .file("/etc/systemd/system/b.service", starts)
    .file("/etc/systemd/system/c.service", starts);
    assert_eq!((active(&tree, "a"), active(&tree, "b")), ("active".into(), "inactive".into()));
    let tree = enabled(tree, "d.service", &format!("[Unit]\nRequires=none.service c.service\n{starts}"));
    assert!(active(&tree, "c").starts_with("unknown"));
    let stuck = tree.link("/etc/systemd/system/multi-user.target.requires/none.service", "../none.service");
    assert!(active(&stuck, "a").starts_with("unknown"), "systemd gives the boot up");
}

/// Seen with `systemd --test` of systemd 252.
#[test]
fn names_of_dependencies_are_read_as_systemd_reads_them() {
    let starts = "[Service]\nExecStart=/bin/true\n";
    let tree =
        enabled(debian12("ro"), "a.service", &format!("[Unit]\nWants=\"b.service\" t@.service\n{starts}"))
            .file("/etc/systemd/system/b.service", starts)
            .file("/etc/systemd/system/c.service", starts)
            .file("/etc/systemd/system/t@.service", starts)
            .link("/etc/systemd/system/null.service", "/dev/null")
            .link("/etc/systemd/system/multi-user.target.wants/c.service", "../null.service")
            .link("/etc/systemd/system/other.service", "b.socket");
    assert_eq!(active(&tree, "b"), "inactive", "a name has no quotes");
    assert_eq!(active(&tree, "t@a"), "active", "a template gets the prefix of who names it");
    assert_eq!(active(&tree, "c"), "inactive", "its link leads to /dev/null in the end");
    assert_eq!(active(&tree, "other"), "absent", "a link to another kind of unit is none");
}
