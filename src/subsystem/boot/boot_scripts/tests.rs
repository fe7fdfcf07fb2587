//! What a line that isn't understood covers.

use super::*;

#[test]
fn patterns_cover_what_is_below_them() {
    for (pattern, path, expected) in [
        ("**", "vm/swappiness", true),
        ("net/core/**", "net/core/somaxconn", true),
        ("net/core/**", "net/ipv4/ip_forward", false),
        ("net/ipv4/conf/*/rp_filter", "net/ipv4/conf/all/rp_filter", true),
        ("net/ipv4/conf/*/rp_filter", "net/ipv4/conf/all/log_martians", false),
        ("net/*/conf/**", "net/ipv4/conf/all/log_martians", true),
    ] {
        assert_eq!(covers_variable(pattern, path), expected, "{pattern} {path}");
    }
}

#[test]
fn modules_are_the_same_with_dashes_and_underscores() {
    let touches = Touches::Module(Some("br-netfilter".into()));
    assert!(touches.covers(Topic::Module("br_netfilter")) && !touches.covers(Topic::Module("overlay")));
    assert!(Touches::Module(None).covers(Topic::Module("x")) && Touches::Anything.covers(Topic::Swap));
}
