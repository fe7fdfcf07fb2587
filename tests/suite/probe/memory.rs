use crate::tree::Tree;

#[test]
fn kilobytes_of_the_kernel_become_bytes() {
    let meminfo = "MemTotal:        2097152 kB\nMemFree:  1 kB\nMemAvailable:    1048576 kB\nBuffers: 1 kB\n\
        Cached: 1 kB\nSwapCached: 0 kB\nActive: 1 kB\nInactive: 1 kB\nSwapTotal: 0 kB\nSwapFree: 0 kB\n\
        Dirty: 0 kB\nWriteback: 0 kB\nMapped: 1 kB\nSlab: 1 kB\nCommitted_AS: 1 kB\n\
        VmallocTotal: 1 kB\nVmallocUsed: 1 kB\nVmallocChunk: 0 kB\n";
    let tree = |text: &str| Tree::new().live("/proc/meminfo", text);
    assert_eq!(tree(meminfo).now_text("memory"), "available=1GiB swap-total=0B total=2GiB");
    for wrong in ["", "MemTotal: x kB\n", "MemTotal:\n", "MemTotal: 99999999999999999999 kB\n", "\0\0"] {
        assert_eq!(
            tree(wrong).now_text("memory"),
            "unknown: /proc/meminfo is not what Linux writes",
            "{wrong}"
        );
    }
    assert!(Tree::new().machine("").now_text("memory").starts_with("unknown: /proc/meminfo: not found"));
}
