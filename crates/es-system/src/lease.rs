//! The right to do the work of a follower, which one instance has at a time.
//!
//! A lease is a row of tracking whose position counts how often it was renewed: of two instances that move it on, one succeeds.
//! An instance that watches sees whether the row moves. So no clocks of two machines are compared while both run, and no store
//! needs anything but tracking.

use std::{
    fmt,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use es_domain::{Clock as _, IdSource as _, RandomIds, SystemClock, Timestamp};
use es_persistence::{ProcessRecorder, RecorderError, RecorderErrorKind, Tracking, TrackingKey};
use tokio::time::Instant;
use uuid::Uuid;

/// The consumer of the rows of leases; the upstream of such a row is the name of the follower.
const CONSUMER: &str = "es.lease";

/// An instance, and what it has seen of the lease that it wants.
pub(crate) struct Claim {
    recorder: Arc<dyn ProcessRecorder>,
    key: TrackingKey,
    /// It is in each row that this instance writes.
    owner: [u8; 10],
    ttl: Duration,
    /// The row as it was when it had changed last, and when that was seen.
    seen: Mutex<Option<(u64, Instant)>>,
}

/// The right to work.
#[derive(Debug)]
pub(crate) struct Lease {
    /// Greater than that of each lease before.
    pub(crate) fence: u64,
    /// The last position of the row.
    beat: AtomicU64,
}

impl Claim {
    pub(crate) fn new(recorder: Arc<dyn ProcessRecorder>, follower: &str, ttl: Duration) -> Self {
        let mut owner = [0; 10];
        owner.copy_from_slice(&RandomIds.next_id().as_bytes()[6..]);
        Self {
            recorder,
            key: TrackingKey::new(CONSUMER, follower),
            owner,
            ttl,
            seen: Mutex::default(),
        }
    }

    pub(crate) const fn ttl(&self) -> Duration {
        self.ttl
    }

    /// Takes the lease, or returns `None` while another instance has it.
    pub(crate) async fn take(&self) -> Result<Option<Lease>, RecorderError> {
        let last = self.recorder.last_tracking(self.key.clone()).await?;
        let (beat, fence) = last.as_ref().map_or((0, 0), |last| (last.position, last.fence));
        // A lease of its own that it has lost sight of, after an error say, is taken anew.
        if !last.is_none_or(|last| self.is_own(&last) || self.is_over(&last)) {
            return Ok(None);
        }
        let lease = Lease {
            fence: fence + 1,
            beat: AtomicU64::new(beat),
        };
        Ok(self.renew(&lease).await?.then_some(lease))
    }

    /// Renews the lease. Returns `false` if another instance has it.
    pub(crate) async fn renew(&self, lease: &Lease) -> Result<bool, RecorderError> {
        loop {
            let beat = lease.beat.load(Ordering::Relaxed) + 1;
            match self.write(lease.fence, beat, Some(self.stamp())).await {
                Ok(()) => {
                    lease.beat.store(beat, Ordering::Relaxed);
                    return Ok(true);
                }
                Err(error) if !is_refusal(&error) => return Err(error),
                // A renewal that nobody waited for may have been stored.
                Err(_refused) => match self.own_beat(lease.fence).await? {
                    Some(own) if own >= beat => lease.beat.store(own, Ordering::Relaxed),
                    _ => return Ok(false),
                },
            }
        }
    }

    /// Gives the lease back. One that another instance has is left alone.
    pub(crate) async fn release(&self, lease: &Lease) -> Result<(), RecorderError> {
        let last = self.own_beat(lease.fence).await?;
        let Some(beat) = last else { return Ok(()) };
        match self.write(lease.fence, beat + 1, None).await {
            Err(error) if !is_refusal(&error) => Err(error),
            _stored_or_taken => Ok(()),
        }
    }

    async fn write(&self, fence: u64, beat: u64, stamp: Option<Uuid>) -> Result<(), RecorderError> {
        let tracking = Tracking::of(self.key.clone(), beat).with_fence(fence);
        let tracking = match stamp {
            Some(stamp) => tracking.with_event_id(stamp),
            None => tracking,
        };
        self.recorder.insert_tracking(tracking).await
    }

    /// The position of the row if it is of this lease.
    async fn own_beat(&self, fence: u64) -> Result<Option<u64>, RecorderError> {
        let last = self.recorder.last_tracking(self.key.clone()).await?;
        let own = last.filter(|last| last.fence == fence && self.is_own(last));
        Ok(own.map(|own| own.position))
    }

    fn is_own(&self, row: &Tracking) -> bool {
        row.event_id.is_some_and(|stamp| stamp.as_bytes()[6..] == self.owner)
    }

    /// Returns `true` if nobody has the lease any more.
    fn is_over(&self, row: &Tracking) -> bool {
        let Some(stamp) = row.event_id else { return true };
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        match *seen {
            Some((position, since)) if position == row.position => since.elapsed() >= self.ttl,
            before => {
                *seen = Some((row.position, Instant::now()));
                // At first sight there is but the time that is in the row: whoever died long ago keeps nobody waiting.
                before.is_none() && self.is_old(stamp)
            }
        }
    }

    fn is_old(&self, stamp: Uuid) -> bool {
        let ttl = i64::try_from(self.ttl.as_micros()).unwrap_or(i64::MAX);
        let age = |time: Timestamp| SystemClock.now().as_micros().saturating_sub(time.as_micros());
        Timestamp::from_uuid(stamp).is_some_and(|time| age(time) > ttl)
    }

    /// The time and the owner as a UUID of version 7.
    fn stamp(&self) -> Uuid {
        let millis = u64::try_from(SystemClock.now().as_micros() / 1000).unwrap_or(0);
        let mut stamp = [0; 16];
        stamp[..6].copy_from_slice(&millis.to_be_bytes()[2..]);
        stamp[6..].copy_from_slice(&self.owner);
        Uuid::from_bytes(stamp)
    }
}

/// Another instance has moved the row.
fn is_refusal(error: &RecorderError) -> bool {
    matches!(
        error.kind(),
        RecorderErrorKind::AlreadyTracked(_) | RecorderErrorKind::Fenced(_)
    )
}

impl fmt::Debug for Claim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Claim").field("key", &self.key).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
