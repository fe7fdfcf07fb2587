//! What waits for the answers of sockets: on this thread, for one question or for several at once, and not for ever.

use std::cell::Cell;
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};
use tokio::time::Instant;

use super::no_response::NoResponse;

/// # Errors
/// In words, if the system gives nothing to wait with.
pub(super) fn runtime() -> Result<Runtime, String> {
    let built = Builder::new_current_thread().enable_all().build();
    built.map_err(|error| format!("no way to wait for an answer: {error}"))
}

/// How long the sockets of one run are waited for, all together: several that hang cost no more than one. Only the time of
/// conversations counts, so that a busy machine takes none of it away.
#[derive(Debug)]
pub(super) struct Patience {
    whole: Duration,
    left: Cell<Duration>,
}

impl Patience {
    pub(super) fn new(whole: Duration) -> Self {
        Patience { whole, left: Cell::new(whole) }
    }

    /// The deadline of the next conversation.
    pub(super) fn deadline(&self) -> Result<Deadline, NoResponse> {
        let left = self.left.get();
        if left.is_zero() && !self.whole.is_zero() {
            return Err(NoResponse::OutOfTime(self.whole));
        }
        let is_fair = left >= self.whole / 2;
        Ok(Deadline { at: Instant::now() + left, after: left, is_fair, whole: self.whole })
    }

    /// After the conversation.
    pub(super) fn spent(&self, deadline: Deadline) {
        self.left.set(deadline.left().min(self.left.get()));
    }

    /// One conversation.
    pub(super) fn ask<T, E: From<NoResponse>>(
        &self,
        conversation: impl FnOnce(Deadline) -> Result<T, E>,
    ) -> Result<T, E> {
        let deadline = self.deadline()?;
        let answer = conversation(deadline);
        self.spent(deadline);
        answer
    }
}

/// A point in time, and how long it was ahead.
#[derive(Clone, Copy, Debug)]
pub(super) struct Deadline {
    at: Instant,
    after: Duration,
    /// Whether it was as far ahead as somebody deserves who is said to be late.
    is_fair: bool,
    whole: Duration,
}

impl Deadline {
    /// So long from now on.
    #[cfg(test)]
    pub(super) fn after(within: Duration) -> Self {
        Deadline { at: Instant::now() + within, after: within, is_fair: true, whole: within }
    }

    /// How much of it is left.
    pub(super) fn left(self) -> Duration {
        self.at.saturating_duration_since(Instant::now())
    }

    /// How far ahead it was.
    pub(super) fn length(self) -> Duration {
        self.after
    }

    /// That it has passed. Whoever had little time because of others is not late.
    pub(super) fn passed(self) -> NoResponse {
        // In tenths of a second, so that it reads the same in every run.
        let tenths = self.after.as_millis().div_ceil(100);
        let rounded = Duration::from_millis(u64::try_from(tenths).unwrap_or(u64::MAX).saturating_mul(100));
        match self.is_fair {
            true if self.after == self.whole => NoResponse::TimedOut(self.whole),
            true => NoResponse::TimedOut(rounded.min(self.whole)),
            false => NoResponse::OutOfTime(self.whole),
        }
    }

    /// The answer, if it comes in time.
    pub(super) async fn hold<T>(
        self,
        answer: impl Future<Output = Result<T, NoResponse>>,
    ) -> Result<T, NoResponse> {
        tokio::time::timeout_at(self.at, answer).await.unwrap_or(Err(self.passed()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A conversation that ends when so much of its time is left.
    fn leaves(patience: &Patience, left: Duration) -> NoResponse {
        let answer: Result<(), NoResponse> = patience.ask(|mut deadline| {
            let passed = deadline.passed();
            deadline.at = Instant::now() + left;
            patience.spent(deadline);
            Err(passed)
        });
        answer.unwrap_err()
    }

    #[test]
    fn all_conversations_share_one_patience_and_nobody_is_late_for_another() {
        let whole = Duration::from_secs(100);
        let patience = Patience::new(whole);
        assert_eq!(leaves(&patience, Duration::from_secs(60)), NoResponse::TimedOut(whole));
        let later = leaves(&patience, Duration::from_secs(30));
        assert!(matches!(later, NoResponse::TimedOut(after) if after <= Duration::from_secs(60)), "{later}");
        assert_eq!(leaves(&patience, Duration::ZERO), NoResponse::OutOfTime(whole));
        let answer: Result<(), NoResponse> = patience.ask(|_| panic!("it is asked"));
        assert_eq!(answer, Err(NoResponse::OutOfTime(whole)));
    }
}
