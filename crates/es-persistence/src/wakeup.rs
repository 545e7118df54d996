//! Learning that a log has grown.

use std::{future, time::Duration};

use tokio::{sync::watch, time};

use crate::{RecorderError, TrackingKey, TrackingRecorder};

/// Tells its holder that there may be something new in a log.
///
/// It may tell too often, and never too late: a store that cannot see all that is stored lets it tell at a fixed pace,
/// too.
#[derive(Clone, Debug)]
pub struct Wakeup {
    signal: watch::Receiver<()>,
    pace: Option<Duration>,
}

/// Wakes everybody who holds a [`Wakeup`] of it.
#[derive(Clone, Debug, Default)]
pub struct Waker(watch::Sender<()>);

impl Waker {
    /// Nobody to wake yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Says that there may be something new.
    pub fn wake(&self) {
        self.0.send_replace(());
    }

    /// Whether there is anybody to wake.
    pub fn is_awaited(&self) -> bool {
        self.0.receiver_count() > 0
    }

    /// Hears all that is said from now on.
    #[must_use]
    pub fn listen(&self) -> Wakeup {
        Wakeup {
            signal: self.0.subscribe(),
            pace: None,
        }
    }
}

impl Wakeup {
    /// Tells that there may be something new each time `pace` has passed without a signal.
    #[must_use]
    pub fn at_least_every(self, pace: Duration) -> Self {
        Self {
            pace: Some(pace),
            ..self
        }
    }

    /// Waits for the next signal; one that came since the last call is told at once.
    ///
    /// # Cancel safety
    ///
    /// A dropped future takes no signal with it.
    pub async fn wait(&mut self) {
        let signal = async {
            if self.signal.changed().await.is_err() {
                // The waker is gone, and with it whoever could store anything here.
                future::pending::<()>().await;
            }
        };
        match self.pace {
            None => signal.await,
            Some(pace) => drop(time::timeout(pace, signal).await),
        }
    }

    /// Waits until `recorder` has tracked `position` of `upstream`: what a
    /// [`TrackingRecorder`] needs for [`wait_for_tracking`](TrackingRecorder::wait_for_tracking).
    ///
    /// # Errors
    ///
    /// As [`last_tracking`](TrackingRecorder::last_tracking).
    ///
    /// # Cancel safety
    ///
    /// Waiting changes nothing; the future may be dropped.
    pub async fn wait_for_tracking(
        mut self,
        recorder: &dyn TrackingRecorder,
        key: TrackingKey,
        position: u64,
    ) -> Result<(), RecorderError> {
        loop {
            let last = recorder.last_tracking(key.clone()).await?;
            if last.map_or(0, |last| last.position) >= position {
                return Ok(());
            }
            self.wait().await;
        }
    }
}
