//! The source of new IDs.

use std::{cell::RefCell, rc::Rc, sync::Arc};

use uuid::Uuid;

use crate::scoped;

/// Makes the IDs of new aggregates and of events.
///
/// Every ID must be new, because two events with one ID count as the same event. Implement the trait for tests that need to
/// know the IDs, and install the source with [`with_id_source`].
pub trait IdSource {
    /// Returns an ID that has not been returned before.
    fn next_id(&self) -> Uuid;
}

/// UUIDs of version 7 (RFC 9562): a time and random bits. IDs that are made together are neighbours in an index.
#[derive(Clone, Copy, Debug, Default)]
pub struct RandomIds;

impl IdSource for RandomIds {
    #[expect(clippy::disallowed_methods, reason = "this is the source that all others go through")]
    fn next_id(&self) -> Uuid {
        Uuid::now_v7()
    }
}

impl<S: IdSource + ?Sized> IdSource for Arc<S> {
    fn next_id(&self) -> Uuid {
        (**self).next_id()
    }
}

thread_local! {
    static SOURCE: RefCell<Option<Rc<dyn IdSource>>> = const { RefCell::new(None) };
}

/// Runs `body` with `source` in place of [`RandomIds`], on this thread.
///
/// Calls nest. When `body` returns or panics, the earlier source is in force again.
pub fn with_id_source<R>(source: impl IdSource + 'static, body: impl FnOnce() -> R) -> R {
    scoped::with(&SOURCE, Rc::new(source), body)
}

/// Returns an ID from the source in force on this thread.
pub(crate) fn next_id() -> Uuid {
    scoped::current(&SOURCE).map_or_else(|| RandomIds.next_id(), |source| source.next_id())
}
