//! Waivers: what a file may say, what is accepted until when, and how the program tells of it.

use std::path::PathBuf;
use std::process::Command;

use node_preflight::builtin;
use node_preflight::engine::finding::{Finding, Verdict};
use node_preflight::engine::waive::{WaiverStatus, waive};
use node_preflight::engine::{Selection, compile, judge};
use node_preflight::fact::{Date, Moment, Origin};
use node_preflight::host::Host;
use node_preflight::rule::waiver::{self, Target, Targets, Waiver};
use node_preflight::rule::{SourceFile, diagnostic};
use node_preflight::subsystem::Subsystems;

use crate::tree::Tree;

fn day(text: &str) -> Option<Date> {
    let mut parts = text.split('-');
    let year = parts.next()?.parse().ok()?;
    Date::new(year, parts.next()?.parse().ok()?, parts.next()?.parse().ok()?)
}

/// The findings of these rules on a host whose swap is on now, and off after the next boot; without root rights, what
/// is below /etc/kubernetes is unknown.
fn findings(ids: &[&str]) -> Vec<Finding> {
    let selection =
        Selection { only: ids.iter().map(ToString::to_string).collect(), ..Selection::everything() };
    let plan = compile(&builtin::rules(), &selection, &[]).unwrap();
    let swaps = "Filename\tType\tSize\tUsed\tPriority\n/dev/sda2 partition 1048572 0 -2\n";
    let tree = Tree::new()
        .file("/etc/fstab", "")
        .live("/proc/swaps", swaps)
        .live("/proc/cmdline", "ro quiet")
        .live("/proc/sys/kernel/ostype", "Linux\n")
        .meta("/etc/kubernetes", "kind = \"directory\"\nmode = \"0700\"\ndenied = true")
        .machine("");
    let host = Host::recording(&tree.recording()).unwrap();
    judge(&plan, &Subsystems::of(&host), &Moment::ALL)
}

fn of(rules: &[&str], last: Option<&str>) -> (Waiver, Target) {
    let waiver = Waiver {
        name: rules[0].to_owned().into(),
        reason: "until the new disks are there".into(),
        owner: Some("ops".into()),
        expires: last.and_then(day),
        moment: None,
        accepts_unknown: false,
        by: Origin::line("waivers.toml", 2),
        place: None,
    };
    (waiver, Target::Rules(rules.iter().map(|id| (*id).to_owned().into()).collect()))
}

fn words(finding: &Finding) -> [&'static str; 2] {
    Moment::ALL.map(|moment| finding.at(moment).map_or("not judged", |judgement| judgement.verdict.name()))
}

#[test]
fn a_waiver_counts_to_the_end_of_its_last_day() {
    for (last, today, expected, status) in [
        (Some("2026-12-31"), Some("2026-12-30"), "waived", WaiverStatus::Used),
        (Some("2026-12-31"), Some("2026-12-31"), "waived", WaiverStatus::Used),
        (Some("2026-12-31"), Some("2027-01-01"), "fail", WaiverStatus::Expired),
        (Some("2026-12-31"), None, "fail", WaiverStatus::NoClock),
        (None, Some("2027-01-01"), "waived", WaiverStatus::Used),
        (None, None, "waived", WaiverStatus::Used),
    ] {
        let mut findings = findings(&["swap-off"]);
        assert_eq!(words(&findings[0]), ["fail", "pass"]);
        let applied = waive(&mut findings, vec![of(&["swap-off"], last)], today.and_then(day));
        let context = format!("{last:?} on {today:?}");
        assert_eq!(words(&findings[0]), [expected, "pass"], "{context}");
        assert_eq!(applied[0].status, status, "{context}");
        let notes = findings[0].now.as_ref().unwrap().notes.join("\n");
        assert_eq!(notes.contains("the waiver of waivers.toml:2"), expected == "fail", "{context}: {notes}");
    }
}

#[test]
fn a_waiver_accepts_what_it_says_and_nothing_else() {
    let today = day("2026-12-01");
    let unused = |why: &str| WaiverStatus::Unused(why.to_owned());
    // What can't be known is accepted only by who says so.
    for (accepts_unknown, expected, status) in
        [(false, "unknown", unused("nothing fails")), (true, "waived", WaiverStatus::Used)]
    {
        let mut findings = findings(&["node-not-joined"]);
        assert_eq!(words(&findings[0])[0], "unknown");
        let (waiver, target) = of(&["node-not-joined"], Some("2026-12-31"));
        let applied = waive(&mut findings, vec![(Waiver { accepts_unknown, ..waiver }, target)], today);
        assert_eq!(words(&findings[0])[0], expected);
        assert_eq!(applied[0].status, status);
    }
    // At its moment only.
    for (moment, expected, status) in
        [(Moment::Now, "waived", WaiverStatus::Used), (Moment::NextBoot, "fail", unused("nothing fails"))]
    {
        let mut findings = findings(&["swap-off"]);
        let (waiver, target) = of(&["swap-off"], Some("2026-12-31"));
        let applied = waive(&mut findings, vec![(Waiver { moment: Some(moment), ..waiver }, target)], today);
        assert_eq!(words(&findings[0]), [expected, "pass"], "{moment}");
        assert_eq!(applied[0].status, status, "{moment}");
    }
    // Of its rules only, and what is not judged has nothing to accept.
    let mut all = findings(&["swap-off", "cpu-count"]);
    let applied = waive(&mut all, vec![of(&["hostname-valid"], None), of(&["a", "swap-off"], None)], today);
    let statuses: Vec<&WaiverStatus> = applied.iter().map(|applied| &applied.status).collect();
    assert_eq!(statuses, [&unused("this run judges no such rule"), &WaiverStatus::Used]);
    let nothing = (of(&["x"], None).0, Target::Nothing("no rule answers it: it pulls images".into()));
    let applied = waive(&mut all, vec![nothing], today);
    assert_eq!(applied[0].status, unused("no rule answers it: it pulls images"));
}

#[test]
fn the_first_of_several_waivers_counts_and_none_is_unused() {
    let mut findings = findings(&["swap-off"]);
    let waivers = vec![
        of(&["swap-off"], Some("2026-11-30")),
        of(&["swap-off"], Some("2026-12-31")),
        of(&["swap-off"], None),
    ];
    let applied = waive(&mut findings, waivers, day("2026-12-01"));
    let statuses: Vec<&WaiverStatus> = applied.iter().map(|applied| &applied.status).collect();
    assert_eq!(statuses, [&WaiverStatus::Expired, &WaiverStatus::Used, &WaiverStatus::Used]);
    match &findings[0].now.as_ref().unwrap().verdict {
        Verdict::Waived(waived) => assert_eq!(waived.expires, day("2026-12-31")),
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_needs_a_waived_rule_stays_skipped() {
    // CRI-O is not installed; what asks its socket stays pointless although that is accepted.
    let mut all = findings(&["crio-installed", "crio-runs", "cri-socket-listens"]);
    let before: Vec<_> = all.iter().map(words).collect();
    drop(waive(&mut all, vec![of(&["crio-installed"], None)], None));
    let after: Vec<_> = all.iter().map(words).collect();
    assert_eq!(before[0], ["fail", "fail"]);
    assert_eq!(after[0], ["waived", "waived"]);
    assert_eq!(before[1..], after[1..]);
    assert!(after[1..].iter().all(|words| words[0] == "skip"), "{after:?}");
}

/// What is said of a file of waivers.
fn complaint(text: &str) -> String {
    let rules = builtin::rules();
    match waiver::load(vec![SourceFile::given("w.toml", text.to_owned())]) {
        Err((files, wrong)) => diagnostic::render(&files, &wrong, false),
        Ok(set) => {
            let peers = builtin::other_tools();
            let wrong = waiver::unknown_names(&set.waivers, &Targets::new(&rules.rules, &peers));
            diagnostic::render(&set.files, &wrong, false)
        }
    }
}

#[test]
fn every_mistake_of_a_file_is_told_at_once() {
    let text = r#"
[[waiver]]
rule = "swap-off"
reason = ""
onwer = "ops"
expires = "2026-12-31"
moment = "later"
accepts = ["fial"]

[[waiver]]
rule = "swap-off"
reason = "a"
owner = "ops"
expires = 2026-12-31T00:00:00Z

[[waivers]]
"#;
    insta::assert_snapshot!(complaint(text));
}

#[test]
fn each_mistake_has_its_place() {
    let waiver = |rule: &str, rest: &str| {
        format!("[[waiver]]\nrule = \"{rule}\"\nreason = \"r\"\nowner = \"o\"\nexpires = 2026-12-31\n{rest}")
    };
    for (text, expected) in [
        (waiver("swap-of", ""), "did you mean `swap-off`?"),
        (waiver("kubeadm:NumCPUs", ""), "did you mean `kubeadm:NumCPU`?"),
        (waiver("Hostnme", ""), "did you mean `Hostname`?"),
        (waiver("banana", ""), "neither a rule `banana` nor a check"),
        (waiver("swap-off", "") + &waiver("SWAP-OFF", ""), "`SWAP-OFF` is waived twice"),
        (waiver("swap-off", "accepts = []"), "`accepts` is empty"),
        (waiver("swap-off", "").replace("2026-12-31", "2026-02-30"), "w.toml:5"),
        (waiver("swap-off", "").replace("2026-12-31", "07:00:00"), "`expires` is a time"),
        (waiver("swap-off", "").replace("2026-12-31", "20261231"), "`expires` is no date"),
        ("waiver = 1".to_owned(), "a list of tables: [[waiver]]"),
        ("[[waiver]".to_owned(), "error[syntax]"),
    ] {
        let found = complaint(&text);
        assert!(found.contains(expected), "{text}\n{found}");
    }
    for sound in ["", "# none yet", &waiver("Swap", "moment = \"now\""), &waiver("kubeadm:imagepull", "")] {
        assert_eq!(complaint(sound), "", "{sound}");
    }
}

#[test]
fn any_text_is_read_without_a_panic() {
    use proptest::prelude::*;
    proptest!(|(text in r#"(\[\[?waiver\]?\]|rule|expires|accepts|[\[\]"=\n #a-z0-9:.-]){0,40}"#)| {
        drop(waiver::load(vec![SourceFile::given("w.toml", text)]));
    });
}

struct Run {
    code: Option<i32>,
    out: String,
    told: String,
}

/// `check` of the article's machine, where swap comes back and the pod network overlaps the host's.
fn check(arguments: &[&str], waivers: &str) -> Run {
    let directory = tempfile::tempdir().unwrap();
    let path: PathBuf = directory.path().join("waivers.toml");
    std::fs::write(&path, waivers).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_node-preflight"));
    command.current_dir(env!("CARGO_MANIFEST_DIR")).env_clear().env("COLUMNS", "120");
    command.args(["check", "--recording", "fixtures/debian10-article", "--profile", "article"]);
    if !waivers.is_empty() {
        command.arg("--waivers").arg(&path);
    }
    let output = command.args(arguments).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap().replace(path.to_str().unwrap(), "w.toml");
    Run { code: output.status.code(), out: text(output.stdout), told: text(output.stderr) }
}

fn written(rule: &str, last: &str) -> String {
    format!("[[waiver]]\nrule = \"{rule}\"\nreason = \"no disk yet\"\nowner = \"ops\"\nexpires = {last}\n")
}

#[test]
fn a_waived_failure_lets_the_host_be_ready_and_is_shown() {
    assert_eq!(check(&[], "").code, Some(1));
    for rule in ["swap-off", "kubeadm:Swap", "swap", "k3s:swap"] {
        let run = check(&[], &written(rule, "2999-12-31"));
        assert_eq!((run.code, run.told.as_str()), (Some(0), ""), "{rule}: {}", run.out);
        for part in ["waived until 2999-12-31 by ops (w.toml:2): no disk yet", "1 waived", " ready: "] {
            assert!(run.out.contains(part), "{rule}, {part}: {}", run.out);
        }
    }
    let run = check(&["--format", "json"], &written("Swap", "2999-12-31"));
    let document: serde_json::Value = serde_json::from_str(&run.out).unwrap();
    let waiver = &document["waivers"][0];
    assert_eq!((&waiver["fate"], &waiver["name"]), (&"used".into(), &"Swap".into()));
    assert_eq!(document["summary"]["error"]["waived"], 1);
    let finding = document["findings"].as_array().unwrap().iter().find(|f| f["rule"] == "swap-off").unwrap();
    assert_eq!(finding["boot"]["verdict"], "waived");
    assert_eq!(finding["boot"]["waived"]["owner"], "ops");
    assert_eq!(finding["now"].get("waived"), None);
}

#[test]
fn a_waiver_that_is_over_or_of_no_use_is_told() {
    let run = check(&[], &written("swap-off", "2020-12-31"));
    assert_eq!(run.code, Some(1));
    assert!(
        run.told.contains(
            "warning[expired-waiver]: the waiver of `swap-off` expired: its last day was 2020-12-31"
        )
    );
    assert!(
        run.out.contains("the waiver of swap-off by ops (w.toml:2) expired: its last day was 2020-12-31"),
        "{}",
        run.out
    );
    for (rule, why) in [
        ("crio-runs", "nothing fails"),
        ("kubelet-port-free", "this run judges no such rule"),
        ("kubeadm:ImagePull", "no rule answers it: has side effects"),
    ] {
        let run = check(&["--skip", "swap-off"], &written(rule, "2999-12-31"));
        assert_eq!(run.code, Some(0));
        let expected = format!("warning[unused-waiver]: the waiver of `{rule}` accepts nothing: {why}");
        assert!(run.told.contains(&expected), "{}", run.told);
    }
    let run = check(&[], &written("swap-of", "2999-12-31"));
    assert_eq!((run.code, run.out.as_str()), (Some(2), ""));
    assert!(run.told.contains("did you mean `swap-off`?"), "{}", run.told);
}

#[test]
fn names_are_ignored_as_kubeadm_ignores_them() {
    for (names, code, told) in [
        ("Swap", 0, ""),
        ("sWAP", 0, ""),
        ("NumCPU,Swap", 0, ""),
        ("all", 0, ""),
        ("ALL", 0, ""),
        ("swap-off", 0, ""),
        ("NumCPU", 1, ""),
        ("ImagePull", 1, ""),
        ("Swpa,NumCPU", 1, "did you mean `Swap`?"),
        ("all,Swap", 2, "`all` excludes every other name"),
        ("", 1, ""),
    ] {
        let run = check(&["--ignore-preflight-errors", names], "");
        assert_eq!(run.code, Some(code), "{names}: {}", run.out);
        assert!(run.told.contains(told) && told.is_empty() == run.told.is_empty(), "{names}: {}", run.told);
    }
    let run = check(&["--ignore-preflight-errors=Swap"], "");
    let expected = "waived by --ignore-preflight-errors: asked for on the command line";
    assert!(run.out.contains(expected), "{}", run.out);
}

#[test]
fn rules_are_selected_by_the_checks_of_other_tools() {
    for (arguments, code, said) in [
        (&["--skip", "kubeadm:Swap"][..], 0, "ready"),
        (&["--only", "kubeadm:swap"], 1, "profile article · 1 rule"),
        (&["--only", "kubeadm:Swapp"], 2, "did you mean `kubeadm:Swap`?"),
        (&["--skip", "kubeadm:ImagePull"], 2, "no rule answers it: has side effects"),
        (&["--skip", "banana:split"], 2, "list --covers"),
        (&["--skip", "kubeadm:Swap,kubeadm:NumCPU"], 0, "ready"),
        (&["--skip", "Swap"], 2, "did you mean `kubeadm:Swap`?"),
        (&["--only", "swap-off,numcpu"], 2, "did you mean `kubeadm:NumCPU`?"),
        (&["--only", "Swapp"], 2, "no rule has this id or tag"),
        (&["--only", "swap-off,ipv4-forwarding", "--only", "hostname-valid"], 1, "profile article · 3 rules"),
        (&["--profile", "node,crio", "--only", "swap-off"], 1, "profile article, node, crio"),
        (&["--only", "swap-off,"], 2, "--only : no rule has this id or tag"),
    ] {
        let run = check(arguments, "");
        assert_eq!(run.code, Some(code), "{arguments:?}: {}", run.told);
        assert!(run.out.contains(said) || run.told.contains(said), "{arguments:?}: {} {}", run.out, run.told);
    }
}

#[test]
fn lint_reads_waiver_files_too() {
    let directory = tempfile::tempdir().unwrap();
    let lint = |text: &str| {
        let path = directory.path().join("w.toml");
        std::fs::write(&path, text).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_node-preflight"));
        let output = command.env_clear().arg("lint").arg(&path).output().unwrap();
        let text = [output.stdout, output.stderr].concat();
        (output.status.code(), String::from_utf8(text).unwrap())
    };
    assert_eq!(lint(&written("swap-off", "2999-12-31")), (Some(0), "1 file, no mistakes\n".into()));
    for (text, code, said) in [
        (written("swap-off", "2020-12-31"), 1, "warning[expired-waiver]"),
        (written("swap-of", "2020-12-31"), 2, "did you mean `swap-off`?"),
        (written("swap-off", "never"), 2, "error[syntax]"),
    ] {
        let (found, told) = lint(&text);
        assert_eq!(found, Some(code), "{told}");
        assert!(told.contains(said), "{told}");
    }
}

#[test]
fn no_name_that_selects_rules_has_a_comma() {
    let rules = node_preflight::builtin::rules();
    let own = rules.rules.iter().flat_map(|rule| rule.tags.iter().chain([&rule.id.value]));
    let profiles = rules.profiles.iter().map(|profile| &profile.name.value);
    let peers = node_preflight::builtin::other_tools();
    for name in own.chain(profiles).map(|name| name.as_str()).chain(peers.names()) {
        assert!(!name.contains(','), "{name}");
    }
}
