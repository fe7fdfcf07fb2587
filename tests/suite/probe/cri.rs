use node_preflight::engine::finding::Verdict;
use node_preflight::engine::{self, Selection};
use node_preflight::fact::{Confidence, Fact, Moment};
use node_preflight::host::Host;
use node_preflight::rule::{self, SourceFile};
use node_preflight::subsystem::Subsystems;

use crate::cri::LONG;
use crate::cri::server::{Driver, Peer, Script, Socket};
use crate::tree::{Tree, ask, attribute, text};

/// What the live machine says of one socket.
pub fn live(socket: &Socket) -> Fact {
    asked(&Host::live_within(LONG).unwrap(), socket)
}

fn asked(host: &Host, socket: &Socket) -> Fact {
    ask(host, &format!("cri:{}", socket.path().display()), Moment::Now)
}

fn origins(fact: &Fact) -> Vec<String> {
    let says = |text: &Option<String>| text.clone().unwrap_or_default();
    fact.because.iter().map(|origin| format!("{origin} {}", says(&origin.says))).collect()
}

const CRIO: &str = "/run/crio/crio.sock";
const CONTAINERD: &str = "/run/containerd/containerd.sock";

/// `machine.toml` of a runtime that answers.
fn answers(socket: &str, rest: &str) -> String {
    format!(
        "[cri.\"{socket}\"]\nversion = \"1.31.4\"\nconditions = [{{ type = \"RuntimeReady\", status = true }}]\n{rest}\n"
    )
}

#[test]
fn a_runtime_tells_everything_about_itself() {
    let socket = Socket::runtime(Script {
        conditions: vec![
            ("RuntimeReady", true, "", String::new()),
            (
                "NetworkReady",
                false,
                "NetworkPluginNotReady",
                "no CNI configuration file in /etc/cni/net.d/".into(),
            ),
        ],
        status_config: Some(r#"{"sandboxImage":"registry.k8s.io/pause:3.10"}"#.into()),
        ..Script::crio()
    });
    let fact = live(&socket);
    for (name, expected) in [
        ("reachable", "answers"),
        ("runtime", "cri-o"),
        ("version", "1.31.4"),
        ("api", "v1"),
        ("ready", "true"),
        ("network_ready", "false"),
        ("conditions", "NetworkReady=false RuntimeReady=true"),
        ("cgroup_driver", "systemd"),
        ("pods", "2"),
        ("containers", "2"),
        ("restarts", "4"),
        ("sandbox_image", "registry.k8s.io/pause:3.10"),
    ] {
        assert_eq!(attribute(&fact, name), expected, "{name}");
    }
    let path = socket.path().display().to_string();
    assert_eq!(attribute(&fact, "socket"), path);
    assert!(attribute(&fact, "answering").contains(&path) && attribute(&fact, "sockets").contains(&path));
    let expected = [
        "Version: cri-o 1.31.4, CRI v1",
        "Status: NetworkReady doesn't hold",
        "RuntimeConfig: cgroup driver systemd",
        "ListPodSandbox: 2 ready",
        "ListContainers: 2 running",
    ];
    assert_eq!(origins(&fact), expected.map(|says| format!("{path} {says}")));
    let why = "NetworkReady doesn't hold: NetworkPluginNotReady no CNI configuration file in /etc/cni/net.d/";
    assert_eq!(fact.notes, [why]);
}

#[test]
fn the_cgroup_driver_is_taken_from_whoever_tells_it() {
    let containerd = |options: &str| {
        let runc = format!(r#"{{"runtimeType":"io.containerd.runc.v2","options":{{{options}}}}}"#);
        let config =
            format!(r#"{{"containerd":{{"defaultRuntimeName":"runc","runtimes":{{"runc":{runc}}}}}}}"#);
        Script { status_config: Some(config), ..Script::containerd() }
    };
    let crio = |pages: Option<(&'static str, String)>, status_config: Option<&str>, driver| Script {
        pages,
        driver,
        status_config: status_config.map(str::to_owned),
        ..Script::crio()
    };
    let unset = "unknown: RuntimeConfig: the part for Linux is not set";
    let unimplemented = "unknown: RuntimeConfig: not implemented there";
    for (script, expected, by) in [
        (crio(None, None, Driver::Number(1)), "cgroupfs", "RuntimeConfig"),
        (
            crio(Some((r#"{"cgroup_driver":"cgroupfs"}"#, String::new())), None, Driver::Unimplemented),
            "cgroupfs",
            "GET /info",
        ),
        (
            crio(None, Some(r#"{"crio":{"CgroupManagerName":"systemd"}}"#), Driver::Unimplemented),
            "systemd",
            "Status",
        ),
        (crio(Some(("[[[", String::new())), Some("{"), Driver::LinuxUnset), unset, ""),
        (containerd(r#""SystemdCgroup":true"#), "systemd", "Status"),
        (containerd(r#""SystemdCgroup":false"#), "cgroupfs", "Status"),
        (containerd(""), "cgroupfs", "Status"),
        (Script::containerd(), unimplemented, ""),
    ] {
        let fact = live(&Socket::runtime(script));
        assert_eq!(attribute(&fact, "cgroup_driver"), expected);
        let told =
            origins(&fact).iter().any(|origin| origin.contains(&format!(" {by}: cgroup driver {expected}")));
        assert_eq!(told, !by.is_empty(), "{expected}: {:?}", origins(&fact));
    }
}

#[test]
fn what_one_call_did_not_tell_is_unknown_by_itself() {
    let fails = Some(("Status", 2, "broken"));
    let fact = live(&Socket::runtime(Script { fails, cuts: &["ListContainers"], ..Script::crio() }));
    assert_eq!(attribute(&fact, "reachable"), "answers");
    for name in ["ready", "network_ready", "conditions"] {
        assert_eq!(attribute(&fact, name), "unknown: Status: Status failed: Unknown: broken", "{name}");
    }
    assert!(attribute(&fact, "containers").starts_with("unknown: ListContainers: "));
    assert!(attribute(&fact, "restarts").starts_with("unknown: ListContainers: "));
    assert_eq!(attribute(&fact, "pods"), "2");
    let bare = live(&Socket::runtime(Script { conditions: Vec::new(), ..Script::crio() }));
    assert_eq!(attribute(&bare, "ready"), "absent");
}

#[test]
fn every_way_not_to_answer_has_its_word() {
    for (peer, word) in [
        (Peer::Closes, "closed"),
        (Peer::Says(b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec()), "not-grpc"),
        (Peer::runtime(Script { services: &[], ..Script::crio() }), "no-runtime"),
        (Peer::runtime(Script { fails: Some(("Version", 14, "later")), ..Script::crio() }), "failed"),
    ] {
        let fact = live(&Socket::of(peer));
        assert_eq!(attribute(&fact, "reachable"), word);
        assert!(attribute(&fact, "runtime").starts_with("unknown: "), "{word}");
    }
    let hangs = asked(&Host::live().unwrap(), &Socket::of(Peer::Mute));
    assert_eq!(attribute(&hangs, "reachable"), "time-out");
    assert_eq!(attribute(&hangs, "ready"), "unknown: no answer within 2 s");
    assert_eq!(hangs.confidence, Confidence::High);
    let tree = Tree::new()
        .machine("[sockets]\n\"/run/r\" = \"refused\"\n\"/run/b\" = \"busy\"\n\"/run/d\" = \"denied\"\n\"/run/a\" = \"accepted\"\n")
        .live("/run/file", "");
    for (key, expected) in [
        ("/run/r", "refused"),
        ("unix:///var/run/r", "refused"),
        ("/run/b", "busy"),
        ("/run/file", "not-a-socket"),
        ("/run/none", "absent"),
        ("/run/d", "unknown: /run/d: permission denied; run as root to ask"),
        ("/run/a", "unknown: /run/a: the recording doesn't say what answers there"),
    ] {
        assert_eq!(attribute(&tree.now(&format!("cri:{key}")), "reachable"), expected, "{key}");
    }
}

#[test]
fn without_a_key_the_kubelet_says_whom_it_asks() {
    let both = [
        answers(CRIO, "runtime = \"cri-o\""),
        answers(CONTAINERD, "runtime = \"containerd\"\napi = \"v1alpha2\"\ncgroup-driver = \"unset\""),
    ]
    .concat();
    let tree = || Tree::new().machine(&both);
    let endpoint = |socket: &str| {
        format!(
            "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\ncontainerRuntimeEndpoint: {socket}\n"
        )
    };
    let first = tree().now("cri");
    assert_eq!((attribute(&first, "runtime"), attribute(&first, "socket")), ("cri-o".into(), CRIO.into()));
    assert_eq!(attribute(&first, "answering"), format!("[{CONTAINERD}, {CRIO}]"));
    let told = tree()
        .file("/var/lib/kubelet/config.yaml", endpoint("unix:///var/run/containerd/containerd.sock"))
        .now("cri");
    assert_eq!(
        (attribute(&told, "runtime"), attribute(&told, "api")),
        ("containerd".into(), "v1alpha2".into())
    );
    assert_eq!(origins(&told).last().unwrap(), "/var/lib/kubelet/config.yaml:3 ");
    let wrong = tree().file("/var/lib/kubelet/config.yaml", endpoint("unix:///run/none.sock")).now("cri");
    assert_eq!(text(&wrong), "absent");
    assert_eq!(wrong.notes, [format!("a runtime answers at {CONTAINERD}")]);
    let remote = tree().file("/var/lib/kubelet/config.yaml", endpoint("tcp://10.0.0.1:2375")).now("cri");
    assert_eq!(attribute(&remote, "runtime"), "cri-o");
    assert_eq!(remote.notes, ["the socket of the kubelet: `tcp://10.0.0.1:2375` is not an absolute path"]);
}

#[test]
fn without_a_key_whoever_answers_is_found() {
    let dead = "[sockets]\n\"/run/crio/crio.sock\" = \"refused\"\n";
    let answering = answers("/srv/c.sock", "runtime = \"cri-o\"");
    let tree = || Tree::new().file("/etc/crio/crio.conf", "[crio.api]\nlisten = \"/srv/c.sock\"\n");
    let found = tree().machine(&[dead, &answering].concat()).now("cri");
    assert_eq!(
        (attribute(&found, "socket"), attribute(&found, "sockets")),
        ("/srv/c.sock".into(), format!("[{CRIO}, /srv/c.sock]"))
    );
    let left_over = Tree::new().machine(dead).now("cri");
    assert_eq!(
        (attribute(&left_over, "reachable"), attribute(&left_over, "answering")),
        ("refused".into(), "none".into())
    );
    let none = Tree::new().machine("").now("cri");
    assert_eq!(text(&none), "absent");
    let looked = "no socket of a container runtime: /run/crio/crio.sock, /run/containerd/containerd.sock, /run/cri-dockerd.sock";
    assert_eq!(none.notes, [looked]);
}

#[test]
fn what_a_recording_keeps_is_played_back_and_mistakes_are_told() {
    let full = answers(
        CRIO,
        "runtime = \"cri-o\"\ncgroup-driver = \"unimplemented\"\npods = 3\ncontainers = 5\nrestarts = 1\n\
         info = '{\"cgroup_driver\":\"systemd\"}'\nconfig = \"\"\nstatus-config = '{\"sandboxImage\":\"pause\"}'",
    );
    let fact = Tree::new().machine(&full).now("cri");
    for (name, expected) in [
        ("cgroup_driver", "systemd"),
        ("pods", "3"),
        ("containers", "5"),
        ("restarts", "1"),
        ("sandbox_image", "pause"),
        ("ready", "true"),
        ("network_ready", "absent"),
    ] {
        assert_eq!(attribute(&fact, name), expected, "{name}");
    }
    let bare = Tree::new()
        .machine("[cri.\"/run/crio/crio.sock\"]\nruntime = \"cri-o\"\nversion = \"1\"\n")
        .now("cri");
    for name in ["ready", "pods", "restarts", "cgroup_driver"] {
        assert!(attribute(&bare, name).contains("the recording doesn't say"), "{name}");
    }
    for (machine, expected) in [
        ("[cri.\"run/x\"]\nruntime = \"x\"\nversion = \"1\"\n", "`run/x` is not an absolute path"),
        ("[cri.\"/run/x\"]\nversion = \"1\"\n", "missing field `runtime`"),
        ("[cri.\"/run/x\"]\nruntime = \"x\"\nversion = \"1\"\napi = \"v2\"\n", "unknown variant `v2`"),
        ("[cri.\"/run/x\"]\nruntime = \"x\"\nversion = \"1\"\npod = 1\n", "unknown field `pod`"),
    ] {
        let error =
            Host::recording(&Tree::new().machine(machine).recording()).err().expect(machine).to_string();
        assert!(error.contains(expected), "{machine}: {error}");
    }
}

#[test]
fn all_sockets_that_rules_ask_about_are_asked_at_once() {
    // Whoever waits for one answer before it asks for the next gets none.
    let sockets = Socket::waiting_for_each_other(3);
    let rule = |(number, socket): (usize, &Socket)| {
        let asks = format!("{{ cri = \"{}\", reachable = \"answers\" }}", socket.path().display());
        format!(
            "[[rule]]\nid = \"asks-{number}\"\ntitle = \"T\"\nseverity = \"error\"\nwhy = \"W\"\ncheck = {asks}\n"
        )
    };
    let text: String = sockets.iter().enumerate().map(rule).collect();
    let rules = rule::load(vec![SourceFile::given("test.toml", text)]).unwrap_or_else(|_| panic!("no rules"));
    let plan = engine::compile(&rules, &Selection::everything(), &[]).unwrap_or_else(|_| panic!("no plan"));
    let host = Host::live_within(LONG).unwrap();
    let findings = engine::judge(&plan, &Subsystems::of(&host), &Moment::ALL);
    let verdicts: Vec<_> = findings.iter().map(|finding| &finding.now.as_ref().unwrap().verdict).collect();
    assert_eq!(verdicts, [&Verdict::Pass; 3]);
}

/// Whether somebody knocked at a socket while a rule was judged by itself.
fn knocked(only: &str) -> bool {
    let directory = tempfile::tempdir().unwrap();
    let listener = std::os::unix::net::UnixListener::bind(directory.path().join("s")).unwrap();
    listener.set_nonblocking(true).unwrap();
    let rule = |id: &str, check: &str| {
        format!(
            "[[rule]]\nid = \"{id}\"\ntitle = \"T\"\nseverity = \"error\"\nwhy = \"W\"\ncheck = {check}\n"
        )
    };
    let asks = format!("{{ cri = \"{}\", reachable = \"answers\" }}", directory.path().join("s").display());
    let text = [rule("asks", &asks), rule("other", "{ file = \"/etc/passwd\", exists = true }")].concat();
    let rules =
        rule::load(vec![SourceFile::given("test.toml", text.clone())]).unwrap_or_else(|_| panic!("{text}"));
    let selection = Selection { only: vec![only.to_owned()], ..Selection::everything() };
    let plan = engine::compile(&rules, &selection, &[]).unwrap_or_else(|_| panic!("{text}"));
    let host = Host::live().unwrap();
    drop(engine::judge(&plan, &Subsystems::of(&host), &Moment::ALL));
    listener.accept().is_ok()
}

#[test]
fn nobody_is_asked_unless_a_selected_rule_asks() {
    assert!(!knocked("other"));
    assert!(knocked("asks"));
}

#[test]
fn settings_that_name_no_plain_path_are_told() {
    let crio =
        Tree::new().file("/etc/crio/crio.conf", "[crio.api]\nlisten = \"/run/a\\u001bb\"\n").machine("");
    let fact = crio.now("cri");
    assert_eq!(text(&fact), "absent");
    assert!(fact.notes.iter().any(|note| note.contains("has control characters")), "{:?}", fact.notes);
}

#[test]
fn nobody_answers_for_a_directory() {
    let host = Host::directory(&Tree::new().root()).unwrap();
    assert_eq!(text(&ask(&host, "cri", Moment::Now)), "unknown: nothing is running here");
    assert_eq!(node_preflight::probe::find("cri").unwrap().moments, [Moment::Now]);
}
