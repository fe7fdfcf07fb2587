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

#[test]
fn the_path_of_a_unit_counts_and_not_that_of_the_caller() {
    let tree = || {
        Tree::new()
            .file("/usr/lib/systemd/system/kubelet.service", "[Service]\nExecStart=/usr/bin/kubelet\n")
            .program("/opt/bin/mount", "x")
            .program("/usr/bin/losetup", "x")
    };
    assert_eq!(tree().boot_text("binary:losetup@kubelet"), "mode=0755 path=/usr/bin/losetup");
    assert_eq!(tree().boot_text("binary:mount@kubelet"), "absent");
    for (path, text) in [
        ("/etc/systemd/system/kubelet.service.d/a.conf", "[Service]\nEnvironment=PATH=/opt/bin:/sbin\n"),
        ("/etc/systemd/system/kubelet.service.d/a.conf", "[Service]\nExecSearchPath=/opt/bin\n"),
        ("/etc/systemd/system.conf.d/a.conf", "[Manager]\nDefaultEnvironment=A=b \"PATH=/opt/bin\"\n"),
    ] {
        let fact = tree().file(path, text).boot("binary:mount@kubelet.service");
        assert_eq!(crate::tree::text(&fact), "mode=0755 path=/opt/bin/mount", "{text}");
        assert_eq!(fact.because[1].to_string(), format!("{path}:2"));
    }
    let gone = tree().file("/etc/systemd/system.conf", "[Manager]\nDefaultEnvironment=PATH=/opt/bin\n");
    assert_eq!(gone.boot_text("binary:losetup@kubelet"), "absent");
    let key = |text: &str| node_preflight::probe::find("binary").unwrap().key.parse(Some(text)).is_err();
    assert!(key("@kubelet") && key("mount@") && key("mount@/x"));
}
