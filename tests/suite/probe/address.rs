use crate::tree::Tree;

const MACHINE: &str = "[[address]]\ninterface = \"lo\"\naddress = \"127.0.0.1\"\nprefix = 8\n\
    [[address]]\ninterface = \"eth0\"\naddress = \"192.168.1.7\"\nprefix = 24\n\
    [[address]]\ninterface = \"eth1\"\naddress = \"fd00::7\"\nprefix = 64\n";

#[test]
fn addresses_are_listed_without_loopback() {
    let tree = Tree::new().machine(MACHINE);
    for (question, expected) in [
        ("address", "[192.168.1.7/24, fd00::7/64]"),
        ("address:eth0", "[192.168.1.7/24]"),
        ("address:eth9", "absent"),
    ] {
        assert_eq!(tree.now_text(question), expected, "{question}");
    }
    assert_eq!(Tree::new().now_text("address"), "unknown: nothing is running here");
}

#[test]
fn addresses_that_were_not_recorded_are_unknown() {
    for silent in [Tree::new().machine(""), Tree::new().live("/proc/swaps", "")] {
        for question in ["address", "address:eth0", "network"] {
            let told = silent.now_text(question);
            assert!(
                told.starts_with("unknown: getifaddrs(3): the recording doesn't say"),
                "{question}: {told}"
            );
        }
    }
    assert_eq!(Tree::new().machine("address = []\n").now_text("address"), "none");
}
