use crate::tree::Tree;

#[test]
fn an_environment_file_is_read_as_systemd_reads_it() {
    let tree = Tree::new()
        .file("/e", "# A=0\nA=1\nA='2 3'\nexport B=4\r\nC=\nD=a\\\nb\n")
        .file("/bad", "\0\u{1}=\n")
        .directory("/d");
    for (question, expected) in [
        ("env:/e#A", "2 3"),
        ("env:/e#B", "absent"),
        ("env:/e#C", ""),
        ("env:/e#D", "ab"),
        ("env:/bad#A", "absent"),
        ("env:/none#A", "absent"),
        ("env:/d#A", "unknown: /d: is a directory, not read"),
        ("env:/run/e#A", "unknown: /run/e is made anew at boot"),
    ] {
        assert_eq!(tree.boot_text(question), expected, "{question}");
    }
    assert_eq!(tree.now_text("env:/run/e#A"), "unknown: nothing is running here");
    assert_eq!(Tree::new().live("/run/e", "A=5\n").now_text("env:/run/e#A"), "5");
    let linked = Tree::new().live("/run/e", "A=5\n").link("/etc/e", "../var/run/e").link("/var/run", "/run");
    assert_eq!(linked.now_text("env:/etc/e#A"), "5");
    // What a boot empties is read by nobody after it.
    let emptied = Tree::new()
        .file("/etc/tmpfiles.d/t.conf", "D /tmp 1777 root root -\nD /var/cache/x 0755 root root -\n")
        .file("/tmp/x.env", "A=1\n")
        .file("/var/cache/x/y.env", "A=1\n");
    for question in ["file:/tmp/x.env", "env:/tmp/x.env#A", "ini:/var/cache/x/y.env#A"] {
        assert_eq!(emptied.boot_text(question), "absent", "{question}");
    }
    assert_eq!(linked.boot_text("env:/etc/e#A"), "unknown: /run/e is made anew at boot");
}
