use std::time::Duration;

use node_preflight::fact::{Confidence, Fact};
use node_preflight::host::Host;
use node_preflight::host::cri::Silence;
use node_preflight::host::https::{Reached, Unreached};
use node_preflight::subsystem::kubeadm::Kubeadm;
use node_preflight::subsystem::{Subsystems, api_server};

use crate::cluster::server::{Peer, page, start};
use crate::cluster::{self, Identity, TOKEN, authorities, cluster_info};
use crate::tree::{Tree, attribute, text};

/// Nobody who answers takes so long.
const LONG: Duration = Duration::from_secs(60);
/// For those who never do.
const SHORT: Duration = Duration::from_millis(200);

fn silence(answer: Result<Reached, Unreached>) -> Silence {
    answer.unwrap().page.unwrap_err()
}

/// What this host finds at a port of its own, given a token and a hash.
fn fact(port: u16, token: &str, hash: &str) -> Fact {
    let command =
        format!("kubeadm join 127.0.0.1:{port} --token {token} --discovery-token-ca-cert-hash {hash}");
    let kubeadm = Kubeadm::join_command(&command).unwrap();
    let host = Host::live().unwrap();
    let running = host.running().unwrap();
    let subsystems = Subsystems::of(&host).with_kubeadm(Some(&kubeadm));
    let endpoint = format!("127.0.0.1:{port}");
    let answer = api_server::ask(running, &endpoint, LONG);
    api_server::fact(&subsystems, running, &endpoint, &answer)
}

/// `connects cluster-info ca-pinned token certificate validity`
fn words(fact: &Fact) -> String {
    ["connects", "cluster-info", "ca-pinned", "token", "certificate", "validity"]
        .map(|name| attribute(fact, name).split(": ").next().unwrap().to_owned())
        .join(" ")
}

fn says(fact: &Fact) -> String {
    let says = fact.because.iter().map(|origin| origin.says.clone().unwrap_or_default());
    says.collect::<Vec<_>>().join("; ")
}

/// A server that answers rightly, but for what it tells.
fn right(body: &str) -> u16 {
    start(Peer::Tls(Identity::right(), page("200 OK", body)))
}

#[test]
fn the_cluster_of_the_command_is_known_again() {
    let port = right(&cluster_info(&authorities()[0], &["ghijkl.0123456789abcdef", TOKEN]));
    let found = fact(port, TOKEN, &cluster::hash());
    assert_eq!(words(&found), "connected answers true known trusted valid");
    assert_eq!(attribute(&found, "ca-hashes"), format!("[{}]", cluster::hash()));
    assert_eq!(attribute(&found, "address"), "127.0.0.1");
    assert_eq!(found.confidence, Confidence::Certain);
    let upper = cluster::hash().to_uppercase().replace("SHA256", "sha256");
    assert_eq!(attribute(&fact(port, TOKEN, &upper), "ca-pinned"), "true", "digits of either case");
}

#[test]
fn another_cluster_is_told_with_both_hashes() {
    let [own, other] = authorities();
    let found = fact(right(&cluster_info(own, &[TOKEN])), TOKEN, &cluster::hash_of(other));
    assert_eq!(words(&found), "connected answers false known trusted valid");
    assert_eq!(says(&found), format!("its CA has {}, not {}; ", cluster::hash(), cluster::hash_of(other)));
}

#[test]
fn tokens_that_the_cluster_does_not_know_are_told_without_their_secret() {
    let own = &authorities()[0];
    let found = fact(right(&cluster_info(own, &["ghijkl.0123456789abcdef"])), TOKEN, &cluster::hash());
    assert_eq!(words(&found), "connected answers true missing trusted valid");
    assert!(says(&found).contains("it has no token `abcdef`"), "{found:?}");
    let found = fact(right(&cluster_info(own, &["abcdef.fedcba9876543210"])), TOKEN, &cluster::hash());
    assert_eq!(words(&found), "connected answers true wrong-secret trusted valid");
    assert!(!format!("{found:?}").contains("0123456789abcdef"), "a secret: {found:?}");
    // Nobody without the token can change what is signed with it.
    let changed = cluster_info(own, &[TOKEN]).replace("k8s.example.com", "k8s.example.org");
    assert_eq!(attribute(&fact(right(&changed), TOKEN, &cluster::hash()), "token"), "wrong-secret");
}

#[test]
fn certificates_are_judged_by_the_cluster_s_own_ca() {
    let [own, other] = authorities();
    let ask = |identity| {
        let body = cluster_info(own, &[TOKEN]);
        fact(start(Peer::Tls(identity, page("200 OK", &body))), TOKEN, &cluster::hash())
    };
    let found = ask(Identity::new(other, &cluster::NAMES, [2020, 2090]));
    assert_eq!(words(&found), "connected answers true known other-authority valid");
    let found = ask(Identity::new(own, &["kubernetes", "10.0.0.9"], [2020, 2090]));
    assert_eq!(words(&found), "connected answers true known other-name valid");
    assert_eq!(says(&found), "its certificate is for kubernetes, 10.0.0.9; not for 127.0.0.1");
    let found = ask(Identity::new(own, &cluster::NAMES, [2020, 2021]));
    assert_eq!(words(&found), "connected answers true known trusted expired");
    assert!(
        says(&found).starts_with("its certificate ended at 2021-01-01T00:00:00Z, and it is 2"),
        "{found:?}"
    );
    let found = ask(Identity::new(own, &cluster::NAMES, [2085, 2090]));
    assert_eq!(words(&found), "connected answers true known trusted early");
}

#[test]
fn who_tells_nothing_of_the_cluster_is_known_by_it() {
    for (status, body, expected) in [
        ("403 Forbidden", r#"{"kind":"Status"}"#, "connected forbidden unknown unknown unknown unknown"),
        ("401 Unauthorized", "", "connected forbidden unknown unknown unknown unknown"),
        ("404 Not Found", "", "connected missing unknown unknown unknown unknown"),
        ("503 Service Unavailable", "", "connected unavailable unknown unknown unknown unknown"),
        ("302 Found", "", "connected unknown unknown unknown unknown unknown"),
        ("200 OK", "<html>", "connected no-api-server unknown unknown unknown unknown"),
    ] {
        let port = start(Peer::Tls(Identity::right(), page(status, body)));
        assert_eq!(words(&fact(port, TOKEN, &cluster::hash())), expected, "{status}");
    }
    let closes = [Peer::Closes, Peer::TlsCloses(Identity::right())];
    for port in closes.map(start) {
        let found = fact(port, TOKEN, &cluster::hash());
        assert_eq!(words(&found), "connected closed unknown unknown unknown unknown");
    }
    for bytes in ["HTTP/1.0 400 Bad Request\r\n\r\nClient sent", "SSH-2.0-OpenSSH_9.2\r\n"] {
        let found = fact(start(Peer::Plain(bytes.into())), TOKEN, &cluster::hash());
        assert_eq!(words(&found), "connected no-api-server unknown unknown unknown unknown");
        assert!(says(&found).contains("doesn't speak TLS"), "{found:?}");
    }
}

#[test]
fn a_page_is_not_read_without_end() {
    let large = "x".repeat((1 << 20) + 1);
    let port = start(Peer::Tls(Identity::right(), page("200 OK", &large)));
    assert_eq!(silence(cluster::ask(port, LONG)), Silence::TooLarge { limit: 1 << 20 });
    // Nobody says beforehand how long this is.
    let chunks = format!("8000\r\n{}\r\n", "x".repeat(0x8000)).repeat(33);
    let endless = format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{chunks}");
    let port = start(Peer::TlsDrips(Identity::right(), endless.into(), b" ".to_vec()));
    assert_eq!(silence(cluster::ask(port, LONG)), Silence::TooLarge { limit: 1 << 20 });
}

#[test]
fn what_is_no_http_is_no_answer() {
    let port = start(Peer::Tls(Identity::right(), b"220 mail.example.com ESMTP\r\n".to_vec()));
    let found = fact(port, TOKEN, &cluster::hash());
    assert_eq!(words(&found), "connected unknown unknown unknown unknown unknown");
    assert!(attribute(&found, "cluster-info").ends_with("the answer is no HTTP"), "{found:?}");
}

#[test]
fn who_never_ends_is_not_waited_for() {
    let head = |rest: &str| format!("HTTP/1.1 200 OK\r\n{rest}").into_bytes();
    for peer in [
        Peer::Mute,
        Peer::TlsDrips(Identity::right(), head("Content-Length: 1000000\r\n\r\n"), b"x".to_vec()),
        Peer::TlsDrips(Identity::right(), head("X: "), b"x".to_vec()),
    ] {
        assert_eq!(silence(cluster::ask(start(peer), SHORT)), Silence::TimedOut(SHORT));
    }
}

#[test]
fn a_port_without_a_listener_refuses() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let found = fact(port, TOKEN, &cluster::hash());
    assert_eq!(words(&found), "refused unknown unknown unknown unknown unknown");
    assert_eq!(says(&found), "nobody listens");
}

#[test]
fn how_no_connection_came_about_is_told_in_a_word() {
    let ask = |silence: &str| {
        let machine = format!("[servers.\"k8s.example.com:6443\"]\nsilence = \"{silence}\"\n");
        Tree::new().machine(&machine).now("api-server:k8s.example.com")
    };
    for word in ["name-unknown", "no-route", "refused", "time-out"] {
        let found = ask(word);
        assert_eq!(attribute(&found, "connects"), word);
        assert_eq!(found.because[0].to_string(), "k8s.example.com:6443");
        let expected = if word == "time-out" { Confidence::High } else { Confidence::Certain };
        assert_eq!(found.confidence, expected, "{word}");
    }
    assert_eq!(text(&ask("unresolved")), "unknown: k8s.example.com:6443: its name was not resolved");
    let nothing = Tree::new().machine("").now_text("api-server:k8s.example.com");
    assert_eq!(nothing, "unknown: k8s.example.com:6443: the recording doesn't say what answers there");
}

#[test]
fn without_a_command_there_is_nothing_to_compare_with() {
    let tree = Tree::new().machine(&format!("time = 1790000000\n{}", cluster::recorded("right")));
    let found = tree.now("api-server:k8s.example.com");
    assert_eq!(words(&found), "connected answers absent absent trusted valid");
}

#[test]
fn without_a_clock_or_a_ca_nothing_is_guessed() {
    let found = Tree::new().machine(&cluster::recorded("right")).now("api-server:k8s.example.com");
    assert_eq!(words(&found), "connected answers absent absent trusted unknown");
    let tree = Tree::new().machine(&format!("time = 1790000000\n{}", cluster::recorded("no-ca")));
    assert_eq!(
        words(&tree.now("api-server:k8s.example.com")),
        "connected answers absent absent unknown unknown"
    );
}
