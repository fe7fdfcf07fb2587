//! `list --covers`: what other tools check, and which rules answer it, or why none does.

use std::collections::BTreeSet;
use std::io::{self, Write as _};

use serde::Serialize;

use super::listing::Listing;
use crate::builtin;
use crate::rule::peer::{Answer, PeerCheck, Peers, Tally};
use crate::rule::{Rule, Text};

/// Checks that none of the rules answers are left out, unless these are `all` rules.
pub(super) fn write(format: &str, rules: &[&Rule], all: bool, out: &mut Vec<u8>) -> io::Result<()> {
    let rules: Vec<Rule> = rules.iter().map(|rule| (*rule).clone()).collect();
    let peers = with_others(builtin::peers(), &rules);
    let rows: Vec<(&PeerCheck, Vec<&str>)> = peers
        .checks
        .iter()
        .map(|check| (check, peers.rules(check, &rules)))
        .filter(|(_, answers)| all || !answers.is_empty())
        .map(|(check, answers)| {
            let ids = answers.iter().map(|index| rules[*index].id.value.as_str());
            (check, ids.collect())
        })
        .collect();
    if format == "json" {
        return write_json(&rows, all.then_some(&peers), out);
    }
    let mut table = Listing::new(&["CHECK OF ANOTHER TOOL", "ASKS", "RULES, OR WHY NONE"]);
    for (check, ids) in &rows {
        let names = check.names.iter().map(Text::as_str).collect::<Vec<_>>().join(" ");
        table.row([names, check.asks.to_string(), answer(check, ids)]);
    }
    table.write(out)?;
    if all {
        writeln!(out)?;
        let mut table = Listing::new(&["TOOL", "CHECKS"]);
        for (peer, Tally { ruled, refused, open }) in peers.tally() {
            let all = ruled + refused + open;
            let counts = format!("{all}: {ruled} with a rule, {refused} refused, {open} open");
            table.row([peer.to_owned(), counts]);
        }
        table.write(out)?;
    }
    Ok(())
}

/// Names that only given rules cover, such as those of a standard of one's own, stand at the end.
fn with_others(mut peers: Peers, rules: &[Rule]) -> Peers {
    let known: BTreeSet<String> = peers.names().map(str::to_owned).collect();
    let others: BTreeSet<&Text> = rules
        .iter()
        .flat_map(|rule| &rule.prose.covers)
        .filter(|name| !known.contains(name.as_str()))
        .collect();
    peers.checks.extend(others.into_iter().map(|name| PeerCheck {
        names: vec![name.clone()],
        asks: Text::default(),
        answer: Answer::Rules,
    }));
    peers
}

/// The rules, or the reason why there is none.
fn answer(check: &PeerCheck, ids: &[&str]) -> String {
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
    peers: Option<Vec<PeerV1<'p>>>,
    checks: Vec<CheckV1<'p>>,
}

#[derive(Serialize)]
struct PeerV1<'p> {
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

fn write_json(rows: &[(&PeerCheck, Vec<&str>)], peers: Option<&Peers>, out: &mut Vec<u8>) -> io::Result<()> {
    let checks = rows.iter().map(|(check, ids)| CheckV1 {
        names: &check.names,
        asks: &check.asks,
        rules: ids,
        refused: if let Answer::Refused(reason) = &check.answer { Some(reason) } else { None },
        open: if let Answer::Open(missing) = &check.answer { Some(missing) } else { None },
    });
    let peers = peers.map(|peers| {
        let tally = peers.tally().into_iter();
        tally.map(|(peer, t)| PeerV1 { peer, ruled: t.ruled, refused: t.refused, open: t.open }).collect()
    });
    let document = Document { schema: "node-preflight/parity/v1", peers, checks: checks.collect() };
    serde_json::to_writer_pretty(&mut *out, &document)?;
    writeln!(out)
}
