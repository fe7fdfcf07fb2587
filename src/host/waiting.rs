//! What waits for the answers of sockets: on this thread, for one question or for several at once.

use tokio::runtime::{Builder, Runtime};

/// # Errors
/// In words, if the system gives nothing to wait with.
pub(super) fn runtime() -> Result<Runtime, String> {
    let built = Builder::new_current_thread().enable_all().build();
    built.map_err(|error| format!("no way to wait for an answer: {error}"))
}
