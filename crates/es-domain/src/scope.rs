//! A clock and an ID source for a part of a program.

use std::{fmt, sync::Arc};

use crate::{Clock, IdSource, with_clock, with_id_source};

/// A clock and an ID source that are in force together.
///
/// [`run`](Self::run) puts both in force while a closure runs, as [`with_clock`] and [`with_id_source`] do. A `Scope` is
/// `Send + Sync`, so that an application can keep it and put it in force around each poll of a future.
///
/// ```
/// use es_domain::{Scope, Stamp, Timestamp};
///
/// let noon: Timestamp = "2026-01-02T12:00:00Z".parse()?;
/// let stamp = Scope::new().clock(noon).run(Stamp::now);
/// assert_eq!(stamp.timestamp(), noon);
/// # Ok::<(), es_domain::ParseTimestampError>(())
/// ```
#[derive(Clone, Default)]
pub struct Scope {
    clock: Option<Arc<dyn Clock + Send + Sync>>,
    id_source: Option<Arc<dyn IdSource + Send + Sync>>,
}

impl Scope {
    /// Makes a scope that changes nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the clock.
    #[must_use]
    pub fn clock(self, clock: impl Clock + Send + Sync + 'static) -> Self {
        Self {
            clock: Some(Arc::new(clock)),
            ..self
        }
    }

    /// Sets the source of the IDs of new aggregates and of events.
    #[must_use]
    pub fn id_source(self, id_source: impl IdSource + Send + Sync + 'static) -> Self {
        Self {
            id_source: Some(Arc::new(id_source)),
            ..self
        }
    }

    /// Runs `body` with this clock and this ID source, on this thread. What is not set stays as it is.
    pub fn run<R>(&self, body: impl FnOnce() -> R) -> R {
        let body = || match &self.id_source {
            Some(id_source) => with_id_source(Arc::clone(id_source), body),
            None => body(),
        };
        match &self.clock {
            Some(clock) => with_clock(Arc::clone(clock), body),
            None => body(),
        }
    }
}

impl fmt::Debug for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scope")
            .field("has_clock", &self.clock.is_some())
            .field("has_id_source", &self.id_source.is_some())
            .finish()
    }
}
