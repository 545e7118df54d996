//! Aggregates that wait for a time.

mod index;
mod task;

use std::panic::AssertUnwindSafe;

use es_application::Application;
use es_domain::{Aggregate, Timestamp};
use es_persistence::BoxFuture;

use self::index::Index;
pub(crate) use self::task::run;
use crate::DeadlineError;

/// An aggregate to which something happens when nothing else does in time: an order that nobody pays, say.
///
/// When that is follows from the state of the aggregate. So a deadline is set, moved and cancelled by ordinary events, and there
/// is nothing to schedule and nothing to forget. Which deadlines there are is an index beside the log, made of the log at the
/// start. It may be late: before `expire` is called, the aggregate is read and asked again, and its events are saved only if
/// nobody else has changed it meanwhile. So each deadline is met once, however many instances run.
///
/// ```
/// use es_domain::{Timestamp, prelude::*};
/// use es_system::prelude::*;
///
/// /// An order that waits for its payment.
/// #[derive(Aggregate, Clone, Debug, Serialize, Deserialize)]
/// pub struct Fulfilment { root: Root<Self>, until: Option<Timestamp> }
///
/// #[events]
/// impl Fulfilment {
///     #[event(Started)]
///     fn start(until: Timestamp) -> Self { Self { root: Root::default(), until: Some(until) } }
///     #[event(Paid)]
///     fn paid(&mut self) { self.until = None; }
///     #[event(GivenUp)]
///     fn given_up(&mut self) { self.until = None; }
/// }
///
/// impl Deadline for Fulfilment {
///     fn deadline(&self) -> Option<Timestamp> { self.until }
///     fn expire(&mut self) { self.given_up(); }
/// }
/// ```
///
/// # Cost
///
/// At the start of a runner the log is read by the family of the aggregate's events, and each aggregate once.
pub trait Deadline: Aggregate {
    /// Returns until when the aggregate waits, or `None` if it does not.
    fn deadline(&self) -> Option<Timestamp>;

    /// Is called when the time has come. It must trigger an event that ends or moves the deadline.
    fn expire(&mut self);
}

/// The deadlines of the aggregates of one type, without the type.
pub(crate) trait Deadlines: Send + Sync {
    /// Reads what has happened since.
    fn update(&mut self) -> BoxFuture<'_, Result<(), DeadlineError>>;

    /// The first time that something waits for.
    fn next(&self) -> Option<Timestamp>;

    /// Meets the first deadline if it is not later than `now`. Returns `false` if there is none.
    fn expire_next(&mut self, now: Timestamp) -> BoxFuture<'_, Result<bool, DeadlineError>>;
}

/// Begins to watch the deadlines of the aggregates of type `A`.
pub(crate) fn watch<A: Deadline>(app: &Application) -> Box<dyn Deadlines> {
    Box::new(Index::<A>::new(app.clone()))
}

/// The message of a panic in a future, as an error.
async fn caught<T>(
    future: impl Future<Output = Result<T, DeadlineError>> + Send,
    panicked: impl FnOnce(String) -> DeadlineError + Send,
) -> Result<T, DeadlineError> {
    use futures_util::FutureExt as _;

    let caught = AssertUnwindSafe(future).catch_unwind().await;
    caught.unwrap_or_else(|panic| Err(panicked(es_projection::__private::panicked(&*panic).to_string())))
}
