//! Drop-in directories of small trees.

use node_preflight::host::Host;
use node_preflight::subsystem::drop_in::{Content, merge, read};

use crate::tree::Tree;

#[test]
fn the_highest_directory_claims_a_name_and_names_are_in_byte_order() {
    let tree = Tree::new()
        .file("/usr/lib/x.d/10-a.conf", "vendor")
        .file("/usr/lib/x.d/20-b.conf", "vendor")
        .file("/usr/lib/x.d/9-c.conf", "vendor")
        .file("/etc/x.d/Z.conf", "")
        .file("/etc/x.d/.hidden.conf", "")
        .file("/etc/x.d/10-a.conf.bak", "")
        .file("/etc/x.d/40-d.conf/inner", "")
        .link("/etc/x.d/10-a.conf", "/dev/null")
        .link("/etc/x.d/20-b.conf", "nowhere")
        .link("/etc/x.d/loop.conf", "loop.conf")
        .link("/lib", "usr/lib");
    let host = Host::directory(&tree.root()).unwrap();
    let merged = merge(host.files(), &["/etc/x.d", "/usr/lib/x.d", "/lib/x.d"], ".conf");
    let shown: Vec<_> = merged
        .files
        .iter()
        .map(|file| {
            let content = match read(host.files(), &file.path) {
                Content::Bytes(_) => "bytes",
                Content::Masked => "masked",
                Content::Broken(_) => "broken",
                Content::Unread(_) => "unread",
            };
            (file.path.to_string(), content, file.hides.len())
        })
        .collect();
    let expected = [
        ("/etc/x.d/10-a.conf", "masked", 1),
        ("/etc/x.d/20-b.conf", "masked", 1),
        ("/etc/x.d/40-d.conf", "broken", 0),
        ("/usr/lib/x.d/9-c.conf", "bytes", 0),
        ("/etc/x.d/Z.conf", "bytes", 0),
        ("/etc/x.d/loop.conf", "broken", 0),
    ]
    .map(|(path, content, hides)| (path.to_owned(), content, hides));
    assert_eq!(shown, expected);
    assert!(merged.gaps.is_empty());
}
