use crate::tree::Tree;

#[test]
fn addresses_and_routes_are_told_together_and_one_unread_part_makes_all_unknown() {
    let machine = "[[address]]\ninterface = \"eth0\"\naddress = \"10.1.2.3\"\nprefix = 16\n";
    let routes = "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT\n\
        cni0\t0000F40A\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0\n";
    let tree = Tree::new().machine(machine).live("/proc/net/route", routes);
    assert_eq!(tree.now_text("network"), "[10.1.2.3/16, 10.244.0.0/16]");
    let tree = tree.live("/proc/net/ipv6_route", "zz 40 eth0\n");
    assert!(tree.now_text("network").starts_with("unknown: /proc/net/ipv6_route: line 1"));
}
