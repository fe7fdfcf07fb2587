//! Whether the certificate of an API server is to be trusted by the CA that the cluster tells, and by the clock of this
//! host.

use super::Server;
use crate::fact::{Answer, Knowledge, Reason};
use crate::kubeadm::syntax;
use crate::pki::certificate::{self, Certificate, date};
use crate::pki::trust::{self, Trust};

/// As many names of a certificate as people want to read.
const MAX_NAMES: usize = 12;

/// The certificate that a server shows.
#[derive(Clone, Debug)]
pub struct ServerCertificate {
    /// Whether the cluster's CA vouches for the server, whatever the day.
    pub trust: Knowledge<ServerTrust>,
    /// Whether the certificate and the CA hold today, by the clock of this host.
    pub validity: Knowledge<Validity>,
}

/// Whether a server is to be trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServerTrust {
    /// By the cluster's CA, under this name.
    Trusted,
    /// Another authority vouches for it.
    OtherAuthority,
    /// Its certificate is for other names.
    OtherName,
    /// Its certificate is not one of a server.
    OtherPurpose,
}

impl ServerTrust {
    /// The words of the answer.
    pub const NAMES: &[&str] = &["other-authority", "other-name", "other-purpose", "trusted"];

    /// The word for it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            ServerTrust::Trusted => "trusted",
            ServerTrust::OtherAuthority => "other-authority",
            ServerTrust::OtherName => "other-name",
            ServerTrust::OtherPurpose => "other-purpose",
        }
    }
}

/// Whether a certificate holds at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Validity {
    /// Not yet.
    Early,
    /// No longer.
    Expired,
    /// It holds.
    Valid,
}

impl Validity {
    /// The words of the answer.
    pub const NAMES: &[&str] = &["early", "expired", "valid"];

    /// The word for it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Validity::Early => "early",
            Validity::Expired => "expired",
            Validity::Valid => "valid",
        }
    }
}

pub(super) fn judge(server: &Server, now: Result<u64, Reason>) -> Result<Answer<ServerCertificate>, Reason> {
    let place = server.page();
    let unknown = |wrong: String| Reason::from(format!("{place}: {wrong}"));
    let authorities = server.authorities()?;
    let chain = server.reached.as_ref().map_or(&[][..], |reached| &reached.certificates);
    let own = chain.first().ok_or_else(|| unknown("the server showed no certificate".into()))?;
    let own = certificate::read(own).map_err(unknown)?;
    let issuers: Result<Vec<Certificate>, String> =
        authorities.iter().map(|der| certificate::read(der)).collect();
    let issuers = issuers.map_err(unknown)?;
    let host = syntax::join_endpoint(&server.endpoint).map_or(server.endpoint.as_str(), |(host, _)| host);
    // Whether it holds today is the other question.
    let at = now.as_ref().map_or(own.not_before, |now| *now);
    let at = at.clamp(own.not_before, own.not_after.max(own.not_before));
    let (trust, distrust) = match trust::trust(chain, authorities, host, at) {
        Ok(trust) => {
            let (trust, distrust) = trusted(trust, chain, host);
            (Knowledge::Known(trust), distrust)
        }
        Err(wrong) => (Knowledge::unknown(format!("{place}: {wrong}")), None),
    };
    let (validity, end) = match now {
        Ok(now) => {
            let (validity, end) = valid(own, issuers, now);
            (Knowledge::Known(validity), end)
        }
        Err(error) => (Knowledge::unknown(error), None),
    };
    let wrong: Vec<String> = distrust.into_iter().chain(end).collect();
    let place = if wrong.is_empty() { place } else { place.says(wrong.join("; ")) };
    Ok(Answer::known(ServerCertificate { trust, validity }).because(place))
}

/// Whether the server is to be trusted; if not, what is wrong.
fn trusted(trust: Trust, chain: &[Vec<u8>], host: &str) -> (ServerTrust, Option<String>) {
    let (trust, said) = match trust {
        Trust::Trusted => return (ServerTrust::Trusted, None),
        Trust::OtherAuthority => {
            (ServerTrust::OtherAuthority, "another authority issued its certificate".to_owned())
        }
        Trust::OtherName => {
            let names = chain.first().map(|own| trust::names(own)).unwrap_or_default();
            let rest = if names.len() > MAX_NAMES { ", ..." } else { "" };
            let names = names.iter().take(MAX_NAMES).map(String::as_str).collect::<Vec<_>>().join(", ");
            (ServerTrust::OtherName, format!("its certificate is for {names}{rest}; not for {host}"))
        }
        Trust::OtherPurpose => {
            (ServerTrust::OtherPurpose, "its certificate is not one of a server".to_owned())
        }
    };
    (trust, Some(said))
}

/// Whether the server's certificate holds at a second since 1970, and that of its issuer; if not, what is wrong.
fn valid(own: Certificate, mut issuers: Vec<Certificate>, now: u64) -> (Validity, Option<String>) {
    // Beside the one that counts, a bundle may keep one that has ended.
    if issuers.iter().any(|issuer| own.names_as_issuer(issuer)) {
        issuers.retain(|issuer| own.names_as_issuer(issuer));
    }
    let holds = |one: &Certificate| (one.not_before..=one.not_after).contains(&now);
    let all = [("its certificate", vec![own]), ("the cluster's CA", issuers)];
    let Some((whose, any)) = all.into_iter().find(|(_, any)| !any.iter().any(holds)) else {
        return (Validity::Valid, None);
    };
    let last = any.iter().map(|one| one.not_after).max().unwrap_or(0);
    if now > last {
        return (
            Validity::Expired,
            Some(format!("{whose} ended at {}, and it is {}", date(last), date(now))),
        );
    }
    let first = any.iter().map(|one| one.not_before).filter(|first| *first > now).min().unwrap_or(now);
    (Validity::Early, Some(format!("{whose} begins at {}, and it is {}", date(first), date(now))))
}
