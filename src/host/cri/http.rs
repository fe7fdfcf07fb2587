//! One page over HTTP/1.1 on a socket: CRI-O serves its state and its configuration beside the CRI.

use std::path::PathBuf;

use http_body_util::{BodyExt as _, Empty, LengthLimitError, Limited};
use hyper::body::Bytes;
use hyper::client::conn::http1::Builder;
use hyper_util::rt::TokioIo;

use super::Silence;
use super::connection::{connect, in_full};

/// The page behind a path; it may have at most `limit` bytes.
pub(super) async fn get(socket: PathBuf, target: &'static str, limit: usize) -> Result<Vec<u8>, Silence> {
    let broken = |error: hyper::Error| match () {
        () if error.is_parse() => Silence::Failed(format!("GET {target}: the answer is no HTTP")),
        () if error.is_incomplete_message() || error.is_closed() || error.is_canceled() => Silence::Closed,
        () => Silence::Failed(in_full(&error)),
    };
    let stream = TokioIo::new(connect(&socket).await?);
    let (mut sender, driver) =
        Builder::new().max_buf_size(64 << 10).handshake(stream).await.map_err(broken)?;
    // Ends with the connection; what went wrong is told by the answer.
    tokio::spawn(driver);
    let request = http::Request::get(target)
        .header(http::header::HOST, "localhost")
        .header(http::header::CONNECTION, "close")
        .body(Empty::<Bytes>::new())
        .map_err(|error| Silence::Failed(error.to_string()))?;
    let answer = sender.send_request(request).await.map_err(broken)?;
    match answer.status() {
        http::StatusCode::OK => {}
        http::StatusCode::NOT_FOUND => return Err(Silence::Unimplemented),
        other => return Err(Silence::Failed(format!("GET {target} failed: {other}"))),
    }
    let body = Limited::new(answer.into_body(), limit).collect().await.map_err(|error| {
        if error.is::<LengthLimitError>() { Silence::TooLarge { limit } } else { Silence::Closed }
    })?;
    Ok(body.to_bytes().to_vec())
}
