use crate::cluster::server::{Peer, page, start};
use crate::cluster::{self, Identity, TOKEN, authorities, cluster_info, facts, says, words};
use crate::tree::{Tree, text};

#[test]
fn certificates_are_judged_by_the_cluster_s_own_ca() {
    let [own, other] = authorities();
    let ask = |identity| {
        let body = cluster_info(own, &[TOKEN]);
        let found = facts(start(Peer::Tls(identity, page("200 OK", &body))), TOKEN, &cluster::hash());
        (words(&found), says(&found[3]).to_owned())
    };
    let (words, said) = ask(Identity::new(other, &cluster::NAMES, [2020, 2090]));
    assert_eq!(
        (words.as_str(), said.as_str()),
        ("answers true known other-authority valid", "another authority issued its certificate")
    );
    let (words, said) = ask(Identity::new(own, &["kubernetes", "10.0.0.9"], [2020, 2090]));
    assert_eq!(words, "answers true known other-name valid");
    assert_eq!(said, "its certificate is for kubernetes, 10.0.0.9; not for 127.0.0.1");
    let (words, said) = ask(Identity::new(own, &cluster::NAMES, [2020, 2021]));
    assert_eq!(words, "answers true known trusted expired");
    assert!(said.starts_with("its certificate ended at 2021-01-01T00:00:00Z, and it is 2"), "{said}");
    let (words, said) = ask(Identity::new(own, &cluster::NAMES, [2085, 2090]));
    assert_eq!(words, "answers true known trusted early");
    assert!(said.starts_with("its certificate begins at 2085-01-01T00:00:00Z, and it is 2"), "{said}");
}

#[test]
fn a_clock_before_the_cluster_is_told() {
    let ask = |time: u64| {
        let tree = Tree::new().machine(&format!("time = {time}\n{}", cluster::recorded("right")));
        let found = tree.now("api-server-certificate:k8s.example.com");
        (text(&found), says(&found).to_owned())
    };
    assert_eq!(ask(1_790_000_000), ("trust=trusted validity=valid".into(), String::new()));
    let said = "its certificate begins at 2020-01-01T00:00:00Z, and it is 1970-01-01T00:16:40Z";
    assert_eq!(ask(1000), ("trust=trusted validity=early".into(), said.into()));
}

#[test]
fn without_a_clock_or_a_ca_nothing_is_guessed() {
    let found =
        Tree::new().machine(&cluster::recorded("right")).now("api-server-certificate:k8s.example.com");
    assert_eq!(text(&found), "trust=trusted validity=?");
    let tree = Tree::new().machine(&format!("time = 1790000000\n{}", cluster::recorded("no-ca")));
    let found = tree.now_text("api-server-certificate:k8s.example.com");
    assert!(found.starts_with("unknown: https://k8s.example.com:6443/"), "{found}");
}
