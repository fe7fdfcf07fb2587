use crate::tree::{Tree, attribute};

const HEAD: &str = "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT\n";
const IPV6: &str = "00000000000000000000000000000000 00 00000000000000000000000000000000 00 fe800000000000000000000000000001 00000400 00000001 00000000 00000003 eth1\n\
00000000000000000000000000000000 00 00000000000000000000000000000000 00 00000000000000000000000000000000 ffffffff 00000001 00000000 00200200 lo\n\
fe800000000000000000000000000000 40 00000000000000000000000000000000 00 00000000000000000000000000000000 00000100 00000001 00000000 00000001 eth2\n";

fn route(interface: &str, flags: &str, mask: &str) -> String {
    format!("{interface}\t00000000\t012DA8C0\t{flags}\t0\t0\t0\t{mask}\t0\t0\t0\n")
}

#[test]
fn default_routes_of_both_families_lead_to_interfaces() {
    let table = format!(
        "{HEAD}{}{}{}{}",
        route("eth0", "0003", "00000000"),
        route("tun0", "0001", "00000080"),
        route("eth3", "0001", "000000FF"),
        route("*", "0200", "00000000")
    );
    let tree = Tree::new()
        .live("/proc/net/route", table)
        .live("/proc/net/ipv6_route", IPV6)
        .live("/sys/class/net/eth0/address", "52:54:00:00:00:01\n")
        .live("/sys/class/net/tun0/address", "\n");
    let fact = tree.now("uplink");
    for (name, expected) in
        [("ipv4", "[eth0, tun0]"), ("ipv4-count", "2"), ("ipv6", "[eth1]"), ("macs", "[52:54:00:00:00:01]")]
    {
        assert_eq!(attribute(&fact, name), expected, "{name}");
    }
}

#[test]
fn a_damaged_table_is_not_a_host_without_routes() {
    let tree = |text: &str| Tree::new().live("/proc/net/route", HEAD).live("/proc/net/ipv6_route", text);
    assert_eq!(attribute(&tree("").now("uplink"), "ipv6"), "none");
    assert!(tree("x y\n").now_text("uplink").starts_with("unknown: /proc/net/ipv6_route: line 1"));
    assert_eq!(Tree::new().machine("").now_text("uplink"), "unknown: /proc/net/route: not found");
}
