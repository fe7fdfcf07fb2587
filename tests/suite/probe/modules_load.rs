use crate::tree::{Tree, attribute};

#[test]
fn lines_that_load_nothing_are_named() {
    let fact = Tree::new()
        .file("/lib/modules/6.1/modules.dep", "k/overlay.ko:\nk/ip_vs.ko:\nk/nf_nat.ko:\nk/bonding.ko:\n")
        .file("/lib/modules/6.1/modules.builtin", "k/ext4.ko\n")
        .file("/etc/modprobe.d/x.conf", "blacklist bonding\n")
        .boots("6.1", "")
        .file("/etc/modules-load.d/k8s.conf", "overlay\nbr_filter\nip_vs nf_nat\next4\nbonding\n")
        .boot("modules-load");
    assert_eq!(attribute(&fact, "loads"), "[overlay, ext4]");
    assert_eq!(attribute(&fact, "fails"), "[br_filter, ip_vs nf_nat, bonding]");
    assert_eq!(fact.because[0].to_string(), "/etc/modules-load.d/k8s.conf:2");
    assert!(fact.because[1].says.as_deref().unwrap().contains("one name"));
    assert!(fact.because[2].says.as_deref().unwrap().contains("blacklisted"));
}

#[test]
fn without_a_kernel_nobody_knows_what_loads() {
    let tree = Tree::new().file("/etc/modules-load.d/k8s.conf", "overlay\n");
    assert!(tree.boot_text("modules-load").starts_with("unknown"));
}
