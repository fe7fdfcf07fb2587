use crate::tree::{Tree, attribute};

#[test]
fn links_decide_and_their_loops_are_unknown() {
    let tree = Tree::new()
        .program("/usr/sbin/xtables-nft-multi", "")
        .link("/usr/sbin/iptables", "../../etc/alternatives/iptables")
        .link("/etc/alternatives/iptables", "/usr/sbin/xtables-nft-multi")
        .file(
            "/var/lib/dpkg/alternatives/iptables",
            "auto\n/usr/sbin/iptables\n\n/usr/sbin/xtables-nft-multi\n20\n\n",
        )
        .program("/usr/bin/ebtables", "")
        .link("/usr/sbin/loop", "loop")
        .link("/usr/sbin/gone", "/nowhere/gone-nft")
        .file("/var/lib/dpkg/alternatives/ebtables", "\0\u{1}");
    let iptables = tree.boot("alternative:iptables");
    for (name, expected) in [("backend", "nft"), ("mode", "auto"), ("target", "/usr/sbin/xtables-nft-multi")]
    {
        assert_eq!(attribute(&iptables, name), expected, "{name}");
    }
    assert!(iptables.notes.is_empty(), "{:?}", iptables.notes);
    let ebtables = tree.boot("alternative:ebtables");
    assert_eq!(attribute(&ebtables, "backend"), "legacy");
    assert!(attribute(&ebtables, "mode").starts_with("unknown: /var/lib/dpkg/alternatives/ebtables"));
    assert_eq!(tree.boot_text("alternative:arptables"), "absent");
    assert!(tree.boot_text("alternative:loop").starts_with("unknown: /usr/sbin/loop: too many levels"));
    assert_eq!(tree.boot("alternative:gone").notes, ["broken: /nowhere/gone-nft isn't there"]);
}
