//! What is predicted of containerd, against what it did (`tests/recorded/containerd.toml`).

use serde::Deserialize;

use crate::tree::{Tree, attribute};

const RECORDED: &str = include_str!("../recorded/containerd.toml");

#[derive(Deserialize)]
struct File {
    row: Vec<Row>,
}

#[derive(Deserialize)]
struct Row {
    file: String,
    #[serde(default)]
    loads: Vec<String>,
    #[serde(default)]
    refuses: Vec<String>,
}

/// A host with containerd, of no release that is known.
fn node(file: &str) -> Tree {
    let unit = "[Service]\nExecStart=/usr/bin/containerd\n";
    let tree = Tree::new().file("/usr/lib/systemd/system/containerd.service", unit);
    let tree = tree.program("/usr/bin/containerd", "x").program("/usr/bin/runc", "x");
    tree.file("/etc/containerd/config.toml", file)
}

fn mistakes_of(tree: &Tree) -> String {
    attribute(&tree.boot("containerd"), "mistakes")
}

/// What Docker's package of a release minds.
fn mistakes(release: &str, file: &str) -> String {
    mistakes_of(&node(file).package("containerd.io", &format!("{release}-1"), "/usr/bin/containerd\n"))
}

#[test]
fn containerd_is_predicted_as_it_was_seen() {
    let rows = toml::from_str::<File>(RECORDED).unwrap().row;
    assert!(rows.len() > 400, "{}", rows.len());
    let mut wrong = Vec::new();
    for row in &rows {
        let loads = row.loads.iter().map(|release| (release, false));
        for (release, refuses) in loads.chain(row.refuses.iter().map(|release| (release, true))) {
            let found = mistakes(release, &row.file);
            if (found != "none") != refuses || found.starts_with("unknown") {
                wrong.push(format!("{release} {:?}: {found}", row.file));
            }
        }
    }
    assert!(wrong.is_empty(), "{}\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn without_a_release_a_file_that_some_take_is_no_certain_mistake() {
    let rows = toml::from_str::<File>(RECORDED).unwrap().row;
    let mut wrong = Vec::new();
    // All that were asked are of 1.7 and later.
    for row in rows.iter().filter(|row| row.loads.len() == 5) {
        let found = mistakes_of(&node(&row.file));
        if found != "none" && !found.starts_with("unknown") {
            wrong.push(format!("{:?}: {found}", row.file));
        }
    }
    assert!(wrong.is_empty(), "{}\n{}", wrong.len(), wrong.join("\n"));
}
