//! A root directory that isn't the whole host: what another file system holds is unknown, and what has no os-release is judged only
//! where that was asked for.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Output};

use node_preflight::builtin;
use node_preflight::engine::{self, Selection};
use node_preflight::fact::Moment;
use node_preflight::host::Host;
use node_preflight::subsystem::Subsystems;

use crate::recordings::RecordingCopy;
use crate::tree::Tree;

const MOUNTED: &str = "UUID=1-2 /var ext4 defaults 0 2\n";
const QUESTION: &str = "file:/var/lib/a";

fn program(arguments: &[&str], root: &Path) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_node-preflight"));
    command.env_clear().args(arguments).arg("--root").arg(root);
    command.output().unwrap()
}

fn tree(fstab: &str) -> Tree {
    Tree::new().file("/etc/fstab", fstab).directory("/var")
}

#[test]
fn what_fstab_mounts_over_an_empty_directory_is_unknown() {
    let reason = "unknown: /var/lib/a: /var is a file system of its own: /etc/fstab:2";
    for fstab in [
        format!("# data\n{MOUNTED}"),
        "# data\nLABEL=var /var/ xfs nofail 0 2\n".to_owned(),
        "# data\n/dev/vda3 /var btrfs noauto,x-systemd.automount,subvol=@var 0 0\n".to_owned(),
        "# data\nserver:/var /var nfs defaults 0 0\n".to_owned(),
        "# data\n/srv/var /var none bind 0 0\n".to_owned(),
    ] {
        assert_eq!(tree(&fstab).boot_text(QUESTION), reason, "{fstab}");
    }
}

#[test]
fn what_is_mounted_over_a_missing_directory_is_unknown_too() {
    let text = Tree::new().file("/etc/fstab", MOUNTED).boot_text(QUESTION);
    assert_eq!(text, "unknown: /var/lib/a: /var is a file system of its own: /etc/fstab:1");
}

#[test]
fn what_is_not_mounted_or_holds_nothing_stored_is_there_or_absent() {
    for fstab in [
        "",
        "# UUID=1-2 /var ext4 defaults 0 2\n",
        "UUID=1-2 /var ext4 noauto 0 2\n",
        "UUID=1-2 none swap sw 0 0\n",
        "UUID=1-2 / ext4 defaults 0 1\n",
        "UUID=1-2 /variable ext4 defaults 0 1\n",
    ] {
        assert_eq!(tree(fstab).boot_text(QUESTION), "absent", "{fstab}");
    }
    // Another file system is in the tree.
    let whole = tree(MOUNTED).file("/var/lib/b", "");
    assert_eq!(whole.boot_text(QUESTION), "absent");
}

#[test]
fn units_of_type_mount_count_where_something_wants_them() {
    let unit = "[Mount]\nWhat=/dev/disk/by-label/var\nWhere=/var\n";
    let place = "/etc/systemd/system/var.mount";
    let of_unit = tree("").file(place, unit);
    assert_eq!(of_unit.boot_text(QUESTION), "absent");
    for link in ["local-fs.target.wants/var.mount", "multi-user.target.requires/var.mount"] {
        let wanted = tree("").file(place, unit).link(&format!("/etc/systemd/system/{link}"), place);
        let text = wanted.boot_text(QUESTION);
        assert_eq!(
            text,
            format!("unknown: /var/lib/a: /var is a file system of its own: {place}:3"),
            "{link}"
        );
    }
    let automount = tree("")
        .file(place, unit)
        .link("/etc/systemd/system/local-fs.target.wants/var.automount", "../var.automount");
    assert!(automount.boot_text(QUESTION).starts_with("unknown: "));
    let in_memory = unit.replace("/dev/disk/by-label/var", "tmpfs") + "Type=tmpfs\n";
    let in_memory =
        tree("").file(place, &in_memory).link("/etc/systemd/system/local-fs.target.wants/var.mount", place);
    assert!(!in_memory.boot_text(QUESTION).contains("file system of its own"));
}

#[test]
fn links_into_another_file_system_lead_to_the_unknown() {
    let linked = tree(MOUNTED).link("/etc/a", "/var/lib/a");
    assert_eq!(
        linked.boot_text("file:/etc/a"),
        "unknown: /var/lib/a: /var is a file system of its own: /etc/fstab:1"
    );
    // The place itself is named through a link.
    let fstab = "UUID=1-2 /data/lib ext4 defaults 0 2\n";
    let through = Tree::new().file("/etc/fstab", fstab).directory("/var").link("/data", "/var");
    let reason = "unknown: /var/lib/a: /var/lib is a file system of its own: /etc/fstab:1";
    assert_eq!(through.boot_text(QUESTION), reason);
}

/// The verdicts after a reboot.
fn verdicts(root: &Path) -> BTreeMap<String, &'static str> {
    let plan = engine::compile(&builtin::rules(), &Selection::everything(), &[]).unwrap();
    let host = Host::directory(root).unwrap();
    let findings = engine::judge(&plan, &Subsystems::of(&host), &[Moment::NextBoot]);
    let judged = findings.into_iter().filter_map(|finding| {
        let verdict = finding.boot.as_ref()?.verdict.name();
        Some((finding.rule.to_string(), verdict))
    });
    judged.collect()
}

#[test]
fn whoever_has_a_part_of_the_host_knows_less_and_nothing_else() {
    let mut wrong = Vec::new();
    for (fixture, place) in [
        ("debian13-ready", "var"),
        ("debian13-ready", "usr"),
        ("debian13-ready", "boot"),
        ("debian13-ready", "opt"),
        ("debian12-fresh", "var/lib"),
        ("debian13-upgrade-broken", "etc/kubernetes"),
        ("rocky9-ready", "boot"),
        ("rocky9-containerd-ready", "var/lib/rpm"),
        ("fedora42-ready", "usr"),
        ("ubuntu2404-zram", "usr"),
    ] {
        let host = RecordingCopy::of(fixture);
        host.write_more("root/etc/fstab", &format!("UUID=1-2 /{place} ext4 defaults 0 2\n"));
        let whole = verdicts(&host.place("root"));
        let emptied = host.place(&format!("root/{place}"));
        if emptied.exists() {
            std::fs::remove_dir_all(&emptied).unwrap();
        }
        std::fs::create_dir_all(&emptied).unwrap();
        for (rule, verdict) in verdicts(&host.place("root")) {
            let before = whole[&rule];
            // Where its condition can't be known, a rule that holds passes.
            let is_less = verdict == "unknown" || verdict == before || (before, verdict) == ("skip", "pass");
            if !is_less {
                wrong.push(format!("{fixture} without /{place}: {rule}: {before} becomes {verdict}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn without_an_os_release_a_check_needs_leave_and_facts_warn() {
    let tree = Tree::new()
        .file("/etc/fstab", "UUID=1-2 /usr ext4 defaults 0 2\n")
        .link("/etc/os-release", "../usr/lib/os-release");
    let refused = program(&["check"], &tree.root());
    let says = String::from_utf8(refused.stderr).unwrap();
    assert_eq!((refused.status.code(), refused.stdout.len()), (Some(2), 0), "{says}");
    assert!(says.contains("it has no /etc/os-release and no /usr/lib/os-release"), "{says}");
    assert!(
        says.contains("/usr is a file system of its own: /etc/fstab:1") && says.contains("--root-partial"),
        "{says}"
    );
    let judged = program(&["check", "--root-partial"], &tree.root());
    assert_eq!((judged.status.code(), judged.stderr.len()), (Some(3), 0));
    let told = program(&["facts", "sysctl:net.ipv4.ip_forward"], &tree.root());
    let says = String::from_utf8(told.stderr).unwrap();
    assert_eq!((told.status.code(), says.lines().count()), (Some(0), 1), "{says}");
    assert!(says.starts_with("warning: ") && !told.stdout.is_empty(), "{says}");
    let silent = program(&["facts", "--root-partial", "sysctl:net.ipv4.ip_forward"], &tree.root());
    assert_eq!((silent.status.code(), silent.stderr.len()), (Some(0), 0));
}
