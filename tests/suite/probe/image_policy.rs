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

/// The same words are a mistake or not, by the version of the library that CRI-O was built with.
#[test]
fn what_a_requirement_may_say_depends_on_its_type_and_on_crio() {
    let mistakes = |minor: u32, requirement: &str| {
        let policy = format!(
            r#"{{"default":[{{"type":"reject"}}],"transports":{{"docker":{{"a.b":[{requirement}]}}}}}}"#
        );
        let tree = Tree::new()
            .package("cri-o", &format!("1.{minor}.0-1.1"), "/usr/bin/crio\n")
            .program("/usr/bin/crio", "x")
            .file("/etc/containers/policy.json", policy);
        attribute(&tree.boot("image-policy"), "mistakes")
    };
    let one = "takes exactly one of";
    let sources = "keyPath, keyPaths, keyData, keyDatas, fulcio, pki";
    for (minor, requirement, expected) in [
        (34, r#"{"type":"signedBy","keyType":"GPGKeys","keyPath":"/k"}"#, "none".to_owned()),
        (34, r#"{"type":"signedBy","keyType":"GPGKeys","keyPaths":["/k"]}"#, "none".into()),
        (
            24,
            r#"{"type":"signedBy","keyType":"GPGKeys","keyPaths":["/k"]}"#,
            "[docker a.b: unknown key keyPaths]".into(),
        ),
        (
            34,
            r#"{"type":"signedBy","keyType":"GPGKeys","keyDatas":["aw=="]}"#,
            format!(
                "[docker a.b: unknown key keyDatas, docker a.b: signedBy {one} keyPath, keyPaths, keyData]"
            ),
        ),
        (34, r#"{"type":"sigstoreSigned","keyDatas":["aw=="]}"#, "none".into()),
        (31, r#"{"type":"sigstoreSigned","keyDatas":["aw=="]}"#, "none".into()),
        (30, r#"{"type":"sigstoreSigned","keyDatas":["aw=="]}"#, "[docker a.b: unknown key keyDatas]".into()),
        (
            30,
            r#"{"type":"sigstoreSigned","keyPaths":["/k"],"rekorPublicKeyPaths":["/r"]}"#,
            "[docker a.b: unknown key keyPaths, docker a.b: unknown key rekorPublicKeyPaths]".into(),
        ),
        (
            24,
            r#"{"type":"sigstoreSigned","keyPath":"/k"}"#,
            "[docker a.b: unknown type sigstoreSigned]".into(),
        ),
        (
            34,
            r#"{"type":"sigstoreSigned","keyPath":"/k","keyData":"aw=="}"#,
            format!("[docker a.b: sigstoreSigned {one} {sources}]"),
        ),
        (34, r#"{"type":"reject","keyPath":"/k"}"#, "[docker a.b: unknown key keyPath]".into()),
        (34, r#"{"type":"signedBaseLayer","baseLayerIdentity":{}}"#, "none".into()),
    ] {
        assert_eq!(mistakes(minor, requirement), expected, "1.{minor} {requirement}");
    }
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
