use crate::tree::{Tree, attribute};

#[test]
fn the_file_in_etc_comes_before_the_one_in_usr() {
    let tree = Tree::new().file("/usr/lib/os-release", "ID=debian\nVERSION_ID=\"12\"\nPRETTY_NAME='A B'\n");
    assert_eq!(attribute(&tree.boot("os"), "name"), "A B");
    let tree = tree.file("/etc/os-release", "ID=rocky\nID_LIKE=\"rhel centos fedora\"\nVERSION_ID=9.4\n");
    let fact = tree.boot("os");
    assert_eq!(attribute(&fact, "id"), "rocky");
    assert_eq!(attribute(&fact, "like"), "[rhel, centos, fedora]");
    assert_eq!(Tree::new().boot_text("os"), "absent");
}
