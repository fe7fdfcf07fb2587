use crate::tree::{Tree, attribute};

const MACHINE: &str = "[uname]\nnodename = \"node1\"\n[[address]]\ninterface = \"eth0\"\naddress = \"192.0.2.5\"\nprefix = 24\n";

#[test]
fn addresses_of_a_name_are_those_of_all_its_lines() {
    let tree = Tree::new()
        .file("/etc/hosts", "127.0.0.1 localhost\n192.0.2.5 node1\n127.0.1.1 node1 x\n")
        .file("/etc/hostname", "node1\n")
        .machine(MACHINE);
    let fact = tree.now("host-entry");
    assert_eq!(attribute(&fact, "addresses"), "[192.0.2.5, 127.0.1.1]");
    assert_eq!((attribute(&fact, "loopback"), attribute(&fact, "local")), ("false".into(), "true".into()));
    assert_eq!(attribute(&tree.now("host-entry:x"), "loopback"), "true");
    assert_eq!(tree.now_text("host-entry:node2"), "absent");
    assert!(attribute(&tree.boot("host-entry:node1"), "local").starts_with("unknown: a boot"));
}

#[test]
fn the_name_of_the_host_must_be_known() {
    let tree = Tree::new().file("/etc/hosts", "127.0.0.1 localhost\n").machine("");
    assert!(tree.now_text("host-entry").starts_with("unknown: the recording"));
    assert_eq!(Tree::new().boot_text("host-entry:localhost"), "absent");
    assert!(
        Tree::new()
            .file("/etc/hosts", "")
            .denied("/etc/hosts")
            .recorded_text("host-entry:x")
            .starts_with("unknown")
    );
}
