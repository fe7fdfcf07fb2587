use crate::tree::Tree;

#[test]
fn an_edited_template_is_noted() {
    let tree = Tree::new().boots("6.1.0-1-amd64", "ro quiet").file(
        "/etc/default/grub",
        "GRUB_CMDLINE_LINUX_DEFAULT=\"quiet\"\nGRUB_CMDLINE_LINUX=\"swapaccount=1\"\n",
    );
    let fact = tree.boot("cmdline");
    assert_eq!(fact.notes.len(), 1, "{:?}", fact.notes);
    assert!(fact.notes[0].contains("/etc/default/grub:2") && fact.notes[0].contains("swapaccount=1"));
}

#[test]
fn a_template_that_agrees_is_no_news() {
    let tree = Tree::new()
        .boots("6.1.0-1-amd64", "ro quiet")
        .file("/etc/default/grub", "GRUB_CMDLINE_LINUX_DEFAULT=\"quiet\"\nGRUB_CMDLINE_LINUX=\"\"\n");
    assert!(tree.boot("cmdline").notes.is_empty());
}
