use crate::elf_sample::go_program;
use crate::tree::Tree;

#[test]
fn every_file_counts_whatever_its_suffix_and_flags_beat_files() {
    let tree = Tree::new()
        .file(
            "/etc/crio/crio.conf",
            "[crio.runtime]\ncgroup_manager='systemd'\n[crio.runtime.runtimes.x]\na='1'\nb='1'\n",
        )
        .file("/etc/crio/crio.conf.d/50-a/z", "[crio.runtime]\ncgroup_manager='a'\n")
        .file(
            "/etc/crio/crio.conf.d/99.bak",
            "[crio.runtime]\ncgroup_manager='cgroupfs'\n[crio.runtime.runtimes.x]\na='2'\n",
        );
    assert_eq!(tree.boot_text("crio:runtime.cgroup_manager"), "cgroupfs");
    assert_eq!(tree.boot_text("crio:runtime.runtimes.x.a"), "2");
    assert!(tree.boot_text("crio:runtime.runtimes.x.b").starts_with("unknown"));
    assert_eq!(tree.boot_text("crio:api.listen"), "/var/run/crio/crio.sock");
    let tree = tree
        .file(
            "/usr/lib/systemd/system/crio.service",
            "[Service]\nEnvironmentFile=-/etc/sysconfig/crio\nExecStart=/usr/bin/crio $O\n",
        )
        .file("/etc/sysconfig/crio", "O=--cgroup-manager systemd\n");
    assert_eq!(tree.boot_text("crio:runtime.cgroup_manager"), "systemd");
    let tree = tree.link("/etc/crio/crio.conf.d/zz", "/none");
    assert!(tree.boot_text("crio:api.listen").starts_with("unknown: CRI-O will not start"));
    assert_eq!(Tree::new().boot_text("crio:api.listen"), "absent");
}

#[test]
fn capabilities_are_compiled_in_where_the_version_is_known() {
    let status = |version: &str| {
        format!("Package: cri-o\nStatus: install ok installed\nArchitecture: amd64\nVersion: {version}\n")
    };
    for (version, expected) in [
        (
            "1.34.1-1.1",
            "[CHOWN, DAC_OVERRIDE, FSETID, FOWNER, SETGID, SETUID, SETPCAP, NET_BIND_SERVICE, KILL]",
        ),
        (
            "1.17.5-1",
            "unknown: no file sets runtime.default_capabilities, and its compiled-in default is not known",
        ),
    ] {
        let tree = Tree::new().file("/var/lib/dpkg/status", status(version)).file("/etc/crio/x", "");
        assert_eq!(tree.boot_text("crio:runtime.default_capabilities"), expected);
    }
    let tree = Tree::new().file("/etc/crio/x", "");
    assert!(tree.boot_text("crio:runtime.default_capabilities").starts_with("unknown"));
}

#[test]
fn the_program_that_runs_says_what_is_compiled_in() {
    let tree = Tree::new()
        .package("cri-o", "1.34.1-1.1", "/usr/bin/crio\n")
        .program("/usr/bin/crio", "")
        .file("/etc/crio/x", "");
    assert_eq!(tree.boot_text("crio:runtime.default_runtime"), "crun");
    let own = tree.program("/usr/local/bin/crio", go_program("mod\tgithub.com/cri-o/cri-o\tv1.30.2\th1:\n"));
    assert_eq!(own.boot_text("crio:runtime.default_runtime"), "runc");
}
