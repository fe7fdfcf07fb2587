use crate::tree::Tree;

const RULES: &str =
    "*filter\n:INPUT DROP [0:0]\n:FORWARD ACCEPT [0:0]\n-A INPUT -p tcp --dport 6443 -j ACCEPT\nCOMMIT\n";

fn host(active: &str) -> Tree {
    Tree::new().file("/etc/iptables/rules.v4", RULES).machine(&format!(
        "[units.\"netfilter-persistent.service\"]\nload = \"loaded\"\nactive = \"{active}\"\nsub = \"x\"\n"
    ))
}

fn told(tree: &Tree, question: &str) -> String {
    crate::tree::text(&tree.now(question))
}

#[test]
fn ports_that_are_not_accepted_are_told() {
    let tree = host("active");
    assert_eq!(
        told(&tree, "loaded-filter:10250,6443"),
        "[INPUT refuses TCP port 10250 (/etc/iptables/rules.v4:2, netfilter-persistent.service)]"
    );
    assert_eq!(told(&tree, "loaded-filter:6443"), "none");
    assert_eq!(told(&host("inactive"), "loaded-filter:10250"), "none");
}

#[test]
fn rules_of_which_nobody_knows_whether_they_are_loaded_are_unknown() {
    let tree = Tree::new().file("/etc/iptables/rules.v4", RULES).machine("units-unavailable = \"no bus\"\n");
    let tree = tree.live("/run/systemd/system/x", "");
    let text = told(&tree, "loaded-filter:10250");
    assert!(text.starts_with("unknown") || text == "none", "{text}");
    let hidden = host("active").hidden("root", "/etc/iptables/rules.v4");
    let text = told(&hidden, "loaded-filter:10250");
    assert!(text.contains("permission denied"), "{text}");
}
