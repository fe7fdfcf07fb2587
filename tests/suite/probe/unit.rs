use crate::tree::Tree;

fn tree() -> Tree {
    Tree::new().file(
        "/usr/lib/systemd/system/crio.service",
        "[Unit]\nAfter=a.service\n[Service]\nLimitNOFILE=1024:1048576\nOOMScoreAdjust=-999\nExecStart=/usr/bin/crio\n",
    )
}

#[test]
fn the_last_assignment_counts_and_lists_add_up() {
    let tree = tree().file(
        "/etc/systemd/system/crio.service.d/x.conf",
        "[Unit]\nAfter=b.service\n[Service]\nOOMScoreAdjust=5\n",
    );
    for (question, expected) in [
        ("unit:crio#LimitNOFILE", "1048576"),
        ("unit:crio.service#OOMScoreAdjust", "5"),
        ("unit:crio#Unit.After", "[a.service, b.service]"),
        ("unit:crio#ExecStart", "[/usr/bin/crio]"),
        ("unit:crio#TasksMax", "absent"),
        ("unit:none#TasksMax", "absent"),
    ] {
        assert_eq!(tree.boot_text(question), expected, "{question}");
    }
    assert_eq!(
        tree.boot("unit:crio#OOMScoreAdjust").because[0].to_string(),
        "/etc/systemd/system/crio.service.d/x.conf:4"
    );
}

#[test]
fn limits_have_defaults_in_system_conf() {
    let tree = tree()
        .file(
            "/etc/systemd/system.conf",
            "[Manager]\nDefaultTasksMax=100\nDefaultLimitNPROC=7\n[Other]\nDefaultTasksMax=1\n",
        )
        .file("/etc/systemd/system.conf.d/10.conf", "[Manager]\nDefaultTasksMax=200\n");
    assert_eq!(tree.boot_text("unit:crio#TasksMax"), "200");
    assert_eq!(tree.boot_text("unit:crio#LimitNPROC"), "7");
    assert_eq!(tree.boot_text("unit:crio#LimitCORE"), "absent");
    let denied = tree.denied("/etc/systemd/system.conf.d/10.conf").recorded_text("unit:crio#TasksMax");
    assert!(denied.starts_with("unknown"), "{denied}");
}
