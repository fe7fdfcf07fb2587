//! The kubelet that runs, beside its unit and its files.

use crate::tree::Tree;

const UNIT: &str = "/usr/lib/systemd/system/kubelet.service";
const CONFIG: &str = "/var/lib/kubelet/config.yaml";
const PROCS: &str = "/sys/fs/cgroup/system.slice/kubelet.service/cgroup.procs";

/// A unit's arguments, and those of the process that runs; it was started 50 s after the machine, at 1000050.
fn node(unit: &str, process: &str) -> Tree {
    let config = "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\nmaxPods: 50\n";
    Tree::new()
        .file(UNIT, format!("[Service]\nExecStart=/usr/bin/kubelet {unit}\n"))
        .file(CONFIG, config)
        .live(PROCS, "7\n812\n")
        .live("/proc/7/cmdline", "/bin/mount\0/x\0")
        .live("/proc/812/cmdline", format!("/usr/bin/kubelet {process} ").replace(' ', "\0"))
        .live(
            "/proc/812/stat",
            "812 (kubelet) S 1 812 812 0 -1 4194560 21 0 0 0 17 20 0 0 20 0 1 0 5000 22 7\n",
        )
        .live("/proc/stat", "cpu  1 2 3\nbtime 1000000\n")
        .machine("")
}

fn with_config(arguments: &str) -> String {
    format!("--config={CONFIG} {arguments}")
}

#[test]
fn flags_of_the_process_count_now_and_those_of_the_unit_at_boot() {
    let tree = node(&with_config("--fail-swap-on=false"), &with_config("--max-pods=70"));
    assert_eq!(tree.now_text("kubelet:maxPods"), "70");
    assert_eq!(tree.now("kubelet:maxPods").because[0].path, "/proc/812/cmdline");
    assert_eq!(tree.boot_text("kubelet:maxPods"), "50");
    assert_eq!(
        (tree.now_text("kubelet:failSwapOn"), tree.boot_text("kubelet:failSwapOn")),
        ("true".into(), "false".into())
    );
    assert_eq!(
        tree.now_text("kubelet:staleFlags"),
        "[--max-pods: runs with 70, the unit doesn't have it, --fail-swap-on: runs without, the unit says false]"
    );
    assert_eq!(tree.boot_text("kubelet:staleFlags"), "absent");
    let other = node(&with_config(""), "--config=/etc/other.yaml");
    assert_eq!(other.now_text("kubelet:configFile"), "absent", "it is not there any more");
    assert_eq!(other.boot_text("kubelet:configFile"), CONFIG);
}

#[test]
fn a_process_that_has_the_flags_of_its_unit_is_not_stale() {
    let tree = node(&with_config("--v=2"), &with_config("--v=2"));
    assert_eq!(tree.now_text("kubelet:staleFlags"), "none");
    assert_eq!(tree.now_text("kubelet:maxPods"), "50");
    let specifier = node(&with_config("--hostname-override=%H"), &with_config("--hostname-override=node1"));
    assert_eq!(specifier.now_text("kubelet:staleFlags"), "none", "systemd expands it");
}

#[test]
fn files_that_are_younger_than_the_process_have_not_been_read() {
    for (modified, expected) in [
        ("modified = 1000049", "none"),
        ("modified = 1000052", "none"),
        ("modified = 1000053", "[/var/lib/kubelet/config.yaml]"),
        ("mode = \"0600\"", "unknown: when /var/lib/kubelet/config.yaml was changed is not recorded"),
    ] {
        let tree = node(&with_config(""), &with_config("")).meta(CONFIG, modified);
        assert_eq!(tree.now_text("kubelet:changedFiles"), expected, "{modified}");
    }
}

#[test]
fn without_a_process_the_files_speak() {
    let silent = node(&with_config(""), &with_config("--max-pods=70")).live(PROCS, "");
    assert_eq!(silent.now_text("kubelet:maxPods"), "50");
    assert_eq!(silent.now_text("kubelet:staleFlags"), "absent");
    let helper = node(&with_config(""), "").live(PROCS, "7\n");
    assert_eq!(helper.now_text("kubelet:changedFiles"), "absent");
    let gone = node(&with_config(""), "").live("/proc/812/cmdline", "");
    assert_eq!(gone.now_text("kubelet:staleFlags"), "absent");
    let broken = node(&with_config(""), "").live("/proc/812/stat", "?");
    assert_eq!(broken.now_text("kubelet:changedFiles"), "unknown: /proc/812/stat has no start time");
}
