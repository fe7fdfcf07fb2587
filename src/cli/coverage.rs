//! `list --covers`: what other tools check, and which rules answer it, or why none does.

use std::collections::BTreeSet;
use std::io::{self, Write};

use serde::Serialize;

use super::table::NameTable;
use crate::builtin;
use crate::report::render::{Page, write_document};
use crate::rule::other_tools::{Answer, OtherTools, Tally, ToolCheck};
use crate::rule::{Rule, Text};

/// Checks of other tools, and the rules among those given that answer each.
pub(super) struct Coverage<'r> {
    other_tools: OtherTools,
    rules: &'r [Rule],
    /// Whether these are all rules: checks that none answers are shown then, too.
    all: bool,
}

impl<'r> Coverage<'r> {
    pub(super) fn of(rules: &'r [Rule], all: bool) -> Self {
        Coverage { other_tools: with_others(builtin::other_tools(), rules), rules, all }
    }

    fn rows(&self) -> Vec<(&ToolCheck, Vec<&str>)> {
        let answers = |check| {
            let answers = self.other_tools.rules(check, self.rules).into_iter();
            answers.map(|index| self.rules[index].id.value.as_str()).collect::<Vec<_>>()
        };
        let rows = self.other_tools.checks.iter().map(|check| (check, answers(check)));
        rows.filter(|(_, answers)| self.all || !answers.is_empty()).collect()
    }

    pub(super) fn write_table(&self, page: &mut Page<'_>) -> io::Result<()> {
        let mut table = NameTable::new(&["CHECK OF ANOTHER TOOL", "ASKS", "RULES, OR WHY NONE"]);
        for (check, ids) in self.rows() {
            let names = check.names.iter().map(Text::as_str).collect::<Vec<_>>().join(" ");
            table.row([names, check.asks.to_string(), answer(check, &ids)]);
        }
        table.write(page)?;
        if self.all {
            page.line("")?;
            let mut table = NameTable::new(&["TOOL", "CHECKS"]);
            for (peer, Tally { ruled, refused, open }) in self.other_tools.tally() {
                let all = ruled + refused + open;
                let counts = format!("{all}: {ruled} with a rule, {refused} refused, {open} open");
                table.row([peer.to_owned(), counts]);
            }
            table.write(page)?;
        }
        Ok(())
    }

    pub(super) fn write_json(&self, out: &mut dyn Write) -> io::Result<()> {
        let rows = self.rows();
        let checks = rows.iter().map(|(check, ids)| CheckV1 {
            names: &check.names,
            asks: &check.asks,
            rules: ids,
            refused: if let Answer::Refused(reason) = &check.answer { Some(reason) } else { None },
            open: if let Answer::Open(missing) = &check.answer { Some(missing) } else { None },
        });
        let tally = || self.other_tools.tally().into_iter();
        let peer = |(peer, t): (_, Tally)| ToolV1 { peer, ruled: t.ruled, refused: t.refused, open: t.open };
        let peers = self.all.then(|| tally().map(peer).collect());
        let document = Document { schema: "node-preflight/parity/v1", peers, checks: checks.collect() };
        write_document(&document, out)
    }
}

/// Names that only given rules cover, such as those of a standard of one's own, stand at the end.
fn with_others(mut other_tools: OtherTools, rules: &[Rule]) -> OtherTools {
    let known: BTreeSet<String> = other_tools.names().map(str::to_owned).collect();
    let others: BTreeSet<&Text> = rules
        .iter()
        .flat_map(|rule| &rule.prose.covers)
        .filter(|name| !known.contains(name.as_str()))
        .collect();
    other_tools.checks.extend(others.into_iter().map(|name| ToolCheck {
        names: vec![name.clone()],
        asks: Text::default(),
        answer: Answer::Rules,
    }));
    other_tools
}

/// The rules, or the reason why there is none.
fn answer(check: &ToolCheck, ids: &[&str]) -> String {
    match &check.answer {
        Answer::Rules | Answer::Parts(_) => ids.join(", "),
        Answer::Refused(reason) => format!("refused: {reason}"),
        Answer::Open(missing) => format!("open: {missing}"),
    }
}

/// `node-preflight/parity/v1`: within v1, fields are only ever added.
#[derive(Serialize)]
struct Document<'p> {
    schema: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    peers: Option<Vec<ToolV1<'p>>>,
    checks: Vec<CheckV1<'p>>,
}

#[derive(Serialize)]
struct ToolV1<'p> {
    peer: &'p str,
    ruled: usize,
    refused: usize,
    open: usize,
}

#[derive(Serialize)]
struct CheckV1<'p> {
    names: &'p [Text],
    asks: &'p str,
    rules: &'p [&'p str],
    #[serde(skip_serializing_if = "Option::is_none")]
    refused: Option<&'p str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    open: Option<&'p str>,
}
