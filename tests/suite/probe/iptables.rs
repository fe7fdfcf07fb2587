use node_preflight::fact::Moment;
use node_preflight::host::Host;

use crate::tree::{Tree, ask, attribute, text};

fn tools(backends: &[(&str, &str)]) -> Tree {
    backends.iter().fold(Tree::new(), |tree, (tool, backend)| {
        let program = format!("{tool}-{backend}");
        tree.program(&format!("/usr/sbin/{program}"), "").link(&format!("/usr/sbin/{tool}"), &program)
    })
}

#[test]
fn tools_that_are_there_must_agree() {
    for (backends, backend, consistent) in [
        (&[("iptables", "nft"), ("ip6tables", "nft")][..], "nft", "true"),
        (&[("iptables", "legacy"), ("ebtables", "nft")][..], "legacy", "false"),
        (&[("ebtables", "nft")][..], "nft", "true"),
    ] {
        let fact = tools(backends).boot("iptables");
        assert_eq!(
            (attribute(&fact, "backend").as_str(), attribute(&fact, "consistent").as_str()),
            (backend, consistent)
        );
        assert_eq!(attribute(&fact, "legacy_tables"), "absent", "only a running system has tables");
    }
    assert_eq!(text(&Tree::new().boot("iptables")), "absent");
}

#[test]
fn the_odd_one_out_comes_first() {
    let fact = tools(&[("iptables", "nft"), ("ip6tables", "nft"), ("arptables", "legacy")]).boot("iptables");
    assert_eq!(fact.because[0].path, "/usr/sbin/arptables");
}

#[test]
fn a_script_leaves_agreement_open_unless_others_differ() {
    let script = |tree: Tree| tree.program("/usr/sbin/arptables", "#!/bin/sh\n");
    let one = script(tools(&[("iptables", "nft")])).boot("iptables");
    assert!(attribute(&one, "consistent").starts_with("unknown: "));
    let two = script(tools(&[("iptables", "nft"), ("ebtables", "legacy")])).boot("iptables");
    assert_eq!(attribute(&two, "consistent"), "false");
}

#[test]
fn legacy_tables_beside_nft_are_told() {
    let tree = tools(&[("iptables", "nft")])
        .machine("")
        .live("/proc/net/ip_tables_names", "nat\nfilter\n")
        .live("/proc/net/ip6_tables_names", "filter\n");
    let fact = ask(&Host::recording(&tree.recording()).unwrap(), "iptables", Moment::Now);
    assert_eq!(attribute(&fact, "legacy_tables"), "[nat, filter, ip6 filter]");
    assert!(fact.notes[0].contains("both"), "{:?}", fact.notes);
    let quiet = tools(&[("iptables", "nft")]).machine("");
    let fact = ask(&Host::recording(&quiet.recording()).unwrap(), "iptables", Moment::Now);
    assert_eq!(attribute(&fact, "legacy_tables"), "none");
    assert!(fact.notes.is_empty());
}

#[test]
fn tools_that_differ_are_told() {
    let nft = || {
        Tree::new().program("/usr/sbin/xtables-nft-multi", "").link("/usr/sbin/iptables", "xtables-nft-multi")
    };
    assert_eq!(Tree::new().boot_text("iptables"), "absent");
    assert_eq!(nft().boot_text("iptables"), "backend=nft consistent=true legacy_tables=absent");
    let mixed =
        nft().program("/usr/sbin/ip6tables-legacy", "").link("/usr/sbin/ip6tables", "ip6tables-legacy");
    assert_eq!(mixed.boot_text("iptables"), "backend=nft consistent=false legacy_tables=absent");
    assert!(mixed.boot("iptables").because[0].to_string().contains("/usr/sbin/ip6tables"));
    let strange = nft().program("/usr/sbin/busybox", "").link("/usr/sbin/ebtables", "busybox");
    assert_eq!(strange.boot_text("iptables"), "backend=nft consistent=? legacy_tables=absent");
    let broken = Tree::new().link("/usr/sbin/iptables", "/etc/alternatives/iptables");
    assert_eq!(broken.boot_text("iptables"), "absent");
}
