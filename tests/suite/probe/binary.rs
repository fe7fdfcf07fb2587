use crate::tree::Tree;

#[test]
fn the_first_executable_wins_and_plain_files_do_not_count() {
    let tree = Tree::new()
        .file("/usr/local/bin/crio", "x")
        .program("/usr/bin/crio", "x")
        .link("/usr/bin/y", "/none");
    assert_eq!(tree.boot_text("binary:crio"), "mode=0755 path=/usr/bin/crio");
    assert_eq!(tree.boot_text("binary:y"), "absent");
}
