use crate::tree::{Tree, attribute};

#[test]
fn it_removes_what_it_isnt_told_to_leave() {
    let fact = Tree::new().boot("networkd");
    assert_eq!(
        (attribute(&fact, "removing-foreign-routes"), attribute(&fact, "removing-foreign-rules")),
        ("true".into(), "true".into())
    );
    let tree = Tree::new()
        .file(
            "/etc/systemd/networkd.conf",
            "[Network]\nManageForeignRoutes=no\nManageForeignRoutingPolicyRules=no\n",
        )
        .file(
            "/usr/lib/systemd/networkd.conf.d/10-x.conf",
            "[Network]\nManageForeignRoutes=yes\n[DHCPv4]\nManageForeignRoutingPolicyRules=yes\n",
        );
    let fact = tree.boot("networkd");
    assert_eq!(
        (attribute(&fact, "removing-foreign-routes"), attribute(&fact, "removing-foreign-rules")),
        ("true".into(), "false".into())
    );
    // What is no boolean leaves what was set before.
    let tree = tree
        .file("/etc/systemd/networkd.conf.d/20-y.conf", "[Network]\nManageForeignRoutingPolicyRules=maybe\n");
    assert_eq!(attribute(&tree.boot("networkd"), "removing-foreign-rules"), "false");
}
