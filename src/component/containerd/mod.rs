//! What containerd reads of config.toml, by the version of the file and that of the program, and what keeps its CRI from loading
//! (`cmd/containerd/server/config`, `pkg/cri/config` and `internal/cri/config` of containerd 1.4 to 2.3; 1.6.20 was asked).

pub(crate) mod cri_values;
mod fields;
mod release;
pub(crate) mod settings;
mod tables;
pub(crate) mod values;

use crate::fact::{State, Value, Version};
use crate::parse::document::{Content, Node};
pub(crate) use release::is_before_2;
use release::{FIRST, Minor, minor};
pub(crate) use tables::tables;

/// The plugin of the CRI up to 1.7, by its names in files of version 1 and 2.
pub(crate) const SHORT: &str = "cri";
pub(crate) const WHOLE: &str = "io.containerd.grpc.v1.cri";
/// The two that it was split into in 2.0.
pub(crate) const RUNTIME: &str = "io.containerd.cri.v1.runtime";
pub(crate) const IMAGES: &str = "io.containerd.cri.v1.images";

/// The plugins that are the CRI, as `disabled_plugins` names them.
pub(crate) const CRI: [&str; 3] = [WHOLE, RUNTIME, IMAGES];

/// The newest version of a file that a release reads, the newest release first.
const NEWEST: [(Minor, i64); 3] = [((2, 3), 4), ((2, 0), 3), (FIRST, 2)];

/// The version of a file; without one it is of the first.
pub(crate) fn version(document: &Node) -> i64 {
    match document.at("version").map(Node::state) {
        Some(State::Known(Value::Integer(version))) => version,
        _ => 1,
    }
}

/// What stops a release at a file of this version: it is newer than any that it reads. Older 1.x take no notice.
pub(crate) fn too_new(version: i64, release: &Version) -> Option<String> {
    let newest = NEWEST.iter().find(|(since, _)| minor(release) >= *since)?.1;
    if version <= newest {
        return None;
    }
    let first = NEWEST.iter().rev().find(|(_, reads)| *reads >= version);
    Some(match first {
        Some(((major, minor), _)) => {
            format!("version {version} of the file is for containerd {major}.{minor} and later")
        }
        None => format!("version {version} of the file is for a containerd that is newer than this one"),
    })
}

/// Names of plugins in a file of version 2 that containerd 1.x takes for no URI: it exits.
pub(crate) fn short_names(document: &Node, release: Option<&Version>) -> Vec<(Option<u32>, String)> {
    if !is_before_2(release) || version(document) != 2 {
        return Vec::new();
    }
    let short = document.entries_at("plugins").filter(|(name, _)| !values::is_uri(name, release));
    let what = |name: &str| {
        format!(
            "[plugins.\"{name}\"] is no URI such as {WHOLE}, which a file of version 2 wants: containerd exits (`invalid plugin key URI`)"
        )
    };
    short.map(|(name, node)| (node.line, what(name))).collect()
}

/// Settings of a plugin's table at which its CRI doesn't load, while containerd itself starts.
pub(crate) fn refused(
    table: &str,
    plugin: &Node,
    file: i64,
    release: Option<&Version>,
) -> Vec<(Option<u32>, String)> {
    let mut found = Vec::new();
    let has_mirrors = plugin.entries_at("registry.mirrors").next().is_some();
    let line = |key: &str| plugin.at(key).and_then(|node| node.line).or(plugin.line);
    let has_path = plugin.text_at("registry.config_path").is_some_and(|(_, path)| !path.is_empty());
    // containerd/containerd#7844
    if has_path && has_mirrors {
        let what = "registry.mirrors stands beside registry.config_path: the CRI plugin doesn't load";
        found.push((line("registry.mirrors"), what.to_owned()));
    } else if has_path && has_tls(plugin) {
        let what =
            "registry.configs with tls stands beside registry.config_path: the CRI plugin doesn't load";
        found.push((line("registry.configs"), what.to_owned()));
    } else if has_mirrors
        && file == 2
        && release.is_some_and(|release| minor(release) == (2, 2) && release.number(2) < 2)
    {
        let what = "registry.mirrors in a file of version 2: the CRI plugin of containerd 2.2.0 and 2.2.1 doesn't load (2.2.2 does)";
        found.push((line("registry.mirrors"), what.to_owned()));
    }
    if plugin.is_true_at("systemd_cgroup")
        && [SHORT, WHOLE].contains(&table)
        && is_before_2(release)
        && !runs_on_v1(plugin)
    {
        let what = "systemd_cgroup = true belongs to a runtime that is gone: the CRI plugin doesn't load; SystemdCgroup in the runtime's options takes its place";
        found.push((line("systemd_cgroup"), what.to_owned()));
    }
    found.extend(words_for_switches(plugin));
    found
}

/// `SystemdCgroup` that is neither true nor false: containerd and its CRI start, and no pod of that runtime does.
fn words_for_switches(plugin: &Node) -> Vec<(Option<u32>, String)> {
    let wrong = plugin.entries_at("containerd.runtimes").filter_map(|(name, runtime)| {
        let node = runtime.at("options.SystemdCgroup")?;
        let is_switch = matches!(node.content, Content::Bool(_));
        let what = format!(
            "SystemdCgroup of the runtime {name} is neither true nor false: its pods don't start (`failed to generate runtime options`)"
        );
        (!is_switch).then_some((node.line, what))
    });
    wrong.collect()
}

fn has_tls(plugin: &Node) -> bool {
    plugin.entries_at("registry.configs").any(|(_, host)| host.at("tls").is_some())
}

/// Whether the default runtime is the first one, which had no options of its own.
fn runs_on_v1(plugin: &Node) -> bool {
    plugin.at(&format!("containerd.runtimes.{}", default_runtime(plugin))).is_some_and(is_of_v1)
}

/// Whether a runtime is of the first kind.
fn is_of_v1(runtime: &Node) -> bool {
    runtime.text_at("runtime_type").is_some_and(|(_, kind)| kind == "io.containerd.runtime.v1.linux")
}

/// The runtime that pods get which ask for none.
pub(crate) fn default_runtime(plugin: &Node) -> String {
    let named = plugin.text_at("containerd.default_runtime_name").map(|(_, name)| name);
    named.filter(|name| !name.is_empty()).unwrap_or("runc").to_owned()
}

/// Directories of network plugins that a plugin's table names.
pub(crate) fn network_plugins(plugin: &Node) -> Option<(Option<u32>, Vec<String>)> {
    if let Some(node) = plugin.at("cni.bin_dirs")
        && let State::Known(Value::List(items)) = node.state()
        && !items.is_empty()
    {
        return Some((node.line, items.iter().filter_map(Value::as_text).map(str::to_owned).collect()));
    }
    let (line, path) = plugin.text_at("cni.bin_dir").filter(|(_, path)| !path.is_empty())?;
    Some((line, vec![path.to_owned()]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::toml_document;

    fn release(text: &str) -> Option<Version> {
        Version::parse(text)
    }

    #[test]
    fn a_file_may_be_too_new() {
        for (file, installed, wanted) in [
            (2, "1.6.20", None),
            (3, "1.7.24", Some("version 3 of the file is for containerd 2.0 and later")),
            (3, "2.2.1", None),
            (4, "2.2.1", Some("version 4 of the file is for containerd 2.3 and later")),
            (4, "2.3.0", None),
            (5, "2.3.0", Some("version 5 of the file is for a containerd that is newer than this one")),
        ] {
            assert_eq!(too_new(file, &release(installed).unwrap()).as_deref(), wanted, "{file} {installed}");
        }
    }

    #[test]
    fn settings_keep_the_cri_from_loading() {
        let count = |file: i64, installed: &str, text: &str| {
            let plugin = toml_document::parse(text.as_bytes()).unwrap();
            refused(if file == 3 { IMAGES } else { WHOLE }, &plugin, file, release(installed).as_ref()).len()
        };
        let mirrors = "[registry.mirrors.\"docker.io\"]\nendpoint=[\"https://a\"]\n";
        let path = "[registry]\nconfig_path=\"/etc/containerd/certs.d\"\n";
        for (file, installed, text, wanted) in [
            (2, "1.7.27", format!("{path}{mirrors}"), 1),
            (3, "2.1.0", format!("{path}{mirrors}"), 1),
            (2, "", format!("{path}{mirrors}"), 1),
            (2, "1.7.27", mirrors.to_owned(), 0),
            (2, "1.7.27", format!("[registry]\nconfig_path=\"\"\n{mirrors}"), 0),
            (2, "1.7.27", format!("{path}[registry.configs.\"a\".tls]\ninsecure_skip_verify=true\n"), 1),
            (2, "2.2.1", mirrors.to_owned(), 1),
            (2, "2.2.2", mirrors.to_owned(), 0),
            (2, "1.7.27", "systemd_cgroup=true\n".to_owned(), 1),
            (2, "1.7.27", "systemd_cgroup=false\n".to_owned(), 0),
            (2, "2.1.0", "systemd_cgroup=true\n".to_owned(), 0),
            (2, "1.7.27", "[containerd.runtimes.runc.options]\nSystemdCgroup=\"true\"\n".to_owned(), 1),
            (2, "1.7.27", "[containerd.runtimes.runc.options]\nSystemdCgroup=true\n".to_owned(), 0),
            (2, "1.4.0", "systemd_cgroup=true\n[containerd.runtimes.runc]\nruntime_type=\"io.containerd.runtime.v1.linux\"\n".to_owned(), 0),
        ] {
            assert_eq!(count(file, installed, &text), wanted, "{file} {installed} {text}");
        }
    }

    #[test]
    fn files_of_version_2_name_plugins_by_uri() {
        let count = |installed: &str, text: &str| {
            short_names(&toml_document::parse(text.as_bytes()).unwrap(), release(installed).as_ref()).len()
        };
        assert_eq!(count("1.6.20", "version=2\n[plugins.cri]\nx=1\n"), 1);
        assert_eq!(count("1.6.20", "[plugins.cri]\nx=1\n"), 0);
        assert_eq!(count("1.6.20", "version=2\n[plugins.\"io.containerd.grpc.v1.cri\"]\nx=1\n"), 0);
        assert_eq!(count("2.1.0", "version=2\n[plugins.cri]\nx=1\n"), 0);
    }
}
