//! `docs/` is made from the program itself; these tests say when it is stale.
//! `SNAPSHOTS=overwrite cargo test` writes it anew.

use std::fmt::Write as _;
use std::path::Path;

use clap::CommandFactory as _;
use node_preflight::probe::{KeySyntax, PROBES, Shape};
use node_preflight::rule::other_tools::{Answer, split};
use node_preflight::rule::{self, Code, Fix, placeholder};
use node_preflight::{builtin, cli, engine};

pub fn check(name: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs").join(name);
    if std::env::var_os("SNAPSHOTS").is_some_and(|value| value == "overwrite") {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        found == text,
        "docs/{name} is stale: run `SNAPSHOTS=overwrite cargo test` and commit what changes"
    );
}

pub const NOTE: &str = "<!-- Made from the program: `SNAPSHOTS=overwrite cargo test`. Don't edit. -->\n\n";

#[test]
fn the_command_line_is_documented() {
    let mut text = format!("# Command line\n\n{NOTE}");
    let mut command = cli::Arguments::command().term_width(100);
    command.build();
    write_command(&mut text, "node-preflight", command.clone());
    for sub in command.get_subcommands().filter(|sub| sub.get_name() != "help") {
        write_command(&mut text, &format!("node-preflight {}", sub.get_name()), sub.clone());
    }
    check("cli.md", &text);
}

fn write_command(text: &mut String, name: &str, command: clap::Command) {
    let help = command.term_width(100).render_long_help().to_string();
    let help: Vec<&str> = help.lines().map(str::trim_end).collect();
    write!(text, "## `{name}`\n\n```text\n{}\n```\n\n", help.join("\n").trim()).unwrap();
}

#[test]
fn the_probes_are_documented() {
    let mut text = format!(
        "# Probes\n\n{NOTE}What the program can ask of a host: `node-preflight facts PROBE[:KEY]`, and in rules \
         `{{ PROBE = \"KEY\", ... }}`.\n\n"
    );
    for probe in PROBES {
        let key = match (probe.key.noun(), probe.key) {
            (None, _) => "none".to_owned(),
            (Some(noun), KeySyntax::Optional(_)) => format!("{noun} (optional)"),
            (Some(noun), _) => noun.to_owned(),
        };
        let moments: Vec<&str> = probe.moments.iter().map(|moment| moment.name()).collect();
        write!(text, "## `{}`\n\n{}\n\n", probe.word(), probe.summary).unwrap();
        if probe.word() != probe.name {
            write!(text, "Its name in JSON, and its old spelling in rules: `{}`.\n\n", probe.name).unwrap();
        }
        write!(text, "Key: {key} · moments: {} · answer: {}\n\n", moments.join(", "), shape(&probe.answer))
            .unwrap();
        if let Shape::Record(attributes) = probe.answer {
            text.push_str("| attribute | kind | meaning |\n|---|---|---|\n");
            for attribute in attributes {
                let kind = shape(&attribute.shape);
                let old = if attribute.name == attribute.word {
                    String::new()
                } else {
                    format!(" (in JSON, and in old rules: `{}`)", attribute.name)
                };
                writeln!(text, "| `{}`{old} | {kind} | {} |", attribute.word, attribute.summary).unwrap();
            }
            text.push('\n');
        }
        let words = probe.key.words();
        if !words.is_empty() {
            text.push_str("| word | meaning | moments | old spelling |\n|---|---|---|---|\n");
            for word in words {
                let moments: Vec<&str> = word.moments.iter().map(|moment| moment.name()).collect();
                let old = probe.name.split('-').next().unwrap();
                let (name, summary, moments) = (word.word, word.summary, moments.join(", "));
                writeln!(text, "| `{name}` | {summary} | {moments} | `{old}:{}` |", word.old).unwrap();
            }
            text.push('\n');
        }
        write!(text, "{}\n\n", probe.details).unwrap();
    }
    check("probes.md", &text);
}

fn shape(shape: &Shape) -> String {
    match shape {
        Shape::Bool => "yes or no".into(),
        Shape::Integer => "number".into(),
        Shape::Size => "size in bytes".into(),
        Shape::Text => "text".into(),
        Shape::Word(words) => words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", "),
        Shape::Version => "version".into(),
        Shape::Network => "address or network".into(),
        Shape::Mode => "permission bits".into(),
        Shape::List(item) => format!("list of {}", self::shape(item)),
        Shape::Record(_) => "attributes".into(),
        Shape::Any => "any".into(),
    }
}

#[test]
fn the_rules_are_documented() {
    let rules = builtin::written();
    let mut text = format!("# Rules\n\n{NOTE}");
    let mut file = usize::MAX;
    for rule in &rules.rules {
        if rule.id.place.file() != file {
            file = rule.id.place.file();
            let topic = rules.files[file].name.trim_start_matches("built-in:").trim_end_matches(".toml");
            write!(text, "## {topic}\n\n").unwrap();
        }
        let profiles: Vec<&str> = rule.profiles.iter().map(|profile| profile.value.as_str()).collect();
        write!(
            text,
            "### {}\n\n**{}** ({}; {})\n\n",
            rule.id.value,
            rule.prose.title,
            rule.severity.name(),
            profiles.join(", ")
        )
        .unwrap();
        write!(text, "{}\n\n", rule.prose.why).unwrap();
        // Words stand for what will be found.
        let shown = |fix: &Fix| fix.text.as_deref().map(|text| placeholder::fill(text, |_| None));
        if let Some(fix) = shown(&rule.prose.fix) {
            write!(text, "Fix: {fix}\n\n").unwrap();
        }
        for fix in rule.fixes.cases.iter().filter_map(|case| shown(&case.fix)) {
            writeln!(text, "- in another state: {fix}").unwrap();
        }
        if !rule.fixes.cases.is_empty() {
            text.push('\n');
        }
        if !rule.prose.covers.is_empty() {
            write!(text, "Covers: {}\n\n", rule.prose.covers.join(", ")).unwrap();
        }
    }
    check("rules.md", &text);
}

#[test]
fn what_other_tools_check_is_documented() {
    let (peers, rules) = (builtin::other_tools(), builtin::rules().rules);
    let mut text = format!(
        "# What other tools check\n\n{NOTE}Every check of a node by another tool, the rules here that answer it, or why \
         none does: `node-preflight list --covers`.\n\n| tool | checks | with a rule | refused | open |\n\
         |---|---|---|---|---|\n"
    );
    let tallies = peers.tally();
    for (peer, t) in &tallies {
        let (checks, anchor) = (t.ruled + t.refused + t.open, format!("[{peer}](#{peer})"));
        writeln!(text, "| {anchor} | {checks} | {} | {} | {} |", t.ruled, t.refused, t.open).unwrap();
    }
    for peer in tallies.keys() {
        write!(text, "\n## {peer}\n\n| check | asks | rules, or why none |\n|---|---|---|\n").unwrap();
        for check in &peers.checks {
            for (_, name) in check.names.iter().filter_map(|name| split(name)).filter(|(own, _)| own == peer)
            {
                let answer = match &check.answer {
                    Answer::Refused(reason) => format!("refused: {reason}"),
                    Answer::Open(missing) => format!("**open**: {missing}"),
                    Answer::Rules | Answer::Parts(_) => {
                        let answers = peers.rules(check, &rules);
                        let link = |index: &usize| {
                            let id = &rules[*index].id.value;
                            format!("[{id}](rules.md#{id})")
                        };
                        answers.iter().map(link).collect::<Vec<_>>().join(", ")
                    }
                };
                writeln!(text, "| `{name}` | {} | {answer} |", check.asks).unwrap();
            }
        }
    }
    check("parity.md", &text);
}

#[test]
fn the_mistakes_in_rules_are_documented() {
    let mut text = format!("# Mistakes in rule files\n\n{NOTE}| code | meaning |\n|---|---|\n");
    for code in Code::ALL {
        writeln!(text, "| `{}` | {} |", code.name(), code.description()).unwrap();
    }
    check("diagnostics.md", &text);
}

#[test]
fn the_schemas_are_kept() {
    check("rule.schema.json", &format!("{:#}\n", engine::schema::rules()));
    check("waivers.schema.json", &format!("{:#}\n", engine::schema::waivers()));
    check("report.schema.json", &format!("{:#}\n", cli::report_schema()));
    check("facts.schema.json", &format!("{:#}\n", cli::facts_schema()));
}

#[test]
fn the_built_in_rules_are_clean() {
    let rules = builtin::rules();
    let warnings = rule::lint::lint(&rules);
    assert!(warnings.is_empty(), "{}", rule::diagnostic::render(&rules.files, &warnings, false));
    // From their text, so that every check is resolved.
    let rules = rule::load(builtin::sources()).unwrap_or_else(|_| panic!("the built-in rules can't be read"));
    let plan = engine::compile(&rules, &engine::Selection::everything(), &[]);
    let Ok(plan) = plan else { panic!("the built-in rules don't compile") };
    assert!(plan.hints.is_empty(), "{}", rule::diagnostic::render(&rules.files, &plan.hints, false));
}
