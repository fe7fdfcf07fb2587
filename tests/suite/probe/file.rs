use crate::base;
use crate::tree::{Tree, attribute};

#[test]
fn a_file_is_described_with_the_names_of_its_own_host() {
    let tree = base::debian12("ro")
        .file("/etc/passwd", "root:x:0:0::/root:/bin/sh\nkube:x:1000:1000::/:/bin/sh\n:::\n")
        .file("/etc/k.conf", "12345")
        .meta("/etc/k.conf", "mode = \"0600\"\nuid = 1000\ngid = 7")
        .link("/etc/l.conf", "k.conf")
        .link("/etc/dangling", "nowhere")
        .machine("");
    let host = node_preflight::host::Host::recording(&tree.recording()).unwrap();
    let ask = |key: &str| crate::tree::ask(&host, &format!("file:{key}"), node_preflight::fact::Moment::Boot);
    let fact = ask("/etc/k.conf");
    for (name, expected) in [
        ("kind", "file"),
        ("mode", "0600"),
        ("owner", "kube"),
        ("group", "7"),
        ("size", "5B"),
        ("link", "absent"),
    ] {
        assert_eq!(attribute(&fact, name), expected, "{name}");
    }
    assert_eq!(attribute(&ask("/etc/l.conf"), "link"), "k.conf");
    assert_eq!(attribute(&ask("/etc/l.conf"), "kind"), "file");
    assert_eq!(crate::tree::text(&ask("/etc/dangling")), "absent");
    assert_eq!(ask("/etc/dangling").notes, ["/etc/dangling is a link to nowhere, which isn't there"]);
}

#[test]
fn what_every_boot_makes_anew_is_absent_however_it_is_spelt() {
    let tree = base::debian12("ro")
        .file("/run/x", "")
        .link("/var/run", "/run")
        .file("/tmp/x", "")
        .link("/var/lock", "/run/lock")
        .file("/run/lock/y", "");
    for key in ["/run/x", "/var/run/x", "/proc/x", "/run", "/var/lock/y"] {
        assert_eq!(tree.boot_text(&format!("file:{key}")), "absent", "{key}");
    }
    assert_eq!(attribute(&tree.boot("file:/tmp/x"), "kind"), "file");
    for (line, expected) in [
        ("tmpfs /tmp tmpfs rw 0 0\n", "absent"),
        ("/dev/vdb /tmp ext4 rw 0 0\n", "unknown: /etc/fstab:1: /tmp is on a device of its own"),
    ] {
        assert_eq!(base::debian12("ro").file("/etc/fstab", line).boot_text("file:/tmp/x"), expected);
    }
    let running = Tree::new().live("/run/x", "12");
    assert_eq!(attribute(&running.now("file:/run/x"), "size"), "2B");
    assert_eq!(Tree::new().now_text("file:/run/x"), "unknown: nothing is running here");
}
