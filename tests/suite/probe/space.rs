use crate::tree::{Tree, attribute};

const TABLE: &str = "25 1 8:1 / / rw - ext4 /dev/sda1 rw\n31 25 0:27 / /mnt rw - nfs4 server:/x rw\n\
    32 25 0:28 / /data rw - btrfs /dev/sdb rw\n33 25 0:29 / /srv rw - xfs /dev/sdc rw\n34 25 0:30 / /old rw - xfs /dev/sdd rw\n";

#[test]
fn percentages_are_of_the_file_system_and_rounded_down() {
    let machine = "[space.\"/\"]\ntotal = 1000\navailable = 149\ninodes = 200\ninodes-free = 11\nlists-types = true\n\
        [space.\"/srv\"]\ntotal = 1\navailable = 1\nlists-types = true\n[space.\"/old\"]\ntotal = 1\navailable = 1\n\
        [space.\"/data\"]\ntotal = 18446744073709551615\navailable = 18446744073709551615\n";
    let tree = Tree::new()
        .live("/proc/self/mountinfo", TABLE)
        .link("/var/lib/containers", "/data/containers")
        .machine(machine);
    for (path, name, expected) in [
        ("/var/lib/kubelet", "point", "/"),
        ("/var/lib/kubelet", "available-percent", "14"),
        ("/var/lib/kubelet", "inodes-percent", "5"),
        ("/var/lib/kubelet", "available", "149B"),
        ("/var/lib/kubelet", "lists-types", "absent"),
        ("/srv", "lists-types", "true"),
        ("/var/lib/containers/storage", "point", "/data"),
        ("/var/lib/containers/storage", "available-percent", "100"),
        ("/data", "inodes-percent", "absent"),
    ] {
        assert_eq!(attribute(&tree.now(&format!("space:{path}")), name), expected, "{path} {name}");
    }
    assert!(attribute(&tree.now("space:/old"), "lists-types").starts_with("unknown"));
}

#[test]
fn what_might_never_answer_is_not_asked() {
    let tree = Tree::new()
        .live("/proc/self/mountinfo", TABLE)
        .machine("[space.\"/mnt\"]\ntotal = 1\navailable = 1\n");
    assert_eq!(
        tree.now_text("space:/mnt/x"),
        "unknown: /mnt is of type nfs4, which is not asked: it might never answer"
    );
    assert!(tree.now_text("space:/").contains("the recording doesn't say how much room there is"));
    assert_eq!(Tree::new().now_text("space:/"), "unknown: nothing is running here");
}

#[test]
fn the_live_host_answers() {
    let host = node_preflight::host::Host::live().unwrap();
    let fact = crate::tree::ask(&host, "space:/", node_preflight::fact::Moment::Now);
    let text = crate::tree::text(&fact);
    assert!(text.contains("point=/") || text.contains("which is not asked"), "{text}");
}
