//! Times and IDs that are the same each time.

use std::{cell::Cell, rc::Rc};

use uuid::Uuid;

use crate::{Clock, IdSource, Timestamp, with_clock, with_id_source};

/// 2000-01-01T00:00:00Z, in seconds.
const START: i64 = 946_684_800;

/// A clock that goes one second forward at each look, and IDs that are counted.
///
/// Copies share both, so that no ID comes twice.
#[derive(Clone, Debug, Default)]
pub struct Deterministic {
    looks: Rc<Cell<i64>>,
    ids: Rc<Cell<u128>>,
}

impl Deterministic {
    /// A clock that stands at 2000-01-01T00:00:00Z, and IDs that begin with 1.
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
        let looks = self.looks.replace(self.looks.get() + 1);
        Timestamp::from_micros((START + looks) * 1_000_000)
    }
}

impl IdSource for Deterministic {
    fn next_id(&self) -> Uuid {
        self.ids.set(self.ids.get() + 1);
        uuid::Builder::from_u128(self.ids.get())
            .with_version(uuid::Version::SortRand)
            .with_variant(uuid::Variant::RFC4122)
            .into_uuid()
    }
}

/// Runs `body` with a clock and IDs that are the same each time: two runs give the same bytes.
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
