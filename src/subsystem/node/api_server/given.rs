//! Whether what a cluster tells newcomers fits the hashes and the token that the user was given.

use super::Answer;
use crate::fact::{Fact, State, Value};
use crate::kubeadm::{Kubeadm, syntax};
use crate::pki::{jws, trust};

/// The hashes of the cluster's CA, and whether one of its certificates has one of those that the user was given.
pub(super) fn ca(answer: &Answer, given: Option<&Kubeadm>) -> Result<Fact, Fact> {
    let place = answer.page();
    let hashes: Result<Vec<String>, String> =
        answer.authorities()?.iter().map(|der| trust::key_hash(der)).collect();
    let hashes = hashes.map_err(|wrong| Fact::unknown(format!("{place}: {wrong}")))?;
    let fact = |pinned| {
        let list = State::from(Value::list(hashes.iter().map(String::as_str)));
        Fact::new(Value::record([("hashes", list), ("pinned", pinned)]))
    };
    let wanted = given.map(|given| given.discovery().hashes).unwrap_or_default();
    if wanted.is_empty() {
        return Ok(fact(State::Absent).because(place));
    }
    // kubeadm takes none of them then.
    if let Some((_, origin)) = wanted.iter().find(|(hash, _)| syntax::hash_mistake(hash).is_some()) {
        let wrong = State::unknown("a hash has not the form of one");
        return Ok(fact(wrong).because(origin.clone()));
    }
    if wanted.iter().any(|(wanted, _)| hashes.iter().any(|hash| hash.eq_ignore_ascii_case(wanted))) {
        return Ok(fact(State::from(true)).because(place));
    }
    let texts: Vec<&str> = wanted.iter().map(|(hash, _)| *hash).collect();
    let said = format!("its CA has {}, not {}", hashes.join(", "), texts.join(", "));
    let places = wanted.into_iter().map(|(_, origin)| origin);
    Ok(fact(State::from(false)).because(place.says(said)).because_all(places))
}

/// Whether the cluster has signed its kubeconfig with the token: it does so for every token that is valid, within
/// seconds, and takes the signature away with the token.
pub(super) fn token(answer: &Answer, given: Option<&Kubeadm>) -> Result<Fact, Fact> {
    let Some((token, origin)) = given.and_then(|given| given.discovery().token) else {
        return Ok(Fact::absent());
    };
    let Some((id, secret)) = token.split_once('.').filter(|_| syntax::is_token(token)) else {
        return Ok(Fact::unknown("the token has not the form of one").because(origin));
    };
    let info = answer.info()?;
    let (word, said) = match info.signature(id) {
        Some(signature) if signature == jws::detached(&info.kubeconfig, id, secret) => {
            return Ok(Fact::new(State::from("known")).because(answer.page()));
        }
        Some(_) => ("wrong-secret", format!("it knows the token `{id}`, but not with this second half")),
        None => ("missing", format!("it has no token `{id}`: it never had, or the token has expired")),
    };
    Ok(Fact::new(State::from(word)).because(answer.page().says(said)).because(origin))
}
