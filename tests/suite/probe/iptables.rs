use crate::tree::Tree;

#[test]
fn tools_that_differ_are_told() {
    let nft = || {
        Tree::new().program("/usr/sbin/xtables-nft-multi", "").link("/usr/sbin/iptables", "xtables-nft-multi")
    };
    assert_eq!(Tree::new().boot_text("iptables"), "absent");
    assert_eq!(nft().boot_text("iptables"), "backend=nft consistent=true");
    let mixed =
        nft().program("/usr/sbin/ip6tables-legacy", "").link("/usr/sbin/ip6tables", "ip6tables-legacy");
    assert_eq!(mixed.boot_text("iptables"), "backend=nft consistent=false");
    assert!(mixed.boot("iptables").because[0].to_string().contains("/usr/sbin/ip6tables"));
    let strange = nft().program("/usr/sbin/busybox", "").link("/usr/sbin/ebtables", "busybox");
    assert_eq!(strange.boot_text("iptables"), "backend=nft consistent=?");
    let broken = Tree::new().link("/usr/sbin/iptables", "/etc/alternatives/iptables");
    assert_eq!(broken.boot_text("iptables"), "absent");
}
