use crate::cluster::{self, TOKEN, authorities, cluster_info, facts, says, tells, words};
use crate::tree::Tree;

#[test]
fn tokens_that_the_cluster_does_not_know_are_told_without_their_secret() {
    let own = &authorities()[0];
    let found = facts(tells(&cluster_info(own, &["ghijkl.0123456789abcdef"])), TOKEN, &cluster::hash());
    assert_eq!(words(&found), "answers true missing trusted valid");
    assert_eq!(says(&found[2]), "it has no token `abcdef`: it never had, or the token has expired");
    let found = facts(tells(&cluster_info(own, &["abcdef.fedcba9876543210"])), TOKEN, &cluster::hash());
    assert_eq!(words(&found), "answers true wrong-secret trusted valid");
    assert!(!format!("{found:?}").contains("0123456789abcdef"), "a secret: {found:?}");
}

#[test]
fn nobody_without_the_token_can_change_what_is_signed() {
    let changed = cluster_info(&authorities()[0], &[TOKEN]).replace("k8s.example.com", "k8s.example.org");
    let found = facts(tells(&changed), TOKEN, &cluster::hash());
    assert_eq!(words(&found), "answers true wrong-secret trusted valid");
}

#[test]
fn a_token_that_is_none_is_not_looked_for() {
    let port = tells(&cluster_info(&authorities()[0], &[TOKEN]));
    let found = facts(port, "abcdef.0123", &cluster::hash());
    assert_eq!(words(&found), "answers true unknown trusted valid");
    assert!(!format!("{found:?}").contains("0123\""), "a secret: {found:?}");
    let tree = Tree::new().machine(&cluster::recorded("right"));
    assert_eq!(tree.now_text("join-token:k8s.example.com"), "absent");
}
