//! `kubeadm-finding:WORD`: what is wrong with the configuration that the user gives kubeadm.

use super::{BOTH, Key, KeySyntax, KeyWords, Probe, Shape};
use crate::fact::KeyWord;
use crate::fact::{Fact, Moment};
use crate::kubeadm;
use crate::subsystem::Subsystems;
use crate::subsystem::node::kubeadm_files;
use crate::subsystem::node::kubelet::given;

/// Findings that are not about the text alone.
const MISSING_FILES: KeyWord = KeyWord::new(
    "missing-files",
    "missingFiles",
    "Paths that kubeadm needs (certificates of an external etcd, patches, a discovery file, resolvConf of the kubelet) and that \
     the host lacks.",
);

/// What the kubelet will refuse of it, judged with the version that is installed.
const KUBELET_ERRORS: KeyWord = KeyWord::new(
    "kubelet-errors",
    "kubelet-errors",
    "Why the kubelet will exit once kubeadm has started it: values of its `KubeletConfiguration` that kubeadm takes and the \
     kubelet doesn't, and flags in `kubeletExtraArgs` that are gone or have wrong values.",
);

pub(super) static WORDS: KeyWords = KeyWords { noun: "finding", all };

pub(super) static PROBE: Probe = Probe {
    name: "kubeadm-finding",
    summary: "What is wrong with the configuration that kubeadm will be given: a list of one kind, which is empty if all is well.",
    details: "Of the file of `--kubeadm-config`, or the command of `--kubeadm-join`. The same at both moments; absent without these options.",
    key: KeySyntax::Word(&WORDS),
    answer: Shape::List(&Shape::Text),
    moments: BOTH,
    examples: &["network-errors", "unknown-fields"],
    ask,
};

fn ask(subsystems: &Subsystems<'_>, key: &Key, moment: Moment) -> Fact {
    match subsystems.kubeadm() {
        Some(kubeadm) if key.as_str() == MISSING_FILES.word => {
            kubeadm_files::missing(kubeadm, subsystems, moment)
        }
        Some(kubeadm) if key.as_str() == KUBELET_ERRORS.word => given::errors(kubeadm, subsystems),
        Some(kubeadm) => {
            let installed = kubeadm_files::installed(subsystems);
            kubeadm.finding(key.as_str(), &installed).unwrap_or_else(Fact::absent)
        }
        None => Fact::absent(),
    }
}

fn all() -> Vec<&'static KeyWord> {
    let mut all: Vec<_> = kubeadm::findings().chain([&KUBELET_ERRORS, &MISSING_FILES]).collect();
    all.sort_unstable_by_key(|word| word.word);
    all
}
