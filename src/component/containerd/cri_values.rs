//! Values of the right type in the CRI's tables at which containerd starts without its CRI, or exits (`ValidatePluginConfig` and
//! what came of it; containerd 1.7.28, 2.0.7, 2.1.8, 2.2.7 and 2.3.4 were asked).

use super::release::{FIRST, Minor, is_before_2, may_be_since, minor};
use super::values::{EXITS, NO_CRI, Wrong, is_port};
use super::{RUNTIME, is_of_v1};
use crate::fact::Version;
use crate::parse::document::{Content, Node};
use crate::parse::go_duration;

/// Spans of time in text, and the first release that reads each.
const SPANS: &[(&str, Minor)] = &[
    ("drain_exec_sync_io_timeout", (1, 6)),
    ("image_pull_progress_timeout", (1, 7)),
    ("stats_collect_period", (2, 3)),
    ("stats_retention_period", (2, 3)),
    ("stream_idle_timeout", FIRST),
];

/// Settings of the CRI in one of its tables.
pub(crate) fn of_plugin(table: &str, plugin: &Node, release: Option<&Version>) -> Vec<Wrong> {
    let mut found = Vec::new();
    for (key, since) in SPANS {
        if may_be_since(release, *since)
            && let Some((line, value)) = plugin.text_at(key)
            && !value.is_empty()
            && go_duration::nanoseconds(value).is_none()
        {
            let what = format!("{key} is \"{value}\", which is no length of time such as \"10s\": {NO_CRI}");
            found.push((line, what));
        }
    }
    found.extend(period(table, plugin, release));
    if let Some((line, name)) = plugin.text_at("containerd.default_runtime_name")
        && name.is_empty()
    {
        found.push((line, format!("default_runtime_name is empty: {NO_CRI}")));
    }
    let handlers = plugin.entries_at("containerd.runtimes");
    found.extend(handlers.flat_map(|(name, handler)| of_handler(name, handler, release)));
    found.extend(streaming(plugin));
    // The conversion of an older table makes one of both.
    if table == RUNTIME
        && let (Some((line, dir)), Some(dirs)) = (plugin.text_at("cni.bin_dir"), plugin.at("cni.bin_dirs"))
        && may_be_since(release, (2, 1))
        && !dir.is_empty()
        && matches!(&dirs.content, Content::List(items) if !items.is_empty())
    {
        found.push((line, format!("cni.bin_dir stands beside cni.bin_dirs: {NO_CRI}")));
    }
    found
}

/// How often statistics are taken: a number of seconds in the table of images, text in that of the runtime since 2.3.
fn period(table: &str, plugin: &Node, release: Option<&Version>) -> Option<Wrong> {
    const MOST: i64 = i64::MAX / 1_000_000_000;
    let node = plugin.at("stats_collect_period")?;
    let is_wrong = match &node.content {
        // A ticker is made of it.
        Content::Integer(seconds) => {
            table != RUNTIME && ((1, 7)..(2, 3)).contains(&minor(release?)) && !(1..=MOST).contains(seconds)
        }
        Content::Text(span) => {
            minor(release?) >= (2, 3) && go_duration::nanoseconds(span).is_some_and(|span| span <= 0)
        }
        _ => false,
    };
    is_wrong.then(|| (node.line, format!("stats_collect_period isn't more than nothing: {EXITS}")))
}

/// The settings of one runtime.
fn of_handler(name: &str, handler: &Node, release: Option<&Version>) -> Vec<Wrong> {
    let mut found = Vec::new();
    let all = "privileged_without_host_devices_all_devices_allowed";
    if handler.is_true_at(all)
        && !handler.is_true_at("privileged_without_host_devices")
        && may_be_since(release, (1, 7))
    {
        let what =
            format!("{all} of the runtime {name} is on and privileged_without_host_devices isn't: {NO_CRI}");
        found.push((handler.at(all).and_then(|node| node.line), what));
    }
    for key in ["runtime_engine", "runtime_root"] {
        if is_before_2(release)
            && !is_of_v1(handler)
            && let Some((line, value)) = handler.text_at(key)
            && !value.is_empty()
        {
            let what =
                format!("{key} of the runtime {name} belongs to a kind of runtime that is gone: {NO_CRI}");
            found.push((line, what));
        }
    }
    if release.is_some_and(|release| minor(release) >= (2, 0))
        && let Some((line, kind)) = handler.text_at("io_type")
        && !["", "fifo", "streaming"].contains(&kind)
    {
        let what = format!(
            "io_type of the runtime {name} is \"{kind}\", which is neither fifo nor streaming: {NO_CRI}"
        );
        found.push((line, what));
    }
    found
}

/// The server of streams: where it listens, and its certificate.
fn streaming(plugin: &Node) -> Vec<Wrong> {
    let mut found = Vec::new();
    if let Some((line, port)) = plugin.text_at("stream_server_port")
        && !is_port(port)
    {
        found.push((line, format!("stream_server_port is \"{port}\", which is no port: {EXITS}")));
    }
    if let Some((line, address)) = plugin.text_at("stream_server_address")
        && address.contains(['[', ']', '/', ' '])
    {
        found.push((line, format!("stream_server_address is \"{address}\", which is no address: {EXITS}")));
    }
    let is_on = plugin.is_true_at("enable_tls_streaming");
    let keys = ["x509_key_pair_streaming.tls_cert_file", "x509_key_pair_streaming.tls_key_file"];
    let set = keys.map(|key| plugin.text_at(key).filter(|(_, path)| !path.is_empty()));
    for (key, at, other) in [(keys[0], 0, 1), (keys[1], 1, 0)] {
        let Some((line, _)) = set[at] else { continue };
        if !is_on {
            found.push((line, format!("{key} is set and enable_tls_streaming is off: {NO_CRI}")));
            break;
        } else if set[other].is_none() {
            found.push((line, format!("{key} is set without {}: {NO_CRI}", keys[other])));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::component::containerd::WHOLE;
    use crate::parse::toml_document;

    fn cri(release: &str, text: &str) -> usize {
        let plugin = toml_document::parse(text.as_bytes()).unwrap();
        // The period in seconds isn't in the table of the runtime.
        let is_period = text.starts_with("stats_collect_period = 0");
        let table = if is_period { WHOLE } else { RUNTIME };
        of_plugin(table, &plugin, Version::parse(release).as_ref()).len()
    }

    #[test]
    fn values_of_the_cri_are_taken_or_keep_it_from_loading() {
        for (release, text, wanted) in [
            ("1.7.28", "stream_idle_timeout = \"4h\"", 0),
            ("1.7.28", "stream_idle_timeout = \"5\"", 1),
            ("1.7.28", "stream_idle_timeout = \"\"", 0),
            ("1.7.28", "stats_collect_period = 0", 1),
            ("2.2.7", "stats_collect_period = 0", 1),
            ("1.6.39", "stats_collect_period = 0", 0),
            ("2.3.4", "stats_collect_period = \"0s\"", 1),
            ("2.3.4", "stats_collect_period = \"5\"", 1),
            ("1.7.28", "[containerd]\ndefault_runtime_name = \"\"", 1),
            ("1.7.28", "stream_server_port = \"0\"", 0),
            ("1.7.28", "stream_server_port = \"http\"", 0),
            ("1.7.28", "stream_server_port = \"99999\"", 1),
            ("1.7.28", "stream_server_port = \" 0\"", 1),
            ("1.7.28", "stream_server_address = \"[::1]\"", 1),
            ("1.7.28", "stream_server_address = \"::1\"", 0),
            ("1.7.28", "[x509_key_pair_streaming]\ntls_key_file = \"/a\"", 1),
            ("1.7.28", "enable_tls_streaming = true\n[x509_key_pair_streaming]\ntls_key_file = \"/a\"", 1),
            (
                "1.7.28",
                "enable_tls_streaming = true\n[x509_key_pair_streaming]\ntls_key_file = \"/a\"\ntls_cert_file = \"/b\"",
                0,
            ),
            ("1.7.28", "[containerd.runtimes.runc]\nruntime_root = \"/run/x\"", 1),
            ("1.7.28", "[containerd.runtimes.runc]\nruntime_root = \"\"", 0),
            ("2.0.7", "[containerd.runtimes.runc]\nruntime_root = \"/run/x\"", 0),
            ("2.0.7", "[containerd.runtimes.runc]\nio_type = \"named_pipe\"", 1),
            ("2.0.7", "[containerd.runtimes.runc]\nio_type = \"fifo\"", 0),
            (
                "2.0.7",
                "[containerd.runtimes.x]\nprivileged_without_host_devices_all_devices_allowed = true",
                1,
            ),
            ("2.1.8", "[cni]\nbin_dir = \"/a\"\nbin_dirs = [\"/b\"]", 1),
            ("2.1.8", "[cni]\nbin_dir = \"/a\"", 0),
        ] {
            assert_eq!(cri(release, text), wanted, "{release} {text}");
        }
    }
}
