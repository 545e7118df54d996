//! Repeating what may succeed later.

use std::time::Duration;

use tokio::time::{self, Instant};

use super::RemoteError;

/// The pauses between attempts: they grow, and no two clients have the same ones.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Backoff(Duration);

/// The first pause, about.
const FIRST: Duration = Duration::from_millis(50);

/// The longest pause, about.
const LONGEST: Duration = Duration::from_secs(5);

impl Backoff {
    pub(crate) const fn new() -> Self {
        Self(FIRST)
    }

    /// Returns the next pause: between a half and the whole of what it has grown to, and not less than `least`.
    pub(crate) fn next(&mut self, least: Option<Duration>) -> Duration {
        let pause = self.0.max(least.unwrap_or_default());
        self.0 = (self.0 * 2).min(LONGEST);
        pause
            .mul_f64(0.5_f64.mul_add(fastrand::f64(), 0.5))
            .max(least.unwrap_or_default())
    }
}

/// Repeats `attempt` while it fails for passing reasons, until `patience` is over.
pub(crate) async fn retrying<T, F>(patience: Duration, mut attempt: impl FnMut() -> F + Send) -> Result<T, RemoteError>
where
    F: Future<Output = Result<T, RemoteError>> + Send,
{
    let deadline = Instant::now() + patience;
    let mut backoff = Backoff::new();
    loop {
        match attempt().await {
            Err(error) if error.is_passing() => {
                let pause = backoff.next(error.retry_after());
                if Instant::now() + pause > deadline {
                    return Err(error);
                }
                tracing::debug!(%error, ?pause, "reading again");
                time::sleep(pause).await;
            }
            ended => return ended,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_a_bound_and_are_never_shorter_than_the_server_asks() {
        let mut backoff = Backoff::new();
        for expected in [50, 100, 200, 400, 800, 1600, 3200, 5000, 5000] {
            let pause = backoff.next(None);
            let whole = Duration::from_millis(expected);
            assert!(pause >= whole / 2 && pause <= whole, "{pause:?} of {whole:?}");
        }
        let least = Duration::from_secs(20);
        assert!(Backoff::new().next(Some(least)) >= least);
    }
}
