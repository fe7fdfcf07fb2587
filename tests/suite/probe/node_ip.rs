use crate::tree::{Tree, attribute};

const MACHINE: &str = "[[address]]\ninterface = \"eth0\"\naddress = \"192.0.2.5\"\nprefix = 24\n";

fn tree(flag: &str) -> Tree {
    Tree::new()
        .program("/usr/bin/kubelet", "")
        .file(
            "/usr/lib/systemd/system/kubelet.service",
            format!("[Service]\nExecStart=/usr/bin/kubelet {flag}\n"),
        )
        .machine(MACHINE)
}

#[test]
fn the_flag_is_compared_with_the_interfaces() {
    for (flag, local) in [
        ("--node-ip=192.0.2.5", "true"),
        ("--node-ip=192.0.2.6", "false"),
        ("--node-ip=192.0.2.5,2001:db8::1", "false"),
    ] {
        assert_eq!(attribute(&tree(flag).now("node-ip"), "local"), local, "{flag}");
    }
    assert_eq!(tree("").now_text("node-ip"), "absent");
    assert_eq!(tree("--node-ip=::").now_text("node-ip"), "absent");
    assert!(tree("--node-ip=node1").now_text("node-ip").starts_with("unknown: `node1`"));
}
