use node_preflight::fact::{Confidence, Moment};
use node_preflight::host::Host;

use crate::tree::{Tree, ask, attribute};

#[test]
fn the_version_is_in_the_name_of_the_library() {
    for library in [
        "/usr/lib/x86_64-linux-gnu/systemd/libsystemd-shared-252.so",
        "/usr/lib/systemd/libsystemd-shared-252-55.el9.so",
        "/usr/lib64/systemd/libsystemd-shared-252.4-1.fc37.so",
    ] {
        assert_eq!(attribute(&Tree::new().file(library, "").boot("systemd"), "version"), "252", "{library}");
    }
}

#[test]
fn a_known_release_is_a_guess_that_says_so() {
    let fact = Tree::new().file("/etc/os-release", "ID=\"rocky\"\nVERSION_ID=\"9.4\"\n").boot("systemd");
    assert_eq!(attribute(&fact, "version"), "252");
    assert_eq!(fact.confidence, Confidence::High);
    assert!(attribute(&Tree::new().boot("systemd"), "version").starts_with("unknown"));
}

#[test]
fn the_init_is_what_the_link_leads_to() {
    let init = |tree: Tree| attribute(&tree.boot("systemd"), "init");
    assert_eq!(init(Tree::new().link("/sbin/init", "/lib/systemd/systemd")), "true");
    assert_eq!(init(Tree::new().link("/sbin/init", "/bin/busybox").file("/bin/busybox", "x")), "false");
    assert_eq!(init(Tree::new().file("/sbin/init", "sysvinit").directory("/etc/systemd")), "false");
    assert_eq!(init(Tree::new().directory("/etc/systemd")), "true");
    assert!(init(Tree::new()).starts_with("unknown"));
}

#[test]
fn now_systemd_is_the_init_if_it_made_its_directory() {
    let booted = std::path::Path::new("/run/systemd/system").exists();
    let fact = ask(&Host::live().unwrap(), "systemd", Moment::Now);
    assert_eq!(attribute(&fact, "init"), booted.to_string());
}

#[test]
fn a_container_has_no_boot_of_its_own() {
    let tree = crate::distributions::debian12("quiet").live("/run/systemd/container", "systemd-nspawn\n");
    let told = tree.recorded_text("service:multi-user.target");
    assert_eq!(told, "unknown: this is a container (systemd-nspawn): its next start is decided outside it");
    assert!(
        crate::distributions::debian12("quiet")
            .live("/proc/version", "x")
            .recorded_text("sysctl:vm.swappiness")
            == "60"
    );
    let docker = crate::distributions::debian12("quiet").live("/.dockerenv", "");
    assert!(
        docker.recorded_text("sysctl:vm.swappiness").contains("this is a container (docker, by /.dockerenv)")
    );
}

#[test]
fn the_release_that_counts_decides_the_version() {
    let tree = Tree::new().file("/etc/os-release", "ID=debian\nVERSION_ID=12 # bookworm\n");
    assert_eq!(attribute(&tree.boot("systemd"), "version"), "252");
    let tree = tree.file("/usr/lib/os-release", "ID=debian\nVERSION_ID=11\n").denied("/etc/os-release");
    let host = node_preflight::host::Host::recording(&tree.recording()).unwrap();
    let fact = crate::tree::ask(&host, "systemd", node_preflight::fact::Moment::NextBoot);
    assert!(attribute(&fact, "version").starts_with("unknown"), "{fact:?}");
}
