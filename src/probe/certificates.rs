//! `certificates:QUESTION`: what is wrong with any certificate of a node.

use super::key::KeyKind;
use super::{BOTH, Key, KeySyntax, Probe, Shape};
use crate::fact::{Fact, Moment};
use crate::subsystem::Subsystems;
use crate::subsystem::node::certificates;

const QUESTIONS: [&str; 5] = ["early", "expired", "foreign", "mismatched", "unusable"];

/// A hundred years.
const MAX_DAYS: u32 = 36_500;

pub(super) static PROBE: Probe = Probe {
    name: "certificates",
    summary: "Those certificates of a cluster's node of which something is to be told.",
    details: "\
The key is a number of days, or a word:

- `DAYS`: those that end within so many days or have ended. One of a short life counts in the last third of it; the kubelet's \
  client certificate, which it renews by itself, in the last tenth.
- `early`: those that are not valid yet.
- `expired`: those that have ended, without the kubelet's serving certificate, which API servers don't check by default.
- `foreign`: those that were not issued by the authority which kubeadm has sign them, and kubeconfigs that trust another \
  authority than /etc/kubernetes/pki/ca.crt.
- `mismatched`: private keys that aren't those of their certificates, in /etc/kubernetes/pki and /var/lib/kubelet/pki.
- `unusable`: files that are there and hold no certificate, such as empty ones, and kubeconfigs that name a certificate which isn't \
  there.

Looked at are the certificates in /etc/kubernetes/pki and its directory etcd, those in the kubeconfigs of /etc/kubernetes with \
their authorities, and the kubelet's in /var/lib/kubelet/pki, as far as they are there. The clock is that of \
the running system at both moments. The probe `certificate` tells all about a single one.",
    key: KeySyntax::Required(&KeyKind { noun: "number of days or question", canonical }),
    answer: Shape::List(&Shape::Text),
    moments: BOTH,
    examples: &["30", "early", "expired", "foreign", "mismatched", "unusable"],
    ask,
};

fn canonical(text: &str) -> Result<String, String> {
    match text.parse::<u32>() {
        Ok(days) if days <= MAX_DAYS => Ok(days.to_string()),
        Ok(_) => Err(format!("`{text}` days are more than a century")),
        Err(_) if QUESTIONS.contains(&text) => Ok(text.to_owned()),
        Err(_) => {
            let questions = QUESTIONS.join(", ");
            Err(format!("`{text}` is neither a number of days nor one of {questions}"))
        }
    }
}

fn ask(subsystems: &Subsystems<'_>, key: &Key, _moment: Moment) -> Fact {
    match key.as_str() {
        "early" => certificates::early(subsystems),
        "expired" => certificates::expired(subsystems),
        "foreign" => certificates::foreign(subsystems),
        "mismatched" => certificates::mismatched(subsystems),
        "unusable" => certificates::unusable(subsystems),
        days => days.parse().map_or_else(
            |_| Fact::unknown("this is no number of days"),
            |days| certificates::ending(subsystems, days),
        ),
    }
}
