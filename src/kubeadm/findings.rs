//! What is wrong with a configuration, as the installed kubeadm sees it.

use super::{Finding, Kubeadm, TOPICS, Target};
use crate::component::kubeadm::form;
use crate::component::kubeadm::since::{Judgement, Refusing};
use crate::component::kubeadm::value_table::Topic;
use crate::fact::{Fact, Version};

/// What is known of the installed kubeadm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Installed {
    /// Its minor version.
    Minor(u64),
    /// There is none, or nothing tells its version.
    Untold,
    /// What could tell its version can't be read, and why.
    Unread(String),
}

impl Installed {
    fn minor(&self) -> Option<u64> {
        match self {
            Installed::Minor(minor) => Some(*minor),
            Installed::Untold | Installed::Unread(_) => None,
        }
    }
}

impl Kubeadm {
    /// The finding of a word, by the installed kubeadm; none if it is no word of a finding about the text.
    #[must_use]
    pub fn finding(&self, word: &str, installed: &Installed) -> Option<Fact> {
        let (_, topic) = TOPICS.iter().find(|(known, _)| known.word == word)?;
        if let Installed::Unread(reason) = installed
            && self.depends_on_version(*topic)
        {
            return Some(Fact::unknown(format!("the version of kubeadm decides: {reason}")));
        }
        let mut found: Vec<(u32, String)> = Vec::new();
        for finding in &self.findings {
            match finding.refusing.by(installed.minor()) {
                Judgement::Refuses if finding.topic == *topic => {
                    found.push((finding.line, finding.text.clone()));
                }
                Judgement::MayRefuse if *topic == Topic::Warnings => {
                    found.push((finding.line, may_refuse(finding)));
                }
                _ => {}
            }
        }
        if *topic == Topic::EndpointErrors {
            found.extend(self.version_too_old(installed.minor()));
        }
        let placed = |(line, text): (u32, String)| (self.origin(line), text);
        Some(Fact::findings(found.into_iter().map(placed).collect()))
    }

    /// Fields at the top that have an unknown field below them.
    pub(crate) fn misspelt_parts(&self) -> Vec<&str> {
        let unknown = self.findings.iter().filter(|finding| finding.topic == Topic::UnknownFields);
        unknown.filter_map(|finding| Some(&finding.text[..finding.text.find(['.', '['])?])).collect()
    }

    /// Whether the answer differs between versions of kubeadm.
    fn depends_on_version(&self, topic: Topic) -> bool {
        let differs = |finding: &Finding| {
            finding.refusing != Refusing::ALWAYS && (finding.topic == topic || topic == Topic::Warnings)
        };
        let has_version = topic == Topic::EndpointErrors && self.cluster_version().is_some();
        has_version || self.findings.iter().any(differs)
    }

    /// The version of the cluster that `kubeadm init` is to make, its line, and its text.
    fn cluster_version(&self) -> Option<(Version, u32, &str)> {
        if self.target == Some(Target::Join) {
            return None;
        }
        let text = self.text("ClusterConfiguration", "kubernetesVersion")?;
        let version = Version::parse(text.text).filter(|_| form::is_version(text.text))?;
        Some((version, text.line, text.text))
    }

    /// kubeadm sets up its own minor version and the one before.
    fn version_too_old(&self, installed: Option<u64>) -> Option<(u32, String)> {
        let own = installed?;
        let oldest = own.checked_sub(1)?;
        let (version, line, text) = self.cluster_version()?;
        let numbers = (version.number(0), version.number(1), version.number(2));
        // A pre-release comes before its release.
        let is_early =
            numbers == (1, oldest, 0) && text.split('+').next().is_some_and(|text| text.contains('-'));
        let is_old = numbers.0 < 1 || (numbers.0 == 1 && numbers.1 < oldest);
        let what = format!("kubernetesVersion `{text}` is older than what kubeadm 1.{own} sets up");
        (is_old || is_early).then(|| (line, format!("{what}: v1.{oldest}.0 or later")))
    }
}

fn may_refuse(finding: &Finding) -> String {
    format!("{} (some versions of kubeadm exit with it)", finding.text)
}
