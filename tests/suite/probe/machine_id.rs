use crate::tree::Tree;

#[test]
fn the_text_of_the_file_is_the_identity_and_absence_is_known() {
    let id = "5e3f1b0c9d8a47e6b2c1d0f9e8a7b6c5";
    for (content, expected) in
        [(format!("{id}\n"), id), ("uninitialized\n".into(), "uninitialized"), (String::new(), "")]
    {
        assert_eq!(Tree::new().file("/etc/machine-id", content).boot_text("machine-id"), expected);
    }
    assert_eq!(Tree::new().boot_text("machine-id"), "absent");
}

#[test]
fn a_first_boot_is_announced_and_an_empty_file_is_none() {
    let notes = |tree: Tree| tree.boot("machine-id").notes.join(" ");
    assert!(notes(Tree::new()).contains("is a first boot"));
    assert!(notes(Tree::new().file("/etc/machine-id", "")).contains("not a first boot"));
    assert!(notes(Tree::new().file("/etc/machine-id", "abc\n")).is_empty());
}
