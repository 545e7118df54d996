//! Aggregates that were read or saved lately.

use std::{
    any::Any,
    fmt,
    num::NonZeroUsize,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use es_domain::{Aggregate, AggregateId, OriginatorId};
use es_persistence::{Environment, EnvironmentError};
use lru::LruCache;

/// Copies of aggregates, of which the ones that are used least go first.
///
/// An aggregate that cannot be cloned is never here.
#[derive(Clone)]
pub(crate) struct Cache {
    copies: Arc<Mutex<Copies>>,
    is_fast_forwarding: bool,
}

type Copies = LruCache<OriginatorId, Kept>;

/// A copy of an aggregate of any type, and its version.
#[derive(Clone)]
struct Kept {
    version: u64,
    copy: Arc<Mutex<dyn Any + Send>>,
}

impl Cache {
    /// The cache that `environment` asks for, if it does.
    pub(crate) fn from_environment(environment: &Environment) -> Result<Option<Self>, EnvironmentError> {
        const KEY: &str = "AGGREGATE_CACHE_MAXSIZE";
        const SIZE: &str = "how many aggregates are kept; 0 or less for all of them";
        let is_fast_forwarding = environment.flag("AGGREGATE_CACHE_FASTFORWARD", true)?;
        let Some(size) = environment.parse::<i64>(KEY, SIZE)? else {
            return Ok(None);
        };
        let size = usize::try_from(size).ok().and_then(NonZeroUsize::new);
        let copies = size.map_or_else(LruCache::unbounded, LruCache::new);
        Ok(Some(Self {
            copies: Arc::new(Mutex::new(copies)),
            is_fast_forwarding,
        }))
    }

    /// Whether the events after those of a copy are read each time it is used.
    pub(crate) const fn is_fast_forwarding(&self) -> bool {
        self.is_fast_forwarding
    }

    /// A copy of the aggregate as it was when it was put here.
    pub(crate) fn get<A: Aggregate>(&self, id: &A::Id) -> Option<A> {
        let kept = self.copies().get(&id.to_originator_id()).cloned()?;
        look::<A, _>(&kept, A::try_clone).flatten()
    }

    /// Keeps a copy of `aggregate`, unless one as late is there.
    pub(crate) fn put<A: Aggregate>(&self, aggregate: &A) {
        let id = aggregate.id().to_originator_id();
        // A state that may be wrong, or that is no more, is read again.
        if aggregate.root().is_discarded() || aggregate.root().is_tainted() {
            return self.forget(&id);
        }
        let version = aggregate.version();
        if self.has(&id, version) {
            return;
        }
        let Some(copy) = aggregate.try_clone() else { return };
        let copy = Arc::new(Mutex::new(copy));
        let mut copies = self.copies();
        // Somebody else may have put a later one here while this one was copied.
        if !is_as_late(copies.peek(&id), version) {
            copies.put(id, Kept { version, copy });
        }
    }

    fn has(&self, id: &OriginatorId, version: u64) -> bool {
        is_as_late(self.copies().peek(id), version)
    }

    /// Forgets the aggregate: the copy may be wrong, or late.
    pub(crate) fn forget(&self, id: &OriginatorId) {
        self.copies().pop(id);
    }

    fn copies(&self) -> MutexGuard<'_, Copies> {
        self.copies.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn is_as_late(kept: Option<&Kept>, version: u64) -> bool {
    kept.is_some_and(|kept| kept.version >= version)
}

/// Looks at a copy, under a lock of its own: an aggregate may be large, and others must not wait for it.
fn look<A: Aggregate, T>(kept: &Kept, at: impl FnOnce(&A) -> T) -> Option<T> {
    let kept = kept.copy.lock().unwrap_or_else(PoisonError::into_inner);
    kept.downcast_ref().map(at)
}

impl fmt::Debug for Cache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cache")
            .field("is_fast_forwarding", &self.is_fast_forwarding)
            .finish_non_exhaustive()
    }
}
