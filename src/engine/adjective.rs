//! Attributes that are true or false, as words: `systemd is not init` instead of `systemd init is false`.

use super::plan::{Matcher, Subject, Test};
use crate::fact::{State, Value};

/// What follows `is` or `are` of what has the attribute, or has it not.
pub(super) fn says(attribute: &str, flag: bool) -> String {
    let adjective = match attribute {
        "containerd" => "proxied by containerd",
        "cri" => "serving the CRI",
        "crio" => "proxied by CRI-O",
        "issuer-matches" => "of the authority at hand",
        "known" => "of a known version",
        "kubelet" => "proxied by the kubelet",
        "lists-types" => "listing types of files",
        "login" => "proxied for logins",
        "network_ready" => "network-ready",
        "systemd_cgroup" => "making cgroups through systemd",
        other => other,
    };
    if flag { adjective.to_owned() } else { format!("not {adjective}") }
}

/// What a test wants of such an attribute.
pub(super) fn wanted(test: &Test, negated: bool) -> Option<String> {
    let Subject::Fact { attribute: Some(attribute), .. } = &test.subject else { return None };
    let (operand, equal) = match &test.matcher {
        Matcher::Equals(operand) => (operand, !negated),
        Matcher::NotEquals(operand) => (operand, negated),
        _ => return None,
    };
    match operand {
        Subject::Constant { state: State::Known(Value::Bool(flag)), .. } => {
            Some(says(attribute, *flag == equal))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probe::{PROBES, Shape};

    /// A new one: does it read well?
    #[test]
    fn every_attribute_that_is_true_or_false_reads_well() {
        let mut sentences = Vec::new();
        for probe in PROBES {
            let Shape::Record(attributes) = probe.answer else { continue };
            for attribute in attributes.iter().filter(|attribute| attribute.shape == Shape::Bool) {
                sentences.push(format!("{} is {}", probe.name, says(attribute.name, false)));
            }
        }
        insta::assert_snapshot!(sentences.join("\n"));
    }
}
