//! Whether what a cluster tells newcomers fits what the user was given, and the clock of this host.

use super::cluster_info::ClusterInfo;
use crate::fact::{Origin, State, Value};
use crate::format::certificate::{self, Certificate};
use crate::format::chain::{self, Trust};
use crate::format::jws;
use crate::host::HostError;
use crate::subsystem::kubeadm::{Kubeadm, syntax};

/// As many names of a certificate as people want to read.
const MOST_NAMES: usize = 12;

/// What a server has told.
pub(super) struct Told<'t> {
    pub(super) info: &'t ClusterInfo,
    /// In DER, the server's own first.
    pub(super) certificates: &'t [Vec<u8>],
    /// The host as the user named it.
    pub(super) host: &'t str,
}

/// What is known, and the places that say what is wrong.
type Known = (State, Vec<Origin>);

impl Told<'_> {
    /// `ca-hashes`, `ca-pinned`, `certificate`, `token`, `validity`, and the places that say what is wrong with any of them.
    pub(super) fn judge(
        &self,
        given: Option<&Kubeadm>,
        now: Result<u64, HostError>,
        place: &Origin,
    ) -> ([State; 5], Vec<Origin>) {
        let hashes = self.authorities().and_then(|ders| {
            let hashes: Result<Vec<String>, String> = ders.iter().map(|der| chain::key_hash(der)).collect();
            hashes
        });
        let list = hashes.clone().map_or_else(State::unknown, |hashes| Value::list(hashes).into());
        let mut because = Vec::new();
        let mut take = |(state, places): Known| {
            because.extend(places);
            state
        };
        let states = [
            list,
            take(pinned(given, hashes, place)),
            take(self.certificate(now.as_ref().ok().copied(), place)),
            take(self.token(given, place)),
            take(self.validity(now, place)),
        ];
        (states, because)
    }

    fn authorities(&self) -> Result<&[Vec<u8>], String> {
        self.info.authorities.as_deref().map_err(Clone::clone)
    }

    /// Whether the cluster's CA vouches for the server under the name by which it was asked. Whether it does so today is
    /// another question.
    fn certificate(&self, now: Option<u64>, place: &Origin) -> Known {
        let trust = self.authorities().and_then(|authorities| {
            let own =
                certificate::read(self.certificates.first().ok_or("the server showed no certificate")?)?;
            let at = now.unwrap_or(own.not_before).clamp(own.not_before, own.not_after.max(own.not_before));
            chain::trust(self.certificates, authorities, self.host, at)
        });
        let (word, said) = match trust {
            Ok(Trust::Trusted) => return (State::from("trusted"), Vec::new()),
            Ok(Trust::OtherAuthority) => {
                ("other-authority", "another authority issued its certificate".to_owned())
            }
            Ok(Trust::OtherName) => {
                let names = self.certificates.first().map(|own| chain::names(own)).unwrap_or_default();
                let rest = if names.len() > MOST_NAMES { ", ..." } else { "" };
                let names = names.iter().take(MOST_NAMES).map(String::as_str).collect::<Vec<_>>().join(", ");
                ("other-name", format!("its certificate is for {names}{rest}; not for {}", self.host))
            }
            Ok(Trust::OtherPurpose) => ("other-purpose", "its certificate is not one of a server".to_owned()),
            Err(wrong) => return (State::unknown(format!("{place}: {wrong}")), Vec::new()),
        };
        (State::from(word), vec![place.clone().says(said)])
    }

    /// Whether the cluster has signed its kubeconfig with the token: it does so for every token that is valid, within
    /// seconds, and takes the signature away with the token.
    fn token(&self, given: Option<&Kubeadm>, place: &Origin) -> Known {
        let Some((token, origin)) = given.and_then(|given| given.discovery().token) else {
            return (State::Absent, Vec::new());
        };
        let Some((id, secret)) = token.split_once('.').filter(|_| syntax::is_token(token)) else {
            return (State::unknown("the token has not the form of one"), vec![origin]);
        };
        let (word, said) = match self.info.signature(id) {
            Some(signature) if signature == jws::detached(&self.info.kubeconfig, id, secret) => {
                return (State::from("known"), Vec::new());
            }
            Some(_) => ("wrong-secret", format!("it knows the token `{id}`, but not with this second half")),
            None => ("missing", format!("it has no token `{id}`: it never had, or the token has expired")),
        };
        (State::from(word), vec![place.clone().says(said), origin])
    }

    /// Whether the server's certificate and its CA hold by the clock of this host.
    fn validity(&self, now: Result<u64, HostError>, place: &Origin) -> Known {
        let found = now.map_err(|error| error.to_string()).and_then(|now| {
            let own =
                certificate::read(self.certificates.first().ok_or("the server showed no certificate")?)?;
            let all: Result<Vec<Certificate>, String> =
                self.authorities()?.iter().map(|der| certificate::read(der)).collect();
            let mut issuers = all?;
            // Beside the one that counts, a bundle may keep one that has ended.
            if issuers.iter().any(|issuer| own.names_as_issuer(issuer)) {
                issuers.retain(|issuer| own.names_as_issuer(issuer));
            }
            let wrong = [("its certificate", vec![own]), ("the cluster's CA", issuers)]
                .into_iter()
                .find(|(_, any)| !any.iter().any(|one| (one.not_before..=one.not_after).contains(&now)));
            Ok((now, wrong))
        });
        let (now, wrong) = match found {
            Err(wrong) => return (State::unknown(format!("{place}: {wrong}")), Vec::new()),
            Ok((_, None)) => return (State::from("valid"), Vec::new()),
            Ok((now, Some(wrong))) => (now, wrong),
        };
        let (whose, any) = wrong;
        let last = any.iter().map(|one| one.not_after).max().unwrap_or(0);
        let (word, said) = if now > last {
            (
                "expired",
                format!("{whose} ended at {}, and it is {}", certificate::date(last), certificate::date(now)),
            )
        } else {
            let first =
                any.iter().map(|one| one.not_before).filter(|first| *first > now).min().unwrap_or(now);
            (
                "early",
                format!(
                    "{whose} begins at {}, and it is {}",
                    certificate::date(first),
                    certificate::date(now)
                ),
            )
        };
        (State::from(word), vec![place.clone().says(said), Origin::file("clock_gettime(2)")])
    }
}

/// Whether one of the CA's certificates has one of the hashes that the user was given.
fn pinned(given: Option<&Kubeadm>, hashes: Result<Vec<String>, String>, place: &Origin) -> Known {
    let wanted = given.map(|given| given.discovery().hashes).unwrap_or_default();
    if wanted.is_empty() {
        return (State::Absent, Vec::new());
    }
    if wanted.iter().any(|(hash, _)| syntax::hash_mistake(hash).is_some()) {
        return (State::unknown("a hash has not the form of one"), Vec::new());
    }
    let hashes = match hashes {
        Ok(hashes) => hashes,
        Err(wrong) => return (State::unknown(format!("{place}: {wrong}")), Vec::new()),
    };
    if wanted.iter().any(|(wanted, _)| hashes.iter().any(|hash| hash.eq_ignore_ascii_case(wanted))) {
        return (State::from(true), Vec::new());
    }
    let texts: Vec<&str> = wanted.iter().map(|(hash, _)| *hash).collect();
    let said = format!("its CA has {}, not {}", hashes.join(", "), texts.join(", "));
    let because =
        std::iter::once(place.clone().says(said)).chain(wanted.into_iter().map(|(_, origin)| origin));
    let because = because.collect();
    (State::from(false), because)
}
