use crate::tree::{Tree, attribute};

const STUB: &str = "../run/systemd/resolve/stub-resolv.conf";

#[test]
fn a_file_on_disk_is_the_same_at_both_moments() {
    let tree = Tree::new()
        .file("/etc/resolv.conf", "search a b\nnameserver 192.0.2.1\noptions ndots:2\n")
        .machine("");
    for fact in [tree.now("resolver"), tree.boot("resolver")] {
        for (name, expected) in [
            ("servers", "[192.0.2.1]"),
            ("search", "[a, b]"),
            ("search-length", "3"),
            ("options", "[ndots:2]"),
            ("writer", "file"),
        ] {
            assert_eq!(attribute(&fact, name), expected, "{name}");
        }
        assert_eq!(fact.because[0].to_string(), "/etc/resolv.conf:2");
    }
    assert_eq!(Tree::new().boot_text("resolver"), "absent");
}

#[test]
fn what_a_daemon_writes_is_known_now_and_not_at_boot() {
    let tree = Tree::new()
        .link("/etc/resolv.conf", STUB)
        .live("/run/systemd/resolve/stub-resolv.conf", "nameserver 127.0.0.53\n");
    assert_eq!(attribute(&tree.now("resolver"), "servers"), "[127.0.0.53]");
    let boot = tree.boot("resolver");
    assert_eq!(attribute(&boot, "writer"), "systemd-resolved");
    assert!(attribute(&boot, "servers").starts_with("unknown: /run/systemd/resolve"));
    for (target, writer) in [
        ("/run/NetworkManager/resolv.conf", "networkmanager"),
        ("../run/resolvconf/resolv.conf", "resolvconf"),
        ("/run/x", "other"),
    ] {
        let tree = Tree::new().link("/etc/resolv.conf", target);
        assert_eq!(attribute(&tree.boot("resolver"), "writer"), writer);
    }
}
