//! What a process application is.

use std::future::Future;

use es_persistence::{BoxError, EventSet, Recorded};

use crate::{Processing, worker::Reaction};

/// An application that reacts to events of other applications, and of itself, by events of its own aggregates.
///
/// The events of the reaction are stored in one transaction with the position of the event that caused them. Each event has
/// its effect once, whatever crashes and however many instances run.
///
/// ```
/// use es_system::prelude::*;
/// # use es_domain::{Uuid, prelude::*};
/// # #[derive(Aggregate, Clone, Debug, Default, Serialize, Deserialize)]
/// # pub struct Dog { root: Root<Self> }
/// # #[events]
/// # impl Dog {
/// #     #[event(Registered)]
/// #     pub fn register(name: &str) -> Self { Self::default() }
/// #     #[event(TrickAdded)]
/// #     pub fn add_trick(&mut self, trick: &str) {}
/// # }
/// # #[derive(Aggregate, Clone, Debug, Default, Serialize, Deserialize)]
/// # pub struct Counter { root: Root<Self>, count: u64 }
/// # #[events]
/// # impl Counter {
/// #     #[event(Started, id = Self::id_for(trick))]
/// #     pub fn start(trick: &str) -> Self { Self::default() }
/// #     #[event(Incremented)]
/// #     pub fn increment(&mut self) { self.count += 1; }
/// #     pub fn id_for(trick: &str) -> Id<Self> { Id::named(Uuid::NAMESPACE_OID, trick) }
/// # }
///
/// /// Counts how often each trick was learned.
/// pub struct Counters;
///
/// impl ProcessApplication for Counters {
///     type Events = DogEvent;
///     const NAME: &str = "Counters";
///
///     async fn policy(&self, event: &Recorded<DogEvent>, processing: &Processing) -> Result<(), BoxError> {
///         match event.body() {
///             DogEvent::Registered { .. } => {}
///             DogEvent::TrickAdded { trick } => {
///                 let mut counter = processing.get_or(Counter::id_for(trick), || Counter::start(trick)).await?;
///                 counter.increment();
///             }
///         }
///         Ok(())
///     }
/// }
/// ```
pub trait ProcessApplication: Send + Sync + 'static {
    /// The events that the policy sees: those of one aggregate (`DogEvent`), or an enum with `#[derive(EventSet)]`.
    type Events: EventSet;

    /// The name of the application. Its tables and the positions that it has reached are kept under this name.
    const NAME: &'static str;

    /// Reacts to one event. What happens to aggregates of `processing` is stored when the policy returns `Ok`.
    ///
    /// The policy runs again when another command has saved one of the aggregates meanwhile, and after a failure. It must do
    /// nothing but read and change aggregates of `processing`; what is to happen outside is the work of an
    /// [`Outbox`](crate::Outbox).
    ///
    /// # Errors
    ///
    /// An error stores nothing of the reaction. [`System::on_error`](crate::System::on_error) says what is done about it.
    fn policy(
        &self,
        event: &Recorded<Self::Events>,
        processing: &Processing,
    ) -> impl Future<Output = Result<(), BoxError>> + Send;
}

/// The policy of a process application, as a worker calls it.
#[derive(Debug)]
pub(crate) struct Policy<P>(pub(crate) P);

impl<P: ProcessApplication> Reaction for Policy<P> {
    type Events = P::Events;

    const IN_BATCHES: bool = true;

    async fn react(&self, event: &Recorded<P::Events>, _part: usize, processing: &Processing) -> Result<(), BoxError> {
        self.0.policy(event, processing).await
    }
}
