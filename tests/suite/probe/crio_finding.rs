//! The findings of CRI-O's configuration, under their words and their old keys.

use node_preflight::probe;

use crate::tree::Tree;

#[test]
fn a_finding_is_a_list_and_the_same_under_its_old_key() {
    let tree = Tree::new()
        .file("/etc/crio/crio.conf", "[crio.runtime]\ncgroup_manger = 'systemd'\nlog_level = 3\n")
        .file("/etc/crio/crio.conf.d/10.conf~", "");
    assert_eq!(tree.boot_text("crio-finding:unknown-keys"), "[runtime.cgroup_manger: CRI-O has no such key]");
    assert_eq!(tree.boot_text("crio-finding:leftover-files"), "[/etc/crio/crio.conf.d/10.conf~]");
    let words = probe::find("crio-finding").unwrap().key.words();
    assert_eq!(words.len(), 15);
    for word in words.iter().filter(|word| word.moments.len() == 2) {
        let (new, old) = (format!("crio-finding:{}", word.word), format!("crio:{}", word.old));
        assert_eq!(tree.boot(&new), tree.boot(&old), "{new}");
    }
    assert_eq!(Tree::new().boot_text("crio-finding:unknown-keys"), "absent");
}
