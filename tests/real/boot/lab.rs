//! The run: predict, boot, compare.

use std::collections::BTreeSet;
use std::fs;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::answer::{Answers, asked_systemd, expected, told};
use crate::case::{Case, split_attribute};
use crate::group::Group;
use crate::machine::{Machine, swap_disk};
use crate::root;

/// Where everything is that the laboratory keeps, and the program that it tests.
pub(crate) struct Lab {
    pub(crate) cache: PathBuf,
    pub(crate) binary: PathBuf,
    /// Whether to boot once more what only another build of the program has seen.
    again: bool,
}

/// A question on which the sides differ.
struct Difference {
    case: String,
    text: String,
    /// The program was certain, and a boot shows something else.
    is_grave: bool,
}

impl Lab {
    pub(crate) fn open(again: bool) -> Self {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let cache = std::env::var_os("BOOT_LAB").map_or_else(|| here.join("target/boot-lab"), PathBuf::from);
        let binary = std::env::var_os("BOOT_LAB_PROGRAM")
            .expect("BOOT_LAB_PROGRAM names the program, linked statically: see tests/real/50-boot.sh");
        fs::create_dir_all(cache.join("results")).unwrap();
        Lab { cache, binary: fs::canonicalize(binary).expect("the program"), again }
    }

    /// Boots all groups; the number of questions on which sides differ.
    pub(crate) fn run(&self, groups: &[Group]) -> usize {
        let (mut wrong, mut questions, mut cases) = (Vec::new(), 0, 0);
        for (index, group) in groups.iter().enumerate() {
            let count: usize = group.cases.iter().map(|case| case.expect.len()).sum();
            println!(
                "      boot {} of {}: {} [{}], {} cases, {count} questions",
                index + 1,
                groups.len(),
                group.base,
                group.cmdline,
                group.cases.len()
            );
            questions += count;
            cases += group.cases.len();
            wrong.extend(self.judge(group));
        }
        for difference in &wrong {
            let mark = if difference.is_grave { "CERTAIN AND WRONG" } else { "differs" };
            println!("      {mark}: {}: {}", difference.case, difference.text);
        }
        println!("{questions} questions of {cases} cases in {} boots, {} differ", groups.len(), wrong.len());
        wrong.len()
    }

    /// Where sides differ in a shared boot, each case is asked again alone: then nobody disturbed it.
    fn judge(&self, group: &Group) -> Vec<Difference> {
        let wrong = self.differences(group);
        if group.cases.len() == 1 || wrong.is_empty() {
            return wrong;
        }
        let names: BTreeSet<&str> = wrong.iter().map(|difference| difference.case.as_str()).collect();
        let again = group.cases.iter().filter(|case| names.contains(case.id.as_str()));
        again
            .flat_map(|case| {
                println!("      {} once more, alone", case.id);
                self.differences(&Group { cases: vec![case.clone()], ..group.clone() })
            })
            .collect()
    }

    fn differences(&self, group: &Group) -> Vec<Difference> {
        let questions: BTreeSet<String> =
            group.cases.iter().flat_map(|case| case.expect.keys().cloned()).collect();
        let base = root::of(&group.base, &self.cache);
        let place = self.cache.join("work");
        let machine = Machine::build(&base, &place, &group.cmdline, &group.cases);
        let predicted = self.predict(&machine.tree, &questions);
        let Some(answers) = self.answers(group, &machine, &questions) else {
            let text = "the machine did not boot to the end".to_owned();
            let lost =
                |case: &Case| Difference { case: case.id.clone(), text: text.clone(), is_grave: false };
            return group.cases.iter().map(lost).collect();
        };
        group.cases.iter().flat_map(|case| compare(case, &predicted, &answers)).collect()
    }

    /// What the program says of the next boot, from the directory alone.
    fn predict(&self, tree: &Path, questions: &BTreeSet<String>) -> Value {
        let asked: BTreeSet<&str> = questions.iter().map(|question| split_attribute(question).0).collect();
        let mut command = Command::new(&self.binary);
        command.args(["facts", "--format", "json", "--moment", "boot", "--root"]).arg(tree).args(asked);
        let output = command.output().unwrap();
        assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// What a boot of these files showed: kept, because it doesn't change until they do. What another build of
    /// the program said inside is not kept.
    fn answers(&self, group: &Group, machine: &Machine, questions: &BTreeSet<String>) -> Option<Answers> {
        let mut hasher = DefaultHasher::new();
        (&group.base, &machine.cmdline, include_str!("probe.sh"), questions).hash(&mut hasher);
        for case in &group.cases {
            (&case.file, &case.link, &case.program, &case.remove, &case.disk).hash(&mut hasher);
        }
        let kept = self.cache.join(format!("results/{:016x}", hasher.finish()));
        let (build, by) = (self.build(), kept.with_extension("build"));
        if let Ok(text) = fs::read_to_string(&kept) {
            let mut answers = Answers::parse(&text)?;
            if fs::read_to_string(&by).is_ok_and(|by| by == build) {
                return Some(answers);
            }
            if !self.again {
                (answers.program, answers.next) = (Value::Null, Value::Null);
                return Some(answers);
            }
        }
        machine.arm(&self.binary, questions);
        let disk = machine.disk();
        let text = machine.boot(&disk, &swap_disk(&self.cache));
        let answers = Answers::parse(&text)?;
        fs::write(kept, text).unwrap();
        fs::write(by, build).unwrap();
        Some(answers)
    }

    /// Which build of the program this is.
    fn build(&self) -> String {
        let mut hasher = DefaultHasher::new();
        fs::read(&self.binary).unwrap().hash(&mut hasher);
        format!("{:016x}", hasher.finish())
    }
}

fn compare(case: &Case, predicted: &Value, answers: &Answers) -> Vec<Difference> {
    let question = |question: &String| {
        let seen = answers.seen(question);
        let wrong: Vec<Side> = sides(case, question, predicted, answers)
            .into_iter()
            .filter(|side| side.says != seen && !(side.may_not_know && side.is_unknown()))
            .collect();
        let says: Vec<String> = wrong.iter().map(|side| format!("{} {}", side.who, side.says)).collect();
        (!wrong.is_empty()).then(|| Difference {
            case: case.id.clone(),
            text: format!("({}) {question}: the boot shows {seen}; {}", case.says, says.join("; ")),
            is_grave: wrong.iter().any(|side| side.is_certain && !side.is_unknown()),
        })
    };
    case.expect.keys().filter_map(question).collect()
}

/// One who answers a question, beside the shell.
struct Side {
    who: &'static str,
    says: String,
    is_certain: bool,
    /// Whether it may say that it can't know.
    may_not_know: bool,
}

impl Side {
    fn is_unknown(&self) -> bool {
        self.says.starts_with("unknown")
    }
}

fn sides(case: &Case, question: &str, predicted: &Value, answers: &Answers) -> Vec<Side> {
    let by_program = |who, facts: &Value, may_not_know| {
        let (says, sure) = told(facts, question);
        Side { who, says, is_certain: sure == "certain", may_not_know }
    };
    let says = expected(question, &case.expect[question]);
    let open = says == "unknown";
    let mut sides = vec![Side { who: "the case expects", says, is_certain: false, may_not_know: open }];
    // Only the machine itself knows its disk.
    let from_tree = case.disk.is_none().then(|| by_program("predicted was", predicted, open));
    let no_better = from_tree.as_ref().is_some_and(Side::is_unknown);
    sides.extend(from_tree);
    if !answers.program.is_null() {
        sides.push(by_program("the program says inside", &answers.program, false));
        // The first boot is not the next one.
        if case.remove.is_empty() && !case.file.contains_key("/etc/machine-id") {
            sides.push(by_program("and of the next boot", &answers.next, open || no_better));
        }
        if question.starts_with("service:") && !asked_systemd(&answers.program, question) {
            let says = "without asking systemd".to_owned();
            sides.push(Side { who: "and that", says, is_certain: false, may_not_know: false });
        }
    }
    sides
}
