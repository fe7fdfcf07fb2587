//! Tests of files that nft(8) loads.

use std::rc::Rc;

use proptest::prelude::*;

use super::nft_conf::*;

fn read(text: &str, included: &str) -> Ruleset {
    let mut ruleset = Ruleset::default();
    let file = ("/etc/nftables.conf".to_owned(), Rc::from(text.as_bytes()));
    let bytes: Rc<[u8]> = Rc::from(included.as_bytes());
    ruleset.read(&file, &mut |pattern| vec![(pattern.to_owned(), bytes.clone())]);
    ruleset
}

/// Each chain that refuses: its line, and whether it lets new connections through.
fn refusing(text: &str) -> Vec<(u32, bool)> {
    read(text, "").refusing().map(|chain| (chain.place.line, chain.lets_new())).collect()
}

#[test]
fn chains_that_refuse_the_rest_are_found() {
    let text = "flush ruleset\ntable inet filter {\n\tchain input {\n\t\ttype filter hook input priority 0; policy drop;\n\
        \t\tct state established,related accept\n\t\tiif lo accept\n\t\ttcp dport { 22,\n 10250 } accept\n\t}\n\
        \tchain forward {\n\t\ttype filter hook forward priority filter; policy drop;\n\t}\n\
        \tchain output {\n\t\ttype filter hook output priority 0; policy drop;\n\t}\n}\n";
    let ruleset = read(text, "");
    let found: Vec<_> = ruleset.refusing().collect();
    let places: Vec<_> = found.iter().map(|chain| (chain.hook(), chain.place.line)).collect();
    assert_eq!(places, [("input", 4), ("forward", 11)]);
    assert!(found[0].may_let_port(10250) && !found[0].may_let_port(6443));
    assert!(!found[1].lets_new() && ruleset.is_whole());
}

/// A chain of hook forward with these rules.
fn forward(rules: &str) -> String {
    format!("table inet f {{\n chain forward {{\n type filter hook forward priority 0;\n {rules}\n }}\n}}\n")
}

#[test]
fn what_refuses_all_may_count_and_write_into_the_log() {
    for rule in [
        "policy drop;",
        "drop",
        "counter drop",
        "counter packets 3 bytes 180 reject with icmp type admin-prohibited",
        "log prefix \"gone: \" flags all counter drop comment \"the rest\"",
        "log prefix \"\" drop",
    ] {
        assert_eq!(refusing(&forward(rule)), [(4, false)], "{rule}");
    }
    for rule in ["policy accept;", "ct state invalid drop", "limit rate 3/second drop", "# drop", ""] {
        assert_eq!(refusing(&forward(rule)), [], "{rule}");
    }
    let bridge = forward("drop").replace("inet", "bridge");
    assert_eq!(refusing(&bridge), []);
    assert_eq!(refusing(&format!("{}flush ruleset\n", forward("drop"))), []);
    let again = format!("{0}delete table inet f\n{0}", forward("drop"));
    assert_eq!(refusing(&again), [(11, false)]);
}

#[test]
fn rules_before_let_new_connections_through_or_not() {
    for (rule, lets) in [
        ("iifname \"cni0\" accept", true),
        ("ct state { new, established } accept", true),
        ("ct state != invalid accept", true),
        ("ct state vmap { established : accept, new:accept }", true),
        ("ip daddr vmap @verdicts", true),
        ("iifname { \"lo\", \"cni0\" } accept", true),
        ("jump elsewhere", true),
        ("ct state established,related accept", false),
        ("ct state vmap { established : accept, invalid : drop }", false),
        ("iif \"lo\" accept", false),
        ("oifname lo counter accept", false),
        ("meta l4proto { icmp, ipv6-icmp } accept", false),
        ("icmp type echo-request accept", false),
        ("counter comment \"accept\"", false),
    ] {
        assert_eq!(refusing(&forward(&format!("{rule}\n drop"))), [(5, lets)], "{rule}");
    }
    assert_eq!(refusing(&forward("drop\n accept")), [(4, false)]);
}

#[test]
fn chains_are_put_together_and_followed() {
    let text = forward("policy drop; jump pods");
    assert_eq!(
        refusing(&format!("{text}table inet f {{\nchain pods {{ ct state established accept\n}}\n}}")),
        [(4, false)]
    );
    assert_eq!(
        refusing(&format!("{text}table inet f {{\nchain pods {{\njump pods; accept\n}}\n}}")),
        [(4, true)]
    );
    for more in [
        "table inet f {\n chain forward {\n accept\n }\n}\n",
        "add rule inet f forward accept\n",
        "add rule inet f forward ip saddr { 10.0.0.0/8, \\\n192.168.0.0/16 } accept\n",
        "insert rule inet f forward accept\n",
    ] {
        assert_eq!(refusing(&format!("{}{more}", forward("policy drop;"))), [(4, true)], "{more}");
    }
    let commands =
        "add table ip6 x\nadd chain ip6 x c { type filter hook forward priority 0; policy drop; }\n";
    let ruleset = read(commands, "");
    assert!(ruleset.refusing().all(|chain| chain.is_ipv6() && chain.place.line == 2));
    assert_eq!(ruleset.refusing().count(), 1);
}

#[test]
fn included_files_are_part_of_it() {
    let text = format!("{}include \"/etc/nftables.d/*.nft\"\n", forward("policy drop;"));
    let found = |included: &str| {
        let ruleset = read(&text, included);
        let found: Vec<_> =
            ruleset.refusing().map(|chain| (chain.place.path.clone(), chain.lets_new())).collect();
        found
    };
    assert_eq!(found("add rule inet f forward accept\n"), [("/etc/nftables.conf".to_owned(), true)]);
    let other = "table ip g { chain x { type filter hook input priority 0; policy drop; }\n}\n";
    assert_eq!(found(other)[1], ("/etc/nftables.d/*.nft".to_owned(), false));
    assert_eq!(found("include \"again\"\n").len(), 1);
}

#[test]
fn what_is_too_much_is_said() {
    assert!(!read(&"table ip a { chain b { accept\n}\n}\n".repeat((1 << 14) + 1), "").is_whole());
    let chain = |number: i32| format!("table ip a {{ chain c{number} {{ }}\n}}\n");
    let chains: Vec<String> = (0..600).map(chain).collect();
    assert!(!read(&chains.concat(), "").is_whole());
}

proptest! {
    #[test]
    fn any_text_is_parsed(text in "(table ip a \\{|chain x \\{|\\}|\\n|;|type filter hook input|policy drop|[a-z\" ]){0,60}") {
        let ruleset = read(&text, "");
        prop_assert!(ruleset.refusing().all(|chain| chain.place.line > 0));
    }
}
