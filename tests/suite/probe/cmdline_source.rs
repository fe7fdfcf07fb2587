use crate::distributions;
use crate::tree::Tree;

#[test]
fn grub_of_debian_is_made_from_its_template() {
    let tree = distributions::debian12("quiet");
    assert_eq!(tree.boot_text("cmdline-source"), "/etc/default/grub, then run update-grub");
}

#[test]
fn without_a_boot_loader_there_is_none() {
    let tree = Tree::new().file("/usr/lib/modules/6.1.0-18-amd64/modules.dep", "");
    assert_eq!(tree.boot_text("cmdline-source"), "absent");
}

#[test]
fn a_container_has_none_of_its_own() {
    let tree = distributions::debian12("quiet").live("/run/systemd/container", "lxc\n");
    let text = tree.recorded_text("cmdline-source");
    assert!(text.starts_with("unknown: this is a container (lxc)"), "{text}");
}

#[test]
fn without_the_distribution_it_is_unknown() {
    let tree = distributions::debian12("quiet").hidden("root", "/usr/lib/os-release");
    let text = tree.recorded_text("cmdline-source");
    assert!(text.contains("permission denied"), "{text}");
}
