use crate::tree::Tree;

fn host(release: &str, os: &str) -> Tree {
    Tree::new().boots(release, "ro").file("/etc/os-release", os)
}

#[test]
fn it_is_of_the_kernel_that_boots() {
    let tree = host("6.8.0-48-generic", "ID=ubuntu\nID_LIKE=debian\n");
    assert_eq!(tree.boot_text("kernel-modules-package"), "linux-modules-extra-6.8.0-48-generic");
    let tree = host("6.12.0-124.52.2.el10_1.x86_64", "ID=rocky\nID_LIKE=\"rhel centos fedora\"\n");
    let package = "kernel-modules-extra-6.12.0-124.52.2.el10_1.x86_64";
    assert_eq!(tree.boot_text("kernel-modules-package"), package);
}

#[test]
fn a_kernel_of_ones_own_has_none() {
    assert_eq!(host("6.8.0-mine", "ID=arch\n").boot_text("kernel-modules-package"), "absent");
}

#[test]
fn without_the_distribution_it_is_unknown() {
    let tree = host("6.8.0-48-generic", "ID=ubuntu\n").hidden("root", "/etc/os-release");
    let text = tree.recorded_text("kernel-modules-package");
    assert!(text.contains("permission denied"), "{text}");
}
