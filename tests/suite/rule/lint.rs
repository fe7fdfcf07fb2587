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

#[test]
fn placeholders_that_stand_for_nothing_are_warned_of() {
    let rule = |fix: &str| {
        format!(
            "[[rule]]\nid = \"swap-off\"\ntitle = \"Swap is off\"\nseverity = \"error\"\nwhy = \"So.\"\n\
             check = {{ swap = {{ equals = [] }} }}\n{fix}\n"
        )
    };
    for (fix, words) in [
        ("fix.text = \"delete {fil|it}\"", "the placeholder `{fil}`, which stands for nothing"),
        ("fix.text = \"delete {file}\"", "doesn't say what stands for `{file}`"),
        ("fix.text = \"x\"\nfix.with = { unit = { kernel = {} } }", "uses the placeholder `unit`"),
        (
            "fix.text = \"x\"\nfix.cases = [{ fails = \"now\", text = \"{path}\" }]",
            "doesn't say what stands for `{path}`",
        ),
    ] {
        let found = warnings(given("a.toml", &rule(fix)));
        assert!(found.contains(words) && found.contains("warning[placeholder]"), "{fix}\n{found}");
    }
    let right = rule(
        "fix.text = \"delete {files|it} of {unit|it}, {print $1}\"\nfix.with = { unit = { kernel = {} } }",
    );
    assert_eq!(warnings(given("a.toml", &right)), "");
}
