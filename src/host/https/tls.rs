//! TLS without trust: whoever answers is heard, and the certificates that it shows are kept. That it has the key of the
//! first of them is checked; whether anybody vouches for it is for others to judge, who know the authority by then.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use rustls::client::Resumption;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, Error, InvalidMessage, SignatureScheme};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::host::no_response::{NoResponse, in_full, is_end};

/// No chain is longer.
const MOST_CERTIFICATES: usize = 16;

/// The certificates that a server showed, in DER, its own first.
#[derive(Clone, Debug, Default)]
pub(super) struct Shown(Arc<Mutex<Vec<Vec<u8>>>>);

impl Shown {
    pub(super) fn take(&self) -> Vec<Vec<u8>> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Speaks TLS over a connection. Versions and ciphers are those that are safe; a server that has none of them can't be
/// asked. No protocol is offered (ALPN): every server speaks HTTP/1.1 then.
pub(super) async fn greet(
    stream: TcpStream,
    host: &str,
    shown: Shown,
) -> Result<TlsStream<TcpStream>, NoResponse> {
    let name = ServerName::try_from(host.to_owned())
        .map_err(|_| NoResponse::Failed("this is no name that TLS knows".into()))?;
    let provider = Arc::new(ring::default_provider());
    let witness = Arc::new(Witness { provider: Arc::clone(&provider), shown });
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| NoResponse::Failed(error.to_string()))?
        .dangerous()
        .with_custom_certificate_verifier(witness)
        .with_no_client_auth();
    config.resumption = Resumption::disabled();
    TlsConnector::from(Arc::new(config)).connect(name, stream).await.map_err(|error| silence(&error))
}

/// Why there was no handshake.
fn silence(error: &io::Error) -> NoResponse {
    use InvalidMessage::{InvalidContentType, UnknownProtocolVersion};
    match error.get_ref().and_then(|inner| inner.downcast_ref::<Error>()) {
        Some(Error::InvalidMessage(InvalidContentType | UnknownProtocolVersion)) => NoResponse::NotTls,
        Some(error) => NoResponse::Failed(format!("TLS: {}", in_full(error))),
        None if is_end(error) => NoResponse::Closed,
        None => NoResponse::Failed(in_full(error)),
    }
}

/// Keeps the certificates and trusts anybody.
#[derive(Debug)]
struct Witness {
    provider: Arc<CryptoProvider>,
    shown: Shown,
}

impl ServerCertVerifier for Witness {
    fn verify_server_cert(
        &self,
        own: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        _name: &ServerName<'_>,
        _ocsp: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let all = std::iter::once(own).chain(others).take(MOST_CERTIFICATES);
        let mut shown = self.shown.0.lock().unwrap_or_else(PoisonError::into_inner);
        *shown = all.map(|certificate| certificate.to_vec()).collect();
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let known = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, known)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let known = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, known)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
