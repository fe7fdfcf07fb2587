//! What the probe `service` says of units that a boot treats in another way than their files show at first sight, and of
//! units of which not everything can be read.

use node_preflight::fact::{Confidence, Moment};
use node_preflight::host::Host;

use crate::distributions::debian12;
use crate::tree::{Tree, ask, attribute};

const ONCE: &str = "[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/bin/true\n";

fn active(tree: &Tree, unit: &str) -> String {
    attribute(&tree.boot(&format!("service:{unit}")), "active")
}

/// As `active`, or another attribute, of a recording that hides a path.
fn without(tree: Tree, hidden: &str, unit: &str, name: &str) -> String {
    let tree = tree.hidden("root", hidden);
    let host = Host::recording(&tree.recording()).unwrap();
    attribute(&ask(&host, &format!("service:{unit}"), Moment::NextBoot), name)
}

fn wanted(tree: Tree, name: &str, text: &str) -> Tree {
    tree.file(&format!("/etc/systemd/system/{name}"), text)
        .link(&format!("/etc/systemd/system/multi-user.target.wants/{name}"), &format!("../{name}"))
}

fn debian() -> Tree {
    debian12("").program("/bin/true", "").program("/bin/false", "").program("/bin/sh", "")
}

#[test]
fn what_starts_by_itself_during_the_boot_is_not_called_inactive() {
    for (name, text) in [
        ("b.path", "[Path]\nPathExists=/run/made\nUnit=a.service\n"),
        ("a.timer", "[Timer]\nOnBootSec=1s\n"),
        ("b.service", "[Unit]\nOnFailure=a.service\n[Service]\nExecStart=/bin/false\nRestart=on-failure\n"),
        ("b.service", "[Unit]\nOnSuccess=a.service\n[Service]\nType=oneshot\nExecStart=/bin/work\n"),
    ] {
        let tree = wanted(debian().program("/usr/bin/work", ""), name, text);
        let tree = tree.file("/etc/systemd/system/a.service", ONCE);
        assert!(active(&tree, "a").starts_with("unknown"), "{text}: {}", active(&tree, "a"));
        let tree = tree.file(
            "/etc/systemd/system/a.service",
            ONCE.replace("/bin/true", "/sbin/sysctl -w vm.swappiness=1"),
        );
        let fact = tree.boot("sysctl:vm.swappiness");
        let is_unknown = crate::tree::text(&fact).starts_with("unknown");
        assert!(is_unknown || fact.confidence != Confidence::Certain, "{text}: {fact:?}");
    }
    let rule = "ACTION==\"add\", SUBSYSTEM==\"block\", ENV{SYSTEMD_WANTS}+=\"a.service\"\n";
    let tree = debian().file("/etc/udev/rules.d/1.rules", rule).file("/etc/systemd/system/a.service", ONCE);
    assert!(active(&tree, "a").starts_with("unknown"));
}

#[test]
fn what_certainly_starts_a_unit_during_the_boot_is_followed() {
    let path = "[Path]\nPathExists=/etc/hostname\nUnit=a.service\n";
    let failing = "[Unit]\nOnFailure=a.service\n[Service]\nType=oneshot\nExecStart=/bin/false\n";
    let done = "[Unit]\nOnSuccess=a.service\n[Service]\nType=oneshot\nExecStart=/bin/true\n";
    let once = "[Service]\nType=oneshot\nExecStart=/bin/true\n";
    for (by, text, started, expected) in [
        ("b.path", path, ONCE.to_owned(), "active"),
        ("b.service", failing, ONCE.to_owned(), "active"),
        ("b.service", done, ONCE.to_owned(), "active"),
        ("b.service", failing, once.to_owned(), "inactive"),
        ("b.service", failing, ONCE.replace("true", "false"), "failed"),
        ("b.service", failing, format!("[Unit]\nConditionPathExists=/etc/none\n{ONCE}"), "inactive"),
        // The path is still there when it ends, and it is started until systemd gives up.
        ("b.path", path, once.to_owned(), "unknown"),
        ("b.path", path, ONCE.replace("true", "false"), "unknown"),
        // What it requires is not followed.
        ("b.path", path, format!("[Unit]\nRequires=c.service\n{ONCE}"), "unknown"),
    ] {
        let tree = wanted(debian(), by, text).file("/etc/systemd/system/a.service", &started);
        assert!(active(&tree, "a").starts_with(expected), "{text}{started}: {}", active(&tree, "a"));
        assert_ne!(tree.boot("service:a").confidence, Confidence::Certain);
    }
}

#[test]
fn what_may_start_later_is_inactive_without_certainty() {
    for (name, text) in [
        ("a.timer", "[Timer]\nOnCalendar=daily\n"),
        ("a.timer", "[Timer]\nOnBootSec=1h\n"),
        ("a.socket", "[Socket]\nListenStream=/run/a\n"),
    ] {
        let tree = wanted(debian(), name, text).file("/etc/systemd/system/a.service", ONCE);
        let fact = tree.boot("service:a");
        assert_eq!(
            (attribute(&fact, "active").as_str(), fact.confidence),
            ("inactive", Confidence::High),
            "{text}"
        );
    }
    let tree = debian().file("/etc/systemd/system/a.service", ONCE);
    assert_eq!(tree.boot("service:a").confidence, Confidence::Certain);
    let tree = tree.program("/etc/systemd/system-generators/own", "#!/bin/sh\n");
    assert_eq!(tree.boot("service:a").confidence, Confidence::High);
}

#[test]
fn a_failure_is_only_told_where_nothing_makes_what_is_missing() {
    let service = |text: &str| format!("[Service]\nType=oneshot\nRemainAfterExit=yes\n{text}\n");
    for (text, expected) in [
        ("ExecStart=/bin/false", "failed"),
        ("ExecStart=/opt/none", "failed"),
        ("ExecStart=/bin/true\nEnvironmentFile=/etc/none.env", "failed"),
        ("ExecStart=/bin/true\nExecStartPost=/bin/false", "failed"),
        ("ExecStart=/bin/false\nSuccessExitStatus=1", "active"),
        ("ExecStart=/bin/true\nEnvironmentFile=/etc/made.env", "unknown"),
        ("ExecStart=/opt/copied", "unknown"),
        ("ExecStart=/bin/true\nExecCondition=/bin/false", "inactive"),
        ("ExecStart=/bin/true\nExecCondition=/usr/bin/ask", "unknown"),
        ("ExecStart=/bin/true\nWorkingDirectory=/var/nothing", "failed"),
        ("ExecStart=/bin/true\nWorkingDirectory=-/var/nothing", "active"),
        ("ExecStart=-/bin/true\nWorkingDirectory=/var/nothing", "unknown"),
        ("ExecStart=/bin/true\nWorkingDirectory=/opt/copied", "unknown"),
        ("ExecStart=/bin/true\nWorkingDirectory=/a\nRootDirectory=/usr", "unknown"),
        ("ExecStart=/bin/true\nLoadCredential=a:/etc/nothing", "failed"),
        ("ExecStart=/bin/true\nLoadCredential=a:/etc/nothing\nSetCredential=a:b", "unknown"),
        ("ExecStart=/bin/true\nReadWritePaths=/etc/nothing", "unknown"),
        ("ExecStart=/bin/true\nUser=nobody-here", "unknown"),
        ("ExecStart=/bin/true\nUser=app", "active"),
        ("ExecStart=/opt/dos", "failed"),
        ("ExecStart=/opt/alien", "failed"),
        ("ExecStart=/opt/exits", "failed"),
        ("ExecStart=/opt/ends", "unknown"),
    ] {
        let tree = wanted(debian(), "a.service", &service(text))
            .file("/etc/passwd", "root:x:0:0::/:/bin/sh\napp:x:900:900::/:/bin/sh\n")
            .file("/etc/tmpfiles.d/a.conf", "f /etc/made.env 0644 root root - A=b\n")
            .program("/opt/dos", "#!/bin/sh\r\ntrue\r\n")
            .program("/opt/alien", "#!/opt/interpreter\n")
            .program("/opt/exits", "#!/bin/sh\nexit 3\n")
            .program("/opt/ends", "#!/bin/sh\nwork && exit 0\nexit 1\n");
        let tree = wanted(tree, "b.service", &service("ExecStart=/bin/cp /bin/true /opt/copied"));
        assert!(active(&tree, "a").starts_with(expected), "{text}: {}", active(&tree, "a"));
    }
    let restarts = "[Service]\nRestart=always\nRestartSec=10\nExecStart=/opt/none\n";
    assert_eq!(active(&wanted(debian(), "a.service", restarts), "a"), "activating");
    let quick = restarts.replace("RestartSec=10", "RestartSec=1");
    assert_eq!(active(&wanted(debian(), "a.service", &quick), "a"), "failed");
}

#[test]
fn conditions_of_paths_that_a_boot_changes_are_not_told_from_the_disk() {
    let conditional = |condition: &str| format!("[Unit]\n{condition}\n{ONCE}");
    for (condition, expected) in [
        ("ConditionPathExists=/var/lib/made", "unknown"),
        ("ConditionPathExists=/etc/removed", "unknown"),
        ("ConditionPathExists=/mnt/covered/flag", "unknown"),
        ("ConditionPathExists=/etc/hostname", "active"),
        ("ConditionPathExists=/etc/none", "inactive"),
        ("ConditionPathExistsGlob=/etc/{none,hostname}", "active"),
    ] {
        let tree = wanted(debian(), "a.service", &conditional(condition))
            .file("/etc/tmpfiles.d/a.conf", "f /var/lib/made - - - -\nr! /etc/removed\n")
            .file("/etc/removed", "")
            .file("/mnt/covered/flag", "")
            .file("/etc/fstab", "tmpfs /mnt/covered tmpfs size=1M 0 0\n");
        assert!(active(&tree, "a").starts_with(expected), "{condition}: {}", active(&tree, "a"));
    }
}

#[test]
fn a_socket_whose_service_is_masked_and_a_mount_that_may_be_missing() {
    let socket = wanted(debian(), "a.socket", "[Socket]\nListenStream=/run/a\n");
    assert_eq!(active(&socket.link("/etc/systemd/system/a.service", "/dev/null"), "a.socket"), "inactive");
    let needs = format!("[Unit]\nRequiresMountsFor=/data/etcd\n{ONCE}");
    let tree = wanted(debian(), "a.service", &needs).file("/etc/fstab", "LABEL=d /data ext4 nofail 0 0\n");
    assert!(active(&tree, "a").starts_with("unknown"));
    assert_eq!(active(&tree.file("/etc/fstab", "LABEL=d /data ext4 defaults 0 0\n"), "a"), "active");
}

#[test]
fn whoever_cant_read_scripts_presets_links_or_programs_knows_less() {
    let script = || debian().program("/etc/init.d/oldd", "#!/bin/sh\n");
    assert_eq!(active(&script(), "oldd"), "inactive");
    assert!(without(script(), "/etc/init.d", "oldd", "active").starts_with("unknown"));

    let installable = format!("{ONCE}[Install]\nWantedBy=multi-user.target\n");
    let fresh = || {
        let tree = debian().file("/etc/machine-id", "uninitialized\n");
        tree.file("/etc/systemd/system/a.service", &installable)
            .file("/etc/systemd/system-preset/1.preset", "disable a.service\n")
    };
    assert_eq!(active(&fresh(), "a"), "inactive");
    for name in ["active", "enabled"] {
        let found = without(fresh(), "/etc/systemd/system-preset/1.preset", "a", name);
        assert!(found.starts_with("unknown"), "{name}: {found}");
    }
    let braces = fresh().file("/etc/systemd/system-preset/1.preset", "enable {a,b}.service\ndisable *\n");
    assert_eq!(attribute(&braces.boot("service:a"), "enabled"), "disabled");

    let program = || wanted(debian(), "a.service", "[Service]\nExecStart=/opt/k/a\n").file("/opt/k/b", "");
    assert_eq!(active(&program(), "a"), "failed");
    assert!(without(program(), "/opt/k", "a", "active").starts_with("unknown"));

    let link = || wanted(debian(), "a.service", ONCE);
    assert_eq!(active(&link(), "a"), "active");
    let wants = "/etc/systemd/system/multi-user.target.wants";
    for name in ["active", "enabled"] {
        let found = without(link(), wants, "a", name);
        assert!(found.starts_with("unknown"), "{wants}: {name} is {found}");
        let tree = link().meta(&format!("{wants}/a.service"), "hidden = \"io-error\"");
        let host = Host::recording(&tree.recording()).unwrap();
        let found = attribute(&ask(&host, "service:a", Moment::NextBoot), name);
        assert!(found.starts_with("unknown"), "a link that can't be looked at: {name} is {found}");
    }
}

#[test]
fn names_that_are_too_long_are_passed_over() {
    let template = "[Unit]\nWants=t@%i%i.service\n[Service]\nExecStart=/bin/true\n";
    let tree = debian()
        .file("/etc/systemd/system/t@.service", template)
        .link("/etc/systemd/system/multi-user.target.wants/t@a.service", "../t@.service");
    assert_eq!(active(&tree, &format!("t@{}.service", "a".repeat(128))), "active");
    assert_eq!(active(&tree, &format!("t@{}.service", "a".repeat(256))), "absent");
}

#[test]
fn a_unit_of_any_directory_may_start() {
    let unit = "[Unit]\nConditionVirtualization=kvm\n[Service]\nExecStart=/usr/bin/dockerd\n";
    for directory in
        ["/usr/lib/systemd/system", "/usr/local/lib/systemd/system", "/etc/systemd/system.attached"]
    {
        let tree = debian()
            .program("/usr/bin/dockerd", "")
            .file("/etc/sysctl.d/5.conf", "net.ipv4.ip_forward=0\n")
            .file(&format!("{directory}/docker.service"), unit)
            .link("/etc/systemd/system/multi-user.target.wants/docker.service", "x");
        let fact = tree.boot("sysctl:net.ipv4.ip_forward");
        assert!(format!("{fact:?}").contains("docker.service"), "{directory}: {fact:?}");
    }
}
