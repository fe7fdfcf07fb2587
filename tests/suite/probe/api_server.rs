use std::time::Duration;

use node_preflight::fact::Confidence;
use node_preflight::host::NoResponse;
use node_preflight::host::https::{Reached, Unreached};

use crate::cluster::server::{Peer, page, start};
use crate::cluster::{self, Identity, LONG, TOKEN, authorities, cluster_info, facts, says, tells, words};
use crate::tree::{Tree, attribute, text};

/// For those who never answer.
const SHORT: Duration = Duration::from_millis(200);

fn silence(answer: Result<Reached, Unreached>) -> NoResponse {
    answer.unwrap().page.unwrap_err()
}

#[test]
fn the_cluster_of_the_command_is_known_again() {
    let port = tells(&cluster_info(&authorities()[0], &["ghijkl.0123456789abcdef", TOKEN]));
    let found = facts(port, TOKEN, &cluster::hash());
    assert_eq!(words(&found), "answers true known trusted valid");
    assert_eq!(text(&found[0]), "address=127.0.0.1 cluster-info=answers connects=connected");
    let place = format!("https://127.0.0.1:{port}/api/v1/namespaces/kube-public/configmaps/cluster-info");
    assert!(found.iter().all(|fact| fact.because[0].to_string() == place && says(fact).is_empty()));
}

#[test]
fn who_tells_nothing_of_the_cluster_is_known_by_it() {
    let ask = |peer| {
        let found = facts(start(peer), TOKEN, &cluster::hash());
        assert_eq!(attribute(&found[0], "connects"), "connected");
        (words(&found), says(&found[0]).to_owned())
    };
    for (status, body, word, said) in [
        ("403 Forbidden", r#"{"kind":"Status"}"#, "forbidden", "answers 403 Forbidden to anonymous requests"),
        ("401 Unauthorized", "", "forbidden", "answers 401 Unauthorized"),
        ("404 Not Found", "", "missing", "answers 404 Not Found"),
        ("503 Service Unavailable", "", "unavailable", "answers 503 Service Unavailable"),
        ("302 Found", "", "unknown", "sends us elsewhere (302 Found), not followed"),
        ("200 OK", "<html>", "no-api-server", "no object of Kubernetes"),
    ] {
        let (words, found) = ask(Peer::Tls(Identity::right(), page(status, body)));
        assert_eq!(words, format!("{word} unknown unknown unknown unknown"), "{status}");
        assert!(found.contains(said), "{status}: {found}");
    }
    for (peer, word, said) in [
        (Peer::Closes, "closed", "broke off"),
        (Peer::TlsCloses(Identity::right()), "closed", "broke off"),
        (Peer::Plain("HTTP/1.0 400 Bad Request\r\n\r\nno".into()), "no-api-server", "doesn't speak TLS"),
        (Peer::Plain("SSH-2.0-OpenSSH_9.2\r\n".into()), "no-api-server", "doesn't speak TLS"),
        (Peer::Tls(Identity::right(), b"220 mail ESMTP\r\n".to_vec()), "unknown", "is no HTTP"),
    ] {
        let (words, found) = ask(peer);
        assert_eq!(words, format!("{word} unknown unknown unknown unknown"), "{found}");
        assert!(found.contains(said), "{found}");
    }
}

#[test]
fn a_page_is_not_read_without_end() {
    let port = tells(&"x".repeat((1 << 20) + 1));
    assert_eq!(silence(cluster::ask(port, LONG)), NoResponse::TooLarge { limit: 1 << 20 });
    // Nobody says beforehand how long this is.
    let chunks = format!("8000\r\n{}\r\n", "x".repeat(0x8000)).repeat(33);
    let endless = format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{chunks}");
    let port = start(Peer::TlsDrips(Identity::right(), endless.into(), b" ".to_vec()));
    assert_eq!(silence(cluster::ask(port, LONG)), NoResponse::TooLarge { limit: 1 << 20 });
}

#[test]
fn who_never_ends_is_not_waited_for() {
    let head = |rest: &str| format!("HTTP/1.1 200 OK\r\n{rest}").into_bytes();
    for peer in [
        Peer::Mute,
        Peer::TlsDrips(Identity::right(), head("Content-Length: 1000000\r\n\r\n"), b"x".to_vec()),
        Peer::TlsDrips(Identity::right(), head("X: "), b"x".to_vec()),
    ] {
        assert_eq!(silence(cluster::ask(start(peer), SHORT)), NoResponse::TimedOut(SHORT));
    }
}

#[test]
fn a_port_without_a_listener_refuses() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let found = facts(port, TOKEN, &cluster::hash());
    assert_eq!(words(&found), "unknown unknown unknown unknown unknown");
    assert_eq!((attribute(&found[0], "connects").as_str(), says(&found[0])), ("refused", "nobody listens"));
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
fn an_endpoint_has_one_spelling() {
    let machine = "[servers.\"[2001:db8::1]:6443\"]\nsilence = \"refused\"\n";
    for key in ["2001:db8::1", "[2001:db8::1]", "[2001:db8::1]:6443"] {
        let found = Tree::new().machine(machine).now(&format!("api-server:{key}"));
        assert_eq!(attribute(&found, "connects"), "refused", "{key}");
    }
    let probe = node_preflight::probe::find("api-server").unwrap();
    for taken in ["K8s.Example.com:6443", "cp_1:6443"] {
        assert!(probe.key.parse(Some(taken)).is_ok(), "{taken}");
    }
    for wrong in ["https://k8s", "k8s:99999", "a b", "k8s/"] {
        assert!(probe.key.parse(Some(wrong)).is_err(), "{wrong}");
    }
}
