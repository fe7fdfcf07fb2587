use crate::tree::Tree;

#[test]
fn what_is_no_yaml_is_unknown_and_never_absent() {
    let tree = Tree::new()
        .file("/y", "a:\n  - b: true\n  - 7\ne:\n")
        .file("/crlf", "a: 1\r\nb: x\r\n")
        .file("/binary", b"a: \xff\xfe\0\n")
        .file("/twice", "a: 1\na: 2\n");
    for (question, expected) in [
        ("yaml:/y#a.0.b", "true"),
        ("yaml:/y#a.1", "7"),
        ("yaml:/y#a.2", "absent"),
        ("yaml:/y#f", "absent"),
        ("yaml:/crlf#b", "x"),
        ("yaml:/none#a", "absent"),
    ] {
        assert_eq!(tree.boot_text(question), expected, "{question}");
    }
    for question in ["yaml:/binary#a", "yaml:/twice#b"] {
        assert!(
            tree.boot_text(question).starts_with("unknown: /"),
            "{question}: {}",
            tree.boot_text(question)
        );
    }
}
