use crate::tree::Tree;

#[test]
fn a_word_that_is_no_mode_loads_the_policy_and_enforces_nothing() {
    let tree = Tree::new().file("/etc/selinux/config", "# x\nSELINUX=strict\n");
    assert_eq!(tree.boot_text("selinux"), "disabled", "there is no policy");
    let tree = tree.file("/etc/selinux/targeted/policy/policy.33", "");
    let fact = tree.boot("selinux");
    assert_eq!(crate::tree::text(&fact), "permissive");
    assert_eq!(fact.because[0].to_string(), "/etc/selinux/config:2");
}

#[test]
fn a_relabel_is_noted() {
    let tree = Tree::new()
        .boots("6.1.0-1-amd64", "ro lsm=selinux")
        .file("/etc/selinux/config", "SELINUX=enforcing\n")
        .file("/etc/selinux/targeted/policy/policy.33", "")
        .file("/.autorelabel", "");
    assert!(tree.boot("selinux").notes.iter().any(|note| note.contains("/.autorelabel")));
}
