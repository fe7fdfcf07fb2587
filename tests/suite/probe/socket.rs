use node_preflight::fact::Moment;
use node_preflight::host::Host;

use crate::tree::{Tree, ask, text};

#[test]
fn each_answer_of_a_socket_has_its_word() {
    let tree = Tree::new()
        .machine("[sockets]\n\"/run/a\" = \"accepted\"\n\"/run/b\" = \"busy\"\n\"/run/r\" = \"refused\"\n\"/run/d\" = \"denied\"\n")
        .live("/run/file", "");
    for (key, expected) in [
        ("/run/a", "listening"),
        ("unix:///var/run/a", "listening"),
        ("/run/b", "busy"),
        ("/run/r", "refused"),
        ("/run/file", "not-a-socket"),
        ("/run/none", "absent"),
        ("/run/d", "unknown: /run/d: permission denied; run as root to see it"),
    ] {
        assert_eq!(tree.now_text(&format!("socket:{key}")), expected, "{key}");
    }
}

#[test]
fn real_sockets_are_tried() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("s");
    let question = format!("socket:{}", path.display());
    let now = || text(&ask(&Host::live().unwrap(), &question, Moment::Now));
    assert_eq!(now(), "absent");
    let listener = std::os::unix::net::UnixListener::bind(&path).unwrap();
    assert_eq!(now(), "listening");
    drop(listener);
    assert_eq!(now(), "refused");
    std::fs::remove_file(&path).unwrap();
    std::fs::write(&path, "").unwrap();
    assert_eq!(now(), "not-a-socket");
}
