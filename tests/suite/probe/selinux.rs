use crate::tree::Tree;

#[test]
fn a_word_that_is_no_mode_is_unknown_with_its_line() {
    let tree = Tree::new().file("/etc/selinux/config", "# x\nSELINUX=strict\n");
    assert_eq!(tree.boot_text("selinux"), "unknown: /etc/selinux/config:2: `strict` is no mode of SELinux");
}
