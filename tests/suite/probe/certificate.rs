use base64ct::{Base64, Encoding as _};

use crate::tree::{Tree, attribute, text};

const CA: &str = include_str!("../../certificates/ca.crt");
const ADMIN: &str = include_str!("../../certificates/admin.crt");
const OTHER: &str = include_str!("../../certificates/other-ca.crt");
const KEY: &str = "-----BEGIN EC PRIVATE KEY-----\nc2VjcmV0c2VjcmV0\n-----END EC PRIVATE KEY-----\n";
/// A day before the admin's certificate expires, and an hour.
const LAST_DAY: &str = "time = 1826895346\n";

const PEM: &str = "/etc/kubernetes/pki/admin.crt";

fn kubeconfig(user: &str, cluster: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Config\ncurrent-context: b\nclusters:\n- name: x\n  cluster: {{server: y}}\n- name: c\n  \
         cluster:\n    {cluster}\ncontexts:\n- name: a\n  context: {{cluster: x, user: v}}\n- name: b\n  context: {{cluster: c, user: u}}\n\
         users:\n- name: v\n  user: {{token: z}}\n- name: u\n  user:\n    {user}\n"
    )
}

#[test]
fn a_pem_file_tells_whose_and_until_when() {
    let tree =
        Tree::new().file(PEM, [KEY, ADMIN].concat()).file("/etc/kubernetes/pki/ca.crt", CA).machine(LAST_DAY);
    let fact = tree.now(&format!("certificate:{PEM}"));
    for (name, expected) in [
        ("subject", "CN=kubernetes-admin,O=system:masters"),
        ("issuer", "CN=kubernetes"),
        ("not-before", "2026-11-23T14:55:46Z"),
        ("not-after", "2027-11-23T14:55:46Z"),
        ("expires-days", "1"),
        ("issuer-matches", "true"),
    ] {
        assert_eq!(attribute(&fact, name), expected, "{name}");
    }
    let places: Vec<String> = fact.because.iter().map(ToString::to_string).collect();
    assert_eq!(places, [PEM, "/etc/kubernetes/pki/ca.crt"]);
}

#[test]
fn days_are_counted_down_by_the_clock_of_the_host() {
    for (time, days) in [
        (1_826_981_746 - 86_400, "1"),
        (1_826_981_746, "0"),
        (1_826_981_747, "-1"),
        (1_826_981_746 + 86_401, "-2"),
    ] {
        let tree = Tree::new().file(PEM, ADMIN).machine(&format!("time = {time}\n"));
        assert_eq!(attribute(&tree.now(&format!("certificate:{PEM}")), "expires-days"), days, "{time}");
    }
    let still = Tree::new().file(PEM, ADMIN).boot(&format!("certificate:{PEM}"));
    assert_eq!(attribute(&still, "expires-days"), "unknown: no clock is running here");
    assert_eq!(attribute(&still, "not-after"), "2027-11-23T14:55:46Z");
    let silent = Tree::new().file(PEM, ADMIN).machine("").now(&format!("certificate:{PEM}"));
    assert!(attribute(&silent, "expires-days").contains("doesn't say what time"), "{silent:?}");
}

#[test]
fn the_issuer_is_looked_for_where_it_is_kept() {
    for (path, ca, expected) in [
        (PEM, Some(("/etc/kubernetes/pki/ca.crt", CA)), "true"),
        (PEM, Some(("/etc/kubernetes/pki/ca.crt", OTHER)), "false"),
        ("/var/lib/kubelet/pki/kubelet-client-current.pem", Some(("/etc/kubernetes/pki/ca.crt", CA)), "true"),
        ("/etc/etcd/server.crt", Some(("/etc/etcd/ca.crt", CA)), "true"),
        (PEM, None, "unknown: no certificate authority was found beside it"),
    ] {
        let mut tree = Tree::new().file(path, ADMIN);
        if let Some((place, text)) = ca {
            tree = tree.file(place, text);
        }
        assert_eq!(
            attribute(&tree.boot(&format!("certificate:{path}")), "issuer-matches"),
            expected,
            "{path} {ca:?}"
        );
    }
    let own = Tree::new().file("/etc/x.crt", CA).boot("certificate:/etc/x.crt");
    assert_eq!(attribute(&own, "issuer-matches"), "true", "an authority issued itself");
}

#[test]
fn a_kubeconfig_shows_the_certificate_of_its_current_user() {
    let data = |text: &str| Base64::encode_string(text.as_bytes());
    let authority = format!("certificate-authority-data: {}", data(CA));
    let embedded = format!("client-certificate-data: {}\n    client-key-data: {}", data(ADMIN), data(KEY));
    let path = "/etc/kubernetes/admin.conf";
    let tree = Tree::new().file(path, kubeconfig(&embedded, &authority));
    let fact = tree.boot(&format!("certificate:{path}"));
    assert_eq!(attribute(&fact, "subject"), "CN=kubernetes-admin,O=system:masters");
    assert_eq!(attribute(&fact, "issuer-matches"), "true");
    let shown = format!("{fact:?}");
    assert!(!shown.contains("c2VjcmV0") && !shown.contains("secret"), "{shown}");
    let named = kubeconfig(
        "client-certificate: pki/current.pem\n    client-key: pki/current.pem",
        "certificate-authority: other.crt",
    );
    let tree = Tree::new()
        .file("/etc/kubernetes/kubelet.conf", named)
        .file("/etc/kubernetes/pki/current.pem", [ADMIN, KEY].concat())
        .file("/etc/kubernetes/other.crt", OTHER);
    let fact = tree.boot("certificate:/etc/kubernetes/kubelet.conf");
    assert_eq!(attribute(&fact, "subject"), "CN=kubernetes-admin,O=system:masters");
    assert_eq!(attribute(&fact, "issuer-matches"), "false");
    let places: Vec<String> = fact.because.iter().map(ToString::to_string).collect();
    assert_eq!(
        places,
        ["/etc/kubernetes/kubelet.conf", "/etc/kubernetes/pki/current.pem", "/etc/kubernetes/other.crt"]
    );
}

#[test]
fn what_has_no_certificate_is_absent_and_what_is_broken_unknown() {
    let path = "/etc/x";
    let said = |content: &str| text(&Tree::new().file(path, content).boot("certificate:/etc/x"));
    assert_eq!(text(&Tree::new().boot("certificate:/etc/x")), "absent");
    assert_eq!(said(KEY), "absent");
    assert_eq!(said(&kubeconfig("token: secret", "server: y")), "absent");
    assert_eq!(said("hello"), "unknown: /etc/x is neither PEM nor a kubeconfig");
    assert_eq!(said("users: [{name: \"secret"), "unknown: /etc/x is neither PEM nor a kubeconfig");
    assert_eq!(said(&ADMIN[..300]), "unknown: /etc/x: a certificate has no end");
    assert_eq!(
        said(&kubeconfig("client-certificate-data: '***'", "server: y")),
        "unknown: /etc/x: a certificate is no base64"
    );
    assert_eq!(said(&kubeconfig("client-certificate: none.pem", "server: y")), "absent");
    assert_eq!(
        said("users: [{name: a, user: {}}, {name: b, user: {}}]"),
        "unknown: /etc/x doesn't say which user is meant"
    );
    let denied = Tree::new().file(path, KEY).denied(path).recorded_text("certificate:/etc/x");
    assert!(denied.contains("permission denied"), "{denied}");
}
