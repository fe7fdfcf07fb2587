use crate::tree::Tree;

#[test]
fn the_table_is_as_full_as_its_numbers_say() {
    let tree = |count: &str, max: &str| {
        Tree::new()
            .live("/proc/sys/net/netfilter/nf_conntrack_count", count)
            .live("/proc/sys/net/netfilter/nf_conntrack_max", max)
            .now_text("conntrack")
    };
    assert_eq!(tree("234000\n", "262144\n"), "count=234000 max=262144 percent=89");
    assert_eq!(tree("5\n", "0\n"), "count=5 max=0 percent=0");
    assert_eq!(tree("4294967295\n", "1\n"), "count=4294967295 max=1 percent=429496729500");
    assert!(tree("x\n", "1\n").starts_with("unknown"));
    assert!(tree("99999999999\n", "1\n").starts_with("unknown"));
    assert_eq!(Tree::new().machine("").now_text("conntrack"), "absent");
}
