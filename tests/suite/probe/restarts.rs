use crate::tree::Tree;

#[test]
fn systemd_counts_how_often_it_started_a_service_again() {
    let tree = |text: &str| Tree::new().machine(text).now_text("restarts:kubelet");
    assert_eq!(tree("[units.\"kubelet.service\"]\nactive = \"active\"\nrestarts = 7\n"), "7");
    assert!(tree("[units.\"kubelet.service\"]\nactive = \"active\"\n").starts_with("unknown"));
    assert_eq!(tree("[units.\"other.service\"]\nactive = \"active\"\n"), "absent");
    assert!(tree("units-unavailable = \"no bus\"\n").starts_with("unknown"));
    assert_eq!(tree(""), "absent");
}
