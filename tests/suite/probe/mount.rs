use crate::distributions;
use crate::tree::{Tree, attribute};

const TABLE: &str = "25 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw,errors=remount-ro\n\
    30 25 0:26 / /var/lib/kubelet rw,noexec - xfs /dev/sdb1 ro\n\
    31 25 0:27 / /mnt rw master:4 - nfs4 server:/x rw\n";

#[test]
fn now_the_kernels_table_decides() {
    let tree = Tree::new().live("/proc/self/mountinfo", TABLE).link("/var/lib/containers", "/mnt/containers");
    for (path, name, expected) in [
        ("/var/lib/kubelet/pods", "point", "/var/lib/kubelet"),
        ("/var/lib/kubelet/pods", "options", "[noexec, ro, rw]"),
        ("/var/lib/kubelet/pods", "read-only", "true"),
        ("/var/lib/kubelet", "propagation", "private"),
        ("/etc", "propagation", "shared"),
        ("/etc", "read-only", "false"),
        ("/etc", "local", "true"),
        ("/var/lib/containers/storage", "type", "nfs4"),
        ("/var/lib/containers/storage", "propagation", "slave"),
        ("/var/lib/containers/storage", "local", "false"),
    ] {
        assert_eq!(attribute(&tree.now(&format!("mount:{path}")), name), expected, "{path} {name}");
    }
    assert_eq!(Tree::new().now_text("mount:/"), "unknown: nothing is running here");
    let empty = Tree::new().live("/proc/self/mountinfo", "nonsense\n").now_text("mount:/");
    assert_eq!(empty, "unknown: /proc/self/mountinfo doesn't say what / is on");
}

#[test]
fn at_boot_fstab_and_mount_units_decide() {
    let tree = distributions::debian12("root=/dev/vda1 ro").file(
        "/etc/fstab",
        "/dev/vda1 / ext4 errors=remount-ro 0 1\n/dev/vdb /var xfs defaults,noexec 0 2\n\
         /dev/vdc /var/lib/kubelet ext4 ro,nofail 0 2\n/dev/vdd /srv auto noauto 0 0\n/swap none swap sw 0 0\n",
    );
    for (path, name, expected) in [
        ("/etc", "type", "ext4"),
        ("/var/lib/containers", "options", "[defaults, noexec]"),
        ("/var/lib/containers", "point", "/var"),
        ("/var/lib/kubelet/pods", "read-only", "true"),
        ("/srv/x", "point", "/"),
        ("/", "propagation", "shared"),
    ] {
        assert_eq!(attribute(&tree.boot(&format!("mount:{path}")), name), expected, "{path} {name}");
    }
    let fact = tree.boot("mount:/var/lib/kubelet");
    assert_eq!(fact.because[0].to_string(), "/etc/fstab:3");
    assert_eq!(fact.notes, ["/var/lib/kubelet is mounted if its device is there"]);
}

#[test]
fn a_unit_counts_if_it_starts_and_hides_the_line_of_fstab() {
    let unit = "[Mount]\nWhat=/dev/vde\nWhere=/var/lib/etcd\nType=xfs\nOptions=nosuid,ro\n[Install]\nWantedBy=multi-user.target\n";
    let tree = distributions::debian12("root=/dev/vda1 ro")
        .file("/etc/fstab", "/dev/vda1 / ext4 defaults 0 1\n/dev/vdb /var/lib/etcd ext4 defaults 0 2\n")
        .file("/etc/systemd/system/var-lib-etcd.mount", unit);
    let wanted = "/etc/systemd/system/multi-user.target.wants/var-lib-etcd.mount";
    let enabled = tree.link(wanted, "../var-lib-etcd.mount");
    assert_eq!(attribute(&enabled.boot("mount:/var/lib/etcd"), "type"), "xfs");
    assert_eq!(attribute(&enabled.boot("mount:/var/lib/etcd"), "read-only"), "true");
    let masked = distributions::debian12("root=/dev/vda1 ro")
        .file("/etc/fstab", "/dev/vda1 / ext4 defaults 0 1\n/dev/vdb /var xfs defaults 0 2\n")
        .link("/etc/systemd/system/var.mount", "/dev/null");
    assert_eq!(attribute(&masked.boot("mount:/var/lib"), "point"), "/");
}

#[test]
fn a_root_without_a_line_is_known_as_far_as_the_command_line_says() {
    let tree = distributions::debian12("root=/dev/vda1 rw").file("/etc/fstab", "");
    let fact = tree.boot("mount:/etc");
    assert_eq!(attribute(&fact, "read-only"), "false");
    assert!(attribute(&fact, "type").starts_with("unknown: fstab has no line"));
    let silent = distributions::debian12("root=/dev/vda1 ro").file("/etc/fstab", "").boot("mount:/etc");
    assert!(attribute(&silent, "read-only").starts_with("unknown"));
    assert!(
        distributions::debian12("root=/dev/vda1 ro")
            .denied("/etc/fstab")
            .recorded_text("mount:/")
            .starts_with("unknown")
    );
}
