//! What a running CRI-O reports (`GET /config`) for what its files say: it prints durations as Go does, cleans paths, raises values to their
//! least, and adds or leaves out items of lists.

use super::options::option;
use crate::component::go_decoder::Type;
use crate::fact::Value;
use crate::parse::{go_duration, go_path};

/// The least `ctr_stop_timeout`, in seconds.
const LEAST_STOP_TIMEOUT: i64 = 30;
/// What sizes of messages become that are not positive.
const MESSAGE_SIZE: i64 = 80 * 1024 * 1024;

/// What else the files say that a comparison needs.
pub(crate) struct Beside<'b> {
    /// `image.pause_image`.
    pub(crate) pause_image: Option<&'b str>,
    /// `network.plugin_dir`, which CRI-O adds to `plugin_dirs`.
    pub(crate) plugin_dir: Option<&'b str>,
    /// The handler that an empty `default_runtime` means.
    pub(crate) default_runtime: &'b str,
}

/// Whether the running value is what CRI-O makes of the files' value.
pub(crate) fn is_same(key: &str, files: &Value, running: &Value, beside: &Beside<'_>) -> bool {
    if files == running {
        return true;
    }
    if option(key).is_some_and(|option| option.kind == Type::Duration) {
        return span(files).is_some() && span(files) == span(running);
    }
    match (files, running) {
        (Value::Text(files), Value::Text(running)) => is_same_text(key, files, running, beside),
        (Value::Integer(files), Value::Integer(running)) => match key {
            "runtime.ctr_stop_timeout" => (*files).max(LEAST_STOP_TIMEOUT) == *running,
            "api.grpc_max_recv_msg_size" | "api.grpc_max_send_msg_size" => {
                *files <= 0 && *running == MESSAGE_SIZE
            }
            _ => false,
        },
        (Value::List(files), Value::List(running)) => {
            let added = match key {
                "image.pinned_images" => beside.pause_image,
                "network.plugin_dirs" => beside.plugin_dir,
                _ => None,
            };
            let is_known =
                |item: &Value| files.contains(item) || (added.is_some() && item.as_text() == added);
            // Directories of hooks that can't be used are left out.
            let is_kept = |item: &Value| key == "runtime.hooks_dir" || running.contains(item);
            let may_differ = added.is_some() || key == "runtime.hooks_dir";
            may_differ && running.iter().all(is_known) && files.iter().all(is_kept)
        }
        _ => false,
    }
}

fn is_same_text(key: &str, files: &str, running: &str, beside: &Beside<'_>) -> bool {
    match key {
        "root" | "runroot" => go_path::clean(files) == go_path::clean(running),
        "storage_driver" => (files, running) == ("overlay2", "overlay"),
        "runtime.default_runtime" => files.is_empty() && running == beside.default_runtime,
        // Found in PATH.
        "runtime.pinns_path" => files.is_empty(),
        // Moved into plugin_dirs.
        "network.plugin_dir" => running.is_empty(),
        _ => false,
    }
}

/// Nanoseconds.
fn span(value: &Value) -> Option<i64> {
    match value {
        Value::Integer(nanoseconds) => Some(*nanoseconds),
        Value::Text(text) => go_duration::nanoseconds(text),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cri_o_makes_of_a_value_is_the_same_value() {
        let beside = Beside { pause_image: Some("p"), plugin_dir: Some("/d"), default_runtime: "crun" };
        let text = |text: &str| Value::Text(text.to_owned());
        let list = |items: &[&str]| Value::list(items.iter().copied());
        for (key, files, running, wanted) in [
            ("image.pull_progress_timeout", text("60s"), text("1m0s"), true),
            ("image.pull_progress_timeout", Value::Integer(0), text("0s"), true),
            ("image.pull_progress_timeout", text("60s"), text("10s"), false),
            ("image.pinned_images", list(&["a"]), list(&["a", "p"]), true),
            ("image.pinned_images", list(&["a"]), list(&["p"]), false),
            ("runtime.ctr_stop_timeout", Value::Integer(5), Value::Integer(30), true),
            ("runtime.ctr_stop_timeout", Value::Integer(60), Value::Integer(30), false),
            ("api.grpc_max_send_msg_size", Value::Integer(-1), Value::Integer(83_886_080), true),
            ("root", text("/x/"), text("/x"), true),
            ("root", text("x/./y/../z"), text("/x/z"), true),
            ("root", text("/x"), text("/y"), false),
            ("runtime.default_runtime", text(""), text("crun"), true),
            ("runtime.default_runtime", text(""), text("runc"), false),
            ("runtime.pinns_path", text(""), text("/usr/bin/pinns"), true),
            ("runtime.pinns_path", text("/a"), text("/b"), false),
            ("network.plugin_dir", text("/d"), text(""), true),
            ("network.plugin_dirs", list(&["/a"]), list(&["/a", "/d"]), true),
            ("runtime.hooks_dir", list(&["/a", "/b"]), list(&["/b"]), true),
            ("runtime.hooks_dir", list(&["/a"]), list(&["/c"]), false),
            ("runtime.conmon_env", list(&["a"]), list(&["a", "b"]), false),
            ("runtime.pids_limit", Value::Integer(1), Value::Integer(2), false),
            ("storage_driver", text("overlay2"), text("overlay"), true),
        ] {
            assert_eq!(is_same(key, &files, &running, &beside), wanted, "{key} {files:?} {running:?}");
        }
    }
}
