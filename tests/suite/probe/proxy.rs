use crate::tree::{Tree, attribute};

fn unit() -> Tree {
    Tree::new().file(
        "/usr/lib/systemd/system/crio.service",
        "[Service]\nExecStart=/usr/bin/crio\nEnvironmentFile=-/etc/sysconfig/crio\n",
    )
}

#[test]
fn settings_of_all_places_add_up_and_passwords_are_not_shown() {
    let tree = unit()
        .file(
            "/etc/systemd/system.conf",
            "[Manager]\nDefaultEnvironment=\"HTTP_PROXY=http://a.example:1\" NO_PROXY=a\n",
        )
        .file(
            "/etc/systemd/system/crio.service.d/p.conf",
            "[Service]\nEnvironment=https_proxy=http://user:secret@b.example:2 NO_PROXY=b\n",
        )
        .file("/etc/sysconfig/crio", "NO_PROXY=c,.svc d\n");
    let fact = tree.boot("proxy:crio");
    for (name, expected) in [
        ("http", "http://a.example:1"),
        ("https", "http://b.example:2"),
        ("no-proxy", "c,.svc d"),
        ("mistakes", "[.svc d]"),
    ] {
        assert_eq!(attribute(&fact, name), expected, "{name}");
    }
    assert_eq!(fact.because[0].to_string(), "/etc/sysconfig/crio:1");
    assert!(!format!("{fact:?}").contains("secret"));
}

#[test]
fn upper_case_counts_before_lower_case_and_empty_is_not_set() {
    let tree = |text: &str| Tree::new().file("/etc/environment", text);
    let https = |text: &str| attribute(&tree(text).boot("proxy:login"), "https");
    assert_eq!(https("https_proxy=http://l:1\nHTTPS_PROXY=http://u:1\n"), "http://u:1");
    assert_eq!(https("HTTPS_PROXY=\nhttps_proxy=http://l:1\n"), "http://l:1");
    assert_eq!(https("# nothing\n"), "absent");
}

#[test]
fn what_is_not_there_has_no_proxies() {
    assert_eq!(Tree::new().boot_text("proxy:login"), "absent");
    assert_eq!(Tree::new().boot_text("proxy:crio"), "absent");
    assert!(
        unit()
            .file("/etc/systemd/system.conf", "")
            .denied("/etc/systemd/system.conf")
            .recorded_text("proxy:crio")
            .starts_with("unknown")
    );
}

#[test]
fn of_two_main_files_the_higher_counts_and_all_directories_add_to_it() {
    let vendor = "[Manager]\nDefaultEnvironment=HTTPS_PROXY=http://vendor:3128\n";
    let tree = unit().file("/usr/lib/systemd/system.conf", vendor);
    assert_eq!(attribute(&tree.boot("proxy:crio"), "https"), "http://vendor:3128");
    let tree = tree.file("/etc/systemd/system.conf", "[Manager]\nLogLevel=info\n");
    assert_eq!(attribute(&tree.boot("proxy:crio"), "https"), "absent");
    let tree = tree.file("/usr/local/lib/systemd/system.conf.d/p.conf", vendor.replace("vendor", "local"));
    assert_eq!(attribute(&tree.boot("proxy:crio"), "https"), "http://local:3128");
}
