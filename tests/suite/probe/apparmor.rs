use crate::tree::Tree;

#[test]
fn the_kernels_parameter_decides() {
    const ENABLED: &str = "/sys/module/apparmor/parameters/enabled";
    assert_eq!(Tree::new().live(ENABLED, "Y\n").now_text("apparmor"), "enabled");
    assert_eq!(Tree::new().live(ENABLED, "N\n").now_text("apparmor"), "disabled");
    assert_eq!(Tree::new().live("/proc/x", "").now_text("apparmor"), "disabled");
    assert_eq!(Tree::new().now_text("apparmor"), "unknown: nothing is running here");
}
