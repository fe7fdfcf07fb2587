//! One page over HTTP/1.1: CRI-O serves its state and its configuration on the socket of the CRI, the kubelet its
//! health on a port of the loopback interface, the API server what it tells newcomers behind TLS.

use std::net::Ipv4Addr;

use http_body_util::{BodyExt as _, Empty, LengthLimitError, Limited};
use hyper::body::Bytes;
use hyper::client::conn::http1::Builder;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;

use super::deadline::{self, Deadline};
use super::no_response::{NoResponse, in_full, is_end, of_connect};

/// A page over HTTP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpResponse {
    /// The status code, 200 for a page that is there.
    pub status: u16,
    /// What it says.
    pub body: Vec<u8>,
}

/// The page of a port of the loopback interface, whatever its status; it may have at most `limit` bytes.
pub(super) fn get_loopback(
    port: u16,
    target: &'static str,
    limit: usize,
    deadline: Deadline,
) -> Result<HttpResponse, NoResponse> {
    deadline::runtime().map_err(NoResponse::Failed)?.block_on(async {
        let asked = async {
            let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await;
            read(stream.map_err(|error| of_connect(&error))?, "localhost", target, limit).await
        };
        deadline.hold(asked).await
    })
}

/// The page of a host behind a path, over an open connection, whatever its status.
pub(super) async fn read<S>(
    stream: S,
    host: &str,
    target: &'static str,
    limit: usize,
) -> Result<HttpResponse, NoResponse>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let broken = |error: hyper::Error| match () {
        () if error.is_parse() => NoResponse::Failed(format!("GET {target}: the answer is no HTTP")),
        () if error.is_incomplete_message() || error.is_closed() || error.is_canceled() => NoResponse::Closed,
        () if is_end(&error) => NoResponse::Closed,
        () => NoResponse::Failed(in_full(&error)),
    };
    let (mut sender, driver) =
        Builder::new().max_buf_size(64 << 10).handshake(TokioIo::new(stream)).await.map_err(broken)?;
    // Ends with the connection; what went wrong is told by the answer.
    tokio::spawn(driver);
    let request = http::Request::get(target)
        .header(http::header::HOST, host)
        .header(http::header::CONNECTION, "close")
        .body(Empty::<Bytes>::new())
        .map_err(|error| NoResponse::Failed(error.to_string()))?;
    let answer = sender.send_request(request).await.map_err(broken)?;
    let status = answer.status().as_u16();
    let body = Limited::new(answer.into_body(), limit).collect().await.map_err(|error| {
        if error.is::<LengthLimitError>() { NoResponse::TooLarge { limit } } else { NoResponse::Closed }
    })?;
    Ok(HttpResponse { status, body: body.to_bytes().to_vec() })
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::TcpListener;
    use std::time::Duration;

    use super::*;

    /// A server that answers one connection with these bytes, and its port.
    fn answers(bytes: &'static str) -> u16 {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = [0; 512];
            let length = stream.read(&mut request).unwrap();
            assert!(request[..length].starts_with(b"GET /healthz HTTP/1.1\r\n"));
            stream.write_all(bytes.as_bytes()).unwrap();
        });
        port
    }

    #[test]
    fn a_page_of_the_loopback_interface_has_a_status_and_a_text() {
        let ask = |port| get_loopback(port, "/healthz", 64, Deadline::after(Duration::from_secs(20)));
        let page = |status, body: &str| Ok(HttpResponse { status, body: body.as_bytes().to_vec() });
        assert_eq!(ask(answers("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")), page(200, "ok"));
        assert_eq!(ask(answers("HTTP/1.1 500 Oh\r\n\r\nsyncloop is down")), page(500, "syncloop is down"));
        assert_eq!(ask(answers("")), Err(NoResponse::Closed));
        let garbage = ask(answers("220 mail.example ESMTP\r\n"));
        assert_eq!(garbage, Err(NoResponse::Failed("GET /healthz: the answer is no HTTP".into())));
        let large = "HTTP/1.1 200 OK\r\nContent-Length: 65\r\n\r\n\
            01234567890123456789012345678901234567890123456789012345678901234";
        assert_eq!(ask(answers(large)), Err(NoResponse::TooLarge { limit: 64 }));
    }

    #[test]
    fn a_port_without_a_listener_refuses() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        drop(listener);
        assert_eq!(
            get_loopback(port, "/", 64, Deadline::after(Duration::from_secs(20))),
            Err(NoResponse::Refused)
        );
    }

    #[test]
    fn who_says_nothing_is_not_waited_for() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let within = Duration::from_millis(50);
        assert_eq!(get_loopback(port, "/", 64, Deadline::after(within)), Err(NoResponse::TimedOut(within)));
    }
}
