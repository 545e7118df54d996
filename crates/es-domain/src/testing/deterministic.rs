//! Times and IDs that are the same in each run.

use std::sync::{
    Arc,
    atomic::{AtomicI64, AtomicU64, Ordering::Relaxed},
};

use uuid::Uuid;

use crate::{Clock, IdSource, Timestamp, with_clock, with_id_source};

/// 2000-01-01T00:00:00Z, in microseconds.
const START: i64 = 946_684_800_000_000;

/// A clock that advances by one second each time it is read, and IDs that are counted.
///
/// Clones share the clock and the counter, so that no ID is made twice. In tests that await, give clones to a
/// [`Scope`](crate::Scope) or to an application.
#[derive(Clone, Debug, Default)]
pub struct Deterministic {
    looks: Arc<AtomicI64>,
    ids: Arc<AtomicU64>,
}

impl Deterministic {
    /// Makes a clock that begins at 2000-01-01T00:00:00Z, and IDs that begin with 1.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Runs `body` with this clock and these IDs, on this thread.
    pub fn run<R>(&self, body: impl FnOnce() -> R) -> R {
        with_clock(self.clone(), || with_id_source(self.clone(), body))
    }
}

impl Clock for Deterministic {
    fn now(&self) -> Timestamp {
        let looks = self.looks.fetch_add(1, Relaxed);
        let micros = looks.saturating_mul(1_000_000).saturating_add(START);
        Timestamp::from_micros(micros).unwrap_or(Timestamp::MAX)
    }
}

impl IdSource for Deterministic {
    fn next_id(&self) -> Uuid {
        let id = self.ids.fetch_add(1, Relaxed) + 1;
        uuid::Builder::from_u128(id.into())
            .with_version(uuid::Version::SortRand)
            .with_variant(uuid::Variant::RFC4122)
            .into_uuid()
    }
}

/// Runs `body` with a clock and IDs that are the same in each run, so that two runs give the same bytes.
///
/// ```
/// use es_domain::{Stamp, testing::deterministic};
///
/// let stamp = deterministic(Stamp::now);
/// assert_eq!(stamp, deterministic(Stamp::now));
/// assert_eq!(stamp.timestamp().to_string(), "2000-01-01T00:00:00.000000Z");
/// assert_eq!(stamp.event_id().to_string(), "00000000-0000-7000-8000-000000000001");
/// ```
pub fn deterministic<R>(body: impl FnOnce() -> R) -> R {
    Deterministic::new().run(body)
}
