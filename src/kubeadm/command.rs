//! `--kubeadm-join 'kubeadm join ...'`: the command as it was pasted, read into the `JoinConfiguration` that it stands for.
//! It is not run.

use crate::fact::did_you_mean;
use std::collections::BTreeMap;
use std::iter::Peekable;
use std::slice::Iter;

use super::flags::{FLAGS, Flag, Takes, nearest, of_field};
use super::shell_words::words;
use super::{ConfigWarning, Document, Finding, Kubeadm, Topic, syntax, typography};
use crate::parse::document::{Content, Node};

/// No command is longer.
const MAX_COMMAND: usize = 16 << 10;

impl Kubeadm {
    /// Reads a command.
    ///
    /// # Errors
    /// That it is no `kubeadm join`.
    pub fn join_command(text: &str) -> Result<Self, ConfigWarning> {
        let mistake = |message: &str, help: &str| ConfigWarning {
            line: 1,
            word: String::new(),
            message: message.to_owned(),
            help: Some(help.to_owned()),
        };
        let example =
            "`kubeadm join HOST:PORT --token T --discovery-token-ca-cert-hash sha256:H`, in single quotes";
        if text.len() > MAX_COMMAND {
            return Err(mistake("the command is longer than any", example));
        }
        let mut reader = Reader { wrong: typography::mistakes(text), ..Reader::default() };
        let Some(words) = words(&typography::cleaned(text)) else {
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
    has_endpoint: bool,
    /// What `--config` names.
    files: Vec<String>,
}

impl Reader {
    fn arguments(&mut self, words: &[String]) {
        let mut words = words.iter().peekable();
        while let Some(word) = words.next() {
            if word == "\\" || word == "\\n" {
                let what =
                    "a backslash that ends no line: it joins two lines only as the last character of one";
                self.wrong.push(format!("the command has {what}"));
            } else if syntax::is_token(word) {
                self.wrong.push("a token stands without its flag, write `--token` before it".into());
                self.set("discovery.bootstrapToken.token", word.clone());
            } else if word.starts_with('-') {
                self.flag(word, &mut words);
            } else if self.has_endpoint {
                self.wrong
                    .push("the command has more than one HOST:PORT, or a value without its flag".into());
            } else {
                self.has_endpoint = true;
                self.set("discovery.bootstrapToken.apiServerEndpoint", word.clone());
            }
        }
    }

    /// A flag, with its value, which may be the next word.
    fn flag(&mut self, word: &str, words: &mut Peekable<Iter<'_, String>>) {
        let (name, value) = word.split_once('=').map_or((word, None), |(name, value)| (name, Some(value)));
        let known = FLAGS.iter().find(|(flag, ..)| *flag == name);
        // What a misspelt flag takes and sets is what was meant: otherwise it would be missed as well.
        let Some((flag, takes, field)) = known.or_else(|| self.unknown(name)) else {
            let is_value = |next: &&String| {
                !next.starts_with('-')
                    && (self.has_endpoint || !matches!(syntax::host_port(next), Ok((_, Some(_)))))
            };
            if value.is_none() {
                words.next_if(is_value);
            }
            return;
        };
        let value = match (takes, value) {
            (Takes::Nothing, None) => Some("true".to_owned()),
            (_, Some(value)) => Some(value.to_owned()),
            (Takes::Value | Takes::Values, None) => words.next().cloned(),
        };
        match value {
            Some(value) if *takes != Takes::Nothing && value.starts_with("--") => {
                self.wrong.push(format!("{flag} has no value"));
            }
            Some(value) if *takes == Takes::Values => {
                for part in value.split(',') {
                    self.set(field, part.to_owned());
                }
            }
            Some(value) if *flag == "--config" => self.files.push(value),
            Some(value) if !field.is_empty() => self.set(field, value),
            Some(_) => {}
            None => self.wrong.push(format!("{flag} has no value")),
        }
    }

    fn set(&mut self, field: &'static str, value: String) {
        self.fields.entry(field).or_default().push(value);
    }

    /// The name alone is told: its value may be a secret, which is why a name that looks like one isn't told either.
    fn unknown(&mut self, name: &str) -> Option<&'static Flag> {
        let near = nearest(name);
        let name = syntax::flag_name(name);
        self.wrong.push(match near {
            Some((near, ..)) => format!("kubeadm join has no flag `{name}`; {}", did_you_mean(near)),
            None => format!("kubeadm join has no flag `{name}`"),
        });
        near
    }

    /// kubeadm refuses flags beside `--config` that a field of the file stands for (`ValidateMixedArguments`).
    fn mixed(&mut self) {
        const ALLOWED: [&str; 4] =
            ["dryRun", "nodeRegistration.ignorePreflightErrors", "nodeRegistration.name", "skipPhases"];
        let fields = self.fields.keys().filter(|field| !ALLOWED.contains(field));
        let flags: Vec<&str> = fields.filter_map(|field| of_field(field)).map(|(flag, ..)| *flag).collect();
        if !flags.is_empty() {
            self.wrong.push(format!(
                "kubeadm refuses {} beside --config: write it into the file",
                flags.join(", ")
            ));
        }
    }

    fn finish(mut self) -> Kubeadm {
        // The options of a file are not those of this command.
        let by_file = !self.files.is_empty();
        if by_file {
            self.mixed();
        }
        let remarks = self.files.iter().map(|path| ConfigWarning {
            line: 0,
            word: String::new(),
            message: format!(
                "the command names the file {}, which is not checked here: give it with --kubeadm-config",
                syntax::masked(path)
            ),
            help: None,
        });
        let remarks = remarks.collect();
        if self.fields.contains_key("discovery.file.kubeConfigPath") {
            self.fields.remove("discovery.bootstrapToken.apiServerEndpoint");
        }
        let control_plane = self.fields.remove("controlPlane").is_some_and(|values| values != ["false"]);
        let mut root = Node::unplaced(Content::Table(BTreeMap::new()));
        for (field, values) in self.fields {
            if !control_plane && field.starts_with("controlPlane") {
                self.wrong.push(format!(
                    "{} counts with --control-plane only",
                    of_field(field).map_or("", |(flag, ..)| *flag)
                ));
                continue;
            }
            put(&mut root, field, values);
        }
        if control_plane && root.at("controlPlane").is_none() {
            insert(&mut root, "controlPlane", Content::Table(BTreeMap::new()));
        }
        let findings = self.wrong.into_iter();
        let findings = findings.map(|text| syntax::without_tokens(&text));
        let findings = findings.map(|text| Finding::new(Topic::DiscoveryErrors, 0, text));
        let document = Document { kind: "JoinConfiguration", line: 0, root };
        // With `--config` and without discovery, the file holds it.
        let documents =
            if by_file && document.root.at("discovery").is_none() { vec![] } else { vec![document] };
        Kubeadm::of("--kubeadm-join".into(), documents, findings.collect(), remarks)
    }
}

fn put(root: &mut Node, field: &str, values: Vec<String>) {
    let (path, name) = field.rsplit_once('.').unwrap_or(("", field));
    let mut node = root;
    for part in path.split('.').filter(|part| !part.is_empty()) {
        let Content::Table(table) = &mut node.content else { return };
        node =
            table.entry(part.to_owned()).or_insert_with(|| Node::unplaced(Content::Table(BTreeMap::new())));
    }
    let takes = of_field(field).map_or(Takes::Value, |(_, takes, _)| *takes);
    let text = |value: String| Node::unplaced(Content::Text(value));
    let last = values.last().cloned().unwrap_or_default();
    let content = match takes {
        Takes::Values => Content::List(values.into_iter().map(text).collect()),
        Takes::Nothing => Content::Bool(last == "true"),
        Takes::Value => match last.parse() {
            Ok(number) if name == "bindPort" => Content::Integer(number),
            _ => Content::Text(last),
        },
    };
    insert(node, name, content);
}

fn insert(node: &mut Node, name: &str, content: Content) {
    if let Content::Table(table) = &mut node.content {
        table.insert(name.to_owned(), Node::unplaced(content));
    }
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
        assert!(found("kubeadm join --config kubeadm.yaml -v 5 --node-name a").is_empty());
        let by_file = Kubeadm::join_command("kubeadm join --config /root/join.yaml").unwrap();
        assert!(by_file.remarks[0].message.contains("/root/join.yaml"), "{:?}", by_file.remarks);
        assert!(
            found("kubeadm join --discovery-file /root/k.conf --tls-bootstrap-token zyxwvu.9876543210zyxwvu")
                .is_empty()
        );
    }

    #[test]
    fn what_pasting_breaks_is_told() {
        let good = format!("kubeadm join k8s:6443 --token {TOKEN} --discovery-token-ca-cert-hash {}", hash());
        for (command, said) in [
            (
                good.replace("--token", "\u{2013}token"),
                "`\u{2013}token`: its dash is U+2013, write `--token`",
            ),
            (good.replace("--token", "\u{2014}token"), "U+2014, write `--token`"),
            (
                good.replace("--token ", "--token\u{a0}"),
                "`--token`: the blank after it is U+00A0, write a plain one",
            ),
            (
                good.replace("sha256", "\u{200b}sha256"),
                "the value of `--discovery-token-ca-cert-hash`: it has U+200B, which nobody sees",
            ),
            (
                good.replace(TOKEN, "\u{201c}zyxwvu.98765\u{200b}43210zyxwvu\u{201d}"),
                "the value of `--token`: its quotation mark is U+201C",
            ),
            (good.replace(" --disc", " \\ --disc"), "a backslash that ends no line"),
            (good.replace("--token", "--tokn"), "no flag `--tokn`; did you mean `--token`?"),
            (good.replace("--token", "--zzz"), "no flag `--zzz`"),
            (good.replace(TOKEN, "zyxwvu.98"), "token is not of the form"),
            (good[..good.len() - 4].to_owned(), "--discovery-token-ca-cert-hash has 60 hexadecimal digits"),
            (good.replace("k8s:6443", "k8s"), "HOST:PORT `k8s` has no port, write `k8s:6443`"),
            (
                good.replace("k8s:6443", "https://k8s:6443"),
                "`https://k8s:6443` has a scheme, write `k8s:6443`",
            ),
            (good.replace(" k8s:6443", ""), "the command has no HOST:PORT"),
            (good.replace(" --disc", " extra --disc"), "more than one HOST:PORT"),
            (format!("{good} --certificate-key {}", "0f".repeat(32)), "counts with --control-plane only"),
            (format!("{good} --control-plane --certificate-key 0f"), "--certificate-key is not 64"),
            (
                good[..good.find(" --disc").unwrap()].to_owned(),
                "the command has no --discovery-token-ca-cert-hash",
            ),
            (format!("{good} --cri-socket"), "--cri-socket has no value"),
            (
                format!("{good} --config k.yaml"),
                "kubeadm refuses --discovery-token-ca-cert-hash, --discovery-token beside --config",
            ),
            (format!("{good} --ignore-preflight-errors=all,Swap"), "`all` excludes every other name"),
        ] {
            let found = found(&command);
            assert!(found.iter().any(|text| text.contains(said)), "{command}\n{said}\n{found:?}");
            assert!(found.iter().all(|text| !text.contains("9876543210")), "a secret: {found:?}");
        }
    }

    #[test]
    fn a_misspelt_flag_is_told_once() {
        let good = format!("kubeadm join k8s:6443 --token {TOKEN} --discovery-token-ca-cert-hash {}", hash());
        for (from, to, count) in [
            ("--token", "--tokn", 1),
            ("--token", "", 1),
            ("k8s:6443 --token", "", 2),
            ("--token", "\u{2013}token", 1),
            ("--token", "\u{2013}tokn", 2),
            ("--discovery-token-ca", "--discovery-tokn-ca", 1),
            ("k8s:6443", "--zzz abc k8s:6443", 1),
            ("k8s:6443", "k8s:6443 --zzz abc", 1),
        ] {
            let found = found(&good.replace(from, to));
            assert!(found.iter().all(|text| !text.contains("9876543210")), "a secret: {found:?}");
            assert_eq!(found.len(), count, "{to}: {found:?}");
        }
    }

    #[test]
    fn broken_tokens_are_not_shown() {
        let good = format!("kubeadm join k8s:6443 --token {TOKEN} --discovery-token-ca-cert-hash {}", hash());
        for broken in [
            "--tokenQ7W8E9.zyx4543210ZYXWVU",
            "--tokenzyxwvu.9876543210zyxwv",
            "--toknzyxwvu.9876543210zyxwvu",
            "--token:zyxwvu.9876543210zyxwvu",
            "--tokenzyxwvu9876543210zyxwvu",
            "zyxwvu.9876543210zyxwvuX",
            "zyxwvu.9876543210",
            "\u{2013}tokenzyxwvu.9876543210zyxwv",
            "--certificate-keyzyxwvu9876543210",
        ] {
            for command in
                [good.replace(&format!("--token {TOKEN}"), broken), format!("kubeadm join {broken}")]
            {
                let found = found(&command);
                assert!(!found.is_empty(), "{command}");
                for part in ["987654", "zyxwvu", "4543210", "Q7W8E9"] {
                    assert!(found.iter().all(|text| !text.contains(part)), "{command}: a secret: {found:?}");
                }
            }
        }
    }

    #[test]
    fn other_commands_are_refused() {
        for command in
            ["", "kubectl get nodes", "kubeadm init", "kubeadm join 'a", &"x".repeat(MAX_COMMAND + 1)]
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
