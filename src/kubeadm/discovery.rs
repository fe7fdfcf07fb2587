//! How a node finds and trusts its cluster: tokens, hashes of the CA, keys of certificates. No secret is in a finding.

use super::{Finding, Kubeadm, Text, Topic, syntax};
use crate::fact::Origin;
use crate::parse::document::Content;

const JOIN: &str = "JoinConfiguration";
const TOKEN_FORM: &str = "is not of the form abcdef.0123456789abcdef (small letters and digits, 6 and 16)";

/// What a newcomer knows of its cluster beforehand.
pub(crate) struct Discovery<'k> {
    /// `caCertHashes`, with their places.
    pub(crate) hashes: Vec<(&'k str, Origin)>,
    /// The token, and its place. It is a secret.
    pub(crate) token: Option<(&'k str, Origin)>,
}

impl Kubeadm {
    /// What a `JoinConfiguration` says of the cluster, as it is written.
    pub(crate) fn discovery(&self) -> Discovery<'_> {
        let placed = |text: Text<'_>| self.origin(text.line);
        let hashes = self.texts(JOIN, "discovery.bootstrapToken.caCertHashes");
        let token = self.text(JOIN, "discovery.bootstrapToken.token");
        Discovery {
            hashes: hashes.into_iter().map(|hash| (hash.text, placed(hash))).collect(),
            token: token.map(|token| (token.text, placed(token))),
        }
    }
}

pub(super) fn check(kubeadm: &Kubeadm, findings: &mut Vec<Finding>) {
    let mut refuse = |line, text| findings.push(Finding { topic: Topic::DiscoveryErrors, line, text });
    for (kind, field) in [("InitConfiguration", "certificateKey"), (JOIN, "controlPlane.certificateKey")] {
        if let Some(key) = kubeadm.text(kind, field)
            && !syntax::is_certificate_key(key.text)
        {
            let name = if key.line == 0 { "--certificate-key" } else { "certificateKey" };
            refuse(key.line, format!("{name} is not 64 hexadecimal digits"));
        }
    }
    let init = kubeadm.document("InitConfiguration").and_then(|document| document.root.at("bootstrapTokens"));
    if let Some(Content::List(tokens)) = init.map(|node| &node.content) {
        for item in tokens {
            if let Some(node) = item.at("token")
                && let Content::Text(token) = &node.content
                && !syntax::is_token(token)
            {
                refuse(node.line.unwrap_or(1), format!("a token of bootstrapTokens {TOKEN_FORM}"));
            }
        }
    }
    if let Some(document) = kubeadm.document(JOIN) {
        join(kubeadm, document.line, &mut refuse);
    }
}

fn join(kubeadm: &Kubeadm, line: u32, refuse: &mut dyn FnMut(u32, String)) {
    let token = kubeadm.line(JOIN, "discovery.bootstrapToken");
    let file = kubeadm.line(JOIN, "discovery.file");
    // A command has flags, not fields.
    let is_command = line == 0;
    let words = |flags: &str, fields: &str| if is_command { flags } else { fields }.to_owned();
    match (token, file) {
        (None, None) if is_command => {
            refuse(line, "the command has neither HOST:PORT and --token nor --discovery-file".into());
        }
        (None, None) => refuse(line, "discovery has neither bootstrapToken nor file".into()),
        (Some(_), Some(line)) => {
            let both = words(
                "the command has both --token and --discovery-file",
                "discovery has both bootstrapToken and file",
            );
            refuse(line, both);
        }
        _ => {}
    }
    if let Some(text) = kubeadm.text(JOIN, "discovery.tlsBootstrapToken")
        && !syntax::is_token(text.text)
    {
        refuse(text.line, format!("{} {TOKEN_FORM}", words("--tls-bootstrap-token", "tlsBootstrapToken")));
    }
    if file.is_some() && kubeadm.line(JOIN, "discovery.tlsBootstrapToken").is_none() && token.is_none() {
        let path = kubeadm.text(JOIN, "discovery.file.kubeConfigPath");
        if path.is_none() {
            refuse(line, "discovery.file has no kubeConfigPath".into());
        }
    }
    let Some(line) = token else { return };
    match kubeadm.text(JOIN, "discovery.bootstrapToken.token") {
        Some(text) if !syntax::is_token(text.text) => {
            refuse(text.line, format!("{} {TOKEN_FORM}", words("--token", "token")));
        }
        Some(_) => {}
        None => refuse(line, words("the command has no --token", "discovery.bootstrapToken has no token")),
    }
    match kubeadm.text(JOIN, "discovery.bootstrapToken.apiServerEndpoint") {
        Some(text) => match syntax::host_port(text.text) {
            Ok((_, Some(_))) => {}
            Ok((_, None)) if is_command => {
                let text = syntax::masked(text.text);
                let right = if text.parse::<std::net::Ipv6Addr>().is_ok() {
                    format!("[{text}]:6443")
                } else {
                    format!("{}:6443", text.trim_end_matches(':'))
                };
                refuse(line, format!("HOST:PORT `{text}` has no port, write `{right}`"));
            }
            Err(_) if is_command && bare(text.text).is_some() => {
                let right = syntax::masked(bare(text.text).unwrap_or_default());
                refuse(
                    line,
                    format!("HOST:PORT `{}` has a scheme, write `{right}`", syntax::masked(text.text)),
                );
            }
            Err(wrong) if is_command => {
                refuse(line, format!("HOST:PORT `{}` {wrong}", syntax::masked(text.text)));
            }
            Ok((_, None)) => refuse(text.line, format!("apiServerEndpoint `{}` has no port", text.text)),
            Err(wrong) => refuse(text.line, format!("apiServerEndpoint `{}` {wrong}", text.text)),
        },
        None => refuse(
            line,
            words("the command has no HOST:PORT", "discovery.bootstrapToken has no apiServerEndpoint"),
        ),
    }
    let hashes = kubeadm.texts(JOIN, "discovery.bootstrapToken.caCertHashes");
    let root = kubeadm.document(JOIN).map(|document| &document.root);
    let unsafely = root.and_then(|root| root.at("discovery.bootstrapToken.unsafeSkipCAVerification"));
    if hashes.is_empty() && !unsafely.is_some_and(|node| node.content == Content::Bool(true)) {
        let none = words(
            "the command has no --discovery-token-ca-cert-hash",
            "discovery.bootstrapToken has no caCertHashes",
        );
        refuse(line, format!("{none}: kubeadm would not know its cluster"));
    }
    for hash in hashes {
        if let Some(wrong) = syntax::hash_mistake(hash.text) {
            refuse(
                hash.line,
                format!("{} {wrong}", words("--discovery-token-ca-cert-hash", "a hash of caCertHashes")),
            );
        }
    }
}

/// An address without its scheme and its path, if that leaves a host and a port.
fn bare(text: &str) -> Option<&str> {
    let rest = text.split_once("://")?.1;
    let bare = rest.split('/').next()?;
    matches!(syntax::host_port(bare), Ok((_, Some(_)))).then_some(bare)
}
