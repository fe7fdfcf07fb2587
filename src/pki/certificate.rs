//! X.509 certificates in PEM (RFC 5280, RFC 7468): what they say of themselves. Signatures are not checked, and of a
//! private key beside a certificate nothing is read.

use std::time::Duration;

use base64ct::{Base64, Encoding as _};
use x509_cert::der::{DateTime, Decode as _, Encode as _};
use x509_cert::ext::pkix::{AuthorityKeyIdentifier, SubjectKeyIdentifier};

use super::distinguished_name;

const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
const END: &str = "-----END CERTIFICATE-----";
/// No chain has more certificates.
const MAX_CERTIFICATES: usize = 64;
/// No certificate is larger, in characters of base64.
const MAX_ENCODED: usize = 256 << 10;

/// What a certificate says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// Whom it is for, as RFC 4514 writes names: `CN=kubernetes-admin,O=system:masters`.
    pub subject: String,
    /// Who issued it.
    pub issuer: String,
    /// The first second at which it is valid, counted from 1970.
    pub not_before: u64,
    /// The last second at which it is valid, counted from 1970.
    pub not_after: u64,
    names: [Vec<u8>; 2],
    key: Option<Vec<u8>>,
    issuer_key: Option<Vec<u8>>,
}

/// The certificates of a PEM file in their order; the first is the file's own, the others its chain.
///
/// # Errors
/// What is wrong with the first that can't be read, in words that repeat nothing of the file.
pub fn parse(pem: &str) -> Result<Vec<Certificate>, String> {
    blocks(pem)
        .map(|der| der.and_then(|der| certificate(&der)))
        .collect::<Result<_, _>>()
        .map_err(str::to_owned)
}

/// The certificates of a PEM file in DER, as they stand there.
///
/// # Errors
/// What is wrong with the first that is no PEM.
pub fn ders(pem: &str) -> Result<Vec<Vec<u8>>, String> {
    blocks(pem).collect::<Result<_, _>>().map_err(str::to_owned)
}

fn blocks(pem: &str) -> impl Iterator<Item = Result<Vec<u8>, &'static str>> {
    pem.split(BEGIN).skip(1).take(MAX_CERTIFICATES).map(|block| {
        let (body, _) = block.split_once(END).ok_or("a certificate has no end")?;
        decode(body).ok_or("a certificate is no base64")
    })
}

/// A certificate in DER.
///
/// # Errors
/// That it is none.
pub fn read(der: &[u8]) -> Result<Certificate, String> {
    certificate(der).map_err(str::to_owned)
}

/// The bytes of a text in base64, blanks left out; none if it is something else, or too long.
#[must_use]
pub fn decode(text: &str) -> Option<Vec<u8>> {
    let bare: String = text.chars().filter(|c| !c.is_ascii_whitespace()).take(MAX_ENCODED + 1).collect();
    if bare.len() > MAX_ENCODED { None } else { Base64::decode_vec(&bare).ok() }
}

/// Seconds since 1970 as RFC 3339 writes them, `2027-10-22T20:28:14Z`; empty after the year 9999.
#[must_use]
pub fn date(seconds: u64) -> String {
    DateTime::from_unix_duration(Duration::from_secs(seconds))
        .map_or_else(|_| String::new(), |date| date.to_string())
}

fn certificate(der: &[u8]) -> Result<Certificate, &'static str> {
    let wrong = "a certificate is no X.509";
    let whole = x509_cert::Certificate::from_der(der).map_err(|_| wrong)?;
    let body = whole.tbs_certificate();
    let name = |name: &x509_cert::name::Name| name.to_der().map_err(|_| wrong);
    let key = body.get_extension::<SubjectKeyIdentifier>().map_err(|_| wrong)?;
    let issuer_key = body.get_extension::<AuthorityKeyIdentifier>().map_err(|_| wrong)?;
    Ok(Certificate {
        subject: distinguished_name::text(body.subject()),
        issuer: distinguished_name::text(body.issuer()),
        not_before: body.validity().not_before.to_unix_duration().as_secs(),
        not_after: body.validity().not_after.to_unix_duration().as_secs(),
        names: [name(body.subject())?, name(body.issuer())?],
        key: key.map(|(_, key)| key.0.as_bytes().to_vec()),
        issuer_key: issuer_key.and_then(|(_, issuer)| Some(issuer.key_identifier?.as_bytes().to_vec())),
    })
}

impl Certificate {
    /// Whether another certificate is the one that this names as its issuer: by name and, where both tell it, by key.
    #[must_use]
    pub fn names_as_issuer(&self, other: &Certificate) -> bool {
        let same_key = match (&self.issuer_key, &other.key) {
            (Some(wanted), Some(key)) => wanted == key,
            _ => true,
        };
        self.names[1] == other.names[0] && same_key
    }

    /// Whether both are for the same holder: of one name and, where both tell it, with one key. An authority that was
    /// renewed is.
    #[must_use]
    pub fn is_of_holder(&self, other: &Certificate) -> bool {
        let same_key = match (&self.key, &other.key) {
            (Some(key), Some(other)) => key == other,
            _ => true,
        };
        self.names[0] == other.names[0] && same_key
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const CA: &str = include_str!("../../tests/certificates/ca.crt");
    const ADMIN: &str = include_str!("../../tests/certificates/admin.crt");
    const OTHER: &str = include_str!("../../tests/certificates/other-ca.crt");

    fn one(pem: &str) -> Certificate {
        parse(pem).unwrap().remove(0)
    }

    #[test]
    fn a_certificate_says_whose_it_is_and_until_when() {
        let admin = one(ADMIN);
        assert_eq!(
            (admin.subject.as_str(), admin.issuer.as_str()),
            ("CN=kubernetes-admin,O=system:masters", "CN=kubernetes")
        );
        assert_eq!(admin.not_after - admin.not_before, 365 * 86400);
        assert_eq!(date(admin.not_after), "2027-11-23T14:55:46Z");
    }

    #[test]
    fn its_issuer_is_known_by_name_and_key() {
        let (ca, admin, other) = (one(CA), one(ADMIN), one(OTHER));
        assert!(admin.names_as_issuer(&ca) && ca.names_as_issuer(&ca));
        assert_eq!(other.subject, ca.subject);
        assert!(!admin.names_as_issuer(&other), "the same name, another key");
        assert!(!ca.names_as_issuer(&admin));
        assert!(ca.is_of_holder(&ca) && !ca.is_of_holder(&other) && !ca.is_of_holder(&admin));
    }

    #[test]
    fn chains_are_read_in_order_and_keys_are_passed_over() {
        let key = "-----BEGIN EC PRIVATE KEY-----\nc2VjcmV0\n-----END EC PRIVATE KEY-----\n";
        let chain = parse(&[key, ADMIN, key, CA].concat()).unwrap();
        assert_eq!(chain, [one(ADMIN), one(CA)]);
        assert_eq!(parse(key), Ok(vec![]));
    }

    #[test]
    fn what_is_broken_is_told_without_repeating_it() {
        for (pem, expected) in [
            (ADMIN[..200].to_owned(), "a certificate has no end"),
            (ADMIN.replace("\nMII", "\nM!I"), "a certificate is no base64"),
            (format!("{BEGIN}\nc2VjcmV0\n{END}\n"), "a certificate is no X.509"),
            (format!("{BEGIN}{}{END}", "AAAA".repeat(100_000)), "a certificate is no base64"),
        ] {
            assert_eq!(parse(&pem).unwrap_err(), expected);
        }
    }

    proptest! {
        #[test]
        fn any_bytes_give_an_answer(at in 0_usize..2000, byte: u8, length in 0_usize..600) {
            let mut der = decode(ADMIN.trim().trim_start_matches(BEGIN).trim_end_matches(END)).unwrap();
            let place = at % der.len();
            der[place] = byte;
            der.truncate(length.max(1));
            let found = certificate(&der);
            prop_assert!(found.is_err() || length >= 300);
        }
    }
}
