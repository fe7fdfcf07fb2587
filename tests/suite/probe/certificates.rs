use crate::tree::Tree;

const CA: &str = include_str!("../../certificates/ca.crt");
const ADMIN: &str = include_str!("../../certificates/admin.crt");
const OTHER: &str = include_str!("../../certificates/other-ca.crt");
/// The last second of the admin's certificate, which is valid for a year.
const END: i64 = 1_826_981_746;
const DAY: i64 = 86_400;

const API: &str = "/etc/kubernetes/pki/apiserver.crt";
const RENEWED: &str = "/var/lib/kubelet/pki/kubelet-client-current.pem";
const SERVED: &str = "/var/lib/kubelet/pki/kubelet.crt";

fn at(seconds: i64) -> Tree {
    Tree::new().file("/etc/kubernetes/pki/ca.crt", CA).machine(&format!("time = {seconds}\n"))
}

#[test]
fn what_has_ended_is_named_with_its_end() {
    for (path, time, expected) in [
        (API, END, "none"),
        (API, END + 1, "[apiserver.crt ended 2027-11-23T14:55:46Z]"),
        (RENEWED, END + 1, "[kubelet-client-current.pem ended 2027-11-23T14:55:46Z]"),
        (SERVED, END + 1, "none"),
    ] {
        assert_eq!(at(time).file(path, ADMIN).now_text("certificates:expired"), expected, "{path} {time}");
    }
}

#[test]
fn what_has_not_begun_is_named_with_its_beginning() {
    let before = END - 365 * DAY - 1;
    let early = at(before).file(API, ADMIN).now_text("certificates:early");
    assert!(early.contains("apiserver.crt begins 2026-11-23T14:55:46Z"), "{early}");
    assert_eq!(at(before + 60).file(API, ADMIN).now_text("certificates:early"), "none");
}

#[test]
fn what_ends_soon_depends_on_who_renews_it() {
    for (path, days_left, asked, expected) in [
        (API, 29, "30", "[apiserver.crt ends 2027-11-23T14:55:46Z]"),
        (API, 31, "30", "none"),
        (API, -1, "30", "[apiserver.crt ended 2027-11-23T14:55:46Z]"),
        // A third of its life, and a tenth of one that the kubelet renews.
        (API, 121, "300", "[apiserver.crt ends 2027-11-23T14:55:46Z]"),
        (API, 122, "300", "none"),
        (RENEWED, 36, "300", "[kubelet-client-current.pem ends 2027-11-23T14:55:46Z]"),
        (RENEWED, 37, "300", "none"),
        (SERVED, -1, "30", "[kubelet.crt ended 2027-11-23T14:55:46Z]"),
    ] {
        let found = at(END - days_left * DAY).file(path, ADMIN).now_text(&format!("certificates:{asked}"));
        assert_eq!(found, expected, "{path}, {days_left} days before its end, asked for {asked}");
    }
}

#[test]
fn the_authority_that_counts_is_the_one_that_kubeadm_has_sign() {
    for (path, authority, expected) in [
        (API, "/etc/kubernetes/pki/ca.crt", "[apiserver.crt was not issued by /etc/kubernetes/pki/ca.crt]"),
        (API, "/etc/kubernetes/pki/etcd/ca.crt", "none"),
        (
            "/etc/kubernetes/pki/etcd/server.crt",
            "/etc/kubernetes/pki/etcd/ca.crt",
            "[server.crt was not issued by /etc/kubernetes/pki/etcd/ca.crt]",
        ),
        (
            "/etc/kubernetes/pki/front-proxy-client.crt",
            "/etc/kubernetes/pki/front-proxy-ca.crt",
            "[front-proxy-client.crt was not issued by /etc/kubernetes/pki/front-proxy-ca.crt]",
        ),
        (SERVED, "/etc/kubernetes/pki/ca.crt", "none"),
    ] {
        let tree = at(END).file(path, ADMIN).file(authority, OTHER);
        assert_eq!(tree.boot_text("certificates:foreign"), expected, "{path} {authority}");
    }
}

#[test]
fn without_a_clock_or_with_a_gap_nothing_is_guessed() {
    assert_eq!(Tree::new().now_text("certificates:expired"), "none");
    assert_eq!(at(END).now_text("certificates:expired"), "none");
    assert_eq!(at(END).boot_text("certificates:expired"), "unknown: no clock is running here");
    assert_eq!(at(END).boot_text("certificates:foreign"), "none");
    let denied = at(END).file(API, ADMIN).denied(API);
    assert!(
        denied.now_text("certificates:expired").starts_with("unknown: "),
        "{denied:?}",
        denied = denied.now_text("certificates:expired")
    );
    let over = at(END + 1).file(RENEWED, ADMIN).file(API, ADMIN).denied(API);
    assert!(over.now_text("certificates:expired").contains("kubelet-client-current.pem ended"));
}
