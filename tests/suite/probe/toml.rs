use crate::tree::Tree;

#[test]
fn keys_of_all_four_formats_are_found_with_their_lines() {
    let tree = Tree::new()
        .file("/e", "A=1\nA=\"2 3\"\n")
        .file("/i", "x=0\n[main]\ny=1\n")
        .file("/t", "[a.b]\nc = [1, 2]\n")
        .file("/y", "a:\n  - b: true\n")
        .file("/bad", "a: [\n");
    for (question, expected, line) in [
        ("env:/e#A", "2 3", Some(2)),
        ("env:/e#B", "absent", None),
        ("ini:/i#x", "0", Some(1)),
        ("ini:/i#main.y", "1", Some(3)),
        ("ini:/none#x", "absent", None),
        ("toml:/t#a.b.c", "[1, 2]", Some(2)),
        ("toml:/t#a.d", "absent", None),
        ("yaml:/y#a.0.b", "true", Some(2)),
    ] {
        assert_eq!(tree.boot_text(question), expected, "{question}");
        assert_eq!(tree.boot(question).because[0].line, line, "{question}");
    }
    assert!(tree.boot_text("toml:/bad#a").starts_with("unknown: /bad: line 1"));
    assert!(tree.boot_text("yaml:/bad#a").starts_with("unknown: /bad: line"));
}
