//! Whether the certificate of an API server is to be trusted by the CA that the cluster tells, and by the clock of this
//! host.

use super::Answer;
use crate::fact::{Fact, State, Value};
use crate::host::HostError;
use crate::kubeadm::syntax;
use crate::pki::certificate::{self, Certificate, date};
use crate::pki::trust::{self, Trust};

/// As many names of a certificate as people want to read.
const MOST_NAMES: usize = 12;

/// A word, or why there is none; and what is wrong.
type Known = (State, Option<String>);

/// `{trust, validity}`
pub(super) fn judge(answer: &Answer, now: Result<u64, HostError>) -> Result<Fact, Fact> {
    let place = answer.page();
    let unknown = |wrong: String| Fact::unknown(format!("{place}: {wrong}"));
    let authorities = answer.authorities()?;
    let chain = answer.reached.as_ref().map_or(&[][..], |reached| &reached.certificates);
    let own = chain.first().ok_or_else(|| unknown("the server showed no certificate".into()))?;
    let own = certificate::read(own).map_err(unknown)?;
    let issuers: Result<Vec<Certificate>, String> =
        authorities.iter().map(|der| certificate::read(der)).collect();
    let issuers = issuers.map_err(unknown)?;
    let host = syntax::host_port(&answer.endpoint).map_or(answer.endpoint.as_str(), |(host, _)| host);
    // Whether it holds today is the other question.
    let at = now.as_ref().map_or(own.not_before, |now| *now);
    let at = at.clamp(own.not_before, own.not_after.max(own.not_before));
    let (trust, distrust) = match trust::trust(chain, authorities, host, at) {
        Ok(trust) => word(trust, chain, host),
        Err(wrong) => (State::unknown(format!("{place}: {wrong}")), None),
    };
    let (validity, end) = match now {
        Ok(now) => valid(own, issuers, now),
        Err(error) => (State::unknown(error.to_string()), None),
    };
    let wrong: Vec<String> = distrust.into_iter().chain(end).collect();
    let place = if wrong.is_empty() { place } else { place.says(wrong.join("; ")) };
    Ok(Fact::new(Value::record([("trust", trust), ("validity", validity)])).because(place))
}

fn word(trust: Trust, chain: &[Vec<u8>], host: &str) -> Known {
    let (word, said) = match trust {
        Trust::Trusted => return (State::from("trusted"), None),
        Trust::OtherAuthority => ("other-authority", "another authority issued its certificate".to_owned()),
        Trust::OtherName => {
            let names = chain.first().map(|own| trust::names(own)).unwrap_or_default();
            let rest = if names.len() > MOST_NAMES { ", ..." } else { "" };
            let names = names.iter().take(MOST_NAMES).map(String::as_str).collect::<Vec<_>>().join(", ");
            ("other-name", format!("its certificate is for {names}{rest}; not for {host}"))
        }
        Trust::OtherPurpose => ("other-purpose", "its certificate is not one of a server".to_owned()),
    };
    (State::from(word), Some(said))
}

/// Whether the server's certificate holds at a second since 1970, and that of who issued it.
fn valid(own: Certificate, mut issuers: Vec<Certificate>, now: u64) -> Known {
    // Beside the one that counts, a bundle may keep one that has ended.
    if issuers.iter().any(|issuer| own.names_as_issuer(issuer)) {
        issuers.retain(|issuer| own.names_as_issuer(issuer));
    }
    let holds = |one: &Certificate| (one.not_before..=one.not_after).contains(&now);
    let all = [("its certificate", vec![own]), ("the cluster's CA", issuers)];
    let Some((whose, any)) = all.into_iter().find(|(_, any)| !any.iter().any(holds)) else {
        return (State::from("valid"), None);
    };
    let last = any.iter().map(|one| one.not_after).max().unwrap_or(0);
    if now > last {
        return (
            State::from("expired"),
            Some(format!("{whose} ended at {}, and it is {}", date(last), date(now))),
        );
    }
    let first = any.iter().map(|one| one.not_before).filter(|first| *first > now).min().unwrap_or(now);
    (State::from("early"), Some(format!("{whose} begins at {}, and it is {}", date(first), date(now))))
}
