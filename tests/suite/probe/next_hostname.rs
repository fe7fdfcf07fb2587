use node_preflight::fact::State;

use crate::distributions;
use crate::tree::Tree;

fn told(file: &str) -> String {
    let machine = "[uname]\nnodename = \"node1\"\nrelease = \"6.1.0-18-amd64\"\nmachine = \"x86_64\"\n";
    let tree =
        distributions::debian12("ro").file("/etc/hostname", file).live("/proc/self/x", "").machine(machine);
    tree.recorded_text("next-hostname")
}

#[test]
fn another_name_is_told_and_the_same_one_is_not() {
    for (file, expected) in [
        ("node1\n", "absent"),
        ("NODE1\n", "absent"),
        ("node_1\n", "absent"),
        ("node2\n", "node2"),
        ("node1.example.org\n", "node1.example.org"),
        ("", "unknown: node1 may become localhost: the fallback of systemd; DHCP may give another name"),
    ] {
        assert_eq!(told(file), expected, "{file:?}");
    }
}

#[test]
fn what_does_not_run_has_no_name_that_could_change() {
    let fact = Tree::new().file("/etc/hostname", "node2\n").boot("next-hostname");
    assert_eq!(fact.state, State::Absent);
}
