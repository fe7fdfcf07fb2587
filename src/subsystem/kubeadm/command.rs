//! `--kubeadm-join 'kubeadm join ...'`: the command as it was pasted, read into the `JoinConfiguration` that it stands for.
//! It is not run.

use std::collections::BTreeMap;

use super::{Document, Finding, Kubeadm, Remark, Topic};
use crate::format::document::{Content, Node};

/// No command is longer.
const LONGEST: usize = 16 << 10;

#[derive(Clone, Copy, PartialEq)]
enum Takes {
    Nothing,
    Value,
    /// May be given several times, or several with commas.
    Values,
}
use Takes::{Nothing, Value, Values};

/// The flags of `kubeadm join`, with the field of a `JoinConfiguration` that each stands for.
const FLAGS: &[(&str, Takes, &str)] = &[
    ("--apiserver-advertise-address", Value, "controlPlane.localAPIEndpoint.advertiseAddress"),
    ("--apiserver-bind-port", Value, "controlPlane.localAPIEndpoint.bindPort"),
    ("--certificate-key", Value, "controlPlane.certificateKey"),
    ("--config", Value, ""),
    ("--control-plane", Nothing, "controlPlane"),
    ("--cri-socket", Value, "nodeRegistration.criSocket"),
    ("--discovery-file", Value, "discovery.file.kubeConfigPath"),
    ("--discovery-token", Value, "discovery.bootstrapToken.token"),
    ("--discovery-token-ca-cert-hash", Values, "discovery.bootstrapToken.caCertHashes"),
    (
        "--discovery-token-unsafe-skip-ca-verification",
        Nothing,
        "discovery.bootstrapToken.unsafeSkipCAVerification",
    ),
    ("--dry-run", Nothing, "dryRun"),
    ("--help", Nothing, ""),
    ("--ignore-preflight-errors", Values, "nodeRegistration.ignorePreflightErrors"),
    ("--kubeconfig", Value, ""),
    ("--node-name", Value, "nodeRegistration.name"),
    ("--patches", Value, "patches.directory"),
    ("--rootfs", Value, ""),
    ("--skip-phases", Values, "skipPhases"),
    ("--tls-bootstrap-token", Value, "discovery.tlsBootstrapToken"),
    ("--token", Value, "discovery.bootstrapToken.token"),
    ("-h", Nothing, ""),
    ("-v", Value, ""),
    ("--v", Value, ""),
];

impl Kubeadm {
    /// Reads a command.
    ///
    /// # Errors
    /// That it is no `kubeadm join`.
    pub fn join_command(text: &str) -> Result<Self, Remark> {
        let mistake = |message: &str, help: &str| Remark {
            line: 1,
            word: String::new(),
            message: message.to_owned(),
            help: Some(help.to_owned()),
        };
        let example =
            "`kubeadm join HOST:PORT --token T --discovery-token-ca-cert-hash sha256:H`, in single quotes";
        if text.len() > LONGEST {
            return Err(mistake("the command is longer than any", example));
        }
        let mut reader = Reader::default();
        let clean = reader.cleaned(text);
        let Some(words) = words(&clean) else {
            return Err(mistake("a quotation mark of the command is not closed", example));
        };
        let mut words = words.into_iter().skip_while(|word| word == "sudo" || word.contains('='));
        let program = words.next().unwrap_or_default();
        let is_kubeadm = program.rsplit('/').next() == Some("kubeadm");
        if !is_kubeadm || words.next().as_deref() != Some("join") {
            return Err(mistake("the command does not begin with `kubeadm join`", example));
        }
        reader.arguments(&words.collect::<Vec<_>>());
        Ok(reader.finish())
    }
}

#[derive(Default)]
struct Reader {
    fields: BTreeMap<&'static str, Vec<String>>,
    wrong: Vec<String>,
}

impl Reader {
    /// The command with plain characters, as it was meant; what a web page or word processor made of them is told.
    fn cleaned(&mut self, text: &str) -> String {
        let mut clean = String::with_capacity(text.len());
        let mut told: Vec<char> = Vec::new();
        let mut tell = |c: char, what: &str, wrong: &mut Vec<String>| {
            if !told.contains(&c) {
                told.push(c);
                wrong.push(format!("the command has {what} (U+{:04X})", u32::from(c)));
            }
        };
        for c in text.chars() {
            match c {
                '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{fe58}' | '\u{fe63}' | '\u{ff0d}' => {
                    tell(c, "a dash that is not `-`", &mut self.wrong);
                    clean.push('-');
                    // A word processor makes one long dash of two.
                    if matches!(c, '\u{2013}'..='\u{2015}') && !clean.ends_with("--") {
                        clean.push('-');
                    }
                }
                '\u{2018}'..='\u{201f}' | '\u{00ab}' | '\u{00bb}' => {
                    tell(c, "a quotation mark that the shell does not know", &mut self.wrong);
                }
                '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}' | '\u{00ad}' | '\u{202a}'..='\u{202e}' => {
                    tell(c, "a character that nobody sees", &mut self.wrong);
                }
                '\u{00a0}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{3000}' => {
                    tell(c, "a blank that the shell takes for a letter", &mut self.wrong);
                    clean.push(' ');
                }
                c => clean.push(c),
            }
        }
        clean
    }

    fn arguments(&mut self, words: &[String]) {
        let mut words = words.iter();
        let mut endpoint = false;
        while let Some(word) = words.next() {
            if word == "\\" || word == "\\n" {
                let what =
                    "a backslash that ends no line: it joins two lines only as the last character of one";
                self.wrong.push(format!("the command has {what}"));
                continue;
            }
            if !word.starts_with('-') {
                if endpoint {
                    self.wrong
                        .push("the command has more than one HOST:PORT, or a value without its flag".into());
                } else {
                    endpoint = true;
                    self.set("discovery.bootstrapToken.apiServerEndpoint", word.clone());
                }
                continue;
            }
            let (name, value) =
                word.split_once('=').map_or((word.as_str(), None), |(name, value)| (name, Some(value)));
            let Some((flag, takes, field)) = FLAGS.iter().find(|(flag, ..)| *flag == name) else {
                self.unknown(name);
                continue;
            };
            let value = match (takes, value) {
                (Nothing, None) => Some("true".to_owned()),
                (_, Some(value)) => Some(value.to_owned()),
                (Value | Values, None) => words.next().cloned(),
            };
            match value {
                Some(value) if *takes != Nothing && value.starts_with("--") => {
                    self.wrong.push(format!("{flag} has no value"));
                }
                Some(value) if *takes == Values => {
                    for part in value.split(',') {
                        self.set(field, part.to_owned());
                    }
                }
                Some(value) => self.set(field, value),
                None => self.wrong.push(format!("{flag} has no value")),
            }
        }
    }

    fn set(&mut self, field: &'static str, value: String) {
        self.fields.entry(field).or_default().push(value);
    }

    /// The name alone is told: its value may be a secret, which is why a name that looks like one isn't told either.
    fn unknown(&mut self, name: &str) {
        let closeness = |flag: &str| strsim::damerau_levenshtein(name, flag);
        let best = FLAGS.iter().map(|(flag, ..)| (closeness(flag), *flag)).min();
        let near = best.filter(|(distance, flag)| name.len() < 100 && *distance <= 1 + flag.len() / 5);
        let name = super::syntax::masked(name);
        self.wrong.push(match near {
            Some((_, near)) => format!("kubeadm join has no flag `{name}`; did you mean `{near}`?"),
            None => format!("kubeadm join has no flag `{name}`"),
        });
    }

    fn finish(mut self) -> Kubeadm {
        // The options of a file are not those of this command.
        let by_file = self.fields.remove("").is_some();
        if self.fields.contains_key("discovery.file.kubeConfigPath") {
            self.fields.remove("discovery.bootstrapToken.apiServerEndpoint");
        }
        let control_plane = self.fields.remove("controlPlane").is_some_and(|values| values != ["false"]);
        let mut root = Node { line: None, content: Content::Table(BTreeMap::new()) };
        for (field, values) in self.fields {
            if !control_plane && field.starts_with("controlPlane") {
                self.wrong.push(format!("{} counts with --control-plane only", flag_of(field)));
                continue;
            }
            put(&mut root, field, values);
        }
        if control_plane && root.at("controlPlane").is_none() {
            insert(&mut root, "controlPlane", Content::Table(BTreeMap::new()));
        }
        let findings = self.wrong.into_iter();
        let findings = findings.map(|text| Finding { topic: Topic::DiscoveryErrors, line: 0, text });
        let document = Document { kind: "JoinConfiguration", line: 0, root };
        // With `--config` and without discovery, the file holds it.
        let documents =
            if by_file && document.root.at("discovery").is_none() { vec![] } else { vec![document] };
        Kubeadm::of("--kubeadm-join".into(), documents, findings.collect(), Vec::new())
    }
}

fn flag_of(field: &str) -> &'static str {
    FLAGS.iter().find(|(_, _, known)| *known == field).map_or("", |(flag, ..)| *flag)
}

fn put(root: &mut Node, field: &str, values: Vec<String>) {
    let (path, name) = field.rsplit_once('.').unwrap_or(("", field));
    let mut node = root;
    for part in path.split('.').filter(|part| !part.is_empty()) {
        let Content::Table(table) = &mut node.content else { return };
        node = table
            .entry(part.to_owned())
            .or_insert_with(|| Node { line: None, content: Content::Table(BTreeMap::new()) });
    }
    let takes = FLAGS.iter().find(|(_, _, known)| *known == field).map_or(Value, |(_, takes, _)| *takes);
    let text = |value: String| Node { line: None, content: Content::Text(value) };
    let last = values.last().cloned().unwrap_or_default();
    let content = match takes {
        Values => Content::List(values.into_iter().map(text).collect()),
        Nothing => Content::Bool(last == "true"),
        Value => match last.parse() {
            Ok(number) if name == "bindPort" => Content::Integer(number),
            _ => Content::Text(last),
        },
    };
    insert(node, name, content);
}

fn insert(node: &mut Node, name: &str, content: Content) {
    if let Content::Table(table) = &mut node.content {
        table.insert(name.to_owned(), Node { line: None, content });
    }
}

/// The words of a command line: blanks separate, quotation marks keep together, a backslash ends a line or keeps one
/// character. None if a quotation mark is not closed.
fn words(text: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    let mut letters = text.chars().peekable();
    while let Some(c) = letters.next() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (None, '\'' | '"') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None, '\\') => match letters.peek() {
                Some('\n') => drop(letters.next()),
                Some('\r') => drop((letters.next(), letters.next_if_eq(&'\n'))),
                // A blank after it: the shell would take it for a letter, the writer meant the end of a line.
                Some(c) if c.is_whitespace() => {
                    words.extend(word.take());
                    words.push("\\".into());
                }
                Some(_) => word.get_or_insert_default().extend(letters.next()),
                None => {}
            },
            (None, c) if c.is_whitespace() => words.extend(word.take()),
            (_, c) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    quote.is_none().then_some(words)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::Target;
    use super::*;

    const TOKEN: &str = "zyxwvu.9876543210zyxwvu";

    fn hash() -> String {
        format!("sha256:{}", "0a".repeat(32))
    }

    fn found(command: &str) -> Vec<String> {
        let kubeadm = Kubeadm::join_command(command).unwrap();
        kubeadm.findings.iter().map(|finding| finding.text.clone()).collect()
    }

    #[test]
    fn a_whole_command_sets_the_variables_of_a_join() {
        let command = format!(
            "sudo kubeadm join k8s.example.com:6443 --token {TOKEN} \\\n\t--discovery-token-ca-cert-hash {} \\\r\n \
             --control-plane --certificate-key={} --node-name 'cp2' --apiserver-bind-port 7443 \\",
            hash(),
            "0f".repeat(32),
        );
        assert_eq!(found(&command), [""; 0]);
        let kubeadm = Kubeadm::join_command(&command).unwrap();
        let set: Vec<String> = kubeadm
            .settings(Some(Target::Join))
            .into_iter()
            .map(|s| format!("{}={}", s.name, s.value))
            .collect();
        let expected =
            ["role=control-plane", "node-name=cp2", "endpoint=k8s.example.com:6443", "bind-port=7443"];
        assert_eq!(set, expected);
        let worker =
            format!("kubeadm join 10.0.0.1:6443 --token {TOKEN} --discovery-token-ca-cert-hash {}", hash());
        let set = Kubeadm::join_command(&worker).unwrap().settings(None);
        assert_eq!(
            (set[0].name, set[0].value.as_str(), set[0].origin.to_string().as_str()),
            ("role", "worker", "--kubeadm-join")
        );
        assert!(found("kubeadm join --config kubeadm.yaml").is_empty());
        assert!(
            found("kubeadm join --discovery-file /root/k.conf --tls-bootstrap-token zyxwvu.9876543210zyxwvu")
                .is_empty()
        );
    }

    #[test]
    fn what_pasting_breaks_is_told() {
        let good = format!("kubeadm join k8s:6443 --token {TOKEN} --discovery-token-ca-cert-hash {}", hash());
        for (command, said) in [
            (good.replace("--token", "\u{2013}token"), "a dash that is not `-` (U+2013)"),
            (good.replace("--token", "\u{2014}token"), "(U+2014)"),
            (good.replace("--token ", "--token\u{a0}"), "a blank that the shell takes for a letter (U+00A0)"),
            (good.replace("sha256", "\u{200b}sha256"), "a character that nobody sees (U+200B)"),
            (good.replace(TOKEN, "\u{201c}zyxwvu.9876543210zyxwvu\u{201d}"), "quotation mark"),
            (good.replace(" --disc", " \\ --disc"), "a backslash that ends no line"),
            (good.replace("--token", "--tokn"), "no flag `--tokn`; did you mean `--token`?"),
            (good.replace("--token", "--zzz"), "no flag `--zzz`"),
            (good.replace(TOKEN, "zyxwvu.98"), "token is not of the form"),
            (good[..good.len() - 4].to_owned(), "60 hexadecimal digits"),
            (good.replace("k8s:6443", "k8s"), "has no port"),
            (good.replace("k8s:6443", "https://k8s:6443"), "has a scheme"),
            (good.replace(" k8s:6443", ""), "has no apiServerEndpoint"),
            (good.replace(" --disc", " extra --disc"), "more than one HOST:PORT"),
            (format!("{good} --certificate-key {}", "0f".repeat(32)), "counts with --control-plane only"),
            (format!("{good} --control-plane --certificate-key 0f"), "certificateKey is not 64"),
            (good[..good.find(" --disc").unwrap()].to_owned(), "has no caCertHashes"),
            (format!("{good} --cri-socket"), "--cri-socket has no value"),
        ] {
            let found = found(&command);
            assert!(found.iter().any(|text| text.contains(said)), "{command}\n{said}\n{found:?}");
            assert!(found.iter().all(|text| !text.contains("9876543210")), "a secret: {found:?}");
        }
    }

    #[test]
    fn other_commands_are_refused() {
        for command in ["", "kubectl get nodes", "kubeadm init", "kubeadm join 'a", &"x".repeat(LONGEST + 1)]
        {
            assert!(Kubeadm::join_command(command).is_err(), "{command}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_an_answer_without_its_token(text in "(\\PC|[-=\\\\ \n'\"]){0,60}") {
            if let Ok(kubeadm) = Kubeadm::join_command(&format!("kubeadm join {text} --token {TOKEN}")) {
                for finding in &kubeadm.findings {
                    prop_assert!(!finding.text.contains(TOKEN), "{}", finding.text);
                }
                drop(kubeadm.settings(None));
            }
        }
    }
}
