//! Certificates on disk: PEM files, and those that kubeconfig files hold or name.

use std::path::Path;

use crate::fact::{Answer, Knowledge, Origin, Reason, ReasonCode};
use crate::host::{Files, HostError, HostPath, Read};
use crate::parse::document::{Content, Node};
use crate::parse::yaml;
use crate::pki::certificate::{self, Certificate};
use crate::subsystem::Subsystems;

const DAY: i64 = 86_400;
/// The authority of the members and clients of kubeadm's etcd.
const ETCD: &str = "/etc/kubernetes/pki/etcd/ca.crt";
/// Where kubeadm keeps the certificate authorities of a cluster.
const AUTHORITIES: [&str; 2] = ["/etc/kubernetes/pki/ca.crt", "/etc/kubernetes/pki/front-proxy-ca.crt"];

/// Which of kubeadm's authorities signs what, where it keeps both.
const SIGNED: [(&str, &str); 9] = [
    ("/etc/kubernetes/pki/apiserver.crt", AUTHORITIES[0]),
    ("/etc/kubernetes/pki/apiserver-etcd-client.crt", ETCD),
    ("/etc/kubernetes/pki/apiserver-kubelet-client.crt", AUTHORITIES[0]),
    ("/etc/kubernetes/pki/front-proxy-client.crt", AUTHORITIES[1]),
    ("/etc/kubernetes/pki/etcd/healthcheck-client.crt", ETCD),
    ("/etc/kubernetes/pki/etcd/peer.crt", ETCD),
    ("/etc/kubernetes/pki/etcd/server.crt", ETCD),
    ("/var/lib/kubelet/pki/kubelet-client-current.pem", AUTHORITIES[0]),
    ("/var/lib/kubelet/pki/kubelet-server-current.pem", AUTHORITIES[0]),
];

/// A certificate of a node.
#[derive(Clone, Debug)]
pub struct NodeCertificate {
    /// The certificate itself.
    pub certificate: Certificate,
    /// Whole days until its end, by the clock of the running system; negative behind it.
    pub expires_days: Knowledge<i64>,
    /// Whether the authority at hand is the one that it names.
    pub issuer_matches: Knowledge<bool>,
}

/// Why a certificate is not found.
#[derive(Debug)]
pub(in crate::subsystem) enum NotFound {
    /// There is no such file: its place.
    Missing(Origin),
    /// The file is there, and holds no certificate.
    Broken(Reason),
    /// Why it can't be known.
    Unknown(Reason),
}

impl NotFound {
    fn broken(reason: String) -> Self {
        NotFound::Broken(reason.into())
    }
}

/// A certificate, and what its file says of who issued it.
pub(in crate::subsystem) struct Found {
    /// The certificate itself, and those that issued it as far as the file holds them.
    pub(in crate::subsystem) chain: Vec<Certificate>,
    /// The certificate authorities of a kubeconfig, and their place.
    pub(in crate::subsystem) authorities: Vec<(Origin, Certificate)>,
    /// Why its authorities are not known, where a file that it names can't be read.
    pub(in crate::subsystem) hidden: Option<Reason>,
    /// The file; then the one that a kubeconfig names.
    pub(in crate::subsystem) because: Vec<Origin>,
}

/// The first certificate of a PEM file, or the one that the current user of a kubeconfig shows.
pub fn certificate(subsystems: &Subsystems<'_>, path: &str) -> Answer<NodeCertificate> {
    let files = subsystems.host().files();
    let found = match find(files, path) {
        Ok(found) => found,
        Err(NotFound::Missing(place)) => {
            return Answer::absent().because(place).note("the file is not there");
        }
        Err(NotFound::Broken(reason) | NotFound::Unknown(reason)) => return Answer::unknown(reason),
    };
    let Some(first) = found.chain.first() else {
        return Answer::absent().because_all(found.because).note("there is no certificate in it");
    };
    let mut because = found.because;
    let issuer_matches = match issuer(files, path, &found.chain, found.authorities) {
        Ok((origin, matches)) => {
            because.extend(origin);
            Knowledge::Known(matches)
        }
        Err(reason) => Knowledge::Unknown(reason),
    };
    let expires_days = expires(subsystems, first);
    Answer::known(NodeCertificate { certificate: first.clone(), expires_days, issuer_matches })
        .because_all(because)
}

fn expires(subsystems: &Subsystems<'_>, certificate: &Certificate) -> Knowledge<i64> {
    let Some(running) = subsystems.host().running() else {
        return Knowledge::unknown(Reason::new(ReasonCode::NotRunning, "no clock is running here"));
    };
    match running.time().required() {
        Ok(now) => Knowledge::Known(seconds_left(certificate, now).div_euclid(DAY)),
        Err(error) => Knowledge::unknown(error),
    }
}

/// Seconds until the end, seen from a second since 1970; negative behind it.
pub(in crate::subsystem) fn seconds_left(certificate: &Certificate, now: u64) -> i64 {
    let end = i64::try_from(certificate.not_after).unwrap_or(i64::MAX);
    end.saturating_sub(i64::try_from(now).unwrap_or(i64::MAX))
}

/// What a PEM file or a kubeconfig holds.
///
/// # Errors
/// If there is no such file, or it can't be read.
pub(in crate::subsystem) fn find(files: &Files, path: &str) -> Result<Found, NotFound> {
    let origin = Origin::file(HostPath::new(path));
    let text = read(files, path)?;
    if text.contains("-----BEGIN ") {
        let chain = parsed(&text, &origin)?;
        return Ok(Found { chain, authorities: Vec::new(), hidden: None, because: vec![origin] });
    }
    // A mistake in a kubeconfig is not repeated: it may be in the key.
    if let Read::Hidden(error) = files.read_document(path) {
        return Err(NotFound::Unknown(error.into()));
    }
    // The mistake is not shown, the answer is unknown.
    let document = yaml::parse(text.as_bytes()).ok().filter(|document| document.at("users").is_some());
    let Some(document) = document else {
        return Err(NotFound::broken(format!("{origin} is neither PEM nor a kubeconfig")));
    };
    kubeconfig(files, path, &document)
}

fn read(files: &Files, path: &str) -> Result<String, NotFound> {
    match files.read(path) {
        Read::There(bytes) => Ok(String::from_utf8_lossy(&bytes).into_owned()),
        Read::Missing(_) => Err(NotFound::Missing(Origin::file(HostPath::new(path)))),
        Read::Hidden(error) => Err(NotFound::Unknown(error.into())),
    }
}

/// The certificate of the user of the current context, and the authorities of its cluster.
fn kubeconfig(files: &Files, path: &str, document: &Node) -> Result<Found, NotFound> {
    let context = text(document, "current-context").and_then(|name| named(document, "contexts", name));
    let chosen =
        |list: &str, one: &str| match context.and_then(|context| text(context, &format!("context.{one}"))) {
            Some(name) => named(document, list, name),
            None => document.at(&format!("{list}.0")).filter(|_| document.at(&format!("{list}.1")).is_none()),
        };
    let origin = Origin::file(HostPath::new(path));
    let mut because = vec![origin.clone()];
    let chain = match chosen("users", "user") {
        Some(user) => pem(files, path, user, "user.client-certificate", &mut because)?,
        None => return Err(NotFound::broken(format!("{origin} doesn't say which user is meant"))),
    };
    let mut places = vec![origin];
    let mut hidden = None;
    let authorities = chosen("clusters", "cluster").map_or_else(
        || Ok(Vec::new()),
        |cluster| pem(files, path, cluster, "cluster.certificate-authority", &mut places),
    );
    let authorities = authorities.unwrap_or_else(|not_found| {
        hidden = match not_found {
            NotFound::Broken(reason) | NotFound::Unknown(reason) => Some(reason),
            NotFound::Missing(_) => None,
        };
        Vec::new()
    });
    // Both where the authority lies in another file and where it doesn't, the last place is its own.
    let place = places.pop().unwrap_or_default();
    let authorities = authorities.into_iter().map(|authority| (place.clone(), authority)).collect();
    Ok(Found { chain, authorities, hidden, because })
}

/// What lies under `KEY-data` in base64, or in the file that `KEY` names; no certificates without either.
fn pem(
    files: &Files,
    path: &str,
    node: &Node,
    key: &str,
    because: &mut Vec<Origin>,
) -> Result<Vec<Certificate>, NotFound> {
    let (origin, text) = if let Some(data) = text(node, &format!("{key}-data")) {
        let Some(bytes) = certificate::decode(data) else {
            return Err(NotFound::broken(format!("{}: a certificate is no base64", HostPath::new(path))));
        };
        (Origin::file(HostPath::new(path)), String::from_utf8_lossy(&bytes).into_owned())
    } else if let Some(place) = text(node, key) {
        let place = Path::new(path).parent().unwrap_or(Path::new("/")).join(place);
        let place = place.to_string_lossy();
        let origin = Origin::file(HostPath::new(&*place));
        because.push(origin.clone());
        (origin, read(files, &place)?)
    } else {
        return Ok(Vec::new());
    };
    parsed(&text, &origin)
}

/// The certificates of a text. What is no PEM nobody reads; what is no certificate to this program may be one to others.
fn parsed(text: &str, origin: &Origin) -> Result<Vec<Certificate>, NotFound> {
    certificate::parse(text).map_err(|wrong| {
        let reason = Reason::from(format!("{origin}: {wrong}"));
        if certificate::ders(text).is_err() { NotFound::Broken(reason) } else { NotFound::Unknown(reason) }
    })
}

fn text<'n>(node: &'n Node, key: &str) -> Option<&'n str> {
    match &node.at(key)?.content {
        Content::Text(text) if !text.is_empty() => Some(text),
        _ => None,
    }
}

/// The item of a list by its `name`.
fn named<'n>(document: &'n Node, list: &str, name: &str) -> Option<&'n Node> {
    let Content::List(items) = &document.at(list)?.content else { return None };
    items.iter().find(|item| text(item, "name") == Some(name))
}

/// Whether the one who issued a certificate is an authority at hand: of the kubeconfig, else of the chain, the same
/// directory, or the cluster.
pub(in crate::subsystem) fn issuer(
    files: &Files,
    path: &str,
    chain: &[Certificate],
    authorities: Vec<(Origin, Certificate)>,
) -> Result<(Option<Origin>, bool), Reason> {
    let Some(first) = chain.first() else { return Err("there is no certificate".into()) };
    if first.names_as_issuer(first) || chain[1..].iter().any(|other| first.names_as_issuer(other)) {
        return Ok((None, true));
    }
    let mut known = authorities;
    let mut hidden: Vec<HostError> = Vec::new();
    if known.is_empty() {
        for place in places_of_authorities(path) {
            match authorities_in(files, &place) {
                Ok(authorities) => known.extend(authorities),
                Err(error) => hidden.push(error),
            }
        }
    }
    if let Some((origin, _)) = known.iter().find(|(_, other)| first.names_as_issuer(other)) {
        return Ok((Some(origin.clone()), true));
    }
    // One that can't be read may be the issuer.
    match (hidden.into_iter().next(), known.into_iter().next()) {
        (Some(error), _) => Err(error.into()),
        (None, Some((origin, _))) => Ok((Some(origin.says("is not the issuer")), false)),
        (None, None) => Err("no certificate authority was found beside it".into()),
    }
}

/// Where the authority of a certificate may lie.
fn places_of_authorities(path: &str) -> Vec<HostPath> {
    if let Some((_, authority)) = SIGNED.iter().find(|(signed, _)| *signed == path) {
        return vec![HostPath::new(authority)];
    }
    let directory = HostPath::new(path).parent().unwrap_or_else(|| HostPath::new("/"));
    let beside = [directory.join("ca.crt"), directory.join("front-proxy-ca.crt")];
    beside.into_iter().chain(AUTHORITIES.map(HostPath::new)).collect()
}

/// The certificates of a file; none if it isn't there or holds none that can be understood.
///
/// # Errors
/// Why it can't be read.
pub(in crate::subsystem) fn authorities_in(
    files: &Files,
    place: &HostPath,
) -> Result<Vec<(Origin, Certificate)>, HostError> {
    let Some(bytes) = files.read(place).found()? else { return Ok(Vec::new()) };
    let found = certificate::parse(&String::from_utf8_lossy(&bytes)).unwrap_or_default();
    Ok(found.into_iter().map(|found| (Origin::file(place), found)).collect())
}
