use node_preflight::probe;

use crate::tree::{Tree, attribute};

const HEAD: &str =
    "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n";

fn row(local: &str, state: &str, inode: u64) -> String {
    format!(
        "   0: {local} 00000000:0000 {state} 00000000:00000000 00:00000000 00000000     0        0 {inode} 1\n"
    )
}

fn tree() -> Tree {
    let tcp = format!("{HEAD}{}{}", row("0100007F:192B", "0A", 4711), row("0100007F:280B", "01", 4712));
    let tcp6 = format!(
        "{HEAD}{}",
        "   0: 00000000000000000000000000000000:280A 00000000000000000000000000000000:0000 0A 0:0 0:0 0 0 0 4713 1\n"
    );
    let udp = format!("{HEAD}{}", row("00000000:2118", "07", 0));
    Tree::new().live("/proc/net/tcp", tcp).live("/proc/net/tcp6", tcp6).live("/proc/net/udp", udp)
}

#[test]
fn listeners_are_found_by_protocol_port_and_range() {
    let tree = tree();
    for (key, listening, addresses) in [
        ("tcp/6443", "true", "[127.0.0.1:6443]"),
        ("6443", "true", "[127.0.0.1:6443]"),
        ("tcp/10250", "true", "[[::]:10250]"),
        ("tcp/10251", "false", "none"),
        ("udp/6443", "false", "none"),
        ("udp/8472", "true", "[0.0.0.0:8472]"),
        ("8000-9000", "true", "[0.0.0.0:8472]"),
        ("tcp/30000-32767", "false", "none"),
    ] {
        let fact = tree.now(&format!("port:{key}"));
        assert_eq!(
            (attribute(&fact, "listening").as_str(), attribute(&fact, "addresses").as_str()),
            (listening, addresses),
            "{key}"
        );
    }
    assert_eq!(tree.now("port:6443").because[0].to_string(), "/proc/net/tcp:2");
}

#[test]
fn the_process_is_named_to_root_and_the_kernel_has_none() {
    let socket = || tree().live_link("/proc/812/fd/9", "socket:[4713]").live("/proc/812/comm", "kubelet\n");
    let fact = socket().machine("").now("port:10250");
    assert_eq!(attribute(&fact, "process"), "kubelet");
    assert!(fact.notes[0].contains("it is the kubelet"), "{:?}", fact.notes);
    let fact = socket().machine("root = false").now("port:10250");
    assert_eq!(attribute(&fact, "process"), "unknown: only root sees whose socket it is");
    assert!(attribute(&socket().now("port:6443"), "process").starts_with("unknown: no process"));
    assert_eq!(attribute(&socket().now("port:udp/8472"), "process"), "absent");
    assert_eq!(attribute(&socket().now("port:tcp/1"), "process"), "absent");
}

#[test]
fn a_table_that_is_missing_or_damaged_is_not_an_empty_one() {
    assert_eq!(Tree::new().machine("").now_text("port:1"), "unknown: /proc/net/tcp: not found");
    assert_eq!(
        Tree::new().live("/proc/net/tcp", "x").now_text("port:1"),
        "unknown: /proc/net/tcp: not a table of sockets"
    );
    assert_eq!(
        tree().live("/proc/net/tcp6", "x").now_text("port:1"),
        "unknown: /proc/net/tcp6: not a table of sockets"
    );
}

#[test]
fn keys_have_one_spelling_and_nonsense_is_refused() {
    let parse = |text| probe::find("port").unwrap().key.parse(Some(text)).map(|key| key.to_string());
    assert_eq!(parse("6443").as_deref(), Ok("tcp/6443"));
    assert_eq!(parse("tcp/7-7").as_deref(), Ok("tcp/7"));
    assert_eq!(parse("1-2").as_deref(), Ok("any/1-2"));
    for wrong in ["0", "65536", "tcp/", "sctp/1", "tcp/2-1", "x", "tcp/1-2-3"] {
        assert!(parse(wrong).is_err(), "{wrong}");
    }
}
