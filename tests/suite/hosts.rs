//! Recordings: what `meta.toml` and `machine.toml` add, and every mistake in them.

use std::fs;

use node_preflight::host::{Host, HostErrorKind, Kind, Read};

use crate::tree::Tree;

fn open(tree: &Tree) -> Host {
    Host::recording(&tree.recording()).unwrap()
}

fn trouble<T>(answer: Read<T>) -> Option<HostErrorKind> {
    match answer {
        Read::There(_) => None,
        Read::Missing(_) => Some(HostErrorKind::NotFound),
        Read::Hidden(error) => Some(error.kind),
    }
}

fn place(tree: &Tree, name: &str) -> std::path::PathBuf {
    tree.recording().join(name)
}

#[test]
fn every_mistake_is_told_before_anything_is_asked() {
    for (meta, expected) in [
        ("[root.\"/etc/x\"]\nmode = \"0999\"\n", "`0999` is not an octal mode"),
        ("[root.\"/etc/x\"]\nmode = \"10644\"\n", "`10644` is not an octal mode"),
        ("[root.\"/etc/x\"]\nmode = \"+644\"\n", "`+644` is not an octal mode"),
        ("[root.\"/etc/x\"]\nmode = 644\n", "expected a string"),
        ("[root.\"/etc/x\"]\nowner = 0\n", "unknown field `owner`"),
        ("[root.\"/etc/x\"]\nkind = \"pipe\"\n", "unknown variant `pipe`"),
        ("[etc.\"/etc/x\"]\nuid = 0\n", "unknown field `etc`"),
        ("[root.\"etc/x\"]\nuid = 0\n", "`etc/x` is not an absolute path"),
        ("[root.\"/etc//x\"]\nuid = 0\n", "`/etc//x` is not an absolute path"),
        ("[root.\"/etc/../etc/x\"]\nuid = 0\n", "`/etc/../etc/x` is not an absolute path"),
        ("[root.\"/lib/y\"]\nuid = 0\n", "`/lib/y` leads through a symbolic link"),
        ("[root.\"/etc/z\"]\nuid = 0\n", "`/etc/z` is not in the recording and has no `kind`"),
        ("[root.\"/etc/x/s\"]\nkind = \"socket\"\n", "`/etc/x/s` is below something that is not a directory"),
        ("[live.\"/etc/x\"]\nuid = 0\n", "`/etc/x` is not in the recording"),
    ] {
        let tree = Tree::new().file("/etc/x", "").file("/usr/lib/y", "").link("/lib", "usr/lib").machine("");
        fs::write(place(&tree, "meta.toml"), meta).unwrap();
        let error = Host::recording(&tree.recording()).err().expect(meta).to_string();
        assert!(error.starts_with("meta.toml:") && error.contains(expected), "{meta}: {error}");
    }
    for (machine, expected) in [
        ("cpu = 2\n", "unknown field `cpu`"),
        ("[uname]\nnode = \"x\"\n", "unknown field `node`"),
        (
            "[[address]]\ninterface = \"e\"\naddress = \"10.0.0.1\"\nprefix = 33\n",
            "10.0.0.1: 33 is no prefix length",
        ),
        (
            "[[address]]\ninterface = \"e\"\naddress = \"fd00::1\"\nprefix = 129\n",
            "fd00::1: 129 is no prefix length",
        ),
        ("[[address]]\ninterface = \"e\"\naddress = \"banana\"\nprefix = 1\n", "invalid IP address"),
        ("[sockets]\n\"run/x\" = \"accepted\"\n", "`run/x` is not an absolute path"),
        ("[sockets]\n\"/run/x\" = \"listening\"\n", "unknown variant `listening`"),
        ("units-unavailable = \"x\"\n[units]\n", "exclude each other"),
        ("[units.\"x.service\"]\nload = \"loaded\"\n", "missing field `active`"),
    ] {
        let error =
            Host::recording(&Tree::new().machine(machine).recording()).err().expect(machine).to_string();
        assert!(error.starts_with("live/machine.toml:") && error.contains(expected), "{machine}: {error}");
    }
    let tree = Tree::new();
    fs::remove_dir(tree.root()).unwrap();
    assert!(Host::recording(&tree.recording()).err().unwrap().is_not_found());
}

#[test]
fn a_mistake_is_told_in_one_short_line_with_its_place() {
    let long = format!("time = 1\n[units.\"{}\u{9b}\"]\nload = 7\n", "x".repeat(200_000));
    let error = Host::recording(&Tree::new().machine(&long).recording()).err().unwrap().to_string();
    assert!(error.starts_with("live/machine.toml:3: ") && error.contains("load = 7"), "{error}");
    let long = format!("uname = \"{}\"\n", "\u{9b}".repeat(100_000));
    let error = Host::recording(&Tree::new().machine(&long).recording()).err().unwrap().to_string();
    assert!(error.starts_with("live/machine.toml:1: ") && error.len() < 2000, "{error}");
    assert!(!error.contains(['\n', '\u{9b}']), "{error}");
}

#[test]
fn a_recording_never_leads_out_of_its_directory() {
    use std::os::unix::fs::symlink;
    let outside = Tree::new().file("/etc/hostname", "secret").live("/proc/cmdline", "secret");
    for part in ["root", "live"] {
        for target in [outside.recording().join(part), "../live".into(), "other".into(), "nowhere".into()] {
            let tree = Tree::new().live("/proc/cmdline", "x");
            fs::create_dir(place(&tree, "other")).unwrap();
            fs::remove_dir_all(place(&tree, part)).unwrap();
            symlink(&target, place(&tree, part)).unwrap();
            let error = Host::recording(&tree.recording()).err().expect(part).to_string();
            assert_eq!(
                error,
                format!("{part}: is a symbolic link, and a recording never leads out of its directory")
            );
        }
    }
    // What describes it doesn't come from elsewhere either.
    for name in ["meta.toml", "live/machine.toml"] {
        let tree = Tree::new().live("/proc/cmdline", "x");
        fs::write(place(&outside, "secret"), "cpus = 7\n").unwrap();
        symlink(place(&outside, "secret"), place(&tree, name)).unwrap();
        let host = Host::recording(&tree.recording()).unwrap();
        assert!(host.running().unwrap().cpus().required().is_err(), "{name}");
    }
}

#[test]
fn a_place_is_hidden_in_four_ways_through_links_too() {
    let tree = |way: &str| {
        let tree = Tree::new().file("/d/f", "x").link("/d/l", "/out").file("/out", "y").link("/in", "d");
        tree.meta("/d", &format!("hidden = \"{way}\""))
    };
    let told = |way: &str| -> Vec<String> {
        let tree = tree(way);
        let host = open(&tree);
        let files = host.files();
        let word = |error: Option<HostErrorKind>| match error {
            None => "there".to_owned(),
            Some(HostErrorKind::NotFound) => "missing".into(),
            Some(HostErrorKind::Denied) => "denied".into(),
            Some(HostErrorKind::TooLarge { .. }) => "large".into(),
            Some(HostErrorKind::Io(_)) => "io".into(),
            Some(other) => panic!("{other}"),
        };
        let all = [
            trouble(files.lstat("/d")),
            trouble(files.list("/in")),
            trouble(files.lstat("/d/f")),
            trouble(files.read("/in/f")),
            trouble(files.read_link("/d/l")),
            trouble(files.read("/d/l")),
            trouble(files.stat("/in/none")),
            trouble(files.read("/out")),
        ];
        all.into_iter().map(word).collect()
    };
    assert_eq!(
        told("denied"),
        ["there", "denied", "denied", "denied", "denied", "denied", "denied", "there"]
    );
    assert_eq!(
        told("unsearchable"),
        ["there", "there", "denied", "denied", "denied", "denied", "denied", "there"]
    );
    assert_eq!(told("io-error"), ["io", "io", "io", "io", "io", "io", "io", "there"]);
    assert_eq!(told("too-large"), ["there", "large", "there", "there", "there", "there", "missing", "there"]);
}

#[test]
fn many_entries_cost_no_more_than_their_number() {
    let lines = |part: &str| -> String {
        (0..60_000).map(|number| format!("[{part}.\"/etc/x{number}\"]\nkind=\"socket\"\n")).collect()
    };
    let tree = Tree::new().file("/etc/x7", "").machine("");
    fs::write(place(&tree, "meta.toml"), lines("root")).unwrap();
    let host = Host::recording(&tree.recording()).unwrap();
    let names = host.files().list("/etc").found().unwrap().unwrap();
    assert_eq!(names.len(), 60_000);
    for name in names.iter() {
        let kind = host.files().kind(std::path::Path::new("/etc").join(name)).found().unwrap();
        assert_eq!(kind, Some(Kind::Socket));
    }
}

#[test]
fn entries_are_found_through_links() {
    let tree = Tree::new()
        .file("/etc/real", "x")
        .link("/etc/alias", "real")
        .link("/var/run", "/run")
        .directory("/run")
        .meta("/etc/real", "mode = \"0600\"\nuid = 7\ngid = 8")
        .meta("/srv/a/b", "kind = \"fifo\"")
        .meta("/run/s", "kind = \"socket\"\nmode = \"0660\"");
    let host = open(&tree);
    for path in ["/etc/real", "/etc/alias", "/etc/../etc/alias"] {
        let found = host.files().stat(path).required().unwrap();
        assert_eq!((found.mode, found.uid, found.gid), (0o600, Some(7), Some(8)), "{path}");
    }
    let link = host.files().lstat("/etc/alias").required().unwrap();
    assert_eq!((link.kind, link.uid), (Kind::Link, Some(0)));
    for path in ["/run/s", "/var/run/s"] {
        let (own, followed) =
            (host.files().lstat(path).required().unwrap(), host.files().stat(path).required().unwrap());
        assert_eq!((own.kind, own.mode, followed.kind), (Kind::Socket, 0o660, Kind::Socket), "{path}");
        assert_eq!(trouble(host.files().read(path)), Some(HostErrorKind::NotAFile(Kind::Socket)), "{path}");
        assert!(host.files().list(path).required().is_err(), "{path}");
    }
    // Directories that hold nothing else are implied.
    assert_eq!(host.files().stat("/srv/a").required().unwrap().kind, Kind::Directory);
    assert_eq!(*host.files().list("/srv").required().unwrap(), ["a"]);
    assert_eq!(*host.files().list("/srv/a").required().unwrap(), ["b"]);
    for directory in ["/run", "/var/run"] {
        assert_eq!(*host.files().list(directory).required().unwrap(), ["s"], "{directory}");
    }
}

#[test]
fn what_could_not_be_read_is_denied_and_never_missing() {
    let tree = Tree::new()
        .file("/etc/kept", "not to be believed")
        .link("/etc/alias", "/etc/secret")
        .file("/etc/private/known", "x")
        .meta("/etc/kept", "denied = true")
        .meta("/etc/secret", "denied = true")
        .meta("/etc/private", "denied = true\nmode = \"0711\"");
    let host = open(&tree);
    let files = host.files();
    for path in ["/etc/kept", "/etc/secret", "/etc/alias", "/etc/private/hidden"] {
        assert_eq!(trouble(files.read(path)), Some(HostErrorKind::Denied), "{path}");
    }
    for path in ["/etc/secret", "/etc/alias", "/etc/private/hidden", "/etc/private/a/b"] {
        assert_eq!(trouble(files.stat(path)), Some(HostErrorKind::Denied), "{path}");
    }
    assert_eq!(trouble(files.lstat("/etc/secret")), Some(HostErrorKind::Denied));
    assert_eq!(trouble(files.read_link("/etc/secret")), Some(HostErrorKind::Denied));
    assert_eq!(trouble(files.list("/etc/private")), Some(HostErrorKind::Denied));
    assert_eq!(files.stat("/etc/private").required().unwrap().mode, 0o711);
    assert!(files.read("/etc/private/known").required().is_ok());
    assert_eq!(trouble(files.read("/etc/none")), Some(HostErrorKind::NotFound));
}

#[test]
fn owners_and_modes_of_the_copy_say_nothing() {
    let tree = Tree::new()
        .file("/etc/x", "")
        .program("/usr/bin/p", "")
        .meta("/var/empty", "kind = \"directory\"\nmode = \"1777\"")
        .directory("/var");
    fs::set_permissions(tree.root().join("etc/x"), std::os::unix::fs::PermissionsExt::from_mode(0o600))
        .unwrap();
    let host = open(&tree);
    for (path, mode) in [("/etc/x", 0o644), ("/usr/bin/p", 0o755), ("/etc", 0o755), ("/var/empty", 0o1777)] {
        let found = host.files().stat(path).required().unwrap();
        assert_eq!((found.mode, found.uid, found.gid), (mode, Some(0), Some(0)), "{path}");
    }
    assert_eq!(host.files().list("/var/empty").required().unwrap().len(), 0);
    assert!(host.running().is_none());
}

#[test]
fn units_that_were_not_recorded_are_unknown_and_without_systemd_there_are_none() {
    let units = |tree: Tree| trouble(open(&tree).running().unwrap().units());
    assert_eq!(units(Tree::new().machine("")), Some(HostErrorKind::NotFound));
    let booted = || Tree::new().live("/run/systemd/system/.keep", "");
    let silent = HostErrorKind::Unsupported("the recording doesn't say which units are loaded".into());
    assert_eq!(units(booted()), Some(silent));
    assert_eq!(units(booted().machine("[units]\n")), None);
    let reason = HostErrorKind::Unsupported("no D-Bus socket".into());
    assert_eq!(units(booted().machine("units-unavailable = \"no D-Bus socket\"\n")), Some(reason));
}
