//! What leaves the program: formats and their destinations, files that are replaced, and that no text of a host harms a
//! terminal or has no end.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;
use std::process::{Command, Output};

use node_preflight::fact::is_dangerous;

use crate::recordings::RecordingCopy;
use crate::tree::Tree;

fn run(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_node-preflight"));
    command.current_dir(env!("CARGO_MANIFEST_DIR")).args(arguments).env_clear().env("COLUMNS", "120");
    command.output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

const READY: [&str; 2] = ["--recording", "fixtures/debian13-ready"];

#[test]
fn several_formats_go_to_several_places() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("report.json");
    let json = format!("json={}", path.display());
    let output = run(&[&READY[..], &["--format", "table", "--format", &json]].concat());
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert!(text(&output.stdout).contains(" ready: "), "the table is on standard output");
    let report: serde_json::Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    assert_eq!(report["ready"], true);
    let all = report["findings"].as_array().unwrap();
    assert!(all.iter().all(|finding| finding["now"]["found"] != "" || finding["now"].is_null()));
    for (command, field) in [("list", "rules"), ("facts", "facts")] {
        let output =
            run(&[&[command, "--format", &json], &READY[..if command == "list" { 0 } else { 2 }]].concat());
        assert_eq!((output.status.code(), text(&output.stdout).as_str()), (Some(0), ""), "{command}");
        let document: serde_json::Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        assert!(document[field].is_array(), "{command}");
    }
}

#[test]
fn what_formats_can_not_mean_is_refused_before_a_host_is_opened() {
    for (arguments, said) in [
        (&["--format", "jsno"][..], "a similar value exists: 'json'"),
        (&["facts", "--format", "tabel"], "a similar value exists: 'table'"),
        (&["list", "--format", "table", "--format", "json"], "can't both go to standard output"),
        (
            &["--root", "/nowhere", "--format", "table", "--format", "json=-"],
            "can't both go to standard output",
        ),
        (&["--root", "/nowhere", "--format", "json=a", "--output", "b"], "both say where to write"),
    ] {
        let output = run(arguments);
        let complaint = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {complaint}");
        assert!(complaint.contains(said) && output.stdout.is_empty(), "{arguments:?}: {complaint}");
    }
}

#[test]
fn a_dash_is_standard_output() {
    let output = run(&[&READY[..], &["--format", "json", "--output", "-"]].concat());
    assert!(text(&output.stdout).starts_with("{\n"), "{}", text(&output.stderr));
    assert!(!Path::new(env!("CARGO_MANIFEST_DIR")).join("-").exists());
}

#[test]
fn a_report_that_is_replaced_keeps_its_mode() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("report");
    fs::write(&path, "old").unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    let output = run(&[&READY[..], &["--output", path.to_str().unwrap()]].concat());
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1, "a temporary file is left behind");
}

/// A pipe or a device is written to, and a link stays where it is.
#[test]
fn links_and_devices_are_written_to_as_they_are() {
    let directory = tempfile::tempdir().unwrap();
    let (link, target) = (directory.path().join("latest"), directory.path().join("report-1"));
    symlink("report-1", &link).unwrap();
    let output = run(&[&READY[..], &["--output", link.to_str().unwrap()]].concat());
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert!(link.is_symlink() && fs::read_to_string(&target).unwrap().contains(" ready: "));
    let output = run(&[&READY[..], &["--output", "/dev/stdout"]].concat());
    assert!(text(&output.stdout).contains(" ready: "), "{}", text(&output.stderr));
    let output = run(&[&READY[..], &["--output", directory.path().to_str().unwrap()]].concat());
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("can't write the output: "), "{}", text(&output.stderr));
}

#[test]
fn no_command_lets_a_character_through_that_harms_a_terminal() {
    let nasty = "x \u{1b}[31m\u{9b}31mRED \u{7f} \u{202e}\u{61c}\u{2060}\u{ad}\u{e0041}";
    let tree = Tree::new()
        .file("/etc/os-release", format!("PRETTY_NAME=\"{nasty}\"\nID=debian\n"))
        .file("/etc/fstab", format!("/dev/{} none swap sw 0 0\n", nasty.replace(' ', "")));
    let root = tree.root();
    let root = root.to_str().unwrap();
    let key = format!("file:/etc/{nasty}");
    let missing = format!("/nowhere/{nasty}");
    for (arguments, code) in [
        (&["--root", root, "--all"][..], None),
        (&["--root", root, "--format", "json"], None),
        (&["facts", "--root", root], None),
        (&["facts", "--root", root, "--format", "json"], None),
        (&["facts", "--root", root, &key], Some(2)),
        (&["explain", "--root", root, "swap-off"], None),
        (&["--root", root, "--output", &missing], Some(2)),
        (&["--root", &missing], Some(2)),
        (&["--kubeadm-config", &missing], Some(2)),
        (&["--set", nasty], Some(2)),
        (&["--only", nasty], Some(2)),
        (&["facts", nasty], Some(2)),
        (&["explain", nasty], Some(2)),
        (&["--format", nasty], Some(2)),
        (&[&missing], Some(2)),
    ] {
        let output = run(arguments);
        for bytes in [&output.stdout, &output.stderr] {
            let bad = text(bytes).chars().find(|c| is_dangerous(*c) && *c != '\n');
            assert_eq!(bad, None, "{arguments:?}");
        }
        assert!(code.is_none() || output.status.code() == code, "{arguments:?}");
        let is_refused = output.status.code() == Some(2);
        assert!(
            is_refused != output.stderr.is_empty() && is_refused == output.stdout.is_empty(),
            "{arguments:?}"
        );
    }
    let json = run(&["--root", root, "--format", "json", "--only", "swap-off"]).stdout;
    let report: serde_json::Value = serde_json::from_slice(&json).unwrap();
    assert_eq!(report["host"]["os"], nasty, "JSON holds the text as it is");
}

/// One file of 4 MiB without the end of a line, in places whose text is shown.
#[test]
fn text_of_a_host_has_an_end() {
    for path in ["/etc/modules-load.d/modules.conf", "/etc/sysctl.d/99-x.conf", "/etc/fstab", "/etc/hostname"]
    {
        let host = RecordingCopy::of("debian12-fresh");
        host.write(&format!("root{path}"), &"\0".repeat((4 << 20) - 1));
        let root = host.place("");
        let root = root.to_str().unwrap();
        let table = run(&["--recording", root, "--profile", "node"]).stdout.len();
        assert!(table < 100_000, "{path}: a table of {table} bytes");
        let plain = run(&["--recording", "fixtures/debian12-fresh", "--format", "json"]).stdout.len();
        let json = run(&["--recording", root, "--format", "json"]).stdout.len();
        assert!(json < plain + (1 << 20), "{path}: JSON of {json} bytes, {plain} without the file");
        let facts = run(&["facts", "--recording", root, "--format", "json"]).stdout.len();
        assert!(facts < 4 << 20, "{path}: facts of {facts} bytes");
    }
}
