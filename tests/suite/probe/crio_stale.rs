//! What the running CRI-O works with, against its files as they are now.

use crate::tree::Tree;

/// CRI-O 1.34 with files, and what it says of its own configuration.
fn stale(config: &str, running: &str) -> String {
    let programs = ["crio", "conmon", "pinns", "crun", "nsenter", "nft"];
    let tree =
        Tree::new().package("cri-o", "1.34.1-1.1", "/usr/bin/crio\n").file("/etc/crio/crio.conf", config);
    let tree = programs.iter().fold(tree, |tree, name| tree.program(&format!("/usr/bin/{name}"), "x"));
    let runtime = format!(
        "[cri.\"/run/crio/crio.sock\"]\nruntime = \"cri-o\"\nversion = \"1.34.1\"\nconfig = {running:?}\n"
    );
    tree.machine(&runtime).now_text("crio:stale_keys")
}

#[test]
fn a_key_that_no_file_sets_any_more_shows_by_itself() {
    let manager = |word: &str| format!("[crio.runtime]\ncgroup_manager = \"{word}\"\n");
    assert_eq!(stale(&manager("systemd"), &manager("systemd")), "none");
    assert_eq!(
        stale(&manager("systemd"), &manager("cgroupfs")),
        "[runtime.cgroup_manager: runs with cgroupfs, the files say systemd]"
    );
    assert_eq!(
        stale("", &manager("cgroupfs")),
        "[runtime.cgroup_manager: runs with cgroupfs, no file sets it any more; systemd is compiled in]"
    );
    assert_eq!(stale("", &manager("systemd")), "none");
    assert_eq!(stale("", "[crio.api]\nlisten = \"/run/crio/crio.sock\"\n"), "none", "another spelling");
    assert_eq!(
        stale("", "[crio.runtime]\npids_limit = 4096\n"),
        "[runtime.pids_limit: runs with 4096, no file sets it any more; -1 is compiled in]"
    );
    assert_eq!(
        stale("", "[crio.runtime]\nlog_level = \"debug\"\n"),
        "none",
        "what is compiled in is not known"
    );
}

#[test]
fn handlers_are_compared_field_by_field() {
    let table = |name: &str, fields: &str| format!("[crio.runtime.runtimes.{name}]\n{fields}\n");
    let path = |path: &str| table("x", &format!("runtime_path = \"{path}\""));
    let full = "runtime_path = \"/usr/bin/crun\"\nruntime_type = \"oci\"\nmonitor_path = \"/usr/bin/conmon\"\n\
                monitor_cgroup = \"system.slice\"";
    assert_eq!(stale(&path("/usr/bin/crun"), &table("x", full)), "none", "what it added by itself");
    assert_eq!(
        stale(&path("/opt/crun"), &table("crun", full)),
        "none",
        "its program is missing: CRI-O has dropped it"
    );
    assert_eq!(
        stale(&path("/usr/bin/conmon"), &table("x", full)),
        "[runtime.runtimes.x.runtime_path: runs with /usr/bin/crun, the files say /usr/bin/conmon]"
    );
    assert_eq!(
        stale(&path("/usr/bin/crun"), &table("crun", full)),
        "[runtime.runtimes.x: it runs without this handler]"
    );
    assert_eq!(
        stale("", &[table("crun", full), table("x", full)].concat()),
        "[runtime.runtimes.x: runs with this handler, the files have none of this name]"
    );
    let with = |monitor: &str| {
        let fields = format!("runtime_path = \"/usr/bin/crun\"\nmonitor_cgroup = \"{monitor}\"");
        format!("[crio.runtime]\nconmon_cgroup = \"pod\"\n{}", table("x", &fields))
    };
    assert_eq!(stale(&with("a.slice"), &with("pod")), "none", "the setting for all handlers counts");
    assert_eq!(stale(&path("/usr/bin/crun"), "[crio.runtime]\n"), "none", "it doesn't tell its handlers");
}

/// What CRI-O makes of a value is no other value.
#[test]
fn what_the_daemon_normalises_is_not_stale() {
    let image = |lines: &str| format!("[crio.image]\n{lines}\n");
    for (config, running) in [
        ("pull_progress_timeout = \"60s\"", "pull_progress_timeout = \"1m0s\""),
        ("pinned_images = [\"a\"]", "pinned_images = [\"a\", \"registry.k8s.io/pause:3.10\"]"),
        (
            "pinned_images = [\"a\"]\npause_image = \"p\"",
            "pinned_images = [\"a\", \"p\"]\npause_image = \"p\"",
        ),
    ] {
        assert_eq!(stale(&image(config), &image(running)), "none", "{config}");
    }
    assert_eq!(
        stale("[crio.runtime]\nctr_stop_timeout = 5\n", "[crio.runtime]\nctr_stop_timeout = 30\n"),
        "none"
    );
    assert_eq!(stale("[crio]\nroot = \"/srv/c/\"\n", "[crio]\nroot = \"/srv/c\"\n"), "none");
    let later = stale(&image("pull_progress_timeout = \"60s\""), &image("pull_progress_timeout = \"10s\""));
    assert!(later.contains("image.pull_progress_timeout"), "{later}");
}
