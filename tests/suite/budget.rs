//! What a run may read of a host: real hosts need a fraction of it, and hostile ones don't get more.

use std::fs;

use node_preflight::engine::{self, Selection};
use node_preflight::fact::Moment;
use node_preflight::host::{Host, MAX_KEPT, MAX_NAMES, MAX_READ, MAX_VALUES};
use node_preflight::subsystem::Subsystems;

use crate::tree::Tree;

/// All rules and all questions of a host.
fn ask_everything(host: &Host) {
    let plan = engine::compile(&node_preflight::builtin::rules(), &Selection::everything(), &[]).unwrap();
    let subsystems = Subsystems::of(host);
    assert!(!engine::judge(&plan, &subsystems, &Moment::ALL).is_empty());
}

#[test]
fn real_hosts_need_a_fraction_of_the_budget() {
    let fixtures = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures");
    let recordings = fs::read_dir(fixtures).unwrap().map(|entry| entry.unwrap().path());
    let recordings = recordings.filter(|path| path.is_dir()).map(|path| Host::recording(&path).unwrap());
    // `BUDGET_ROOTS=/a:/b` measures other trees, too.
    let roots = std::env::var("BUDGET_ROOTS").unwrap_or_default();
    let roots =
        roots.split(':').filter(|root| !root.is_empty()).map(|root| Host::directory(root.as_ref()).unwrap());
    let mut seen = 0;
    for host in recordings.chain(roots).chain([Host::live().unwrap()]) {
        ask_everything(&host);
        let used = host.files().used();
        assert!(used.kept > 0 && used.names > 0, "{:?}: {used:?}", host.source());
        assert!(used.kept <= MAX_KEPT / 4, "{:?}: {used:?}", host.source());
        assert!(used.names <= MAX_NAMES / 4, "{:?}: {used:?}", host.source());
        assert!(used.read <= MAX_READ / 4, "{:?}: {used:?}", host.source());
        assert!(used.values <= MAX_VALUES / 4, "{:?}: {used:?}", host.source());
        seen += 1;
    }
    assert!(seen > 8);
}

#[test]
fn beyond_the_budget_everything_is_hidden_with_that_reason() {
    let tree = Tree::new().file("/etc/other", "x").file("/etc/0", "");
    fs::File::options().write(true).open(tree.root().join("etc/0")).unwrap().set_len(1 << 20).unwrap();
    for number in 1..100 {
        fs::hard_link(tree.root().join("etc/0"), tree.root().join(format!("etc/{number}"))).unwrap();
    }
    let host = Host::recording(&tree.recording()).unwrap();
    let mut read = 0;
    for number in 0..100 {
        match host.files().read(format!("/etc/{number}")).found() {
            Ok(Some(bytes)) => {
                assert_eq!(bytes.len(), 1 << 20);
                read += 1;
            }
            answer => {
                let reason = node_preflight::fact::Reason::from(answer.unwrap_err());
                assert!(reason.as_str().contains("not read: this run keeps 16 MiB"), "{reason:?}");
                assert_eq!(reason.code, node_preflight::fact::ReasonCode::TooLarge);
            }
        }
    }
    // Fifteen of them, as paths count, too; what is small still fits.
    assert_eq!(read, 15);
    assert!(host.files().read("/etc/other").found().unwrap().is_some());
    assert!(host.files().used().kept <= MAX_KEPT);
}
