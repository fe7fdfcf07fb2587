use crate::tree::Tree;

#[test]
fn sections_and_keys_may_have_dots() {
    let tree = Tree::new()
        .file("/i", "x=0\n[a.b]\nc.d=1\n[a]\nb.c.d=2\nnonsense\n")
        .file("/crlf", "[m]\r\nk = v\r\n");
    for (question, expected) in [
        ("ini:/i#x", "0"),
        ("ini:/i#a.b.c.d", "2"),
        ("ini:/i#a.c", "absent"),
        ("ini:/crlf#m.k", "v"),
        ("ini:/none#x", "absent"),
    ] {
        assert_eq!(tree.boot_text(question), expected, "{question}");
    }
    assert_eq!(tree.boot("ini:/i#a.c").notes, ["the file has no a.c", "line 6 is no assignment"]);
    let denied = Tree::new().file("/i", "x=0\n").meta("/i", "denied = true").machine("");
    assert!(denied.now_text("ini:/i#x").starts_with("unknown: /i: permission denied"));
}
