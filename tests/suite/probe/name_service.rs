use crate::tree::Tree;

#[test]
fn sources_are_listed_in_their_order() {
    let tree = Tree::new()
        .file("/etc/nsswitch.conf", "passwd: files systemd\nhosts: files [NOTFOUND=continue] dns\n")
        .machine("");
    assert_eq!(tree.boot_text("name-service:hosts"), "[files, dns]");
    assert_eq!(tree.now_text("name-service:hosts"), "[files, dns]");
    assert_eq!(tree.boot("name-service:hosts").because[0].to_string(), "/etc/nsswitch.conf:2");
    assert_eq!(tree.boot_text("name-service:ethers"), "absent");
    assert_eq!(Tree::new().boot_text("name-service:hosts"), "absent");
}
