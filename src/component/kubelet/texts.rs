//! Texts and lists with a form of their own: taints, TLS, addresses, sockets, paths, logging and tracing.

use std::collections::BTreeSet;

use super::view::{Judgement, View};
use crate::component::go_tls::{CIPHERS, CURVES, HTTP2_CIPHERS};
use crate::parse::document::{Content, Node};
use crate::parse::quantity::Quantity;
use crate::parse::{go_address, go_duration, go_url, image_reference, label};

/// What a taint does.
pub(crate) const EFFECTS: [&str; 3] = ["NoSchedule", "PreferNoSchedule", "NoExecute"];

pub(super) fn look(view: View<'_>, found: &mut Judgement) {
    taints(view, found);
    tls(view, found);
    paths(view, found);
    logging(view, found);
    tracing(view, found);
    if let Some(text) =
        view.text("address").filter(|text| !text.is_empty() && go_address::address(text).is_none())
    {
        found.fault("address", format!("address is `{text}`, must be an IP address"));
    }
    for field in ["containerRuntimeEndpoint", "imageServiceEndpoint"] {
        if let Some(text) = view.text(field).filter(|text| !text.is_empty() && !is_socket(text)) {
            let wanted = "must be a socket, such as unix:///var/run/crio/crio.sock";
            found.fault(field, format!("{field} is `{text}`, {wanted}"));
        }
    }
    // A file's empty text is the default; a flag's is literal.
    if view.text("containerRuntimeEndpoint") == Some("") {
        found.fault("containerRuntimeEndpoint", "containerRuntimeEndpoint is empty, must be a socket");
    }
    if let Some(Content::Number(text)) = view.at("memoryThrottlingFactor") {
        factor(text, found);
    } else if let Some(number) = view.integer("memoryThrottlingFactor") {
        factor(&number.to_string(), found);
    }
}

fn factor(text: &str, found: &mut Judgement) {
    let is_right = text.parse::<f64>().is_ok_and(|factor| factor > 0.0 && factor <= 1.0);
    if !is_right {
        let field = "memoryThrottlingFactor";
        found.fault(field, format!("{field} is {text}, must be above 0 and at most 1.0"));
    }
}

/// `unix://PATH`, `unix:PATH` or a path; a word without a slash is taken for a host.
fn is_socket(text: &str) -> bool {
    go_url::unix_path(text)
        .is_some_and(|path| path.contains('/') && go_url::scheme(&format!("unix://{path}")).is_ok())
}

fn taints(view: View<'_>, found: &mut Judgement) {
    const FIELD: &str = "registerWithTaints";
    for item in view.list(FIELD) {
        let text = |name: &str| match item.at(name).map(|node| &node.content) {
            Some(Content::Text(text)) => text.as_str(),
            _ => "",
        };
        let (key, value, effect) = (text("key"), text("value"), text("effect"));
        let mut fault = |text: String| found.fault(FIELD, text);
        if !label::is_qualified_name(key) {
            fault(format!("{FIELD} has the key `{key}`, which is no name of a taint"));
        }
        if !label::is_value(value) {
            fault(format!("{FIELD} has `{key}` with the value `{value}`, which is no value of a taint"));
        }
        if !effect.is_empty() && !EFFECTS.contains(&effect) {
            let wanted = EFFECTS.join(", ");
            fault(format!("{FIELD} has `{key}` with the effect `{effect}`, must be one of {wanted}"));
        }
        if item.at("timeAdded").is_some_and(|node| node.content != Content::Null) {
            fault(format!("{FIELD} has `{key}` with timeAdded, which must not be set"));
        }
    }
}

fn tls(view: View<'_>, found: &mut Judgement) {
    let field = "tlsCipherSuites";
    let suites: Vec<&str> = view.texts(field).collect();
    for suite in suites.iter().filter(|suite| !CIPHERS.contains(suite)) {
        found.fault(field, format!("{field} has `{suite}`, which is no cipher suite of Go's TLS"));
    }
    if !suites.is_empty()
        && view.text("tlsMinVersion") != Some("VersionTLS13")
        && !suites.iter().any(|suite| HTTP2_CIPHERS.contains(suite))
    {
        let text = format!("{field} needs one of {}: HTTP/2 does", HTTP2_CIPHERS.join(", "));
        found.fault(field, text);
    }
    // The field came with 1.36.
    let field = "tlsCurvePreferences";
    let mut seen = BTreeSet::new();
    for item in view.list(field).iter().filter(|_| view.since(36)) {
        let Content::Integer(curve) = item.content else { continue };
        if !CURVES.contains(&curve) {
            found.fault(field, format!("{field} has {curve}, which is no curve of Go's TLS (X25519 is 29)"));
        } else if !seen.insert(curve) {
            found.fault(field, format!("{field} has {curve} twice"));
        }
    }
}

fn paths(view: View<'_>, found: &mut Judgement) {
    let field = "podLogsDir";
    // The field came with 1.30.
    let Some(path) = view.text(field).filter(|_| view.since(30)) else { return };
    let is_clean = path == "/"
        || path.starts_with('/') && path[1..].split('/').all(|part| !["", ".", ".."].contains(&part));
    if !is_clean || !path.is_ascii() {
        let wanted = "must be an absolute path of ASCII letters, without `..` and without a slash at its end";
        found.fault(field, format!("{field} is `{path}`, {wanted}"));
    }
}

fn logging(view: View<'_>, found: &mut Judgement) {
    let field = "logging.flushFrequency";
    let wanted = "must be above 0, such as 5s";
    match view.at(field) {
        Some(Content::Text(text)) if go_duration::nanoseconds(text).is_none_or(|span| span <= 0) => {
            found.fault(field, format!("{field} is `{text}`, {wanted}"));
        }
        Some(Content::Integer(number)) if *number < 0 => {
            found.fault(field, format!("{field} is {number}, {wanted}"));
        }
        _ => {}
    }
    vmodule(view, found);
    if view.gate("LoggingAlphaOptions", None) != Some(false) {
        return;
    }
    for format in ["text", "json"] {
        let option = |name: &str| view.at(&format!("logging.options.{format}.{name}"));
        let is_set = |content: &Content| match content {
            Content::Integer(number) => *number != 0,
            Content::Text(text) => Quantity::parse(text).is_none_or(|size| size.sign().is_ne()),
            _ => false,
        };
        // What a file says of `splitStream` is overridden by the flag's default, and never refused.
        if option("infoBufferSize").is_some_and(is_set) {
            let text =
                format!("logging.options.{format}.infoBufferSize needs the feature gate LoggingAlphaOptions");
            found.fault("logging.options", text);
        }
    }
}

/// Files whose log is more verbose.
fn vmodule(view: View<'_>, found: &mut Judgement) {
    const FIELD: &str = "logging.vmodule";
    let items = view.list(FIELD);
    if !items.is_empty() && view.text("logging.format") == Some("json") {
        found.fault(FIELD, format!("{FIELD} needs logging.format: text"));
    }
    for item in items {
        let pattern = match item.at("filePattern").map(|node| &node.content) {
            Some(Content::Text(pattern)) => pattern.as_str(),
            _ => "",
        };
        if pattern.is_empty() || pattern.contains(['=', ',']) {
            let wanted = "must be the name of a file or a pattern, without `=` and `,`";
            found.fault(FIELD, format!("{FIELD} has the filePattern `{pattern}`, {wanted}"));
        }
        let verbosity = item.at("verbosity").map(|node| &node.content);
        if let Some(Content::Integer(number)) = verbosity
            && i32::try_from(*number).is_err()
        {
            let wanted = format!("must be at most {}", i32::MAX);
            found.fault(FIELD, format!("{FIELD} has `{pattern}` with the verbosity {number}, {wanted}"));
        }
    }
}

/// `host:port`, or one of the schemes of gRPC (`validateEndpoint` in component-base/tracing/api/v1/config.go).
fn tracing(view: View<'_>, found: &mut Judgement) {
    let field = "tracing.endpoint";
    let Some(endpoint) = view.text(field) else { return };
    let scheme = if endpoint.contains("//") { "" } else { "dns://" };
    let scheme = go_url::scheme(&format!("{scheme}{endpoint}"));
    if !scheme.is_ok_and(|scheme| ["dns", "unix", "unix-abstract"].contains(&scheme.as_str())) {
        let wanted = "must be host:port, or begin with dns:, unix: or unix-abstract:";
        found.fault(field, format!("{field} is `{endpoint}`, {wanted}"));
    }
}

/// Why a text is no pattern of `preloadedImagesVerificationAllowlist` (`getAllowlistImagePattern` in
/// pkg/kubelet/images/pullmanager).
pub(super) fn image_pattern_mistake(pattern: &str) -> Option<&'static str> {
    if pattern.trim() != pattern {
        return Some("must have no blanks around it");
    }
    let start = pattern.strip_suffix("/*");
    if pattern.is_empty() || start == Some("") {
        return Some("must name a registry");
    }
    if start.unwrap_or(pattern).contains('*') {
        return Some("may have a `*` only at its end, as in registry.example.com/*");
    }
    if start.is_some() {
        return None;
    }
    match image_reference::parse(pattern) {
        Ok(image) if image.tag.is_none() && image.digest.is_none() => None,
        Ok(_) => Some("must have neither tag nor digest"),
        Err(_) => Some("must be the name of an image"),
    }
}

/// The taints of `--register-with-taints`, as the field has them (`parseTaint` in pkg/util/taints).
///
/// # Errors
/// The taint that is none, and why.
pub(crate) fn taints_of_flag(value: &str) -> Result<Vec<Node>, String> {
    let mut seen = BTreeSet::new();
    let mut taints = Vec::new();
    // With a `-` at its end a taint would be taken away: it is passed over.
    for taint in value.split(',').filter(|taint| !value.is_empty() && !taint.ends_with('-')) {
        let (key, _, effect) = parted(taint);
        if !seen.insert((key, effect)) {
            return Err(format!("`{taint}` repeats a key and its effect"));
        }
        taints.push(taint_of_flag(taint)?);
    }
    Ok(taints)
}

fn taint_of_flag(taint: &str) -> Result<Node, String> {
    let wanted = || format!("`{taint}` must be KEY=VALUE:EFFECT, with an effect of {}", EFFECTS.join(", "));
    let (key, value, effect) = parted(taint);
    if effect.is_none_or(|effect| !EFFECTS.contains(&effect))
        || !label::is_qualified_name(key)
        || !label::is_value(value)
    {
        return Err(wanted());
    }
    let text = |text: &str| Node::unplaced(Content::Text(text.to_owned()));
    let fields = [("effect", effect.unwrap_or_default()), ("key", key), ("value", value)];
    let table = fields.into_iter().map(|(name, value)| (name.to_owned(), text(value))).collect();
    Ok(Node::unplaced(Content::Table(table)))
}

/// Key, value and effect; without an effect the whole text is the key.
fn parted(taint: &str) -> (&str, &str, Option<&str>) {
    match taint.split_once(':') {
        Some((named, effect)) => {
            let (key, value) = named.split_once('=').unwrap_or((named, ""));
            (key, value, Some(effect))
        }
        None => (taint, "", None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sockets_are_told_from_hosts() {
        for (text, is_right) in [
            ("unix:///var/run/crio/crio.sock", true),
            ("unix:/var/run/crio/crio.sock", true),
            ("UNIX:///var/run/crio/crio.sock", true),
            ("/var/run/crio/crio.sock", true),
            ("tcp://127.0.0.1:1", false),
            ("x", false),
            ("a b", false),
            ("unix://", false),
        ] {
            assert_eq!(is_socket(text), is_right, "{text}");
        }
    }
}
