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
