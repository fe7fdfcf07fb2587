use node_preflight::fact::{Confidence, Moment};
use node_preflight::host::Host;
use node_preflight::probe;

use crate::distributions;
use crate::tree::{Tree, ask, attribute, text};

fn recorded(tree: &Tree, question: &str, moment: Moment) -> node_preflight::fact::Fact {
    ask(&Host::recording(&tree.recording()).unwrap(), question, moment)
}

#[test]
fn attributes_are_those_of_what_the_path_leads_to() {
    let tree = Tree::new()
        .file("/etc/passwd", "root:x:0:0::/root:/bin/sh\netcd:x:107:113::/:/bin/false\n")
        .file("/etc/group", "root:x:0:\n")
        .file("/etc/kubernetes/admin.conf", "12345")
        .link("/etc/kubernetes/link.conf", "admin.conf")
        .meta("/etc/kubernetes/admin.conf", "mode = \"0640\"\nuid = 107\ngid = 113");
    let fact = recorded(&tree, "file:/etc/kubernetes/link.conf", Moment::NextBoot);
    for (name, expected) in [
        ("kind", "file"),
        ("mode", "0640"),
        ("owner", "etcd"),
        ("group", "113"),
        ("size", "5B"),
        ("link", "admin.conf"),
    ] {
        assert_eq!(attribute(&fact, name), expected, "{name}");
    }
    let fact = recorded(&tree, "file:/etc/kubernetes/admin.conf", Moment::NextBoot);
    assert_eq!(attribute(&fact, "link"), "absent");
}

#[test]
fn what_every_boot_makes_anew_is_never_certainly_absent() {
    let tree = distributions::debian12("")
        .file("/run/x.sock", "")
        .file("/dev/shm/x", "")
        .link("/var/run", "/run")
        .link("/var/lock", "/run/lock")
        .file("/run/lock/x", "")
        .file("/etc/tmpfiles.d/k.conf", "d /run/k8s/agent 0755 root root -\n")
        .link("/etc/indirect", "/var/run/x.sock");
    for path in ["/run/x.sock", "/var/run/x.sock", "/var/lock/x"] {
        let fact = tree.boot(&format!("file:{path}"));
        assert_eq!((text(&fact), fact.confidence), ("absent".into(), Confidence::High), "{path}");
        assert!(fact.notes[0].contains("made anew"), "{path}: {:?}", fact.notes);
    }
    for path in ["/dev/shm/x", "/dev/null", "/sys/class/net/lo", "/proc/x", "/run/k8s", "/run/k8s/agent"] {
        let found = tree.boot_text(&format!("file:{path}"));
        assert!(found.starts_with("unknown"), "{path}: the kernel, udev or tmpfiles.d may make it: {found}");
    }
    assert_eq!(attribute(&tree.boot("file:/run"), "kind"), "directory", "the mount point stays");
    assert!(tree.boot_text("file:/etc/indirect").starts_with("unknown: /etc/indirect leads to /run/x.sock"));
}

#[test]
fn var_run_counts_by_what_it_is() {
    assert_eq!(distributions::debian12("").boot_text("file:/var/run/x"), "absent");
    let real = distributions::debian12("").file("/var/run/x", "");
    assert_eq!(attribute(&real.boot("file:/var/run/x"), "kind"), "file");
}

#[test]
fn tmp_is_lost_where_it_is_in_memory_or_emptied() {
    let debian = || distributions::debian12("").file("/tmp/x", "");
    let unit = "[Mount]\nWhat=tmpfs\nWhere=/tmp\nType=tmpfs\n";
    let mounted = debian()
        .file("/usr/lib/systemd/system/tmp.mount", unit)
        .link("/usr/lib/systemd/system/local-fs.target.wants/tmp.mount", "../tmp.mount");
    assert_eq!(attribute(&debian().boot("file:/tmp/x"), "kind"), "file");
    let kept: [(&str, Tree); 2] = [
        ("not started", debian().file("/usr/lib/systemd/system/tmp.mount", unit)),
        (
            "emptied line overruled",
            debian()
                .file("/usr/lib/tmpfiles.d/tmp.conf", "D /tmp 1777 root root -\n")
                .file("/etc/tmpfiles.d/tmp.conf", "d /tmp 1777 root root -\n"),
        ),
    ];
    for (name, tree) in kept {
        assert_eq!(attribute(&tree.boot("file:/tmp/x"), "kind"), "file", "{name}");
    }
    let lost: [(&str, Tree); 3] = [
        ("tmp.mount", mounted),
        ("fstab", debian().file("/etc/fstab", "tmpfs /tmp tmpfs size=1G 0 0\n")),
        ("tmpfiles.d", debian().file("/usr/lib/tmpfiles.d/tmp.conf", "D /tmp 1777 root root -\n")),
    ];
    for (name, tree) in lost {
        assert_eq!(tree.boot_text("file:/tmp/x"), "absent", "{name}");
        assert_eq!(attribute(&tree.boot("file:/tmp"), "kind"), "directory", "{name}");
    }
}

#[test]
fn what_is_not_read_of_tmpfiles_d_makes_unknown_what_it_could_empty() {
    let debian = || {
        distributions::debian12("").file("/srv/x", "").file("/usr/lib/tmpfiles.d/m.conf", "D /srv - - - -\n")
    };
    let hidden = |tree: Tree, path: &str| tree.file(path, "").meta(path, "denied = true");
    let told = |tree: &Tree, path: &str| text(&recorded(tree, &format!("file:{path}"), Moment::NextBoot));

    let before = hidden(debian().file("/opt/x", ""), "/etc/tmpfiles.d/a.conf");
    let after = hidden(debian().file("/opt/x", ""), "/etc/tmpfiles.d/z.conf");
    assert!(told(&before, "/opt/x").starts_with(
        "unknown: whether every boot empties a directory above /opt/x can't be told: \
             /etc/tmpfiles.d/a.conf: permission denied"
    ));
    assert!(told(&before, "/srv/x").starts_with("unknown"), "its line for /srv might come first");
    assert_eq!(told(&after, "/srv/x"), "absent", "its line for /srv would come too late");
    assert!(told(&after, "/opt/x").starts_with("unknown"));
    for path in ["/opt/y", "/nowhere/x"] {
        assert_eq!(told(&before, path), "absent", "{path}: emptying makes nothing");
    }

    let unlisted = debian().directory("/etc/tmpfiles.d").meta("/etc/tmpfiles.d", "denied = true");
    assert!(told(&unlisted, "/srv/x").contains("/etc/tmpfiles.d: permission denied"));
    let masked = hidden(debian(), "/usr/lib/tmpfiles.d/z.conf").link("/etc/tmpfiles.d/z.conf", "/dev/null");
    assert_eq!(
        attribute(&recorded(&masked.file("/opt/x", ""), "file:/opt/x", Moment::NextBoot), "kind"),
        "file"
    );
}

#[test]
fn what_tmpfiles_d_makes_and_removes_is_told_or_unknown() {
    let tree = distributions::debian12("").file("/etc/flag", "").file("/etc/there", "").file("/srv/old1/x", "").file(
        "/etc/tmpfiles.d/x.conf",
        "r! /etc/flag\nR /srv/old*\nf /etc/there - - - - a\nf /etc/made - - - - a\nL+ /etc/link - - - - /x\n\
         d /opt/a/b\nr /etc/never\n",
    );
    for (path, expected) in [
        ("/etc/flag", "absent"),
        ("/srv/old1/x", "absent"),
        ("/etc/never", "absent"),
        ("/etc/made", "unknown: systemd-tmpfiles makes /etc/made (/etc/tmpfiles.d/x.conf:4)"),
        ("/etc/link", "unknown: systemd-tmpfiles writes /etc/link (/etc/tmpfiles.d/x.conf:5)"),
        ("/opt/a", "unknown: systemd-tmpfiles makes /opt/a (/etc/tmpfiles.d/x.conf:6)"),
        ("/opt/a/c", "absent"),
    ] {
        assert_eq!(tree.boot_text(&format!("file:{path}")), expected, "{path}");
    }
    assert_eq!(attribute(&tree.boot("file:/etc/there"), "kind"), "file");
}

#[test]
fn a_hidden_fstab_may_put_any_directory_into_memory() {
    let tree = |fstab: &str| distributions::debian12("").file("/srv/x", "").file("/etc/fstab", fstab);
    let seen = tree("tmpfs /srv tmpfs size=1G 0 0\n");
    assert_eq!(text(&recorded(&seen, "file:/srv/x", Moment::NextBoot)), "absent");
    let hidden = seen.meta("/etc/fstab", "denied = true");
    assert!(text(&recorded(&hidden, "file:/srv/x", Moment::NextBoot)).starts_with("unknown"));
}

#[test]
fn a_tmp_on_a_disk_stays_on_a_machine_that_runs() {
    let tree = distributions::debian12("")
        .file("/tmp/x", "1")
        .file("/etc/fstab", "/dev/sdb1 /tmp ext4 defaults\n")
        .machine("");
    assert_eq!(attribute(&recorded(&tree, "file:/tmp/x", Moment::NextBoot), "kind"), "file");
}

#[test]
fn now_is_as_it_is() {
    let tree = distributions::debian12("").machine("").live("/run/x", "12").file("/tmp/x", "1");
    assert_eq!(attribute(&recorded(&tree, "file:/run/x", Moment::Now), "size"), "2B");
    assert_eq!(attribute(&recorded(&tree, "file:/tmp/x", Moment::Now), "size"), "1B");
    assert_eq!(text(&recorded(&tree, "file:/run/y", Moment::Now)), "absent");
    assert!(
        text(&ask(&Host::directory(&tree.root()).unwrap(), "file:/etc", Moment::Now)).starts_with("unknown")
    );
}

#[test]
fn a_link_into_the_void_is_absent_with_a_note() {
    let fact = Tree::new().link("/etc/x", "/etc/y").boot("file:/etc/x");
    assert_eq!(text(&fact), "absent");
    assert!(fact.notes[0].contains("/etc/y"), "{:?}", fact.notes);
    assert!(Tree::new().link("/a", "/b").link("/b", "/a").boot_text("file:/a").starts_with("unknown"));
}

#[test]
fn one_path_has_one_spelling() {
    let key =
        |text: &str| probe::find("file").unwrap().key.parse(Some(text)).map(|key| key.as_str().to_owned());
    assert_eq!(key("/etc//x/"), Ok("/etc/x".into()));
    assert!(key("etc/x").is_err() && key("/etc/../x").is_err());
}

#[test]
fn a_file_is_described_with_the_names_of_its_own_host() {
    let tree = distributions::debian12("ro")
        .file("/etc/passwd", "root:x:0:0::/root:/bin/sh\nkube:x:1000:1000::/:/bin/sh\n:::\n")
        .file("/etc/k.conf", "12345")
        .meta("/etc/k.conf", "mode = \"0600\"\nuid = 1000\ngid = 7")
        .link("/etc/l.conf", "k.conf")
        .link("/etc/dangling", "nowhere")
        .machine("");
    let host = node_preflight::host::Host::recording(&tree.recording()).unwrap();
    let ask =
        |key: &str| crate::tree::ask(&host, &format!("file:{key}"), node_preflight::fact::Moment::NextBoot);
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
    let tree = distributions::debian12("ro")
        .file("/run/x", "")
        .link("/var/run", "/run")
        .file("/tmp/x", "")
        .link("/var/lock", "/run/lock")
        .file("/run/lock/y", "");
    for key in ["/run/x", "/var/run/x", "/var/lock/y"] {
        assert_eq!(tree.boot_text(&format!("file:{key}")), "absent", "{key}");
    }
    assert_eq!(attribute(&tree.boot("file:/tmp/x"), "kind"), "file");
    for (line, expected) in [
        ("tmpfs /tmp tmpfs rw 0 0\n", "absent"),
        ("/dev/vdb /tmp ext4 rw 0 0\n", "unknown: /etc/fstab:1: /tmp is on a device of its own"),
    ] {
        assert_eq!(distributions::debian12("ro").file("/etc/fstab", line).boot_text("file:/tmp/x"), expected);
    }
    let running = Tree::new().live("/run/x", "12");
    assert_eq!(attribute(&running.now("file:/run/x"), "size"), "2B");
    assert_eq!(Tree::new().now_text("file:/run/x"), "unknown: nothing is running here");
}
