//! A server on a port of the loopback interface: an API server, and everything else that may listen at its endpoint.

use std::net::{Ipv4Addr, TcpListener};
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::crypto::ring::default_provider;
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio_rustls::TlsAcceptor;

use super::Identity;

/// What a server does with each connection.
pub enum Peer {
    /// It answers over TLS with these bytes.
    Tls(Identity, Vec<u8>),
    /// It answers over TLS with the first bytes, then with the others, again and again, byte by byte, and never ends.
    TlsDrips(Identity, Vec<u8>, Vec<u8>),
    /// It shakes hands, takes the request and hangs up.
    TlsCloses(Identity),
    /// It says this without TLS and hangs up, once it has heard something.
    Plain(Vec<u8>),
    /// It hangs up at once.
    Closes,
    /// It says nothing, for ever.
    Mute,
}

/// An answer over HTTP.
pub fn page(status: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!("HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}")
        .into()
}

/// Starts a server that lives as long as the process; its port.
pub fn start(peer: Peer) -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    listener.set_nonblocking(true).unwrap();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async move {
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                serve(&peer, stream).await;
            }
        });
    });
    port
}

async fn serve(peer: &Peer, mut stream: tokio::net::TcpStream) {
    match peer {
        Peer::Closes => {}
        Peer::Mute => std::future::pending().await,
        Peer::Plain(bytes) => {
            let mut heard = [0; 4096];
            let _ = stream.read(&mut heard).await;
            let _ = stream.write_all(bytes).await;
            let _ = stream.shutdown().await;
        }
        Peer::TlsCloses(identity) => {
            let Some(mut stream) = accept(identity, stream).await else { return };
            request(&mut stream).await;
        }
        Peer::Tls(identity, bytes) => {
            let Some(mut stream) = accept(identity, stream).await else { return };
            request(&mut stream).await;
            // Who is told too much hangs up.
            let _ = stream.write_all(bytes).await;
            let _ = stream.shutdown().await;
        }
        Peer::TlsDrips(identity, first, drop) => {
            let Some(mut stream) = accept(identity, stream).await else { return };
            request(&mut stream).await;
            let _ = stream.write_all(first).await;
            for byte in drop.iter().cycle() {
                if stream.write_all(&[*byte]).await.is_err() || stream.flush().await.is_err() {
                    return;
                }
                tokio::time::sleep(std::time::Duration::from_millis(1)).await;
            }
        }
    }
}

async fn accept(
    identity: &Identity,
    stream: tokio::net::TcpStream,
) -> Option<tokio_rustls::server::TlsStream<tokio::net::TcpStream>> {
    let certificate = CertificateDer::from(identity.der.clone());
    let key = PrivatePkcs8KeyDer::from(identity.key.clone()).into();
    let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    TlsAcceptor::from(Arc::new(config)).accept(stream).await.ok()
}

/// Reads a request to its end, and sees that it tells nothing but what is asked for.
async fn request<S: AsyncRead + AsyncWrite + Unpin>(stream: &mut S) {
    let mut heard = Vec::new();
    while !heard.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        if stream.read_exact(&mut byte).await.is_err() {
            return;
        }
        heard.push(byte[0]);
    }
    let text = String::from_utf8(heard).unwrap().to_lowercase();
    assert!(
        text.starts_with("get /api/v1/namespaces/kube-public/configmaps/cluster-info http/1.1\r\n"),
        "{text}"
    );
    assert!(text.contains("\r\nhost: 127.0.0.1:"), "{text}");
    assert!(!text.contains("authorization") && !text.contains("cookie"), "{text}");
}
