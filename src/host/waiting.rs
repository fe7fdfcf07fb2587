//! What waits for the answers of sockets: on this thread, for one question or for several at once, and not for ever.

use std::time::Duration;

use tokio::runtime::{Builder, Runtime};
use tokio::time::Instant;

use super::silence::Silence;

/// # Errors
/// In words, if the system gives nothing to wait with.
pub(super) fn runtime() -> Result<Runtime, String> {
    let built = Builder::new_current_thread().enable_all().build();
    built.map_err(|error| format!("no way to wait for an answer: {error}"))
}

/// A point in time, and how long it was ahead.
#[derive(Clone, Copy, Debug)]
pub(super) struct Deadline {
    at: Instant,
    after: Duration,
}

impl Deadline {
    /// So long from now on.
    pub(super) fn after(within: Duration) -> Self {
        Deadline { at: Instant::now() + within, after: within }
    }

    /// How much of it is left.
    pub(super) fn left(self) -> Duration {
        self.at.saturating_duration_since(Instant::now())
    }

    /// That it has passed.
    pub(super) fn passed(self) -> Silence {
        Silence::TimedOut(self.after)
    }

    /// The answer, if it comes in time.
    pub(super) async fn hold<T>(
        self,
        answer: impl Future<Output = Result<T, Silence>>,
    ) -> Result<T, Silence> {
        tokio::time::timeout_at(self.at, answer).await.unwrap_or(Err(self.passed()))
    }
}
