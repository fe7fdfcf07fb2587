//! Values of the right type, outside of the CRI's tables, at which containerd exits or starts without its CRI
//! (`cmd/containerd/server`; containerd 1.7.28, 2.0.7, 2.1.8, 2.2.7 and 2.3.4 were asked).

use super::release::{is_before_2, may_be_since, minor};
use crate::fact::Version;
use crate::parse::document::{Content, Node};
use crate::parse::go_duration;

/// The line of a value, and what is wrong with it.
pub(crate) type Wrong = (Option<u32>, String);

pub(crate) const EXITS: &str = "containerd exits";
pub(crate) const NO_CRI: &str = "the CRI plugin doesn't load";

/// What logrus calls its levels, in any letter case.
const LEVELS: [&str; 8] = ["panic", "fatal", "error", "warn", "warning", "info", "debug", "trace"];

/// What a proxy plugin may be; the last since 2.0.
const PROXIES: [&str; 4] = ["snapshot", "content", "diff", "sandbox"];

/// Snapshotters that are always there.
pub(crate) const BUILT_IN: [&str; 2] = ["overlayfs", "native"];

/// No path of a socket is longer: that of its neighbour ends with `.ttrpc`.
const LONGEST_SOCKET: usize = 104 - ".ttrpc".len();

/// Settings outside of plugins, and of the plugins that the CRI needs.
pub(crate) fn of_file(document: &Node, release: Option<&Version>) -> Vec<Wrong> {
    let mut found = Vec::new();
    let roots = (document.text_at("root"), document.text_at("state"));
    let root = roots.0.map_or("/var/lib/containerd", |(_, root)| root);
    let state = roots.1.map_or("/run/containerd", |(_, state)| state);
    if root == state && !root.is_empty() {
        let line = roots.0.or(roots.1).and_then(|(line, _)| line);
        found.push((line, format!("root and state are both \"{root}\": {EXITS}")));
    }
    if let Some((line, level)) = document.text_at("debug.level").filter(|(_, level)| !is_level(level)) {
        let levels = LEVELS.join(", ");
        found.push((line, format!("debug.level is \"{level}\", which is none of {levels}: {EXITS}")));
    }
    if let Some((line, format)) = document.text_at("debug.format").filter(|(_, name)| !is_format(name))
        && may_be_since(release, (1, 5))
    {
        found.push((line, format!("debug.format is \"{format}\", which is neither text nor json: {EXITS}")));
    }
    found.extend(endpoints(document, release));
    found.extend(timeouts(document));
    found.extend(proxies(document, release));
    found.extend(required(document, release));
    if let Some((line, policy)) =
        document.text_at("plugins.io.containerd.metadata.v1.bolt.content_sharing_policy")
        && !["", "shared", "isolated"].contains(&policy)
    {
        let what =
            format!("content_sharing_policy is \"{policy}\", which is neither shared nor isolated: {NO_CRI}");
        found.push((line, what));
    }
    found
}

/// Where the server listens besides the CRI. From version 4 of the file on, each listener is a plugin.
fn endpoints(document: &Node, release: Option<&Version>) -> Vec<Wrong> {
    let is_old = super::version(document) < 4;
    let listener = |name: &str| {
        let table = if is_old { name.to_owned() } else { format!("plugins.io.containerd.server.v1.{name}") };
        document.text_at(&format!("{table}.address")).filter(|(_, address)| !address.is_empty())
    };
    let mut found = Vec::new();
    // 2.3 listens there no more.
    if is_old
        && release.is_none_or(|release| minor(release) < (2, 3))
        && let Some((line, address)) = document.text_at("grpc.tcp_address")
        && !address.is_empty()
        && !is_endpoint(address)
    {
        let what = format!("grpc.tcp_address is \"{address}\", which is no address with a port: {EXITS}");
        found.push((line, what));
    }
    for name in ["metrics", "debug"] {
        if let Some((line, address)) = listener(name)
            && !(name == "debug" && address.starts_with('/'))
            && !is_endpoint(address)
        {
            let what = format!(
                "the address of {name} is \"{address}\", which is no address with a port such as 127.0.0.1:1338: {EXITS}"
            );
            found.push((line, what));
        }
    }
    if let Some((line, address)) = listener("grpc")
        && address.len() > LONGEST_SOCKET
    {
        let what = format!(
            "the address of grpc has {} bytes; {LONGEST_SOCKET} are the most: {EXITS}",
            address.len()
        );
        found.push((line, what));
    }
    found
}

fn timeouts(document: &Node) -> Vec<Wrong> {
    let wrong = document.entries_at("timeouts").filter_map(|(name, node)| match &node.content {
        Content::Text(span) if go_duration::nanoseconds(span).is_none() => {
            let what = format!(
                "the timeout {name} is \"{span}\", which is no length of time such as \"10s\": {EXITS}"
            );
            Some((node.line, what))
        }
        _ => None,
    });
    wrong.collect()
}

fn proxies(document: &Node, release: Option<&Version>) -> Vec<Wrong> {
    let known = if is_before_2(release) { &PROXIES[..3] } else { &PROXIES[..] };
    let wrong = document.entries_at("proxy_plugins").filter_map(|(name, node)| {
        if BUILT_IN.contains(&name.as_str()) {
            return Some((
                node.line,
                format!("the proxy plugin {name} has the name of one that is built in: {EXITS}"),
            ));
        }
        let kind = node.text_at("type").map(|(_, kind)| kind).unwrap_or_default();
        let what = || {
            let known = known.join(", ");
            format!("the proxy plugin {name} has the type \"{kind}\", which is none of {known}: {EXITS}")
        };
        (!known.contains(&kind)).then(|| (node.line, what()))
    });
    wrong.collect()
}

/// From version 2 of the file on, plugins are named by URI.
fn required(document: &Node, release: Option<&Version>) -> Vec<Wrong> {
    let Some(node) = document.at("required_plugins").filter(|_| super::version(document) >= 2) else {
        return Vec::new();
    };
    let Content::List(items) = &node.content else { return Vec::new() };
    let wrong = items.iter().filter_map(|item| match &item.content {
        Content::Text(name) if !is_uri(name, release) => {
            let what = format!("required_plugins: `{name}` is no URI such as {}: {EXITS}", super::WHOLE);
            Some((item.line.or(node.line), what))
        }
        _ => None,
    });
    wrong.collect()
}

/// A plugin's name as files of version 2 and later have it: `io.containerd.TYPE.vNUMBER`, and more. 2.0 and later look at its
/// beginning only.
pub(crate) fn is_uri(name: &str, release: Option<&Version>) -> bool {
    name.starts_with("io.containerd.") && (!is_before_2(release) || name.splitn(4, '.').count() == 4)
}

fn is_level(name: &str) -> bool {
    name.is_empty() || LEVELS.iter().any(|level| level.eq_ignore_ascii_case(name))
}

fn is_format(name: &str) -> bool {
    ["", "text", "json"].contains(&name)
}

/// A number of a port, or what may be the name of a service.
pub(super) fn is_port(port: &str) -> bool {
    match port.parse::<i64>() {
        Ok(number) => u16::try_from(number).is_ok(),
        Err(_) => !port.contains(|c: char| !c.is_ascii_alphanumeric() && !"-_.+".contains(c)),
    }
}

/// An address and a port.
fn is_endpoint(address: &str) -> bool {
    let Some((host, port)) = address.rsplit_once(':') else { return false };
    let is_host =
        !host.contains('/') && (!host.contains(':') || host.starts_with('[') && host.ends_with(']'));
    is_host && is_port(port)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::toml_document;

    fn file(release: &str, text: &str) -> usize {
        let document = toml_document::parse(format!("version = 2\n{text}").as_bytes()).unwrap();
        of_file(&document, Version::parse(release).as_ref()).len()
    }

    #[test]
    fn values_of_the_file_are_taken_or_end_it() {
        for good in [
            "root = \"/var/lib/x\"",
            "[debug]\nlevel = \"WARN\"\nformat = \"json\"",
            "[debug]\naddress = \"/run/debug.sock\"",
            "[metrics]\naddress = \"127.0.0.1:1338\"",
            "[metrics]\naddress = \"[::1]:http\"",
            "[timeouts]\nx = \"-5s\"",
            "[proxy_plugins.stargz]\ntype = \"snapshot\"",
            "required_plugins = [\"io.containerd.grpc.v1.cri\"]",
            "[plugins.\"io.containerd.metadata.v1.bolt\"]\ncontent_sharing_policy = \"isolated\"",
        ] {
            assert_eq!(file("1.7.28", good), 0, "{good}");
        }
        for bad in [
            "root = \"/run/containerd\"",
            "[debug]\nlevel = \"verbose\"",
            "[debug]\nformat = \"JSON\"",
            "[debug]\naddress = \"debug\"",
            "[metrics]\naddress = \"127.0.0.1\"",
            "[metrics]\naddress = \"127.0.0.1:99999\"",
            "[metrics]\naddress = \"/run/metrics.sock\"",
            "[timeouts]\nx = \"5\"",
            "[timeouts]\nx = \"\"",
            "[proxy_plugins.stargz]\naddress = \"/run/x.sock\"",
            "[proxy_plugins.stargz]\ntype = \"Snapshot\"",
            "[proxy_plugins.overlayfs]\ntype = \"snapshot\"",
            "[grpc]\ntcp_address = \"127.0.0.1\"",
            "required_plugins = [\"cri\"]",
            "[plugins.\"io.containerd.metadata.v1.bolt\"]\ncontent_sharing_policy = \"Shared\"",
        ] {
            assert_eq!(file("1.7.28", bad), 1, "{bad}");
        }
        assert_eq!(file("1.7.28", "[proxy_plugins.x]\ntype = \"sandbox\""), 1);
        assert_eq!(file("2.0.7", "[proxy_plugins.x]\ntype = \"sandbox\""), 0);
        assert_eq!(file("2.0.7", &format!("[grpc]\naddress = \"/{}\"", "x".repeat(98))), 1);
    }
}
