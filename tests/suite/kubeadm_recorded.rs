//! The tables of what kubeadm accepts, held against its recorded answers (`tests/recorded/kubeadm.toml`).

use node_preflight::fact::{State, Value};
use node_preflight::kubeadm::{File, Installed, Target};
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Recorded {
    value: Vec<Values>,
    file: Vec<Files>,
}

/// Values of one field, as they are written in YAML.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Values {
    kind: String,
    #[serde(default = "newest")]
    version: String,
    field: String,
    takes: Vec<String>,
    refuses: Vec<String>,
}

fn newest() -> String {
    "v1beta4".to_owned()
}

/// Whole files.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Files {
    says: String,
    target: String,
    answer: String,
    texts: Vec<String>,
}

const INIT: &str = "apiVersion: kubeadm.k8s.io/v1beta4\nkind: InitConfiguration\n";
const CLUSTER: &str =
    "apiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\nkubernetesVersion: v1.36.2\n";
const JOIN: &str = "apiVersion: kubeadm.k8s.io/v1beta4\nkind: JoinConfiguration\n\
    discovery: {bootstrapToken: {token: abcdef.0123456789abcdef, apiServerEndpoint: '10.0.0.1:6443', \
    unsafeSkipCAVerification: true}}\n";
const UPGRADE: &str = "apiVersion: kubeadm.k8s.io/v1beta4\nkind: UpgradeConfiguration\n";
/// What stops kubeadm.
const ERRORS: [&str; 7] = [
    "discovery-errors",
    "endpoint-errors",
    "etcd-errors",
    "network-errors",
    "node-errors",
    "upgrade-errors",
    "value-errors",
];

fn recorded() -> Recorded {
    toml::from_str(include_str!("../recorded/kubeadm.toml")).unwrap()
}

/// What kubeadm 1.36 makes of a file, by the tables: an answer, and why.
fn answer(text: &str, target: Target) -> (&'static str, String) {
    let kubeadm = match File::read("k.yaml", text).and_then(|file| file.judge(Some(target))) {
        Ok(kubeadm) => kubeadm,
        Err(remarks) => return ("refuses", format!("{remarks:?}")),
    };
    let found = |word: &str| match kubeadm.finding(word, &Installed::Minor(36)).unwrap().state {
        State::Known(Value::List(found)) => found,
        other => panic!("{word}: {other:?}"),
    };
    let errors: Vec<Value> = ERRORS.iter().flat_map(|word| found(word)).collect();
    if !errors.is_empty() {
        return ("refuses", format!("{errors:?}"));
    }
    let warns =
        !kubeadm.remarks.is_empty() || !found("warnings").is_empty() || !found("unknown-fields").is_empty();
    (if warns { "warns" } else { "takes" }, format!("{:?} {:?}", kubeadm.remarks, found("warnings")))
}

/// A file in which a field has a value.
fn with(values: &Values, value: &str) -> (String, Target) {
    let Values { kind, version, field, .. } = values;
    let mut body = String::new();
    let mut margin = String::new();
    let mut names = field.split('.').peekable();
    while let Some(name) = names.next() {
        let end = if names.peek().is_some() { String::new() } else { format!(" {value}") };
        body.push_str(&format!("{margin}{name}:{end}\n"));
        margin.push_str("  ");
    }
    match kind.as_str() {
        "KubeletConfiguration" => (
            format!("{CLUSTER}---\napiVersion: kubelet.config.k8s.io/v1beta1\nkind: {kind}\n{body}"),
            Target::Init,
        ),
        "KubeProxyConfiguration" => (
            format!("{CLUSTER}---\napiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: {kind}\n{body}"),
            Target::Init,
        ),
        "JoinConfiguration" if field == "discovery" => {
            (format!("apiVersion: kubeadm.k8s.io/{version}\nkind: {kind}\n{body}"), Target::Join)
        }
        "JoinConfiguration" => (format!("{JOIN}{body}"), Target::Join),
        "UpgradeConfiguration" => (format!("{UPGRADE}{body}"), Target::Upgrade),
        _ => (format!("apiVersion: kubeadm.k8s.io/{version}\nkind: {kind}\n{body}"), Target::Init),
    }
}

#[test]
fn each_value_is_taken_or_refused_as_kubeadm_does() {
    let mut wrong = Vec::new();
    for values in recorded().value {
        let both = [(&values.takes, false), (&values.refuses, true)];
        for (value, refuses) in
            both.into_iter().flat_map(|(list, refuses)| list.iter().map(move |v| (v, refuses)))
        {
            let (text, target) = with(&values, value);
            let (answer, why) = answer(&text, target);
            if (answer == "refuses") != refuses {
                wrong.push(format!("{} {}: {value}: {answer} {why}", values.kind, values.field));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn each_file_is_taken_warned_of_or_refused_as_kubeadm_does() {
    let mut wrong = Vec::new();
    for files in recorded().file {
        let target = match files.target.as_str() {
            "init" => Target::Init,
            "join" => Target::Join,
            _ => Target::Upgrade,
        };
        for text in &files.texts {
            let documents = [("INIT", INIT), ("JOIN", JOIN), ("CLUSTER", CLUSTER), ("UPGRADE", UPGRADE)];
            let whole =
                documents.iter().fold(text.clone(), |text, (word, document)| text.replace(word, document));
            let (answer, why) = answer(&whole, target);
            if answer != files.answer {
                wrong.push(format!("{}: {text:?}: {answer} {why}", files.says));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
