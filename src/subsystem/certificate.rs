//! Certificates on disk: PEM files, and those that kubeconfig files hold or name. Private keys are never decoded.

use std::path::Path;

use super::Subsystems;
use crate::fact::{Fact, Origin, State, Value};
use crate::format::certificate::{self, Certificate};
use crate::format::document::{Content, Node};
use crate::format::yaml;
use crate::host::{Files, HostPath};

const DAY: i64 = 86_400;
/// Where kubeadm keeps the certificate authorities of a cluster.
const AUTHORITIES: [&str; 2] = ["/etc/kubernetes/pki/ca.crt", "/etc/kubernetes/pki/front-proxy-ca.crt"];

/// A certificate, and what its file says of who issued it.
struct Found {
    chain: Vec<Certificate>,
    /// The certificate authority of a kubeconfig, and its place.
    authority: Option<(Origin, Certificate)>,
    because: Vec<Origin>,
}

/// `{subject, issuer, not-before, not-after, expires-days, issuer-matches}` of the first certificate of a PEM file, or
/// of the one that the current user of a kubeconfig shows.
pub fn certificate(subsystems: &Subsystems<'_>, path: &str) -> Fact {
    let files = subsystems.host().files();
    let found = match find(files, path) {
        Ok(found) => found,
        Err(fact) => return fact,
    };
    let Some(first) = found.chain.first() else {
        return Fact::absent().because_all(found.because).note("there is no certificate in it");
    };
    let mut because = found.because;
    let matches = issuer(files, path, &found.chain, found.authority).map_or_else(
        State::unknown,
        |(origin, matches)| {
            because.extend(origin);
            State::from(matches)
        },
    );
    let value = Value::record([
        ("subject", State::from(first.subject.as_str())),
        ("issuer", State::from(first.issuer.as_str())),
        ("not-before", State::from(certificate::date(first.not_before))),
        ("not-after", State::from(certificate::date(first.not_after))),
        ("expires-days", expires(subsystems, first)),
        ("issuer-matches", matches),
    ]);
    Fact::new(State::Known(value)).because_all(because)
}

/// Whole days until the end, by the clock of the running system; negative behind it.
fn expires(subsystems: &Subsystems<'_>, certificate: &Certificate) -> State {
    let Some(running) = subsystems.host().running() else {
        return State::unknown("no clock is running here");
    };
    match running.time() {
        Ok(now) => {
            let seconds = i64::try_from(certificate.not_after).unwrap_or(i64::MAX);
            let now = i64::try_from(now).unwrap_or(i64::MAX);
            State::from(seconds.saturating_sub(now).div_euclid(DAY))
        }
        Err(error) => State::unknown(error.to_string()),
    }
}

fn find(files: &Files, path: &str) -> Result<Found, Fact> {
    let origin = Origin::file(HostPath::new(path));
    let text = read(files, path)?;
    if text.contains("-----BEGIN ") {
        let chain = certificate::parse(&text).map_err(|wrong| Fact::unknown(format!("{origin}: {wrong}")))?;
        return Ok(Found { chain, authority: None, because: vec![origin] });
    }
    // A mistake in a kubeconfig is not repeated: it may be in the key.
    let document = yaml::parse(text.as_bytes()).ok().filter(|document| document.at("users").is_some());
    let Some(document) = document else {
        return Err(Fact::unknown(format!("{origin} is neither PEM nor a kubeconfig")));
    };
    kubeconfig(files, path, &document)
}

fn read(files: &Files, path: &str) -> Result<String, Fact> {
    match files.read(path) {
        Ok(bytes) => Ok(String::from_utf8_lossy(&bytes).into_owned()),
        Err(error) if error.is_not_found() => {
            Err(Fact::absent().because(Origin::file(HostPath::new(path))).note("the file is not there"))
        }
        Err(error) => Err(Fact::unknown(error.to_string())),
    }
}

/// The certificate of the user of the current context, and the authority of its cluster.
fn kubeconfig(files: &Files, path: &str, document: &Node) -> Result<Found, Fact> {
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
        None => return Err(Fact::unknown(format!("{origin} doesn't say which user is meant"))),
    };
    let mut places = vec![origin];
    let authority = chosen("clusters", "cluster").and_then(|cluster| {
        pem(files, path, cluster, "cluster.certificate-authority", &mut places).ok()?.into_iter().next()
    });
    let authority = authority.and_then(|authority| Some((places.pop()?, authority)));
    Ok(Found { chain, authority, because })
}

/// What lies under `KEY-data` in base64, or in the file that `KEY` names; no certificates without either.
fn pem(
    files: &Files,
    path: &str,
    node: &Node,
    key: &str,
    because: &mut Vec<Origin>,
) -> Result<Vec<Certificate>, Fact> {
    let (origin, text) = if let Some(data) = text(node, &format!("{key}-data")) {
        let Some(bytes) = certificate::decode(data) else {
            return Err(Fact::unknown(format!("{}: a certificate is no base64", HostPath::new(path))));
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
    certificate::parse(&text).map_err(|wrong| Fact::unknown(format!("{origin}: {wrong}")))
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

/// Whether the one who issued a certificate is the authority at hand: of the kubeconfig, else of the chain, the same
/// directory, or the cluster.
fn issuer(
    files: &Files,
    path: &str,
    chain: &[Certificate],
    authority: Option<(Origin, Certificate)>,
) -> Result<(Option<Origin>, bool), String> {
    let Some(first) = chain.first() else { return Err("there is no certificate".into()) };
    if first.names_as_issuer(first) || chain[1..].iter().any(|other| first.names_as_issuer(other)) {
        return Ok((None, true));
    }
    let mut known: Vec<(Origin, Certificate)> = authority.into_iter().collect();
    if known.is_empty() {
        let directory = HostPath::new(path).parent().unwrap_or_else(|| HostPath::new("/"));
        let beside = [directory.join("ca.crt"), directory.join("front-proxy-ca.crt")];
        for place in beside.into_iter().chain(AUTHORITIES.map(HostPath::new)) {
            let Ok(bytes) = files.read(&place) else { continue };
            let found = certificate::parse(&String::from_utf8_lossy(&bytes)).unwrap_or_default();
            known.extend(found.into_iter().map(|found| (Origin::file(&place), found)));
        }
    }
    match known.iter().find(|(_, other)| first.names_as_issuer(other)) {
        Some((origin, _)) => Ok((Some(origin.clone()), true)),
        None => match known.into_iter().next() {
            Some((origin, _)) => Ok((Some(origin.says("is not the issuer")), false)),
            None => Err("no certificate authority was found beside it".into()),
        },
    }
}
