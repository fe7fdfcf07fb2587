//! What CRI-O serves besides the CRI on its socket: its state and its configuration, over HTTP/1.1.

use std::path::PathBuf;

use super::connection::connect;
use crate::host::http::read;
use crate::host::no_response::NoResponse;

/// The page behind a path; it may have at most `limit` bytes.
pub(super) async fn get(socket: PathBuf, target: &'static str, limit: usize) -> Result<Vec<u8>, NoResponse> {
    let page = read(connect(&socket).await?, "localhost", target, limit).await?;
    match http::StatusCode::from_u16(page.status) {
        Ok(http::StatusCode::OK) => Ok(page.body),
        Ok(http::StatusCode::NOT_FOUND) => Err(NoResponse::Unimplemented),
        Ok(other) => Err(NoResponse::Failed(format!("GET {target} failed: {other}"))),
        Err(_) => Err(NoResponse::Failed(format!("GET {target} failed: {}", page.status))),
    }
}
