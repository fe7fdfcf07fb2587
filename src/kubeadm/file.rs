//! A configuration file, by the command of kubeadm that will read it: each looks at other documents.

use super::documents::{self, Written, remark};
use super::fields::Looked;
use super::{ConfigWarning, Document, Kubeadm, Target};
use crate::component::kubeadm::document_table::{
    COMPONENTS, KINDS, OF_INIT, OF_JOIN, OF_UPGRADE, OTHERS, OWN, READ, YOUNGER, last_reader,
};
use crate::fact::{did_you_mean, nearest};

/// A file that was cut into documents.
#[derive(Clone, Debug)]
pub struct File {
    path: String,
    documents: Vec<Written>,
}

impl File {
    /// Cuts the text of a file into documents as kubeadm does.
    ///
    /// # Errors
    /// Why every command of kubeadm would refuse it: no YAML, a document without `kind`, a kind twice.
    pub fn read(path: &str, text: &str) -> Result<Self, Vec<ConfigWarning>> {
        let documents = documents::read(text)?;
        Ok(File { path: path.to_owned(), documents })
    }

    /// The command that it is for: the first of [`File::targets`].
    #[must_use]
    pub fn target(&self) -> Option<Target> {
        self.targets().first().copied()
    }

    /// The commands that would take it. A document for `kubeadm upgrade` is there for nothing else, and one for
    /// `kubeadm init` may be there for `kubeadm join` as well.
    #[must_use]
    pub fn targets(&self) -> Vec<Target> {
        let kinds = [(Target::Upgrade, OF_UPGRADE), (Target::Init, OF_INIT), (Target::Join, OF_JOIN)];
        kinds.into_iter().filter(|(_, kinds)| self.has(kinds)).map(|(target, _)| target).collect()
    }

    fn has(&self, kinds: &[&str]) -> bool {
        self.documents.iter().any(|document| kinds.contains(&document.kind.as_str()))
    }

    fn has_known(&self) -> bool {
        self.documents.iter().any(|document| {
            KINDS.iter().any(|(group, kind)| *group == document.group && *kind == document.kind)
                || OF_INIT.iter().chain(OF_JOIN).chain(OF_UPGRADE).any(|kind| *kind == document.kind)
        })
    }

    /// Judges the documents that the command reads; all of them without one.
    ///
    /// # Errors
    /// Why kubeadm would refuse the file whatever its fields say: none of the command's kinds is in it, or their version
    /// is one that it doesn't read.
    pub fn judge(self, target: Option<Target>) -> Result<Kubeadm, Vec<ConfigWarning>> {
        if let Some(mistake) = self.unfit(target) {
            // A misspelt kind is why there is none.
            let misspelt = self.documents.iter().filter_map(ignored);
            return Err(std::iter::once(mistake).chain(misspelt).collect());
        }
        let mut read = Vec::new();
        let mut remarks = Vec::new();
        let mut mistakes = Vec::new();
        for document in self.documents {
            match sort(&document, target) {
                Ok(Some(kind)) => read.push((kind, document)),
                Ok(None) if target == Some(Target::Upgrade) => remarks.push(left_out(&document)),
                Ok(None) => remarks.extend(ignored(&document)),
                Err(mistake) => mistakes.push(mistake),
            }
        }
        if !mistakes.is_empty() {
            return Err(mistakes);
        }
        let mut looked = Looked::default();
        let mut documents = Vec::new();
        for (kind, Written { version, line, root, twice, .. }) in read {
            looked.twice(&twice);
            match kind {
                "KubeletConfiguration" => looked.kubelet(&root, line),
                kind => looked.own(kind, &version, &root, line),
            }
            documents.push(Document { kind, line, root });
        }
        remarks.append(&mut looked.remarks);
        remarks.sort_by_key(|remark| remark.line);
        let source = format!("--kubeadm-config {}", self.path);
        let mut kubeadm = Kubeadm::of(source, documents, looked.findings, remarks);
        kubeadm.target = target;
        Ok(kubeadm)
    }

    /// That the command would find none of its kinds.
    fn unfit(&self, target: Option<Target>) -> Option<ConfigWarning> {
        let (kinds, what, command) = match target {
            Some(Target::Init) => (OF_INIT, "neither InitConfiguration nor ClusterConfiguration", "init"),
            Some(Target::Join) => (OF_JOIN, "no JoinConfiguration", "join"),
            Some(Target::Upgrade) => (OF_UPGRADE, "no UpgradeConfiguration", "upgrade"),
            None if self.has_known() => return None,
            None => {
                let names = KINDS.iter().map(|(_, kind)| *kind).collect::<Vec<_>>().join(", ");
                let message =
                    "the file holds no configuration for `kubeadm init`, `kubeadm join` or `kubeadm upgrade`";
                let mut mistake = remark(1, "", message.to_owned());
                mistake.help = Some(format!("a document has apiVersion and kind; kinds are {names}"));
                return Some(mistake);
            }
        };
        if self.has(kinds) {
            return None;
        }
        let message = format!("the file has {what}: `kubeadm {command} --config` refuses it (kind)");
        let mut mistake = remark(1, "", message);
        if self.has_known() && self.target().is_none() {
            let kinds =
                self.documents.iter().map(|document| document.kind.as_str()).collect::<Vec<_>>().join(", ");
            mistake.help = Some(format!(
                "add a document of kind ClusterConfiguration, InitConfiguration or JoinConfiguration; `--profile node` checks {kinds} alone"
            ));
        }
        Some(mistake)
    }
}

/// The kind of a document that the command decodes, or none if it looks no further at it.
fn sort(document: &Written, target: Option<Target>) -> Result<Option<&'static str>, ConfigWarning> {
    let reads = |command: Target| target.is_none_or(|target| target == command);
    let init = reads(Target::Init);
    let is = |kinds: &[&str]| kinds.contains(&document.kind.as_str());
    let decoded = (init && is(OF_INIT))
        || (reads(Target::Join) && is(OF_JOIN))
        || (reads(Target::Upgrade) && is(OF_UPGRADE));
    if decoded && document.group != OWN {
        let message = format!("kubeadm refuses this document: {}", no_kind(document));
        let mut mistake = remark(document.api_line, &document.group, message);
        mistake.help = Some(format!("{} is of the group {OWN}, such as {OWN}/v1beta4", document.kind));
        return Err(mistake);
    }
    // init looks at the versions of all documents of its group, join at those of its own.
    if document.group == OWN && (init || decoded) {
        check_version(document, decoded)?;
    }
    let component = COMPONENTS.iter().find(|(group, _)| *group == document.group);
    if let Some((group, version)) = component.filter(|(_, version)| init && *version != document.version) {
        let mut mistake = remark(
            document.api_line,
            &document.version,
            format!("kubeadm hands on no apiVersion {}, only {group}/{version}", document.api()),
        );
        mistake.help = Some(format!("write `apiVersion: {group}/{version}`"));
        return Err(mistake);
    }
    let known = KINDS.iter().find(|(group, kind)| *group == document.group && *kind == document.kind);
    if init && component.is_some() && known.is_none() {
        let message = format!("kubeadm refuses this document: {}", no_kind(document));
        let mut mistake = remark(document.line, &document.kind, message);
        mistake.help = near(&document.group, &document.kind);
        return Err(mistake);
    }
    let is_read = decoded || (init && component.is_some());
    Ok(known.filter(|_| is_read).map(|(_, kind)| *kind))
}

fn check_version(document: &Written, decoded: bool) -> Result<(), ConfigWarning> {
    let (version, api) = (document.version.as_str(), document.api());
    let is_early =
        |first: &str| first != version && (READ.contains(&version) || last_reader(version).is_some());
    if let Some((kind, first)) =
        YOUNGER.iter().find(|(kind, first)| *kind == document.kind && is_early(first))
    {
        let message = format!(
            "kubeadm refuses this document: there is no kind `{kind}` in {api}, only in {OWN}/{first}"
        );
        let mut mistake = remark(document.api_line, version, message);
        mistake.help = Some(format!("write `apiVersion: {OWN}/{first}`"));
        return Err(mistake);
    }
    let (message, help) = match last_reader(version) {
        Some(last) => (
            format!("kubeadm reads {api} no longer: {last} was the last version that did"),
            "with a kubeadm that reads both: `kubeadm config migrate --old-config FILE --new-config FILE`",
        ),
        None if decoded && !READ.contains(&version) => (
            format!("there is no version {api} of kubeadm's configuration that this program knows"),
            "kubeadm 1.31 and later read v1beta4, 1.22 and later v1beta3",
        ),
        None => return Ok(()),
    };
    let mut mistake = remark(document.api_line, version, message);
    mistake.help = Some(help.to_owned());
    Err(mistake)
}

/// What is said of a document beside the one for `kubeadm upgrade`.
fn left_out(document: &Written) -> ConfigWarning {
    let message = format!(
        "`kubeadm upgrade` ignores this document ({}): it takes the configuration that the cluster has stored",
        document.kind
    );
    let mut told = remark(document.line, &document.kind, message);
    let is_known =
        KINDS.iter().any(|(_, kind)| *kind == document.kind) || OTHERS.contains(&document.kind.as_str());
    told.help = if is_known { None } else { near(&document.group, &document.kind) };
    told
}

/// What is said of a document that no command decodes.
fn ignored(document: &Written) -> Option<ConfigWarning> {
    let is_known = KINDS.iter().any(|(group, kind)| *group == document.group && *kind == document.kind)
        || (document.group == OWN && OTHERS.contains(&document.kind.as_str()));
    if is_known {
        return None;
    }
    let message = format!("kubeadm ignores this document: {}", no_kind(document));
    let mut told = remark(document.line, &document.kind, message);
    told.help = near(&document.group, &document.kind);
    Some(told)
}

fn no_kind(document: &Written) -> String {
    format!("there is no kind `{}` in {}", document.kind, document.api())
}

/// The kind that a misspelt one stands for, or the group that has this kind.
fn near(group: &str, kind: &str) -> Option<String> {
    if let Some((right, _)) = KINDS.iter().find(|(_, name)| *name == kind) {
        return Some(format!("{kind} is of the group {right}, this is `{group}`"));
    }
    if let Some((_, name)) = KINDS.iter().find(|(_, name)| kind.len() > 2 && name.starts_with(kind)) {
        return Some(did_you_mean(name));
    }
    nearest(kind, KINDS.iter().map(|(_, name)| *name), |_| 4).map(did_you_mean)
}
