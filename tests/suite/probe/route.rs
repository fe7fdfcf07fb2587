use crate::tree::Tree;

const HEAD: &str = "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT\n";

#[test]
fn routes_are_read_and_garbage_is_no_empty_table() {
    let tree = |text: &str| Tree::new().live("/proc/net/route", text);
    let route = "eth0\t002DA8C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n";
    let default = "eth0\t00000000\t012DA8C0\t0003\t0\t0\t0\t00000000\t0\t0\t0\n";
    assert_eq!(tree(&format!("{HEAD}{default}{route}")).now_text("route"), "[192.168.45.0/24]");
    assert_eq!(tree(HEAD).now_text("route"), "none");
    assert_eq!(Tree::new().machine("").now_text("route"), "unknown: /proc/net/route: not found");
    for wrong in [format!("{HEAD}eth0\tnonsense\n"), format!("{HEAD}{}", &route[..20])] {
        assert!(tree(&wrong).now_text("route").starts_with("unknown: /proc/net/route"), "{wrong}");
    }
}
