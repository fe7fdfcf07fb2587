//! What `lint` says about rules that are right, but poor.

use node_preflight::rule::{SourceFile, diagnostic, lint};

use super::{given, loaded};

fn warnings(file: SourceFile) -> String {
    let rules = loaded(&[file]);
    diagnostic::render(&rules.files, &lint::lint(&rules), false)
}

#[test]
fn a_complete_rule_has_no_warnings() {
    let text = "[[rule]]\nid = \"swap-off\"\ntitle = \"No swap is in use\"\nseverity = \"error\"\nwhy = \"So.\"\n\
                covers = [\"kubeadm:Swap\"]\ncheck = { swap = { equals = [] } }\nfix.text = \"swapoff -a\"\n";
    assert_eq!(warnings(given("a.toml", text)), "");
}

#[test]
fn missing_texts_style_and_dead_names_are_warned_of() {
    let text = "[[rule]]\nid = \"no-swap\"\nseverity = \"error\"\nprofiles = [\"node\"]\ncovers = [\"Swap\"]\n\
                check = { swap = { equals = [] } }\n[vars.idle]\ntype = \"text\"\n[profiles.lonely]\n";
    let found = warnings(given("a.toml", text));
    for words in [
        "no `title`",
        "no `why`",
        "no `fix`",
        "starts with `no`",
        "covers `Swap`",
        "no rule uses the variable `idle`",
        "no rule belongs to the profile `lonely`",
    ] {
        assert!(found.contains(words), "{words}\n{found}");
    }
    assert_eq!(found.matches("warning[").count(), 7, "{found}");
}
