//! What `kubeadm upgrade` refuses of its configuration beside the forms of single values: patches without a directory,
//! `all` among ignored checks, unknown phases, versions that it doesn't upgrade to.
//!
//! `ValidateUpgradeConfiguration`, `ValidateIgnorePreflightErrors` (`apis/kubeadm/validation`), `computePhaseRunFlags`
//! (`cmd/phases/workflow/runner.go`), `detectUnstableVersionError` (`phases/upgrade/policy.go`).

use super::{Finding, Kubeadm, Topic};
use crate::component::kubeadm::form;
use crate::component::kubeadm::value_table::UPGRADE_PHASES;
use crate::parse::document::{Content, Node};

const UPGRADE: &str = "UpgradeConfiguration";

pub(super) fn check(kubeadm: &Kubeadm, findings: &mut Vec<Finding>) {
    if kubeadm.document(UPGRADE).is_none() {
        return;
    }
    for part in ["apply", "node", "plan"] {
        ignored_checks(kubeadm, part, findings);
    }
    for (part, phases) in UPGRADE_PHASES {
        empty_patches(kubeadm, part, findings);
        for phase in kubeadm.texts(UPGRADE, &format!("{part}.skipPhases")) {
            if !phases.contains(&phase.text) {
                let text =
                    format!("{part}.skipPhases: `kubeadm upgrade {part}` has no phase `{}`", phase.text);
                findings.push(Finding::new(Topic::UpgradeErrors, phase.line, text));
            }
        }
    }
    unstable(kubeadm, findings);
}

/// Patches are a table with a directory, which must be an absolute path; an empty one is none.
fn empty_patches(kubeadm: &Kubeadm, part: &str, findings: &mut Vec<Finding>) {
    let field = format!("{part}.patches");
    let Some(Node { content: Content::Table(patches), line }) =
        kubeadm.document(UPGRADE).and_then(|document| document.root.at(&field))
    else {
        return;
    };
    let is_empty = match patches.get("directory").map(|node| &node.content) {
        Some(Content::Text(path)) => path.is_empty(),
        Some(Content::Null) | None => true,
        // Of another type, which is a finding of its own.
        Some(_) => false,
    };
    if is_empty {
        let text = format!("{field}.directory is empty, and must be an absolute path");
        findings.push(Finding::new(Topic::UpgradeErrors, line.unwrap_or(1), text));
    }
}

/// `all` excludes every other name.
fn ignored_checks(kubeadm: &Kubeadm, part: &str, findings: &mut Vec<Finding>) {
    let field = format!("{part}.ignorePreflightErrors");
    let names = kubeadm.texts(UPGRADE, &field);
    let is_all = |name: &str| name.eq_ignore_ascii_case("all");
    let Some(all) = names.iter().find(|name| is_all(name.text)) else { return };
    if names.iter().any(|name| !is_all(name.text)) {
        let text = format!("{field}: `all` excludes every other name");
        findings.push(Finding::new(Topic::UpgradeErrors, all.line, text));
    }
}

/// A version before its release is refused unless it is allowed, or the upgrade forced.
fn unstable(kubeadm: &Kubeadm, findings: &mut Vec<Finding>) {
    let Some(document) = kubeadm.document(UPGRADE) else { return };
    let is_on = |field: &str| document.root.is_true_at(field);
    let Some(version) = kubeadm.text(UPGRADE, "apply.kubernetesVersion") else { return };
    let number = version.text.split('+').next().unwrap_or_default();
    let Some((_, stage)) = number.split_once('-').filter(|_| form::is_version(version.text)) else { return };
    let is_allowed = is_on("apply.allowExperimentalUpgrades")
        || is_on("apply.forceUpgrade")
        || (stage.starts_with("rc") && is_on("apply.allowRCUpgrades"));
    if !is_allowed {
        let allow = if stage.starts_with("rc") { "allowRCUpgrades" } else { "allowExperimentalUpgrades" };
        let text =
            format!("apply.kubernetesVersion `{}` is no release: it needs apply.{allow}", version.text);
        findings.push(Finding::new(Topic::UpgradeErrors, version.line, text));
    }
}
