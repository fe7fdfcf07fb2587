use crate::tree::{Tree, attribute};

const MAIN: &str = "/etc/containers/registries.conf";

#[test]
fn the_last_file_that_lists_registries_counts() {
    assert_eq!(Tree::new().boot_text("registries"), "absent");
    let tree = Tree::new()
        .file(MAIN, "unqualified-search-registries = [\"a\", \"b\"]\n")
        .file(
            "/etc/containers/registries.conf.d/crio.conf",
            "unqualified-search-registries = [\"docker.io\"]\n",
        )
        .file("/etc/containers/registries.conf.d/z.conf.bak", "unqualified-search-registries = [\"x\"]\n")
        .file("/etc/containers/registries.conf.d/d/z.conf", "unqualified-search-registries = [\"y\"]\n")
        .file("/etc/containers/registries.conf.d/zz.conf", "[aliases]\na = \"b.io/c\"\n");
    let fact = tree.boot("registries");
    assert_eq!(attribute(&fact, "search"), "[docker.io]");
    assert_eq!(attribute(&fact, "search_count"), "1");
    assert_eq!(fact.because[0].to_string(), "/etc/containers/registries.conf.d/crio.conf:1");
    let own = tree.file("/root/.config/containers/registries.conf", "unqualified-search-registries = []\n");
    assert_eq!(attribute(&own.boot("registries"), "search_count"), "0");
    let old = Tree::new().file(MAIN, "[registries.search]\nregistries = [\"q\", \"r\"]\n");
    assert_eq!(attribute(&old.boot("registries"), "search"), "[q, r]");
}

/// What a running CRI-O said of such files when it started.
#[test]
fn mistakes_are_those_at_which_crio_stops() {
    let mistakes = |path: &str, text: &str| {
        let fact = Tree::new().file(MAIN, "").file(path, text).boot("registries");
        (attribute(&fact, "mistakes"), fact.because[0].to_string())
    };
    let drop_in = "/etc/containers/registries.conf.d/1.conf";
    for (path, text, expected, place) in [
        (MAIN, "[[registry]]\nprefix = \"*.example.com\"\n", "none", MAIN),
        (MAIN, "[[registry]]\nlocation = \"example.com\"\n", "none", MAIN),
        (
            MAIN,
            "[[registry]]\nlocation=\"a\"\n[[registry]]\nprefix = \"example.com\"\n",
            "[/etc/containers/registries.conf: example.com: location is unset, and the prefix has no `*.`]",
            "/etc/containers/registries.conf:3",
        ),
        (
            MAIN,
            "short-name-mode = \"enforcing\"\n[registries.search]\nregistries = []\n",
            "[/etc/containers/registries.conf: the old and the new format are mixed]",
            "/etc/containers/registries.conf:2",
        ),
        (
            drop_in,
            "[registries.search]\nregistries = []\n",
            "[/etc/containers/registries.conf.d/1.conf: the old format, which only registries.conf itself may have]",
            "/etc/containers/registries.conf.d/1.conf:1",
        ),
    ] {
        assert_eq!(mistakes(path, text), (expected.to_owned(), place.to_owned()), "{text}");
    }
    assert!(mistakes(drop_in, "a = \n").0.starts_with("[/etc/containers/registries.conf.d/1.conf: toml: "));
}
