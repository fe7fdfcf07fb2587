use node_preflight::fact::Moment;
use node_preflight::host::Host;

use crate::tree::{Tree, ask, attribute, text};

#[test]
fn a_directory_tells_whether_it_is_empty_and_its_first_names() {
    let tree = Tree::new().directory("/none").file("/plain", "").link("/link", "/full");
    let tree = "gfedcba".chars().fold(tree, |tree, name| tree.file(&format!("/full/{name}"), ""));
    let host = Host::directory(&tree.root()).unwrap();
    for (path, empty, names) in [
        ("/none", "true", "none"),
        ("/full", "false", "[a, b, c, d, e]"),
        ("/link", "false", "[a, b, c, d, e]"),
        ("/plain", "false", "none"),
    ] {
        let fact = ask(&host, &format!("directory:{path}"), Moment::NextBoot);
        assert_eq!(
            (attribute(&fact, "empty").as_str(), attribute(&fact, "names").as_str()),
            (empty, names),
            "{path}"
        );
    }
    assert_eq!(text(&ask(&host, "directory:/nowhere", Moment::NextBoot)), "absent");
    assert!(text(&ask(&host, "directory:/run/x", Moment::NextBoot)).starts_with("unknown: "));
    assert_eq!(tree.now_text("directory:/none"), "unknown: nothing is running here");
}

#[test]
fn a_directory_that_may_not_be_listed_is_unknown() {
    let tree = Tree::new().directory("/secret").denied("/secret");
    assert!(tree.recorded_text("directory:/secret").starts_with("unknown: "));
}
