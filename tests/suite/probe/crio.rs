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
