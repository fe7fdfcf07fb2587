use node_preflight::fact::Confidence;

use crate::Layout;
use crate::elf_sample::{Part, file, go_blob, go_program};
use crate::tree::{Tree, attribute};

const KUBELET: &str = "path\tk8s.io/kubernetes/cmd/kubelet\nmod\tk8s.io/kubernetes\t(devel)\t\n\
    build\t-ldflags=\"-X 'k8s.io/component-base/version.gitVersion=v1.31.2'\"\n";
const TRIMMED: &str =
    "path\tk8s.io/kubernetes/cmd/kubelet\nmod\tk8s.io/kubernetes\t(devel)\t\nbuild\t-trimpath=true\n";

fn packaged(package: &str, version: &str, files: &str) -> Tree {
    Tree::new().package(package, version, files)
}

#[test]
fn the_file_itself_tells() {
    let tree = Tree::new().program("/usr/bin/kubelet", go_program(KUBELET));
    let fact = tree.boot("program:kubelet");
    assert_eq!(
        tree.boot_text("program:kubelet"),
        "known=true path=/usr/bin/kubelet source=binary version=1.31.2"
    );
    assert_eq!(fact.confidence, Confidence::Certain);
    assert_eq!(fact.because[0].path, "/usr/bin/kubelet");
    assert!(fact.because[0].says.as_deref().unwrap().contains("gitVersion=v1.31.2"));
    let module = "mod\tgithub.com/cri-o/cri-o\tv1.33.1\th1:\n";
    let fact = Tree::new().program("/opt/bin/crio", go_program(module)).boot("program:crio");
    assert_eq!((attribute(&fact, "version").as_str(), fact.confidence), ("1.33.1", Confidence::High));
    assert!(fact.notes[0].contains("tag"), "{:?}", fact.notes);
}

/// Kubernetes' own build: neither symbols nor settings of the linker, but the variables that it set.
#[test]
fn variables_of_kubernetes_confirm_each_other() {
    let program = |strings: &[&str]| {
        let (mut headers, mut texts) = (Vec::new(), String::new());
        for text in strings {
            headers.extend((0x8000 + texts.len() as u64).to_le_bytes());
            headers.extend((text.len() as u64).to_le_bytes());
            texts += text;
        }
        let part = |name, address, bytes, is_data| Part { name, address, bytes, is_data };
        let parts = [
            part(".rodata", 0x8000, texts.into_bytes(), false),
            part(".go.buildinfo", 0x2000, go_blob(TRIMMED), true),
            part(".data", 0x4000, headers, true),
        ];
        file(Layout { wide: true, big: false }, &parts)
    };
    let commit = "5864a4677267e6adeae276ad85882a8714d69d9d";
    let set = ["2024-10-22T20:28:14Z", commit, "1", "31", "clean", "v1.31.2"];
    let tree = Tree::new().program("/usr/bin/kubelet", program(&set));
    let fact = tree.boot("program:kubelet");
    assert_eq!(
        (attribute(&fact, "version").as_str(), attribute(&fact, "source").as_str(), fact.confidence),
        ("1.31.2", "binary", Confidence::High)
    );
    assert!(fact.notes[0].starts_with("recognised by"), "{:?}", fact.notes);
    // Its package says the same: nothing is assumed any more.
    let tree = tree.package("kubelet", "1.31.2-1.1", "/usr/bin/kubelet\n");
    assert_eq!(
        (tree.boot("program:kubelet").confidence, tree.boot("program:kubelet").notes),
        (Confidence::Certain, vec![])
    );
    for index in 0..set.len() {
        let mut other = set;
        other[index] = "x";
        let version = attribute(
            &Tree::new().program("/usr/bin/kubelet", program(&other)).boot("program:kubelet"),
            "version",
        );
        assert_eq!(version == "1.31.2", set[index] == "clean", "without {}: {version}", set[index]);
    }
    let several = [&set[..], &["2025-01-01T00:00:00Z", commit, "1", "32", "v1.32.0"]].concat();
    let version = attribute(
        &Tree::new().program("/usr/bin/kubelet", program(&several)).boot("program:kubelet"),
        "version",
    );
    assert!(version.starts_with("unknown: "), "{version}");
    // Another program that holds them, as all that talk to Kubernetes could, is not of Kubernetes.
    let version =
        attribute(&Tree::new().program("/usr/bin/crio", program(&set)).boot("program:crio"), "version");
    assert!(version.starts_with("unknown: "), "{version}");
}

#[test]
fn the_package_tells_that_owns_the_file() {
    let tree = packaged("kubelet", "1.34.1-1.1", "/.\n/usr\n/usr/bin/kubelet\n");
    let tree = tree.program("/usr/bin/kubelet", go_program(TRIMMED));
    let fact = tree.boot("program:kubelet");
    assert_eq!(
        tree.boot_text("program:kubelet"),
        "known=true path=/usr/bin/kubelet source=package version=1.34.1"
    );
    assert_eq!(fact.confidence, Confidence::High);
    assert_eq!(fact.because[0].to_string(), "/var/lib/dpkg/status:1");
    assert!(fact.notes[0].contains("-trimpath"), "{:?}", fact.notes);
    // A copy beside the package's is another program.
    let beside = tree.program("/usr/local/bin/kubelet", go_program(TRIMMED)).boot("program:kubelet");
    assert_eq!(attribute(&beside, "path"), "/usr/local/bin/kubelet");
    let version = attribute(&beside, "version");
    assert!(version.starts_with("unknown: /usr/local/bin/kubelet was built with -trimpath"), "{version}");
}

#[test]
fn a_file_that_was_copied_over_its_packages_wins() {
    for (version, expected) in [("1.31.2-1.1", None), ("1.30.7-1.1", Some("replaced"))] {
        let tree = packaged("kubelet", version, "/usr/bin/kubelet\n");
        let fact = tree.program("/usr/bin/kubelet", go_program(KUBELET)).boot("program:kubelet");
        assert_eq!(attribute(&fact, "version"), "1.31.2");
        assert_eq!(attribute(&fact, "source"), "binary");
        let told = fact.notes.iter().find(|note| note.contains("replaced")).map(|_| "replaced");
        assert_eq!(told, expected, "{:?}", fact.notes);
        assert_eq!(fact.confidence, Confidence::Certain);
    }
}

#[test]
fn what_a_package_lists_counts_and_what_was_diverted_does_not() {
    for (list, path, extra, known) in [
        ("/bin/runc\n", "/usr/bin/runc", "", false),
        ("/usr/sbin/runc\n/usr/bin/runc\n", "/usr/sbin/runc", "", true),
        ("/usr/bin/runcc\n/usr/share/usr/bin/runc\n", "/usr/bin/runc", "", false),
        ("/usr/bin/runc\n", "/usr/bin/runc", "/usr/bin/runc\n/usr/bin/runc.d\n:\n", false),
        ("/usr/bin/runc\n", "/usr/bin/runc", "/usr/bin/runc\n/usr/bin/runc.d\nrunc\n", true),
        ("/usr/bin/runc\n", "/usr/bin/runc", "/usr/bin/x\n/usr/bin/x.d\n:\n", true),
    ] {
        let tree = packaged("runc", "1.1.5+ds1-1", list).program(path, "no elf");
        let fact = tree.file("/var/lib/dpkg/diversions", extra).boot("program:runc");
        assert_eq!(attribute(&fact, "version") == "1.1.5+ds1", known, "{list} {extra}");
    }
    let merged =
        packaged("runc", "1.1.5+ds1-1", "/bin/runc\n").program("/usr/bin/runc", "").link("/bin", "usr/bin");
    assert_eq!(attribute(&merged.boot("program:runc"), "version"), "1.1.5+ds1");
    // The package's file is reached through a link, and its list may be named by architecture.
    let tree = packaged("crun", "1.8.1-1+deb12u1", "")
        .without("/var/lib/dpkg/info/crun.list")
        .file("/var/lib/dpkg/info/crun:amd64.list", "/usr/bin/crun\n")
        .program("/usr/bin/crun", "elf")
        .link("/usr/local/bin/crun", "../../bin/crun");
    assert_eq!(
        tree.boot_text("program:crun"),
        "known=true path=/usr/local/bin/crun source=package version=1.8.1"
    );
    // cri-o ships a crun of another version than its own.
    let tree =
        packaged("cri-o", "1.34.1-1.1", "/usr/libexec/crio/crun\n").program("/usr/libexec/crio/crun", "");
    let version = attribute(&tree.boot("program:/usr/libexec/crio/crun"), "version");
    assert!(
        version.starts_with("unknown: /usr/libexec/crio/crun is not known to say its version; no package"),
        "{version}"
    );
}

#[test]
fn the_unit_says_which_file_runs() {
    let unit = |command: &str| {
        Tree::new()
            .file("/usr/lib/systemd/system/kubelet.service", format!("[Service]\nExecStart={command}\n"))
            .program("/opt/kubernetes/kubelet", go_program(KUBELET))
            .program("/usr/bin/kubelet", go_program(&KUBELET.replace("1.31", "1.29")))
    };
    for (command, path, version, sure) in [
        ("/opt/kubernetes/kubelet --v=2", "/opt/kubernetes/kubelet", "1.31.2", Confidence::Certain),
        ("-/opt/kubernetes/kubelet", "/opt/kubernetes/kubelet", "1.31.2", Confidence::Certain),
        ("kubelet", "/usr/bin/kubelet", "1.29.2", Confidence::Certain),
        ("/nowhere/kubelet", "/usr/bin/kubelet", "1.29.2", Confidence::High),
        ("/usr/bin/env kubelet", "/usr/bin/kubelet", "1.29.2", Confidence::High),
    ] {
        let fact = unit(command).boot("program:kubelet");
        assert_eq!((attribute(&fact, "path"), attribute(&fact, "version")), (path.into(), version.into()));
        assert_eq!(fact.confidence, sure, "{command}");
    }
    let drop_in = unit("/usr/bin/kubelet").file(
        "/etc/systemd/system/kubelet.service.d/x.conf",
        "[Service]\nExecStart=\nExecStart=/opt/kubernetes/kubelet\n",
    );
    let fact = drop_in.boot("program:kubelet");
    assert_eq!(attribute(&fact, "path"), "/opt/kubernetes/kubelet");
    assert!(fact.because.iter().any(|origin| origin.to_string().ends_with("x.conf:3")), "{:?}", fact.because);
}

#[test]
fn absent_denied_and_broken_programs_are_told_apart() {
    assert_eq!(Tree::new().boot_text("program:kubelet"), "absent");
    let fact = Tree::new().file("/usr/bin/kubelet", go_program(KUBELET)).boot("program:kubelet");
    assert_eq!(fact.overruled[0].says.as_deref(), Some("is no executable file"));
    let tree = Tree::new().program("/usr/bin/kubelet", go_program(KUBELET)).denied("/usr/bin/kubelet");
    let fact = tree.now("program:kubelet");
    assert!(attribute(&fact, "version").contains("permission denied"), "{}", attribute(&fact, "version"));
    let tree = packaged("kubelet", "1.31.2-1.1", "/usr/bin/kubelet\n").program("/usr/bin/kubelet", "");
    let told = attribute(&tree.denied("/var/lib/dpkg/status").now("program:kubelet"), "version");
    assert!(told.ends_with("/var/lib/dpkg/status: permission denied; run as root to see it"), "{told}");
    let whole = go_program(KUBELET);
    for cut in (0..whole.len()).step_by(7) {
        let fact = Tree::new().program("/usr/bin/kubelet", &whole[..cut]).boot("program:kubelet");
        assert!(attribute(&fact, "version").starts_with("unknown: "), "cut at {cut}");
    }
}

#[test]
fn where_no_list_says_whose_a_file_is_its_name_and_place_do() {
    let status = "Package: crun\nStatus: install ok installed\nVersion: 1.8.1-1\n\n";
    let at = |path: &str| Tree::new().file("/var/lib/dpkg/status", status).program(path, "x");
    let fact = at("/usr/bin/crun").boot("program:crun");
    assert_eq!((attribute(&fact, "version").as_str(), fact.confidence), ("1.8.1", Confidence::Heuristic));
    assert!(fact.notes[0].contains("no list says whose the file is"), "{:?}", fact.notes);
    for path in ["/usr/local/bin/crun", "/opt/bin/crun"] {
        assert!(attribute(&at(path).boot("program:crun"), "version").starts_with("unknown: "), "{path}");
    }
    let listed = at("/usr/bin/crun").file("/var/lib/dpkg/info/crun.list", "/usr/share/doc/crun\n");
    assert!(attribute(&listed.boot("program:crun"), "version").starts_with("unknown: "));
}
