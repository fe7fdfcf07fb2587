use crate::cluster::{self, TOKEN, authorities, cluster_info, facts, says, tells, words};
use crate::tree::{Tree, attribute, text};

#[test]
fn another_cluster_is_told_with_both_hashes() {
    let [own, other] = authorities();
    let found = facts(tells(&cluster_info(own, &[TOKEN])), TOKEN, &cluster::hash_of(other));
    assert_eq!(words(&found), "answers false known trusted valid");
    assert_eq!(text(&found[1]), format!("hashes=[{}] pinned=false", cluster::hash()));
    let expected = format!("its CA has {}, not {}", cluster::hash(), cluster::hash_of(other));
    assert_eq!(says(&found[1]), expected);
    assert_eq!(found[1].because[1].to_string(), "--kubeadm-join");
}

#[test]
fn digits_of_a_hash_may_be_large() {
    let port = tells(&cluster_info(&authorities()[0], &[TOKEN]));
    let large = cluster::hash().to_uppercase().replace("SHA256", "sha256");
    assert_eq!(attribute(&facts(port, TOKEN, &large)[1], "pinned"), "true");
    assert_eq!(
        attribute(&facts(port, TOKEN, "sha256:0a")[1], "pinned"),
        "unknown: a hash has not the form of one"
    );
}

#[test]
fn without_a_command_there_is_nothing_to_compare_with() {
    let found = Tree::new().machine(&cluster::recorded("right")).now("cluster-ca:k8s.example.com");
    assert_eq!(text(&found), format!("hashes=[{}] pinned=absent", cluster::hash()));
    let found = Tree::new().machine(&cluster::recorded("no-ca")).now_text("cluster-ca:k8s.example.com");
    assert!(found.ends_with("cluster-info: the kubeconfig in cluster-info has no CA"), "{found}");
}
