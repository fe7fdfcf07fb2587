use node_preflight::fact::Moment;
use node_preflight::host::Host;

use crate::tree::{ask, text};

#[test]
fn the_live_name_is_the_kernels() {
    let host = Host::live().unwrap();
    let expected = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap();
    assert_eq!(text(&ask(&host, "hostname", Moment::Now)), expected.trim());
}
