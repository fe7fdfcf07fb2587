use crate::tree::{Tree, attribute};

/// What CRI-O says of such a file when it pulls (containers/image, `policy_config.go`).
#[test]
fn mistakes_are_those_at_which_pulls_fail() {
    let accept = r#"[{"type":"insecureAcceptAnything"}]"#;
    for (text, default, mistakes) in [
        (format!(r#"{{"default":{accept}}}"#), "insecureAcceptAnything", "none"),
        (
            format!(r#"{{"default":{accept},"transports":{{"docker-daemon":{{"":{accept}}}}}}}"#),
            "insecureAcceptAnything",
            "none",
        ),
        (r#"{"default":[{"type":"reject"}]}"#.into(), "reject", "none"),
        (
            format!(r#"{{"default":{accept},"keyPaths":[]}}"#),
            "insecureAcceptAnything",
            "[unknown key keyPaths]",
        ),
        ("{}".into(), "absent", "[default is missing]"),
        (r#"{"default":[]}"#.into(), "absent", "[default is no list of requirements]"),
        (r#"{"default":[{"type":"x"}]}"#.into(), "x", "[default: unknown type x]"),
        (
            format!(r#"{{"default":{accept},"transports":{{"docker":{{"a.b":[{{}}]}}}}}}"#),
            "insecureAcceptAnything",
            "[docker a.b: a requirement without a type]",
        ),
        ("[]".into(), "absent", "[it is no JSON object]"),
    ] {
        let fact = Tree::new().file("/etc/containers/policy.json", &text).boot("image-policy");
        assert_eq!(attribute(&fact, "default"), default, "{text}");
        assert_eq!(attribute(&fact, "mistakes"), mistakes, "{text}");
    }
    let broken = Tree::new().file("/etc/containers/policy.json", "").boot("image-policy");
    assert!(attribute(&broken, "mistakes").starts_with("[no JSON: EOF"));
}

#[test]
fn crio_names_its_own_file() {
    assert_eq!(Tree::new().boot_text("image-policy"), "absent");
    let tree = Tree::new()
        .file("/etc/containers/policy.json", "{}")
        .file("/usr/share/containers/policy.json", "{}")
        .file(
            "/etc/crio/crio.conf.d/10-crio.conf",
            "[crio.image]\nsignature_policy = \"/etc/crio/policy.json\"\n",
        );
    let fact = tree.boot("image-policy");
    assert_eq!(crate::tree::text(&fact), "absent");
    assert_eq!(fact.because[0].to_string(), "/etc/crio/crio.conf.d/10-crio.conf:2");
    let tree = tree.file("/etc/crio/policy.json", r#"{"default":[{"type":"reject"}]}"#);
    assert_eq!(attribute(&tree.boot("image-policy"), "path"), "/etc/crio/policy.json");
    let roots = Tree::new().file("/root/.config/containers/policy.json", "{}");
    assert_eq!(attribute(&roots.boot("image-policy"), "path"), "/root/.config/containers/policy.json");
}
