//! Flags of the kubelet with a syntax of their own (pkg/util/flag, `k8s.io/component-base/cli/flag` and `logs/api/v1`).

use super::resources::is_memory;
use super::view::View;
use crate::parse::document::{Content, Node};
use crate::parse::go_duration;
use crate::parse::quantity::Quantity;

/// The field of `--reserved-memory`: `NODE:TYPE=QUANTITY,...;NODE:...`.
///
/// # Errors
/// What the kubelet takes instead.
pub(crate) fn reserved_memory(value: &str) -> Result<Vec<Node>, &'static str> {
    const WANTED: &str = "must be NODE:memory=QUANTITY, with several nodes parted by `;`";
    let reserved = |part: &str| {
        let (numa_node, limits) = part.split_once(':').filter(|(_, limits)| !limits.contains(':'))?;
        let Ok(numa_node) = numa_node.parse() else { return None };
        let limit = |limit: &str| {
            let (name, quantity) = limit.split_once('=')?;
            Quantity::parse(quantity).filter(|_| is_memory(name))?;
            Some((name.to_owned(), Node::unplaced(Content::Text(quantity.to_owned()))))
        };
        let limits = limits.split(',').map(limit).collect::<Option<_>>()?;
        let fields = [("limits", Content::Table(limits)), ("numaNode", Content::Integer(numa_node))];
        let fields = fields.into_iter().map(|(name, content)| (name.to_owned(), Node::unplaced(content)));
        Some(Node::unplaced(Content::Table(fields.collect())))
    };
    value.split(';').filter(|_| !value.is_empty()).map(reserved).collect::<Option<_>>().ok_or(WANTED)
}

/// Why the kubelet refuses a flag that has no field; none for flags that aren't looked at.
pub(crate) fn mistake(name: &str, value: &str, view: View<'_>) -> Option<String> {
    let wanted = match name {
        "v" => (!is_level(value)).then_some("must be a whole number of 0 or more"),
        "vmodule" => value
            .split(',')
            .map(str::trim)
            .any(|pair| !pair.is_empty() && !is_vmodule(pair))
            .then_some("must be PATTERN=NUMBER, with several parted by commas"),
        "log-flush-frequency" => match go_duration::nanoseconds(value) {
            Some(span) if span > 0 => None,
            _ => Some("must be a duration above 0, such as 5s"),
        },
        "log-json-split-stream" | "log-text-split-stream" => {
            (value != "false" && lacks_alpha(view)).then_some("needs the feature gate LoggingAlphaOptions")
        }
        "log-json-info-buffer-size" | "log-text-info-buffer-size" => match Quantity::parse(value) {
            None => Some("must be a quantity, such as 64Ki"),
            Some(size) if size.sign().is_ne() && lacks_alpha(view) => {
                Some("needs the feature gate LoggingAlphaOptions")
            }
            Some(_) => None,
        },
        "minimum-container-ttl-duration" => match go_duration::nanoseconds(value) {
            Some(span) if span >= 0 => None,
            _ => Some("must be a duration of 0s or more"),
        },
        "manifest-url-header" => value
            .split(',')
            .any(|pair| !pair.is_empty() && !pair.contains(':'))
            .then_some("must be NAME:VALUE, with several parted by commas"),
        _ => None,
    };
    let name = if name == "v" { "-v".to_owned() } else { format!("--{name}") };
    wanted.map(|wanted| format!("{name} is `{value}`, {wanted}"))
}

fn lacks_alpha(view: View<'_>) -> bool {
    view.gate("LoggingAlphaOptions", None) == Some(false)
}

fn is_vmodule(pair: &str) -> bool {
    pair.split_once('=').is_some_and(|(pattern, level)| !pattern.is_empty() && is_level(level))
}

/// Whether it is a verbosity: klog takes 31 bits.
fn is_level(text: &str) -> bool {
    text.parse::<u32>().is_ok_and(|level| i32::try_from(level).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_reserved_by_node() {
        for (value, nodes) in [
            ("0:memory=1Gi", Some(1)),
            ("0:memory=1Gi,hugepages-2Mi=4Mi;1:memory=2Gi", Some(2)),
            ("", Some(0)),
            ("x", None),
            ("0", None),
            ("x:memory=1Gi", None),
            ("0:cpu=1", None),
            ("0:memory=x", None),
            ("0:memory", None),
            ("0:memory=1Gi;", None),
        ] {
            assert_eq!(reserved_memory(value).ok().map(|nodes| nodes.len()), nodes, "{value}");
        }
    }

    #[test]
    fn flags_without_a_field_are_refused_as_the_kubelet_does() {
        let root = Node::unplaced(Content::Table([].into()));
        let view = View { root: &root, minor: Some(36), unread: &[] };
        for (name, value, is_right) in [
            ("v", "2", true),
            ("v", "-1", false),
            ("v", "2147483648", false),
            ("vmodule", "a=5,b*=2", true),
            ("vmodule", "", true),
            ("vmodule", "a", false),
            ("vmodule", "=5", false),
            ("vmodule", "a=x", false),
            ("log-flush-frequency", "5s", true),
            ("log-flush-frequency", "0s", false),
            ("log-flush-frequency", "5", false),
            ("log-json-split-stream", "true", false),
            ("log-text-split-stream", "false", true),
            ("log-json-info-buffer-size", "0", true),
            ("log-json-info-buffer-size", "5", false),
            ("manifest-url-header", "a:b", true),
            ("manifest-url-header", "a", false),
            ("minimum-container-ttl-duration", "-5s", false),
            ("root-dir", "anything", true),
        ] {
            assert_eq!(mistake(name, value, view).is_none(), is_right, "--{name}={value}");
        }
    }
}
