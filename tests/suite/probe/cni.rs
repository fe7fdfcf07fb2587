use crate::tree::{Tree, attribute};
use node_preflight::fact::Moment;

const FLANNEL: &str = r#"{"name":"cbr0","cniVersion":"0.3.1","plugins":[
 {"type":"flannel","delegate":{"type":"bridge","ipam":{"type":"host-local"}}},{"type":"portmap"}]}"#;
const BRIDGE: &str =
    r#"{"name":"crio","cniVersion":"1.0.0","plugins":[{"type":"bridge","ipam":{"type":"host-local"}}]}"#;

fn plugins(names: &[&str]) -> Tree {
    names.iter().fold(Tree::new(), |tree, name| tree.program(&format!("/opt/cni/bin/{name}"), "x"))
}

/// Seen on a running CRI-O: what is broken or lacks a plugin is passed over.
#[test]
fn the_first_valid_file_whose_plugins_are_there_is_taken() {
    let tree = plugins(&["bridge", "host-local", "portmap"])
        .file("/etc/cni/net.d/05-broken.conflist", "{")
        .file("/etc/cni/net.d/10-flannel.conflist", FLANNEL)
        .file("/etc/cni/net.d/11-crio.conflist", BRIDGE)
        .file("/etc/cni/net.d/12-old.conf", r#"{"name":"old","type":"bridge"}"#)
        .file("/etc/cni/net.d/00-crio.conflist.disabled", BRIDGE);
    let fact = tree.boot("cni");
    assert_eq!(attribute(&fact, "name"), "crio");
    assert_eq!(attribute(&fact, "plugin"), "bridge");
    assert_eq!(attribute(&fact, "file"), "/etc/cni/net.d/11-crio.conflist");
    assert_eq!(attribute(&fact, "others"), "[/etc/cni/net.d/12-old.conf]");
    let ignored = attribute(&fact, "ignored");
    assert!(ignored.contains("05-broken.conflist: no JSON"), "{ignored}");
    assert!(ignored.contains("10-flannel.conflist: no plugin flannel in /opt/cni/bin"), "{ignored}");
    let tree = tree.program("/opt/cni/bin/flannel", "x");
    assert_eq!(attribute(&tree.boot("cni"), "plugin"), "flannel");
    let named = tree.file("/etc/crio/crio.conf", "[crio.network]\ncni_default_network = \"old\"\n");
    assert_eq!(attribute(&named.boot("cni"), "file"), "/etc/cni/net.d/12-old.conf");
    let nobody = named.file("/etc/crio/crio.conf", "[crio.network]\ncni_default_network = \"x\"\n");
    assert_eq!(nobody.boot_text("cni"), "absent");
    assert!(nobody.boot("cni").notes.iter().any(|note| note.contains("cni_default_network is x")));
}

#[test]
fn directories_are_those_of_crio_and_nothing_is_looked_for_elsewhere() {
    assert_eq!(Tree::new().boot_text("cni"), "absent");
    let tree = Tree::new()
        .file(
            "/etc/crio/crio.conf",
            "[crio.network]\nnetwork_dir = \"/x\"\nplugin_dirs = [\"/a\", \"/b/\"]\n",
        )
        .file("/x/1.conf", r#"{"name":"n","type":"p","ipam":{"type":"../../bin/q"}}"#)
        .program("/b/p", "x")
        .program("/bin/q", "x");
    assert_eq!(tree.boot_text("cni"), "absent");
    let tree = tree.file("/x/1.conf", r#"{"name":"n","type":"p"}"#);
    assert_eq!(attribute(&tree.boot("cni"), "file"), "/x/1.conf");
    let unknown = tree.file("/etc/crio/crio.conf", "[");
    assert!(unknown.boot_text("cni").starts_with("unknown: CRI-O will not start"));
    assert_eq!(unknown.now("cni").state, unknown.boot("cni").state, "{:?}", Moment::Now);
}

#[test]
fn deep_nesting_ends() {
    let deep = "{\"type\":\"a\",\"delegate\":".repeat(60) + "{}" + &"}".repeat(60);
    let tree = plugins(&["a"]).file("/etc/cni/net.d/1.conf", deep);
    assert_eq!(attribute(&tree.boot("cni"), "plugin"), "a");
    let absurd = "{\"type\":\"a\",\"delegate\":".repeat(6_000);
    assert_eq!(plugins(&["a"]).file("/etc/cni/net.d/1.conf", absurd).boot_text("cni"), "absent");
}
