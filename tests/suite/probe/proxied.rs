use node_preflight::probe;

use crate::tree::{Tree, attribute};

#[test]
fn each_program_has_settings_of_its_own() {
    let tree = Tree::new()
        .file("/etc/environment", "HTTPS_PROXY=http://p:1\nNO_PROXY=10.0.0.0/8\n")
        .file(
            "/usr/lib/systemd/system/kubelet.service",
            "[Service]\nExecStart=/usr/bin/kubelet\nEnvironment=HTTPS_PROXY=http://p:1\n",
        )
        .file("/usr/lib/systemd/system/crio.service", "[Service]\nExecStart=/usr/bin/crio\n");
    let ask = |target: &str, program: &str| attribute(&tree.boot(&format!("proxied:{target}")), program);
    assert_eq!(ask("10.96.0.0/12", "login"), "false");
    assert_eq!(ask("10.96.0.0/12", "kubelet"), "true");
    assert_eq!(ask("registry.k8s.io", "login"), "true");
    assert_eq!(ask("registry.k8s.io", "crio"), "false");
    assert_eq!(ask("registry.k8s.io", "containerd"), "false");
    assert_eq!(ask("10.96.0.0/12,fd00::/108", "login"), "true");
}

#[test]
fn keys_have_one_spelling_and_nonsense_is_refused() {
    let parse = |text| probe::find("proxied").unwrap().key.parse(Some(text)).map(|key| key.to_string());
    assert_eq!(parse("[10.0.0.0/8, fd00::/8]").as_deref(), Ok("10.0.0.0/8,fd00::/8"));
    assert_eq!(parse("API.example.org:6443").as_deref(), Ok("api.example.org"));
    assert_eq!(parse("[fd00::1]:6443").as_deref(), Ok("fd00::1"));
    for wrong in ["a b", "10.0.0.0/8,,", "10.0.0.0/99", "https://x"] {
        assert!(parse(wrong).is_err(), "{wrong}");
    }
}
