use crate::tree::{Tree, attribute};

const PACKAGE: &str = "/usr/lib/systemd/system/kubelet.service";
const OWN: &str = "/etc/systemd/system/kubelet.service";

#[test]
fn a_file_in_etc_hides_the_one_of_the_package() {
    let tree = || Tree::new().file(PACKAGE, "[Service]\nExecStart=/usr/bin/kubelet\n");
    let asked = |tree: Tree| {
        let fact = tree.boot("unit-file:kubelet");
        ["path", "hides", "other-program"].map(|word| attribute(&fact, word))
    };
    let absent = || "absent".to_owned();
    assert_eq!(asked(tree()), [PACKAGE.to_owned(), absent(), absent()]);
    let same = tree().file(OWN, "[Service]\nExecStart=/usr/bin/kubelet\n");
    assert_eq!(asked(same), [OWN.to_owned(), absent(), absent()]);
    let limited = tree().file(OWN, "[Service]\nExecStart=/usr/bin/kubelet --v=4\n");
    assert_eq!(asked(limited), [OWN.to_owned(), PACKAGE.to_owned(), "false".to_owned()]);
    let other = tree().file(OWN, "[Service]\nExecStart=/opt/kubelet\n");
    assert_eq!(asked(other), [OWN.to_owned(), PACKAGE.to_owned(), "true".to_owned()]);
}

#[test]
fn what_is_no_unit_is_absent_and_what_is_hidden_is_unknown() {
    assert_eq!(Tree::new().boot_text("unit-file:kubelet"), "absent");
    let tree = Tree::new().file(PACKAGE, "[Service]\nExecStart=/a\n").file(OWN, "[Service]\nExecStart=/b\n");
    let denied = tree.denied(PACKAGE).recorded_text("unit-file:kubelet");
    assert!(denied.starts_with("unknown"), "{denied}");
}
