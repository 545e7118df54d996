//! Read models in memory.

use es_persistence::{EventSet, Recorded};

/// A value in memory that events change: a read model without a database.
///
/// It is built from the log at each start. Nothing in it can fail, so there is nothing to roll back.
///
/// ```
/// use es_projection::prelude::*;
/// # use es_domain::prelude::*;
/// # #[derive(Aggregate, Clone, Debug, Default, Serialize, Deserialize)]
/// # pub struct Dog { root: Root<Self> }
/// # #[events]
/// # impl Dog {
/// #     #[event(Registered)]
/// #     pub fn register(name: &str) -> Self { Self::default() }
/// # }
///
/// /// The names of all dogs.
/// #[derive(Default)]
/// struct Names(Vec<String>);
///
/// impl ReadModel for Names {
///     type Events = DogEvent;
///
///     fn apply(&mut self, event: &Recorded<DogEvent>) {
///         match event.body() {
///             DogEvent::Registered { name } => self.0.push(name.clone()),
///         }
///     }
/// }
/// ```
pub trait ReadModel: Send + Sync + 'static {
    /// The events that the model sees: those of one aggregate (`DogEvent`), or an enum with `#[derive(EventSet)]`.
    type Events: EventSet;

    /// Changes the model as the event says.
    fn apply(&mut self, event: &Recorded<Self::Events>);
}
