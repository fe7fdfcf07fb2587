use crate::tree::Tree;

#[test]
fn a_filesystem_is_as_available_as_its_module() {
    let tree = |rule: &str| {
        Tree::new()
            .file("/lib/modules/6.1/modules.dep", "k/overlay.ko:\nk/xfs.ko:\n")
            .file("/lib/modules/6.1/modules.builtin", "k/ext4.ko\n")
            .file("/etc/modules-load.d/x.conf", "xfs\n")
            .file("/etc/modprobe.d/x.conf", rule)
            .boots("6.1", "")
    };
    for (rule, name, expected) in [
        ("", "overlay", "loadable"),
        ("install overlay /bin/false\n", "overlay", "blocked"),
        ("blacklist overlay\n", "overlay", "blocked"),
        ("", "xfs", "available"),
        ("", "ext4", "available"),
        ("", "aufs", "absent"),
    ] {
        assert_eq!(tree(rule).boot_text(&format!("filesystem:{name}")), expected, "{name} {rule}");
    }
}
