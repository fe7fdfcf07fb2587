//! The rule language: files to rules, rules to plans, and what is said about mistakes.

mod aliases;
mod compile;
mod lint;
mod mistakes;
mod probes;
mod spelling;

use node_preflight::engine::compile::{Selection, compile_with, mistakes_with};
use node_preflight::engine::plan::Plan;
use node_preflight::rule::{self, Diagnostic, RuleSet, SourceFile, diagnostic};

/// What every test may name.
const BASE: &str = "
[vars.cni]
type = \"word\"
values = [\"calico\", \"cilium\"]
[vars.pod-cidr]
type = \"networks\"
[vars.unit]
type = \"text\"
default = \"crio.service\"
[profiles.node]
[profiles.image]
includes = [\"node\"]
vars = { cni = \"cilium\" }
";

fn given(name: &str, text: &str) -> SourceFile {
    SourceFile::given(name, text.to_owned())
}

/// The files behind the base, which counts as built in.
fn with_base(files: &[SourceFile]) -> Vec<SourceFile> {
    let base = SourceFile { name: "base.toml".into(), text: BASE.into(), built_in: true };
    std::iter::once(base).chain(files.iter().cloned()).collect()
}

fn load_mistakes(files: &[SourceFile]) -> bool {
    rule::load(with_base(files)).is_err()
}

fn loaded(files: &[SourceFile]) -> RuleSet {
    rule::load(with_base(files)).unwrap_or_else(|broken| panic!("{:?}", broken.mistakes))
}

fn planned(rules: &RuleSet, selection: &Selection, set: &[(&str, &str)]) -> Result<Plan, Vec<Diagnostic>> {
    let set: Vec<_> = set.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    compile_with(probes::PROBES, rules, selection, &[], &set)
}

/// All that is said about some files; nothing if they are right.
fn complaints(files: &[SourceFile]) -> String {
    match rule::load(with_base(files)) {
        Ok(rules) => match planned(&rules, &Selection::everything(), &[]) {
            Ok(_) => String::new(),
            Err(wrong) => diagnostic::render(&rules.files, &wrong, false),
        },
        Err(broken) => {
            diagnostic::render(&broken.rules.files, &mistakes_with(probes::PROBES, &broken), false)
        }
    }
}
