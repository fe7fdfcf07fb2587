//! What single fields accept (`ValidateKubeletConfiguration` in pkg/kubelet/apis/config/validation/validation.go, and what
//! the kubelet looks at later on its way up).

use super::view::{Judgement, View};
use crate::parse::document::Content;
use crate::parse::go_duration;

const MILLISECOND: i64 = 1_000_000;
const SECOND: i64 = 1000 * MILLISECOND;

/// What a field accepts.
#[derive(Clone, Copy, Debug)]
enum Accepts {
    /// Whole numbers from the first to the last.
    Numbers(i64, i64),
    /// One of these, letter by letter.
    Words(&'static [&'static str]),
    /// Durations of at least so many nanoseconds; the text says it.
    Spans(i64, &'static str),
    /// Nothing, or at least a second.
    NoneOrASecond,
}
use Accepts::{NoneOrASecond, Numbers, Spans, Words};

const NATURAL: Accepts = Numbers(0, i64::MAX);

/// A field, what it accepts, and the minor version from which on the kubelet exits for anything else (0: all that are
/// supported; a later one has a source behind it).
type Row = (&'static str, Accepts, u64);

/// Sorted by field.
const ROWS: &[Row] = &[
    ("authorization.mode", Words(&["Webhook", "AlwaysAllow"]), 0),
    ("configMapAndSecretChangeDetectionStrategy", Words(&["Watch", "Cache", "Get"]), 0),
    ("containerLogMaxFiles", Numbers(2, i64::MAX), 0),
    // Both fields came with 1.30 (log rotation with several workers).
    ("containerLogMaxWorkers", Numbers(1, i64::MAX), 30),
    ("containerLogMonitorInterval", Spans(3 * SECOND, "3s or more"), 30),
    ("cpuManagerPolicy", Words(&["none", "static"]), 0),
    ("eventBurst", NATURAL, 0),
    ("eventRecordQPS", NATURAL, 0),
    ("hairpinMode", Words(&["none", "hairpin-veth", "promiscuous-bridge"]), 0),
    ("healthzPort", Numbers(0, 65_535), 0),
    ("imageGCHighThresholdPercent", Numbers(0, 100), 0),
    ("imageGCLowThresholdPercent", Numbers(0, 100), 0),
    ("imageMinimumGCAge", Spans(0, "0s or more"), 0),
    ("iptablesDropBit", Numbers(0, 31), 0),
    ("iptablesMasqueradeBit", Numbers(0, 31), 0),
    ("kubeAPIBurst", NATURAL, 0),
    ("kubeAPIQPS", NATURAL, 0),
    ("logging.format", Words(&["text", "json"]), 0),
    ("logging.verbosity", Numbers(0, 2_147_483_647), 0),
    ("maxOpenFiles", NATURAL, 0),
    ("maxParallelImagePulls", Numbers(1, i64::MAX), 0),
    ("maxPods", NATURAL, 0),
    ("memoryManagerPolicy", Words(&["None", "Static"]), 0),
    ("memoryReservationPolicy", Words(&["None", "TieredReservation"]), 36),
    ("nodeLeaseDurationSeconds", Numbers(1, i64::MAX), 0),
    ("nodeStatusMaxImages", Numbers(-1, i64::MAX), 0),
    ("oomScoreAdj", Numbers(-1000, 1000), 0),
    ("podsPerCore", NATURAL, 0),
    ("port", Numbers(1, 65_535), 0),
    ("readOnlyPort", Numbers(0, 65_535), 0),
    ("registryBurst", NATURAL, 0),
    ("registryPullQPS", NATURAL, 0),
    ("runtimeRequestTimeout", Spans(1, "more than 0s"), 0),
    ("shutdownGracePeriod", NoneOrASecond, 0),
    ("shutdownGracePeriodCriticalPods", NoneOrASecond, 0),
    ("syncFrequency", Spans(1, "more than 0s"), 0),
    ("tlsMinVersion", Words(&["", "VersionTLS10", "VersionTLS11", "VersionTLS12", "VersionTLS13"]), 0),
    ("topologyManagerPolicy", Words(&["none", "best-effort", "restricted", "single-numa-node"]), 0),
    ("topologyManagerScope", Words(&["container", "pod"]), 0),
    ("tracing.samplingRatePerMillion", Numbers(0, 1_000_000), 0),
];

/// Fields whose value is none of those that they accept.
pub(super) fn look(view: View<'_>, found: &mut Judgement) {
    for (field, accepts, since) in ROWS {
        if !view.since(*since) {
            continue;
        }
        if let Some((value, wanted)) = view.at(field).and_then(|content| refused(content, *accepts)) {
            found.fault(*field, format!("{field} is {value}, must be {wanted}"));
        }
    }
}

/// The value as it is written and what it must be, if it isn't. Values of another type are the decoder's.
fn refused(content: &Content, accepts: Accepts) -> Option<(String, String)> {
    match (accepts, content) {
        (Numbers(first, last), Content::Integer(number)) => (!(first..=last).contains(number)).then(|| {
            let wanted = match last {
                i64::MAX => format!("{first} or more"),
                _ => format!("between {first} and {last}"),
            };
            (number.to_string(), wanted)
        }),
        (Words(words), Content::Text(text)) => (!words.contains(&text.as_str())).then(|| {
            let words: Vec<&str> = words.iter().copied().filter(|word| !word.is_empty()).collect();
            (format!("`{text}`"), format!("one of {}", words.join(", ")))
        }),
        (Spans(least, wanted), Content::Text(text)) => {
            let span = go_duration::nanoseconds(text)?;
            (span < least).then(|| (text.clone(), wanted.to_owned()))
        }
        (NoneOrASecond, Content::Text(text)) => {
            let span = go_duration::nanoseconds(text)?;
            (span < 0 || (1..SECOND).contains(&span)).then(|| (text.clone(), "0s, or 1s or more".to_owned()))
        }
        _ => None,
    }
}

/// `cpuCFSQuotaPeriod` between 1ms and 1s.
pub(super) const CFS_PERIOD: (i64, i64) = (MILLISECOND, SECOND);
/// `crashLoopBackOff.maxContainerRestartPeriod` between 1s and 300s.
pub(super) const RESTART_PERIOD: (i64, i64) = (SECOND, 300 * SECOND);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::component::kubelet::field_table::{FIELDS, NESTED};

    #[test]
    fn the_table_is_sorted_and_names_fields() {
        assert!(ROWS.windows(2).all(|pair| pair[0].0 < pair[1].0));
        for (field, ..) in ROWS {
            let known = match field.rsplit_once('.') {
                Some((table, name)) => {
                    NESTED.iter().any(|(at, fields)| *at == table && fields.iter().any(|(f, _)| *f == name))
                }
                None => FIELDS.iter().any(|(known, _)| known == field),
            };
            assert!(known, "{field}");
        }
    }
}
