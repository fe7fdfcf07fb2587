//! How a node finds and trusts its cluster: tokens, hashes of the CA, keys of certificates. No secret is in a finding.

use super::{Finding, Kubeadm, Text, Topic, syntax};
use crate::fact::Origin;
use crate::parse::document::Content;
use crate::parse::go_url;

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
    let mut refuse = |line, text| findings.push(Finding::new(Topic::DiscoveryErrors, line, text));
    if let Some(document) = kubeadm.document(JOIN) {
        Join { kubeadm, line: document.line, refuse: &mut refuse }.check();
    }
}

/// A `JoinConfiguration`, from a file or made of a command: a command has flags, not fields.
struct Join<'k, 'f> {
    kubeadm: &'k Kubeadm,
    /// Its first line; 0 for a command.
    line: u32,
    refuse: &'f mut dyn FnMut(u32, String),
}

impl<'k> Join<'k, '_> {
    fn check(mut self) {
        let token = self.kubeadm.line(JOIN, "discovery.bootstrapToken");
        let file = self.kubeadm.line(JOIN, "discovery.file");
        self.way(token, file);
        if let Some(line) = token {
            self.token(line);
            self.endpoint(line);
            self.hashes(line);
        }
    }

    fn is_command(&self) -> bool {
        self.line == 0
    }

    fn refuse(&mut self, line: u32, text: impl Into<String>) {
        (self.refuse)(line, text.into());
    }

    fn words(&self, flags: &'static str, fields: &'static str) -> &'static str {
        if self.is_command() { flags } else { fields }
    }

    fn text(&self, field: &str) -> Option<Text<'k>> {
        self.kubeadm.text(JOIN, field)
    }

    /// There is one way to find the cluster: by a token or by a file.
    fn way(&mut self, token: Option<u32>, file: Option<u32>) {
        match (token, file) {
            (None, None) => {
                let neither = "the command has neither HOST:PORT and --token nor --discovery-file";
                self.refuse(self.line, self.words(neither, "discovery has neither bootstrapToken nor file"));
            }
            (Some(_), Some(line)) => {
                let both = "the command has both --token and --discovery-file";
                self.refuse(line, self.words(both, "discovery has both bootstrapToken and file"));
            }
            _ => {}
        }
        let field = "discovery.tlsBootstrapToken";
        if let Some(text) = self.text(field)
            && !syntax::is_token(text.text)
        {
            let name = self.words("--tls-bootstrap-token", "tlsBootstrapToken");
            self.refuse(text.line, format!("{name} {TOKEN_FORM}"));
        }
        if let Some(line) = file {
            self.file(line);
        }
    }

    /// The kubeconfig of the cluster: a file of this host, or a page behind https.
    fn file(&mut self, line: u32) {
        let Some(path) = self.text("discovery.file.kubeConfigPath") else {
            return self.refuse(line, "discovery.file has no kubeConfigPath");
        };
        let name = self.words("--discovery-file", "kubeConfigPath");
        let wrong = match go_url::scheme(path.text) {
            Err(wrong) => wrong,
            Ok(scheme) if scheme == "https" || path.text.starts_with('/') => return,
            Ok(scheme) if scheme.is_empty() => "is not an absolute path: kubeadm looks where it is started",
            Ok(_) => "is not https://, the only URL that kubeadm takes",
        };
        self.refuse(path.line, format!("{name} `{}` {wrong}", path.text));
    }

    fn token(&mut self, line: u32) {
        match self.text("discovery.bootstrapToken.token") {
            Some(text) if !syntax::is_token(text.text) => {
                self.refuse(text.line, format!("{} {TOKEN_FORM}", self.words("--token", "token")));
            }
            Some(_) => {}
            None => {
                let fields = "discovery.bootstrapToken has no token";
                self.refuse(line, self.words("the command has no --token", fields));
            }
        }
    }

    fn endpoint(&mut self, line: u32) {
        let Some(text) = self.text("discovery.bootstrapToken.apiServerEndpoint") else {
            let fields = "discovery.bootstrapToken has no apiServerEndpoint";
            return self.refuse(line, self.words("the command has no HOST:PORT", fields));
        };
        let Err(wrong) = syntax::join_endpoint(text.text) else { return };
        if self.is_command() {
            return self.refuse(line, endpoint_of_command(text.text, &wrong));
        }
        self.refuse(text.line, format!("apiServerEndpoint `{}` {wrong}", text.text));
    }

    fn hashes(&mut self, line: u32) {
        let hashes = self.kubeadm.texts(JOIN, "discovery.bootstrapToken.caCertHashes");
        let root = self.kubeadm.document(JOIN).map(|document| &document.root);
        let unsafely = root.and_then(|root| root.at("discovery.bootstrapToken.unsafeSkipCAVerification"));
        if hashes.is_empty() && !unsafely.is_some_and(|node| node.content == Content::Bool(true)) {
            let flags = "the command has no --discovery-token-ca-cert-hash";
            let none = self.words(flags, "discovery.bootstrapToken has no caCertHashes");
            self.refuse(line, format!("{none}: kubeadm would not know its cluster"));
        }
        let name = self.words("--discovery-token-ca-cert-hash", "a hash of caCertHashes");
        for hash in hashes {
            if let Some(wrong) = syntax::hash_mistake(hash.text) {
                self.refuse(hash.line, format!("{name} {wrong}"));
            }
        }
    }
}

/// What is wrong with the HOST:PORT of a command, and how to write it.
fn endpoint_of_command(text: &str, wrong: &str) -> String {
    let masked = syntax::masked(text);
    if let Some(bare) = bare(text) {
        return format!("HOST:PORT `{masked}` has a scheme, write `{}`", syntax::masked(bare));
    }
    let right = match syntax::host_port(text) {
        _ if masked.parse::<std::net::Ipv6Addr>().is_ok() => format!("[{masked}]:6443"),
        Ok((_, None)) => format!("{}:6443", masked.trim_end_matches(':')),
        _ => return format!("HOST:PORT `{masked}` {wrong}"),
    };
    format!("HOST:PORT `{masked}` has no port, write `{right}`")
}

/// An address without its scheme and its path, if that leaves a host and a port.
fn bare(text: &str) -> Option<&str> {
    let rest = text.split_once("://")?.1;
    let bare = rest.split('/').next()?;
    syntax::join_endpoint(bare).is_ok().then_some(bare)
}
