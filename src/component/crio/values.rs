//! Values that CRI-O refuses when it starts: one row a key, with what it accepts, since when, and where upstream decides it.
//! What needs a look at the host, or at two keys, is elsewhere.

use std::net::IpAddr;

use super::addresses::{has_whole_escapes, is_host_name, is_link_local};
use super::{Since, ulimit};
use crate::component::go_tls;
use crate::fact::Value;
use crate::parse::{cpu_list, go_duration, go_regex, image_reference};

/// How a value is judged.
#[derive(Clone, Copy)]
pub(crate) enum Judge {
    Text(fn(&str) -> bool),
    /// Every item of a list.
    Each(fn(&str) -> bool),
    Number(fn(i64) -> bool),
    /// A length of time, in nanoseconds.
    Span(fn(i64) -> bool),
}

/// What CRI-O accepts for a key.
pub(crate) struct Row {
    /// Dotted, without the leading `crio.`.
    pub(crate) key: &'static str,
    judge: Judge,
    /// In words, for "CRI-O accepts ...".
    pub(crate) accepts: &'static str,
    pub(crate) since: Since,
    /// A function of `pkg/config/config.go`, or another file of CRI-O.
    #[cfg_attr(
        not(test),
        allow(dead_code, reason = "for whoever reads the table; tests hold it to be there")
    )]
    source: &'static str,
}

impl Row {
    /// What is wrong with a value, if anything is; one of another type was refused before.
    pub(crate) fn wrong(&self, value: &Value) -> Option<String> {
        let (key, accepts) = (self.key, self.accepts);
        match (self.judge, value) {
            (Judge::Text(fits), Value::Text(text)) => {
                (!fits(text)).then(|| format!("{key} is \"{text}\"; CRI-O accepts {accepts}"))
            }
            (Judge::Each(fits), Value::List(items)) => {
                let item = items.iter().filter_map(Value::as_text).find(|item| !fits(item))?;
                Some(format!("{key} has \"{item}\"; CRI-O accepts {accepts}"))
            }
            (Judge::Number(fits), Value::Integer(number)) => {
                (!fits(*number)).then(|| format!("{key} is {number}; CRI-O accepts {accepts}"))
            }
            (Judge::Span(fits), value) => {
                let span = match value {
                    Value::Integer(nanoseconds) => *nanoseconds,
                    Value::Text(text) => go_duration::nanoseconds(text)?,
                    _ => return None,
                };
                (!fits(span))
                    .then(|| format!("{key} is {}; CRI-O accepts {accepts}", go_duration::written(span)))
            }
            _ => None,
        }
    }
}

/// All rows, sorted by key.
pub(crate) const ROWS: &[Row] = &[
    Row {
        key: "api.listen",
        judge: Judge::Text(|path| path.len() <= 107),
        accepts: "a path of at most 107 bytes, which is what the kernel takes for a socket",
        since: Since::Always,
        source: "server/server.go (unix(7))",
    },
    Row {
        key: "api.stream_address",
        judge: Judge::Text(|address| !is_link_local(address)),
        accepts: "an address of this host; one of fe80::/10 with its interface, such as \"fe80::1%eth0\"",
        since: Since::Always,
        source: "server/server.go (net.Listen)",
    },
    Row {
        key: "api.stream_idle_timeout",
        judge: Judge::Text(|text| text.is_empty() || go_duration::nanoseconds(text).is_some()),
        accepts: "a length of time with its unit, such as \"90s\" or \"5m\"",
        since: Since::Minor(21),
        source: "server/server.go",
    },
    Row {
        key: "api.tls_min_version",
        judge: Judge::Text(|text| ["", "VersionTLS12", "VersionTLS13"].contains(&text)),
        accepts: "\"VersionTLS12\" or \"VersionTLS13\"",
        since: Since::Minor(36),
        source: "APIConfig.Validate",
    },
    Row {
        key: "image.image_volumes",
        judge: Judge::Text(|text| ["mkdir", "bind", "ignore"].contains(&text)),
        accepts: "mkdir, bind or ignore",
        since: Since::Always,
        source: "Config.Validate",
    },
    Row {
        key: "image.namespaced_auth_dir",
        judge: Judge::Text(is_absolute),
        accepts: "an absolute path",
        since: Since::Minor(35),
        source: "ImageConfig.Validate",
    },
    Row {
        key: "image.pause_image",
        judge: Judge::Text(|text| image_reference::parse_with_defaults(text).is_ok()),
        accepts: "the name of an image, lowercase and without a scheme, such as \"registry.k8s.io/pause:3.10\"",
        since: Since::Minor(29),
        source: "ImageConfig.ParsePauseImage",
    },
    Row {
        key: "image.short_name_mode",
        judge: Judge::Text(|text| ["enforcing", "disabled", ""].contains(&text)),
        accepts: "enforcing or disabled",
        since: Since::Minor(34),
        source: "ImageConfig.Validate",
    },
    Row {
        key: "image.signature_policy_dir",
        judge: Judge::Text(is_absolute),
        accepts: "an absolute path",
        since: Since::Always,
        source: "ImageConfig.Validate",
    },
    Row {
        key: "imagestore",
        judge: Judge::Text(|path| path.is_empty() || is_absolute(path)),
        accepts: "an absolute path",
        since: Since::Minor(30),
        source: "storage/pkg/idtools (mkdirAs)",
    },
    Row {
        key: "network.cni_status_grace_period",
        judge: Judge::Span(|span| span >= 0),
        accepts: "a length of time that isn't negative",
        since: Since::Minor(37),
        source: "NetworkConfig.Validate",
    },
    Row {
        key: "runtime.additional_artifact_stores",
        judge: Judge::Each(is_absolute),
        accepts: "absolute paths",
        since: Since::Minor(36),
        source: "RuntimeConfig.Validate",
    },
    Row {
        key: "runtime.additional_devices",
        judge: Judge::Each(|text| text.is_empty() || device(text).is_some()),
        accepts: "HOST-PATH[:CONTAINER-PATH][:MODE] with a container path below /dev and a mode of r, w and m",
        since: Since::Always,
        source: "internal/config/device",
    },
    Row {
        key: "runtime.cgroup_manager",
        judge: Judge::Text(|text| ["systemd", "cgroupfs"].contains(&text)),
        accepts: "systemd or cgroupfs, in small letters",
        since: Since::Always,
        source: "internal/config/cgmgr",
    },
    Row {
        key: "runtime.container_attach_socket_dir",
        judge: Judge::Text(|path| !path.is_empty()),
        accepts: "the path of a directory",
        since: Since::Always,
        source: "server/server.go",
    },
    Row {
        key: "runtime.container_exits_dir",
        judge: Judge::Text(|path| !path.is_empty()),
        accepts: "the path of a directory",
        since: Since::Always,
        source: "server/server.go",
    },
    Row {
        key: "runtime.default_ulimits",
        judge: Judge::Each(ulimit::is_ulimit),
        accepts: "NAME=SOFT[:HARD] with a name of ulimit such as nofile, whole numbers (-1: no limit), and SOFT not above HARD",
        since: Since::Always,
        source: "internal/config/ulimits",
    },
    Row {
        key: "runtime.infra_ctr_cpuset",
        judge: Judge::Text(is_cpu_list),
        accepts: "a list of CPUs without spaces, such as \"0-1,3\"",
        since: Since::Minor(21),
        source: "RuntimeConfig.Validate",
    },
    Row {
        key: "runtime.log_filter",
        judge: Judge::Text(|text| go_regex::problem(text).is_none()),
        accepts: "a regular expression of Go (RE2)",
        since: Since::Always,
        source: "internal/log/hook_filter.go",
    },
    Row {
        key: "runtime.log_level",
        judge: Judge::Text(is_log_level),
        accepts: "panic, fatal, error, warn, warning, info, debug or trace",
        since: Since::Always,
        source: "cmd/crio/main.go",
    },
    Row {
        key: "runtime.min_injected_gomaxprocs",
        judge: Judge::Number(|number| number >= 0),
        accepts: "0 and more",
        since: Since::Minor(36),
        source: "RuntimeConfig.Validate",
    },
    Row {
        key: "runtime.namespaces_dir",
        judge: Judge::Text(|path| !path.is_empty()),
        accepts: "the path of a directory",
        since: Since::Always,
        source: "internal/config/nsmgr",
    },
];

fn is_absolute(path: &str) -> bool {
    path.starts_with('/')
}

pub(super) fn is_cpu_list(text: &str) -> bool {
    cpu_list::ranges(text).is_some()
}

fn is_log_level(text: &str) -> bool {
    const LEVELS: [&str; 8] = ["panic", "fatal", "error", "warn", "warning", "info", "debug", "trace"];
    LEVELS.iter().any(|level| level.eq_ignore_ascii_case(text))
}

/// The host's path of a device `HOST-PATH[:CONTAINER-PATH][:MODE]`, if it is one.
pub(crate) fn device(text: &str) -> Option<&str> {
    let is_mode = |text: &str| {
        let once = |c: char| text.matches(c).count() <= 1;
        !text.is_empty() && text.chars().all(|c| "rwm".contains(c)) && ['r', 'w', 'm'].into_iter().all(once)
    };
    let parts: Vec<&str> = text.split(':').collect();
    let (source, second) = (*parts.first()?, parts.get(1).copied().unwrap_or_default());
    if parts.len() > 3 || parts.get(2).is_some_and(|mode| !is_mode(mode)) {
        return None;
    }
    let target = if second.is_empty() || is_mode(second) { source } else { second };
    target.starts_with("/dev/").then_some(source)
}

/// `tls_cipher_suites`; CRI-O looks at it only where TLS 1.2 is allowed.
pub(crate) const TLS_CIPHER_SUITES: Row = Row {
    key: "api.tls_cipher_suites",
    judge: Judge::Each(|name| go_tls::CIPHERS.contains(&name)),
    accepts: "Go's names of ciphers, such as TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
    since: Since::Minor(36),
    source: "APIConfig.Validate",
};

/// `metrics_port`; looked at only with `enable_metrics`.
pub(crate) const METRICS_PORT: Row = Row {
    key: "metrics.metrics_port",
    judge: Judge::Number(|number| (0..=65535).contains(&number)),
    accepts: "a port from 0 to 65535",
    since: Since::Always,
    source: "server/metrics",
};

/// `metrics_host`; looked at only with `enable_metrics`. Whether a name resolves only the running network tells.
pub(crate) const METRICS_HOST: Row = Row {
    key: "metrics.metrics_host",
    judge: Judge::Text(|host| host.is_empty() || host.parse::<IpAddr>().is_ok() || is_host_name(host)),
    accepts: "an address without brackets, or the name of a host",
    since: Since::Minor(30),
    source: "server/metrics (net.Listen)",
};

/// `tracing_endpoint`; looked at only with `enable_tracing`.
pub(crate) const TRACING_ENDPOINT: Row = Row {
    key: "tracing.tracing_endpoint",
    judge: Judge::Text(has_whole_escapes),
    accepts: "HOST:PORT, with two hexadecimal digits behind each percent sign",
    since: Since::Recorded,
    source: "internal/opentelemetry (grpc's target is a URL)",
};

/// `container_level_enabled`; not looked at where `enable_criu_support` is off.
pub(crate) const CHECKPOINT_LEVEL: Row = Row {
    key: "checkpoint_restore.container_level_enabled",
    judge: Judge::Text(|text| ["none", "checkpoint_only", "checkpoint_restore"].contains(&text)),
    accepts: "none, checkpoint_only or checkpoint_restore",
    since: Since::Minor(37),
    source: "ContainerCheckpointRestoreLevel.Validate",
};

/// `included_pod_metrics`.
pub(crate) const POD_METRICS: Row = Row {
    key: "stats.included_pod_metrics",
    judge: Judge::Each(|name| name == "all" || METRICS.contains(&name)),
    accepts: "\"all\", or of cpu, disk, diskIO, hugetlb, memory, network, oom, process, spec and pressure",
    since: Since::Minor(35),
    source: "StatsConfig.Validate",
};

const METRICS: [&str; 10] =
    ["cpu", "disk", "diskIO", "hugetlb", "memory", "network", "oom", "process", "spec", "pressure"];

/// Rows that are looked at by themselves.
#[cfg(test)]
const CONDITIONAL: &[Row] =
    &[TLS_CIPHER_SUITES, METRICS_PORT, METRICS_HOST, TRACING_ENDPOINT, CHECKPOINT_LEVEL, POD_METRICS];

/// Formats of CRI-O's log, which has a flag (`--log-format`) and no key.
pub(crate) const LOG_FORMATS: [&str; 2] = ["text", "json"];

/// Whether `uid_mappings` or `gid_mappings` is well formed: `CONTAINER:HOST:SIZE`, separated by commas.
pub(crate) fn is_id_map(text: &str) -> bool {
    let is_number = |text: &&str| text.parse::<u32>().is_ok() && !text.starts_with('+');
    text.split(',').filter(|map| !map.is_empty()).all(|map| {
        let parts: Vec<&str> = map.split(':').collect();
        parts.len().is_multiple_of(3) && parts.iter().all(is_number)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_sorted_and_name_options() {
        assert!(ROWS.is_sorted_by_key(|row| row.key));
        for row in ROWS.iter().chain(CONDITIONAL) {
            assert!(super::super::options::option(row.key).is_some(), "{}", row.key);
            assert!(!row.source.is_empty() && !row.accepts.is_empty(), "{}", row.key);
        }
    }

    #[test]
    fn devices_have_a_source_a_target_and_a_mode() {
        for (text, wanted) in [
            ("/dev/fuse", Some("/dev/fuse")),
            ("/dev/fuse:rwm", Some("/dev/fuse")),
            ("/dev/fuse:/dev/x:r", Some("/dev/fuse")),
            ("/dev/fuse::r", Some("/dev/fuse")),
            ("/mnt/d:/dev/d", Some("/mnt/d")),
            ("/dev/null:/tmp/null", None),
            ("/dev/null:/dev/null:zzz", None),
            ("/dev/null:/dev/null:rr", None),
            ("/dev/null:/dev/null:", None),
            ("/dev/a:/dev/b:r:w", None),
            ("/mnt/d", None),
            ("fuse", None),
        ] {
            assert_eq!(device(text), wanted, "{text}");
        }
    }

    #[test]
    fn id_maps_have_three_numbers() {
        for good in ["", "0:100000:65536", "0:1:1,1:5:1", "0:1:1:2:3:4"] {
            assert!(is_id_map(good), "{good}");
        }
        for bad in ["0:1", "a:b:c", "0:1:-1", "0:1:4294967296", "0:1:1:2"] {
            assert!(!is_id_map(bad), "{bad}");
        }
    }
}
