//! Fields that depend on each other or on a feature gate (`ValidateKubeletConfiguration`).

use super::values::{CFS_PERIOD, RESTART_PERIOD};
use super::view::{Judgement, View};
use super::{default_table, texts};
use crate::parse::go_duration;

pub(super) fn look(view: View<'_>, found: &mut Judgement) {
    images(view, found);
    shutdown(view, found);
    gated(view, found);
    others(view, found);
}

fn images(view: View<'_>, found: &mut Judgement) {
    let (high, low) = ("imageGCHighThresholdPercent", "imageGCLowThresholdPercent");
    let (high_is, low_is) = (view.integer(high), view.integer(low));
    let or_default = |value: Option<i64>, field: &str| value.or(default_table::integer(field));
    if (high_is.is_some() || low_is.is_some()) && or_default(low_is, low) >= or_default(high_is, high) {
        let told = |value: Option<i64>, field: &str| match value {
            Some(value) => value.to_string(),
            None => format!("{} (the default)", default_table::integer(field).unwrap_or_default()),
        };
        let text = format!(
            "{low} is {}, must be less than {high}, which is {}",
            told(low_is, low),
            told(high_is, high)
        );
        found.fault(if low_is.is_some() && high_is.is_none() { low } else { high }, text);
    }
    // The field came with 1.29; before, it is unknown and ignored.
    if let Some(most) = view.span("imageMaximumGCAge").filter(|_| view.since(29)) {
        let least = view.span("imageMinimumGCAge");
        let default = || default_table::text("imageMinimumGCAge").and_then(go_duration::nanoseconds);
        let least = least.or_else(default).unwrap_or(0);
        if most < 0 || most > 0 && most <= least {
            let text = "must be 0s, or more than imageMinimumGCAge (2m0s unless set)";
            let value = view.text("imageMaximumGCAge").unwrap_or_default();
            found.fault("imageMaximumGCAge", format!("imageMaximumGCAge is {value}, {text}"));
        }
        if most != 0 && view.gate("ImageMaximumGCAge", Some(30)) == Some(false) {
            found.fault("imageMaximumGCAge", "imageMaximumGCAge needs the feature gate ImageMaximumGCAge");
        }
    }
    if view.integer("maxParallelImagePulls").is_some_and(|pulls| pulls > 1)
        && view.bool("serializeImagePulls") == Some(true)
    {
        let text = "maxParallelImagePulls above 1 needs serializeImagePulls: false";
        found.fault("maxParallelImagePulls", text);
    }
    credentials(view, found);
}

/// The policy by which pulled images are kept from pods without credentials.
fn credentials(view: View<'_>, found: &mut Judgement) {
    let policy = view.text("imagePullCredentialsVerificationPolicy").filter(|text| !text.is_empty());
    let listed = !view.list("preloadedImagesVerificationAllowlist").is_empty();
    match view.gate("KubeletEnsureSecretPulledImages", Some(35)) {
        Some(true) => {
            const POLICIES: [&str; 4] =
                ["NeverVerify", "NeverVerifyPreloadedImages", "NeverVerifyAllowlistedImages", "AlwaysVerify"];
            if let Some(word) = policy.filter(|word| !POLICIES.contains(word)) {
                let text = format!("is `{word}`, must be one of {}", POLICIES.join(", "));
                let field = "imagePullCredentialsVerificationPolicy";
                found.fault(field, format!("{field} {text}"));
            }
            if listed && policy != Some("NeverVerifyAllowlistedImages") {
                let text = "needs imagePullCredentialsVerificationPolicy: NeverVerifyAllowlistedImages";
                let field = "preloadedImagesVerificationAllowlist";
                found.fault(field, format!("{field} {text}"));
            } else {
                patterns(view, found);
            }
        }
        // Before 1.33 both fields are unknown, and ignored.
        Some(false) if view.since(33) => {
            let fields = [
                ("imagePullCredentialsVerificationPolicy", policy.is_some()),
                ("preloadedImagesVerificationAllowlist", listed),
            ];
            for (field, _) in fields.into_iter().filter(|(_, set)| *set) {
                let text = "needs the feature gate KubeletEnsureSecretPulledImages";
                found.fault(field, format!("{field} {text}"));
            }
        }
        _ => {}
    }
}

fn patterns(view: View<'_>, found: &mut Judgement) {
    let field = "preloadedImagesVerificationAllowlist";
    for pattern in view.texts(field) {
        if let Some(mistake) = texts::image_pattern_mistake(pattern) {
            found.fault(field, format!("{field} has `{pattern}`, which {mistake}"));
        }
    }
}

fn shutdown(view: View<'_>, found: &mut Judgement) {
    let (all, critical) = ("shutdownGracePeriod", "shutdownGracePeriodCriticalPods");
    let (all_is, critical_is) = (view.span(all).unwrap_or(0), view.span(critical).unwrap_or(0));
    let graceful = view.gate("GracefulNodeShutdown", Some(21)) != Some(false);
    if graceful && critical_is > all_is {
        let told = |field: &str| view.text(field).unwrap_or("0s").to_owned();
        let text = format!("{critical} is {}, must be at most {all}, which is {}", told(critical), told(all));
        found.fault(critical, text);
    }
    if !graceful && (all_is > 0 || critical_is > 0) {
        let field = if all_is > 0 { all } else { critical };
        found.fault(field, format!("{field} needs the feature gate GracefulNodeShutdown"));
    }
    let by_priority = "shutdownGracePeriodByPodPriority";
    if view.list(by_priority).is_empty() {
        return;
    }
    match view.gate("GracefulNodeShutdownBasedOnPodPriority", Some(24)) {
        Some(false) => {
            let text = "needs the feature gate GracefulNodeShutdownBasedOnPodPriority";
            found.fault(by_priority, format!("{by_priority} {text}"));
        }
        _ if all_is > 0 || critical_is > 0 => {
            found.fault(by_priority, format!("{by_priority} can't be set together with {all}"));
        }
        _ => {}
    }
}

/// Fields whose range depends on a gate.
fn gated(view: View<'_>, found: &mut Judgement) {
    let told = |field: &str| view.text(field).unwrap_or_default().to_owned();
    if let Some(period) = view.span("cpuCFSQuotaPeriod") {
        let field = "cpuCFSQuotaPeriod";
        match view.gate("CustomCPUCFSQuotaPeriod", Some(36)) {
            Some(true) if !(CFS_PERIOD.0..=CFS_PERIOD.1).contains(&period) => {
                found.fault(field, format!("{field} is {}, must be between 1ms and 1s", told(field)));
            }
            Some(false) if period != 100_000_000 => {
                let text = "must be 100ms without the feature gate CustomCPUCFSQuotaPeriod";
                found.fault(field, format!("{field} is {}, {text}", told(field)));
            }
            _ => {}
        }
    }
    // The field came with 1.32; before, it is unknown and ignored.
    if let Some(period) = view.span("crashLoopBackOff.maxContainerRestartPeriod").filter(|_| view.since(32)) {
        let field = "crashLoopBackOff.maxContainerRestartPeriod";
        match view.gate("KubeletCrashLoopBackOffMax", Some(35)) {
            Some(true) if !(RESTART_PERIOD.0..=RESTART_PERIOD.1).contains(&period) => {
                found.fault(field, format!("{field} is {}, must be between 1s and 300s", told(field)));
            }
            Some(false) => {
                found.fault(field, format!("{field} needs the feature gate KubeletCrashLoopBackOffMax"));
            }
            _ => {}
        }
    }
    switches(view, found);
}

/// Settings that a gate switches on or off.
fn switches(view: View<'_>, found: &mut Judgement) {
    let swap = "memorySwap.swapBehavior";
    if let Some(word) = view.text(swap).filter(|word| !word.is_empty()) {
        match view.gate("NodeSwap", Some(30)) {
            Some(false) => found.fault(swap, format!("{swap} needs the feature gate NodeSwap")),
            Some(true) if view.since(30) && !["NoSwap", "LimitedSwap"].contains(&word) => {
                found.fault(swap, format!("{swap} is `{word}`, must be one of LimitedSwap, NoSwap"));
            }
            _ => {}
        }
    }
    if view.text("memoryReservationPolicy") == Some("TieredReservation")
        && view.since(36)
        && view.gate("MemoryQoS", None) == Some(false)
    {
        let text = "memoryReservationPolicy: TieredReservation needs the feature gate MemoryQoS";
        found.fault("memoryReservationPolicy", text);
    }
    if view.bool("serverTLSBootstrap") == Some(true)
        && view.gate("RotateKubeletServerCertificate", Some(12)) == Some(false)
    {
        let text = "serverTLSBootstrap needs the feature gate RotateKubeletServerCertificate";
        found.fault("serverTLSBootstrap", text);
    }
    if view.bool("enableSystemLogQuery") == Some(true) {
        if view.bool("enableSystemLogHandler") == Some(false) {
            let text = "enableSystemLogQuery needs enableSystemLogHandler: true";
            found.fault("enableSystemLogQuery", text);
        }
        if view.since(27) && view.gate("NodeLogQuery", Some(36)) == Some(false) {
            found.fault("enableSystemLogQuery", "enableSystemLogQuery needs the feature gate NodeLogQuery");
        }
    }
}

fn others(view: View<'_>, found: &mut Judgement) {
    // A file's 0 is the default; a flag's is literal.
    if view.integer("kubeAPIBurst") == Some(0) && view.integer("kubeAPIQPS") != Some(0) {
        let text = "kubeAPIBurst is 0, must be more while kubeAPIQPS isn't 0";
        found.fault("kubeAPIBurst", text);
    }
    user_namespaces(view, found);
    if view.has_text("systemCgroups") && !view.has_text("cgroupRoot") {
        found.fault("systemCgroups", "systemCgroups needs cgroupRoot");
    }
    // Recorded with 1.36; since when isn't known.
    if view.bool("runOnce") == Some(true) && view.since(36) {
        found.fault("runOnce", "runOnce is true, must be false: the kubelet no longer has this mode");
    }
    if let (Some(shown), Some(minor)) = (view.text("showHiddenMetricsForVersion"), view.minor)
        && !shown.is_empty()
        && shown != format!("1.{}", minor.saturating_sub(1))
    {
        let field = "showHiddenMetricsForVersion";
        let wanted = format!("must be 1.{}, the previous minor version", minor.saturating_sub(1));
        found.fault(field, format!("{field} is `{shown}`, {wanted}"));
    }
}

/// IDs of pods with user namespaces: blocks of 65,536, of which there must be one for each pod (`MakeUserNsManager` in
/// pkg/kubelet/userns; the first block of all is nobody's).
fn user_namespaces(view: View<'_>, found: &mut Judgement) {
    const BLOCK: i64 = 65_536;
    let field = "userNamespaces.idsPerPod";
    // The field came with 1.33.
    let set = view.integer(field).filter(|_| view.since(33));
    let ids = set.unwrap_or(BLOCK);
    if ids < BLOCK || ids > i64::from(u32::MAX) || ids % BLOCK != 0 {
        let text = format!("{field} is {ids}, must be a multiple of {BLOCK}, and at least that");
        found.fault(field, text);
        return;
    }
    let pods = view.integer("maxPods").or(default_table::integer("maxPods")).unwrap_or_default();
    let most = ((1_i64 << 32) - ids) / ids;
    if pods > most && view.gate("UserNamespacesSupport", Some(33)) == Some(true) {
        let text = format!("maxPods is {pods}, must be at most {most}: each pod may get {ids} IDs of users");
        found.fault(if set.is_some() { field } else { "maxPods" }, text);
    }
}
