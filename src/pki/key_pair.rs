//! Whether a private key is that of a certificate. Of the key only its public half is used, and nothing of it is kept or shown.

use std::sync::Arc;

use rustls::Error;
use rustls::InconsistentKeys;
use rustls::crypto::ring::sign::any_supported_type;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;

use super::certificate;

/// What a text in PEM says of a private key.
#[must_use]
pub fn has_private_key(pem: &str) -> bool {
    let begins =
        |line: &str| line.starts_with("-----BEGIN ") && line.trim_end().ends_with("PRIVATE KEY-----");
    pem.lines().any(begins)
}

/// Whether the first private key of one text is that of the first certificate of another; both in PEM, and the texts may be
/// the same.
///
/// # Errors
/// Why it can't be told, in words that repeat nothing of the texts: there is none of both, or the key is encrypted or of a
/// kind that this program can't compare (RSA from 2048 to 8192 bits, P-256, P-384 and Ed25519 it can).
pub fn is_of(key: &str, certificates: &str) -> Result<bool, String> {
    let first = certificate::ders(certificates)?.into_iter().next().ok_or("there is no certificate")?;
    if !has_private_key(key) {
        return Err("there is no private key".into());
    }
    let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).map_err(|_| "the private key can't be read")?;
    let key = any_supported_type(&key).map_err(|_| "the private key is of a kind that can't be compared")?;
    let pair = CertifiedKey::new(vec![CertificateDer::from(first)], Arc::clone(&key));
    match pair.keys_match() {
        Ok(()) => Ok(true),
        Err(Error::InconsistentKeys(InconsistentKeys::KeyMismatch)) => Ok(false),
        Err(_) => Err("the certificate's key can't be compared".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Made for this test by openssl; nothing else uses them.
    const CERTIFICATE: &str = include_str!("key_pair/certificate.pem");
    const KEY: &str = include_str!("key_pair/key.pem");
    const PKCS8: &str = include_str!("key_pair/key-pkcs8.pem");
    const OTHER: &str = include_str!("key_pair/other-key.pem");

    #[test]
    fn a_key_is_of_its_certificate_only() {
        assert_eq!(is_of(KEY, CERTIFICATE), Ok(true));
        assert_eq!(is_of(PKCS8, CERTIFICATE), Ok(true));
        assert_eq!(is_of(OTHER, CERTIFICATE), Ok(false));
        let both = format!("{CERTIFICATE}{KEY}");
        assert_eq!(is_of(&both, &both), Ok(true));
    }

    #[test]
    fn what_can_not_be_told_is_no_answer() {
        for (key, certificates) in [("", CERTIFICATE), (KEY, ""), (CERTIFICATE, CERTIFICATE), (KEY, KEY)] {
            assert!(is_of(key, certificates).is_err());
        }
        let broken = KEY.replace('M', "/");
        assert!(is_of(&broken, CERTIFICATE).is_err());
        assert!(has_private_key(KEY) && has_private_key(PKCS8) && !has_private_key(CERTIFICATE));
    }
}
