//! Whether a server's certificates are to be trusted (RFC 5280, RFC 6125): who vouches for them, and for which name.
//! What `certificate` reads without cryptography is checked here with it.

use std::fmt::Write as _;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use ring::digest;
use rustls::client::{verify_server_cert_signed_by_trust_anchor, verify_server_name};
use rustls::crypto::ring::default_provider;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, Error, RootCertStore};
use x509_cert::der::{Decode as _, Encode as _};
use x509_cert::ext::pkix::SubjectAltName;
use x509_cert::ext::pkix::name::GeneralName;

/// What is known of a server's certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trust {
    /// One of the authorities vouches for it, as a server, under this name.
    Trusted,
    /// None of them does.
    OtherAuthority,
    /// One does, under other names.
    OtherName,
    /// One does, but not as a server.
    OtherPurpose,
}

/// What is known of a chain, its own certificate first, all in DER, at a second since 1970.
///
/// # Errors
/// Why it can't be known: what is no certificate, what is signed in a way that this program can't check.
pub fn trust(chain: &[Vec<u8>], authorities: &[Vec<u8>], name: &str, at: u64) -> Result<Trust, String> {
    use CertificateError::{
        BadSignature, InvalidPurpose, InvalidPurposeContext, NotValidForName, NotValidForNameContext,
        UnknownIssuer,
    };
    let ders: Vec<CertificateDer<'_>> =
        chain.iter().map(|der| CertificateDer::from(der.as_slice())).collect();
    let (own, others) = ders.split_first().ok_or("the server showed no certificate")?;
    let own = ParsedCertificate::try_from(own).map_err(|error| error.to_string())?;
    let mut roots = RootCertStore::empty();
    for authority in authorities {
        roots.add(CertificateDer::from(authority.as_slice())).map_err(|error| error.to_string())?;
    }
    let name = ServerName::try_from(name).map_err(|error| error.to_string())?;
    let at = UnixTime::since_unix_epoch(Duration::from_secs(at));
    let algorithms = default_provider().signature_verification_algorithms;
    let checked = verify_server_cert_signed_by_trust_anchor(&own, &roots, others, at, algorithms.all)
        .and_then(|()| verify_server_name(&own, &name));
    let Err(error) = checked else { return Ok(Trust::Trusted) };
    match &error {
        // A signature that doesn't fit is that of another authority of the same name.
        Error::InvalidCertificate(UnknownIssuer | BadSignature) => Ok(Trust::OtherAuthority),
        Error::InvalidCertificate(NotValidForName | NotValidForNameContext { .. }) => Ok(Trust::OtherName),
        Error::InvalidCertificate(InvalidPurpose | InvalidPurposeContext { .. }) => Ok(Trust::OtherPurpose),
        _ => Err(error.to_string()),
    }
}

/// The SHA-256 of a certificate's public key, as kubeadm writes it: `sha256:` and 64 hexadecimal digits.
///
/// # Errors
/// That it is no certificate.
pub fn key_hash(der: &[u8]) -> Result<String, String> {
    let wrong = "a certificate is no X.509";
    let whole = x509_cert::Certificate::from_der(der).map_err(|_| wrong)?;
    let key = whole.tbs_certificate().subject_public_key_info().to_der().map_err(|_| wrong)?;
    let mut text = "sha256:".to_owned();
    for byte in digest::digest(&digest::SHA256, &key).as_ref() {
        // Writing to a String can't fail.
        let _ = write!(text, "{byte:02x}");
    }
    Ok(text)
}

/// The names and addresses that a certificate is for, in their order; of each kind that servers have.
#[must_use]
pub fn names(der: &[u8]) -> Vec<String> {
    let Ok(whole) = x509_cert::Certificate::from_der(der) else { return Vec::new() };
    let Ok(Some((_, names))) = whole.tbs_certificate().get_extension::<SubjectAltName>() else {
        return Vec::new();
    };
    let text = |name: &GeneralName| match name {
        GeneralName::DnsName(name) => Some(name.to_string()),
        GeneralName::IpAddress(octets) => {
            let bytes = octets.as_bytes();
            let four = <[u8; 4]>::try_from(bytes).map(|bytes| IpAddr::from(Ipv4Addr::from(bytes)));
            let address =
                four.or_else(|_| <[u8; 16]>::try_from(bytes).map(|bytes| Ipv6Addr::from(bytes).into()));
            address.ok().map(|address| address.to_string())
        }
        _ => None,
    };
    names.0.iter().filter_map(text).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rcgen::{
        BasicConstraints, Certificate, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose,
        IsCa, KeyPair, date_time_ymd,
    };

    use super::*;
    use crate::pki::certificate;

    const AT: u64 = 1_790_000_000;

    fn authority() -> CertifiedIssuer<'static, KeyPair> {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, "kubernetes");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
    }

    fn server(
        issuer: &CertifiedIssuer<'_, KeyPair>,
        change: impl FnOnce(&mut CertificateParams),
    ) -> Certificate {
        let names = ["k8s.example.com", "10.0.0.1", "2001:db8::1"].map(String::from);
        let mut params = CertificateParams::new(names).unwrap();
        params.not_before = date_time_ymd(2020, 1, 1);
        params.not_after = date_time_ymd(2090, 1, 1);
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        change(&mut params);
        params.signed_by(&KeyPair::generate().unwrap(), issuer).unwrap()
    }

    #[test]
    fn an_authority_vouches_for_names_and_addresses() {
        let (own, other) = (authority(), authority());
        let chain = [server(&own, |_| {}).der().to_vec()];
        let ask = |authorities: &[&CertifiedIssuer<'_, KeyPair>], name| {
            let ders: Vec<Vec<u8>> = authorities.iter().map(|one| one.der().to_vec()).collect();
            trust(&chain, &ders, name, AT)
        };
        for name in ["k8s.example.com", "10.0.0.1", "2001:db8::1", "2001:DB8:0:0::1"] {
            assert_eq!(ask(&[&own], name), Ok(Trust::Trusted), "{name}");
            assert_eq!(ask(&[&other, &own], name), Ok(Trust::Trusted), "{name}");
            assert_eq!(ask(&[&other], name), Ok(Trust::OtherAuthority), "{name}: the same name, another key");
            assert_eq!(ask(&[], name), Ok(Trust::OtherAuthority), "{name}");
        }
        for name in ["example.com", "10.0.0.2"] {
            assert_eq!(ask(&[&own], name), Ok(Trust::OtherName), "{name}");
        }
        assert_eq!(names(&chain[0]), ["k8s.example.com", "10.0.0.1", "2001:db8::1"]);
    }

    #[test]
    fn a_certificate_of_clients_is_not_one_of_servers() {
        let own = authority();
        let client = |params: &mut CertificateParams| {
            params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        };
        let chain = [server(&own, client).der().to_vec()];
        let found = trust(&chain, &[own.der().to_vec()], "10.0.0.1", AT);
        assert_eq!(found, Ok(Trust::OtherPurpose));
    }

    #[test]
    fn what_can_not_be_checked_is_no_answer() {
        let own = authority();
        let (ca, chain) = ([own.der().to_vec()], [server(&own, |_| {}).der().to_vec()]);
        assert!(trust(&[], &ca, "10.0.0.1", AT).is_err());
        assert!(trust(&[vec![0x30]], &ca, "10.0.0.1", AT).is_err());
        assert!(trust(&chain, &[vec![0x30]], "10.0.0.1", AT).is_err());
        assert!(trust(&chain, &ca, "not a name", AT).is_err());
        assert!(trust(&chain, &ca, "10.0.0.1", 0).is_err(), "before its first second");
    }

    /// Told by `openssl x509 -pubkey | openssl pkey -pubin -outform der | sha256sum`, as kubeadm's documentation does.
    #[test]
    fn the_hash_of_a_key_is_that_of_openssl() {
        let ca = certificate::ders(include_str!("../../tests/certificates/ca.crt")).unwrap();
        assert_eq!(
            key_hash(&ca[0]).unwrap(),
            "sha256:35269fba887ea97997e395e2856c2a5635345ace95c9dfb86f226e99358cd7da"
        );
        assert!(key_hash(b"no").is_err());
    }

    proptest! {
        #[test]
        fn any_bytes_are_answered(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            drop(key_hash(&bytes));
            drop(names(&bytes));
            prop_assert!(trust(std::slice::from_ref(&bytes), std::slice::from_ref(&bytes), "10.0.0.1", AT).is_err());
        }
    }
}
