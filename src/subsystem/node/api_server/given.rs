//! Whether what a cluster tells newcomers fits the hashes and the token that the user was given.

use super::Server;
use crate::fact::{Answer, Knowledge, Reason};
use crate::kubeadm::{Kubeadm, syntax};
use crate::pki::{jws, trust};

/// The CA of a cluster, beside the hashes that the user was given.
#[derive(Clone, Debug)]
pub struct ClusterAuthority {
    /// `sha256:...` of the public key of each of its certificates, as kubeadm writes them.
    pub hashes: Vec<String>,
    /// Whether one of them is among those that the user was given; absent if there are none.
    pub is_pinned: Knowledge<bool>,
}

/// What a cluster knows of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenStatus {
    /// It knows it.
    Known,
    /// It doesn't know its public part.
    Missing,
    /// It knows its public part with another secret.
    WrongSecret,
}

impl TokenStatus {
    /// The words of the answer.
    pub const NAMES: &[&str] = &["known", "missing", "wrong-secret"];

    /// The word for it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            TokenStatus::Known => "known",
            TokenStatus::Missing => "missing",
            TokenStatus::WrongSecret => "wrong-secret",
        }
    }
}

/// The hashes of the cluster's CA, and whether one of its certificates has one of those that the user was given.
pub(super) fn authority(
    server: &Server,
    given: Option<&Kubeadm>,
) -> Result<Answer<ClusterAuthority>, Reason> {
    let place = server.page();
    let hashes: Result<Vec<String>, String> =
        server.authorities()?.iter().map(|der| trust::key_hash(der)).collect();
    let hashes = hashes.map_err(|wrong| format!("{place}: {wrong}"))?;
    let wanted = given.map(|given| given.discovery().hashes).unwrap_or_default();
    if wanted.is_empty() {
        let authority = ClusterAuthority { hashes, is_pinned: Knowledge::Absent };
        return Ok(Answer::known(authority).because(place));
    }
    // kubeadm takes none of them then.
    if let Some((_, origin)) = wanted.iter().find(|(hash, _)| syntax::hash_mistake(hash).is_some()) {
        let is_pinned = Knowledge::unknown("a hash has not the form of one");
        return Ok(Answer::known(ClusterAuthority { hashes, is_pinned }).because(origin.clone()));
    }
    if wanted.iter().any(|(wanted, _)| hashes.iter().any(|hash| hash.eq_ignore_ascii_case(wanted))) {
        let authority = ClusterAuthority { hashes, is_pinned: Knowledge::Known(true) };
        return Ok(Answer::known(authority).because(place));
    }
    let texts: Vec<&str> = wanted.iter().map(|(hash, _)| *hash).collect();
    let said = format!("its CA has {}, not {}", hashes.join(", "), texts.join(", "));
    let places = wanted.into_iter().map(|(_, origin)| origin);
    let authority = ClusterAuthority { hashes, is_pinned: Knowledge::Known(false) };
    Ok(Answer::known(authority).because(place.says(said)).because_all(places))
}

/// Whether the cluster has signed its kubeconfig with the token: it does so for every token that is valid, within
/// seconds, and takes the signature away with the token.
pub(super) fn token(server: &Server, given: Option<&Kubeadm>) -> Result<Answer<TokenStatus>, Reason> {
    let Some((token, origin)) = given.and_then(|given| given.discovery().token) else {
        return Ok(Answer::absent());
    };
    let Some((id, secret)) = token.split_once('.').filter(|_| syntax::is_token(token)) else {
        return Ok(Answer::unknown("the token has not the form of one").because(origin));
    };
    let info = server.info()?;
    let (status, said) = match info.signature(id) {
        Some(signature) if signature == jws::detached(&info.kubeconfig, id, secret) => {
            return Ok(Answer::known(TokenStatus::Known).because(server.page()));
        }
        Some(_) => {
            let said = format!("it knows the token `{id}`, but not with this second half");
            (TokenStatus::WrongSecret, said)
        }
        None => {
            let said = format!("it has no token `{id}`: it never had, or the token has expired");
            (TokenStatus::Missing, said)
        }
    };
    Ok(Answer::known(status).because(server.page().says(said)).because(origin))
}
