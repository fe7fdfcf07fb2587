use crate::tree::{Tree, attribute};

#[test]
fn the_minor_versions_of_all_repositories_are_listed() {
    let tree = Tree::new()
        .file("/etc/apt/sources.list", "deb https://mirror.example.com/core:/stable:/v1.36/deb/ /\n")
        .file(
            "/etc/yum.repos.d/kubernetes.repo",
            "[kubernetes]\nbaseurl=https://pkgs.k8s.io/core:/stable:/v1.35/rpm/\nenabled=1\n",
        );
    let fact = tree.boot("kubernetes-repository:1.36.4");
    assert_eq!(attribute(&fact, "configured"), "[1.35, 1.36]");
    assert_eq!(attribute(&fact, "serves"), "true");
    assert_eq!(attribute(&tree.boot("kubernetes-repository:1.37"), "serves"), "false");
    assert_eq!(Tree::new().boot_text("kubernetes-repository:1.37"), "absent");
}

#[test]
fn what_can_not_be_read_may_be_the_one_that_is_wanted() {
    let tree = Tree::new()
        .file("/etc/apt/sources.list.d/a.list", "deb https://pkgs.k8s.io/core:/stable:/v1.36/deb/ /\n")
        .file("/etc/apt/sources.list.d/b.list", "")
        .hidden("root", "/etc/apt/sources.list.d/b.list");
    assert!(tree.recorded_text("kubernetes-repository:1.37").contains("permission denied"));
}
