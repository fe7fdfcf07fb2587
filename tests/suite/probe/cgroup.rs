use node_preflight::fact::Moment;
use node_preflight::host::Host;

use crate::tree::{Tree, ask, attribute};

const HYBRID: &str = "25 1 0:22 / /sys rw - sysfs sysfs rw\n\
30 25 0:26 / /sys/fs/cgroup rw - tmpfs tmpfs rw\n\
31 30 0:27 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n\
32 30 0:28 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,xattr,name=systemd\n\
33 30 0:29 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n";

#[test]
fn the_mounts_tell_the_hierarchies_apart() {
    let unified = format!("{HYBRID}34 30 0:30 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n");
    for (mounts, mode, controllers) in [
        ("30 25 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n", "v2", "[cpu, memory]"),
        (HYBRID, "v1", "[cpu, cpuacct, memory]"),
        (unified.as_str(), "hybrid", "[cpu, cpuacct, memory]"),
    ] {
        let tree = Tree::new()
            .live("/proc/self/mountinfo", mounts)
            .live("/sys/fs/cgroup/cgroup.controllers", "memory cpu\n")
            .machine("");
        let fact = ask(&Host::recording(&tree.recording()).unwrap(), "cgroup", Moment::Now);
        assert_eq!(attribute(&fact, "mode"), mode);
        assert_eq!(attribute(&fact, "controllers"), controllers);
    }
}

#[test]
fn the_next_kernels_configuration_and_command_line_tell_the_controllers_after_a_boot() {
    let fact = crate::distributions::debian12("quiet").boot("cgroup");
    assert_eq!(attribute(&fact, "controllers"), "[cpu, cpuset, io, memory, pids]");
    let fact = crate::distributions::debian12("cgroup_disable=memory").boot("cgroup");
    assert_eq!(attribute(&fact, "controllers"), "[cpu, cpuset, io, pids]");
    let fact = crate::distributions::debian12("cgroup_disable=memory cgroup_disable=pids").boot("cgroup");
    assert_eq!(attribute(&fact, "controllers"), "[cpu, cpuset, io]");
    let fact = crate::distributions::debian12("systemd.unified_cgroup_hierarchy=perhaps").boot("cgroup");
    assert_eq!(attribute(&fact, "mode"), "v2", "what is no boolean counts as not given");
    let fact = crate::distributions::debian12("quiet").without("/boot/config-6.1.0-18-amd64").boot("cgroup");
    assert!(attribute(&fact, "controllers").starts_with("unknown: "));
}

#[test]
fn the_place_that_decides_the_hierarchy_is_named() {
    let of = |os: &str, version: &str| {
        let tree = Tree::new()
            .file("/etc/os-release", os)
            .link("/sbin/init", "/usr/lib/systemd/systemd")
            .program("/usr/lib/systemd/systemd", "")
            .file(&format!("/usr/lib/systemd/libsystemd-shared-{version}.so"), "")
            .file("/boot/grub/grub.cfg", "menuentry 'x' {\nlinux /vmlinuz-6 root=/dev/sda1\n}\n");
        let fact = tree.boot("cgroup");
        let place = fact.because.first().unwrap();
        (attribute(&fact, "mode"), place.to_string(), place.says.clone().unwrap_or_default())
    };
    let name = "PRETTY_NAME=\"Debian GNU/Linux 10 (buster)\"\nID=debian\nVERSION_ID=10\n";
    let says = "Debian GNU/Linux 10 (buster) mounts hybrid by default";
    assert_eq!(of(name, "241"), ("hybrid".into(), "/etc/os-release".into(), says.into()));
    let library = "/usr/lib/systemd/libsystemd-shared-257.so";
    let (mode, place, _) = of("ID=unheard-of\n", "257");
    assert_eq!((mode.as_str(), place.as_str()), ("v2", library), "systemd decides, not the distribution");
}
