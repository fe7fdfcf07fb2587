//! Zeros that mean "the default": kubeadm writes them into every configuration, and the kubelet replaces them before and
//! after it merges drop-ins (`SetDefaults_KubeletConfiguration` in `pkg/kubelet/apis/config/v1beta1/defaults.go`; each was
//! seen at /configz of 1.36). A flag's zero is literal.

use super::field_table::{self, FIELDS, Type};
use crate::parse::document::{Content, Node};
use crate::parse::go_duration;

/// Fields whose zero, empty text or span of no length is replaced by the default.
const DEFAULTED: &[&str] = &[
    "address",
    "authentication.webhook.cacheTTL",
    "authorization.mode",
    "authorization.webhook.cacheAuthorizedTTL",
    "authorization.webhook.cacheUnauthorizedTTL",
    "cgroupDriver",
    "configMapAndSecretChangeDetectionStrategy",
    "containerLogMaxSize",
    "containerRuntimeEndpoint",
    "contentType",
    "cpuManagerPolicy",
    "cpuManagerReconcilePeriod",
    "eventBurst",
    "evictionPressureTransitionPeriod",
    "fileCheckFrequency",
    "hairpinMode",
    "healthzBindAddress",
    "httpCheckFrequency",
    "imageMinimumGCAge",
    "kubeAPIBurst",
    "logging.flushFrequency",
    "logging.format",
    "maxOpenFiles",
    "maxPods",
    "memoryManagerPolicy",
    "memoryReservationPolicy",
    "nodeLeaseDurationSeconds",
    "nodeStatusReportFrequency",
    "nodeStatusUpdateFrequency",
    "podLogsDir",
    "port",
    "registryBurst",
    "runtimeRequestTimeout",
    "streamingConnectionIdleTimeout",
    "syncFrequency",
    "topologyManagerPolicy",
    "topologyManagerScope",
    "volumePluginDir",
    "volumeStatsAggPeriod",
];

/// Makes a document what the kubelet makes of it: nulls in lists and maps are empty values, and zeros that mean the default are
/// nulls. `is_patch` says that it is merged into another document.
pub(crate) fn settle(document: &mut Node, is_patch: bool) {
    fill_nulls(document, is_patch);
    make_null(document);
}

/// Takes these zeros out of a document: a null takes what an earlier file set away, too, so that the default applies.
fn make_null(document: &mut Node) {
    for field in DEFAULTED {
        if let Some(node) = document.at_mut(field)
            && is_zero(&node.content, field_table::type_of(field))
        {
            node.content = Content::Null;
        }
    }
    // Negative is the default, which is no limit.
    if let Some(node) = document.at_mut("podPidsLimit")
        && matches!(node.content, Content::Integer(number) if number < 0)
    {
        node.content = Content::Null;
    }
}

fn is_zero(content: &Content, kind: Option<Type>) -> bool {
    match content {
        Content::Integer(number) => *number == 0,
        Content::Text(text) => {
            text.is_empty() || kind != Some(Type::Text) && go_duration::nanoseconds(text) == Some(0)
        }
        _ => false,
    }
}

/// Makes the nulls in lists and maps the values that they are: empty text, false. In a patch, a null in a map takes away, and
/// stays.
fn fill_nulls(document: &mut Node, is_patch: bool) {
    for (field, kind) in FIELDS {
        let value = match kind {
            Type::TextList | Type::Texts => Content::Text(String::new()),
            Type::Bools => Content::Bool(false),
            _ => continue,
        };
        let items: Vec<&mut Node> = match document.at_mut(field).map(|node| &mut node.content) {
            Some(Content::List(items)) => items.iter_mut().collect(),
            Some(Content::Table(table)) if !is_patch => table.values_mut().collect(),
            _ => continue,
        };
        for item in items.into_iter().filter(|item| item.content == Content::Null) {
            item.content = value.clone();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::yaml;

    #[test]
    fn zeros_that_mean_the_default_are_null_and_others_stay() {
        let text = "syncFrequency: 0s\nmaxPods: 0\nlogging: {flushFrequency: 0, verbosity: 0}\nhealthzPort: 0\n\
                    podPidsLimit: -5\nhairpinMode: \"0\"\naddress: \"\"\nresolvConf: \"\"\nregistryPullQPS: 0\nport: 10250\n";
        let mut document = yaml::parse(text.as_bytes()).unwrap();
        make_null(&mut document);
        for (field, is_null) in [
            ("syncFrequency", true),
            ("maxPods", true),
            ("logging.flushFrequency", true),
            ("podPidsLimit", true),
            ("address", true),
            ("hairpinMode", false),
            ("logging.verbosity", false),
            ("healthzPort", false),
            ("resolvConf", false),
            ("registryPullQPS", false),
            ("port", false),
        ] {
            assert_eq!(document.at(field).unwrap().content == Content::Null, is_null, "{field}");
        }
    }

    #[test]
    fn nulls_in_lists_and_maps_are_empty() {
        let text = "clusterDNS: [~]\nfeatureGates: {A: ~}\nevictionHard: {memory.available: ~}\n";
        let mut document = yaml::parse(text.as_bytes()).unwrap();
        fill_nulls(&mut document, true);
        let at = |document: &Node, field: &str| document.at(field).unwrap().content.clone();
        assert_eq!(at(&document, "featureGates.A"), Content::Null);
        fill_nulls(&mut document, false);
        assert_eq!(at(&document, "featureGates.A"), Content::Bool(false));
        let empty = Node { line: Some(1), content: Content::Text(String::new()) };
        assert_eq!(at(&document, "clusterDNS"), Content::List(vec![empty]));
        let Content::Table(hard) = at(&document, "evictionHard") else { panic!() };
        assert_eq!(hard["memory.available"].content, Content::Text(String::new()));
    }

    #[test]
    fn the_table_is_sorted() {
        assert!(DEFAULTED.windows(2).all(|pair| pair[0] < pair[1]));
    }
}
