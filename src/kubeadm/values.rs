//! Each value by the table of values; flags without a name, feature gates, tokens.

use super::{Finding, Kubeadm, Topic, syntax};
use crate::component::kubeadm::gate_table;
use crate::component::kubeadm::since::Refusing;
use crate::component::kubeadm::value_table::{FLAGS, NAMELESS_FLAG, NEW_ALGORITHM, Row, VALUES};
use crate::parse::document::{Content, Node};
use crate::parse::go_duration;

const INIT: &str = "InitConfiguration";
const CLUSTER: &str = "ClusterConfiguration";

pub(super) fn check(kubeadm: &Kubeadm, findings: &mut Vec<Finding>) {
    for row in VALUES {
        if let Some(document) = kubeadm.document(row.kind) {
            each(&document.root, row.field, document.line, &mut |node, line| {
                findings.extend(judge(row, node, line));
            });
        }
    }
    flags(kubeadm, findings);
    gates(kubeadm, findings);
    tokens(kubeadm, findings);
    algorithm(kubeadm, findings);
    sockets(kubeadm, findings);
    validity(kubeadm, findings);
    for kind in super::KINDS_OF_NODES {
        ignored_checks(kubeadm, kind, findings);
    }
}

fn judge(row: &Row, node: &Node, line: u32) -> Option<Finding> {
    let in_list = row.field.ends_with("[]");
    let (shown, mistake) = match &node.content {
        // Unset; an item of a list is one all the same.
        Content::Text(text) if text.is_empty() && !in_list => return None,
        Content::Null if in_list => (String::new(), row.form.mistake("")?),
        Content::Text(text) => (syntax::without_tokens(text), row.form.mistake(text)?),
        Content::Integer(number) => (number.to_string(), row.form.number_mistake(*number)?),
        _ => return None,
    };
    let field = row.field.trim_end_matches("[]");
    // The last part says enough where it is the whole name that people know it by.
    let name = match field.rsplit_once('.') {
        Some((
            "nodeRegistration"
            | "networking"
            | "localAPIEndpoint"
            | "controlPlane.localAPIEndpoint"
            | "controlPlane",
            last,
        )) => last,
        _ => field,
    };
    // A command has flags, not fields.
    let name = if line == 0 && row.form.is_secret() { "--certificate-key" } else { name };
    let text = if row.form.is_secret() {
        format!("{name} {mistake}")
    } else {
        format!("{name} `{shown}` {mistake}")
    };
    Some(Finding { refusing: row.refusing, ..Finding::new(row.topic, line, text) })
}

/// Calls with every node at a dotted path; `[]` stands for the items of a list.
fn each<'n>(node: &'n Node, path: &str, line: u32, call: &mut dyn FnMut(&'n Node, u32)) {
    let Some((field, rest)) = path.split_once("[]") else {
        if let Some(found) = node.at(path) {
            call(found, found.line.unwrap_or(line));
        }
        return;
    };
    let Some(Node { content: Content::List(items), line: at }) = node.at(field) else { return };
    for item in items {
        let line = item.line.or(*at).unwrap_or(line);
        match rest.strip_prefix('.') {
            Some(rest) => each(item, rest, line, call),
            None => call(item, line),
        }
    }
}

/// Each flag has a name, in both forms of lists of flags.
fn flags(kubeadm: &Kubeadm, findings: &mut Vec<Finding>) {
    for (kind, field, topic) in FLAGS {
        let Some(document) = kubeadm.document(kind) else { continue };
        let mut refuse = |line: Option<u32>| {
            let text = format!("{field}: an argument has no name");
            let finding = Finding::new(*topic, line.unwrap_or(document.line), text);
            findings.push(Finding { refusing: NAMELESS_FLAG, ..finding });
        };
        match document.root.at(field).map(|node| &node.content) {
            Some(Content::Table(table)) => {
                table.get("").into_iter().for_each(|value| refuse(value.line));
            }
            Some(Content::List(items)) => {
                let is_nameless = |item: &&Node| match item.at("name").map(|name| &name.content) {
                    Some(Content::Text(name)) => name.is_empty(),
                    Some(Content::Null) | None => matches!(item.content, Content::Table(_) | Content::Null),
                    // Of another type, which is told already.
                    Some(_) => false,
                };
                items.iter().filter(is_nameless).for_each(|item| refuse(item.line));
            }
            _ => {}
        }
    }
}

/// kubeadm knows a few gates of its own; all others stop it.
fn gates(kubeadm: &Kubeadm, findings: &mut Vec<Finding>) {
    let gates = kubeadm.document(CLUSTER).and_then(|document| document.root.at("featureGates"));
    let Some(Content::Table(gates)) = gates.map(|node| &node.content) else { return };
    for (gate, node) in gates {
        let text = format!(
            "featureGates: `{gate}` is no feature gate of kubeadm; gates of components go to their flags"
        );
        let finding = Finding::new(Topic::ValueErrors, node.line.unwrap_or(1), text);
        findings.push(Finding { refusing: gate_table::refusing(gate), ..finding });
    }
}

/// What the fields of a bootstrap token say together.
fn tokens(kubeadm: &Kubeadm, findings: &mut Vec<Finding>) {
    let tokens = kubeadm.document(INIT).and_then(|document| document.root.at("bootstrapTokens"));
    let Some(Content::List(tokens)) = tokens.map(|node| &node.content) else { return };
    for item in tokens {
        let set = |name: &str| item.at(name).filter(|node| node.content != Content::Null);
        let line = item.line.unwrap_or(1);
        if let Some(expires) = set("expires") {
            let text = "bootstrapTokens: a token with expires is refused: kubeadm gives each a ttl, 24h if it has none"
                .to_owned();
            findings.push(Finding::new(Topic::DiscoveryErrors, expires.line.unwrap_or(line), text));
        }
        let usages = match set("usages").map(|node| &node.content) {
            Some(Content::List(items)) if !items.is_empty() => Some(items),
            _ => None,
        };
        let authenticates = usages.is_none_or(|usages| {
            usages.iter().any(|usage| usage.content == Content::Text("authentication".to_owned()))
        });
        // Without groups it gets the default one.
        if !authenticates {
            let text = "bootstrapTokens: a token of a group needs the usage authentication".to_owned();
            findings.push(Finding {
                refusing: Refusing::since(31),
                ..Finding::new(Topic::DiscoveryErrors, line, text)
            });
        }
    }
}

/// A newer algorithm, and the versions that don't know it.
fn algorithm(kubeadm: &Kubeadm, findings: &mut Vec<Finding>) {
    let (name, refusing) = NEW_ALGORITHM;
    if let Some(text) = kubeadm.text(CLUSTER, "encryptionAlgorithm").filter(|text| text.text == name) {
        let finding = Finding::new(
            Topic::ValueErrors,
            text.line,
            format!("encryptionAlgorithm `{name}` needs kubeadm 1.34"),
        );
        findings.push(Finding { refusing, ..finding });
    }
}

/// Certificates that outlive the usual span, or their authority, are made with a warning.
fn validity(kubeadm: &Kubeadm, findings: &mut Vec<Finding>) {
    const HOUR: i64 = 3_600_000_000_000;
    let span = |field: &str| {
        let text = kubeadm.text(CLUSTER, field)?;
        Some((go_duration::nanoseconds(text.text)?, text.line))
    };
    let (own, authority) = (span("certificateValidityPeriod"), span("caCertificateValidityPeriod"));
    let year = 365 * 24 * HOUR;
    let mut warn = |line, text: &str| findings.push(Finding::new(Topic::Warnings, line, text.to_owned()));
    match own {
        Some((own, line)) if own > authority.map_or(10 * year, |(authority, _)| authority) => {
            warn(line, "certificateValidityPeriod is longer than the CA is valid");
        }
        Some((own, line)) if own > year => warn(line, "certificateValidityPeriod is longer than a year"),
        _ => {}
    }
    if let Some((_, line)) = authority.filter(|(authority, _)| *authority > 10 * year) {
        warn(line, "caCertificateValidityPeriod is longer than ten years");
    }
}

/// A bare path is taken, with a warning.
fn sockets(kubeadm: &Kubeadm, findings: &mut Vec<Finding>) {
    for kind in super::KINDS_OF_NODES {
        let socket = kubeadm.text(kind, "nodeRegistration.criSocket");
        if let Some(socket) = socket.filter(|socket| socket.text.starts_with('/')) {
            let text = format!("criSocket `{}` lacks unix:// in front", socket.text);
            findings.push(Finding::new(Topic::Warnings, socket.line, text));
        }
    }
}

/// `all` excludes every other name.
fn ignored_checks(kubeadm: &Kubeadm, kind: &str, findings: &mut Vec<Finding>) {
    let names = kubeadm.texts(kind, "nodeRegistration.ignorePreflightErrors");
    let all = names.iter().find(|name| name.text.eq_ignore_ascii_case("all"));
    if let Some(all) = all.filter(|_| names.iter().any(|name| !name.text.eq_ignore_ascii_case("all"))) {
        let text = "ignorePreflightErrors: `all` excludes every other name".to_owned();
        findings.push(Finding::new(Topic::NodeErrors, all.line, text));
    }
}
