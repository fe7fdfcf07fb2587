use crate::tree::{Tree, attribute, text};

const STATE: &str =
    "auto\n/usr/sbin/iptables\n\n/usr/sbin/iptables-legacy\n10\n/usr/sbin/iptables-nft\n20\n\n";

/// Debian's links to a program.
fn debian(chosen: &str) -> Tree {
    Tree::new()
        .program("/usr/sbin/xtables-nft-multi", "")
        .program("/usr/sbin/xtables-legacy-multi", "")
        .link("/usr/sbin/iptables-nft", "xtables-nft-multi")
        .link("/usr/sbin/iptables-legacy", "xtables-legacy-multi")
        .link("/usr/sbin/iptables", "/etc/alternatives/iptables")
        .link("/etc/alternatives/iptables", chosen)
        .link("/sbin", "usr/sbin")
}

#[test]
fn every_hop_is_told_the_chosen_first() {
    let fact = debian("/usr/sbin/iptables-nft").boot("alternative:iptables");
    let places: Vec<&str> = fact.because.iter().map(|origin| origin.path.as_str()).collect();
    assert_eq!(places, ["/usr/sbin/iptables-nft", "/etc/alternatives/iptables", "/usr/sbin/iptables"]);
    assert_eq!(attribute(&fact, "backend"), "nft");
}

#[test]
fn a_link_changed_by_hand_has_a_note_and_a_choice_has_none() {
    for (chosen, mode, notes) in [
        ("/usr/sbin/iptables-legacy", "auto", 1),
        ("/usr/sbin/iptables-nft", "auto", 0),
        ("/usr/sbin/iptables-legacy", "manual", 0),
    ] {
        for directory in ["/var/lib/dpkg/alternatives", "/var/lib/alternatives"] {
            let state = STATE.replacen("auto", mode, 1);
            let fact =
                debian(chosen).file(&format!("{directory}/iptables"), state).boot("alternative:iptables");
            assert_eq!(attribute(&fact, "mode"), mode);
            assert_eq!(fact.notes.len(), notes, "{chosen} {mode}: {:?}", fact.notes);
        }
    }
}

#[test]
fn a_broken_link_has_a_target_and_no_backend() {
    let fact = debian("/usr/sbin/iptables-gone").boot("alternative:iptables");
    assert_eq!(attribute(&fact, "target"), "/usr/sbin/iptables-gone");
    assert_eq!(attribute(&fact, "backend"), "absent");
    assert!(fact.notes[0].starts_with("broken: "), "{:?}", fact.notes);
}

#[test]
fn a_broken_name_is_passed_over_for_one_that_works() {
    let tree = Tree::new().link("/usr/sbin/iptables", "gone").program("/usr/bin/iptables", "");
    assert_eq!(attribute(&tree.boot("alternative:iptables"), "target"), "/usr/bin/iptables");
}

#[test]
fn old_programs_are_legacy_and_scripts_are_unknown() {
    let tree = Tree::new()
        .program("/sbin/xtables-multi", "\x7fELF")
        .link("/sbin/iptables", "xtables-multi")
        .program("/sbin/ebtables", "\x7fELF")
        .program("/sbin/arptables", "#!/bin/sh\nexec arptables-nft \"$@\"\n");
    for (name, expected) in [("iptables", "legacy"), ("ebtables", "legacy")] {
        assert_eq!(attribute(&tree.boot(&format!("alternative:{name}")), "backend"), expected, "{name}");
    }
    let script = attribute(&tree.boot("alternative:arptables"), "backend");
    assert!(script.starts_with("unknown: /sbin/arptables is a script"), "{script}");
}

#[test]
fn other_names_have_no_backend_and_loops_are_unknown() {
    let tree = Tree::new()
        .program("/bin/nano", "")
        .link("/usr/bin/editor", "/etc/alternatives/editor")
        .link("/etc/alternatives/editor", "/bin/nano")
        .link("/usr/bin/a", "b")
        .link("/usr/bin/b", "a");
    let fact = tree.boot("alternative:editor");
    assert_eq!(
        (attribute(&fact, "target"), attribute(&fact, "backend")),
        ("/bin/nano".into(), "absent".into())
    );
    assert!(text(&tree.boot("alternative:a")).contains("too many levels"));
    assert_eq!(text(&tree.boot("alternative:vi")), "absent");
}

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
