//! Projections into the tables of a database.

use std::future::Future;

use es_persistence::{BoxError, EventSet, Recorded};

/// Turns events into rows of a read model, by a connection `C` of its database.
///
/// A [`ProjectionRunner`](crate::ProjectionRunner) calls it in the transaction that also stores the position, so that each
/// event counts once. The methods must do nothing else than change the read model: a transaction may be rolled back, and its
/// events be given again.
///
/// ```
/// use es_projection::prelude::*;
/// # use std::collections::BTreeMap;
/// # use es_domain::prelude::*;
/// # #[derive(Aggregate, Clone, Debug, Default, Serialize, Deserialize)]
/// # pub struct Dog { root: Root<Self> }
/// # #[events]
/// # impl Dog {
/// #     #[event(Registered)]
/// #     pub fn register(name: &str) -> Self { Self::default() }
/// #     #[event(TrickAdded)]
/// #     pub fn add_trick(&mut self, trick: &str) {}
/// # }
///
/// /// How many dogs know each trick.
/// struct TrickCounts;
///
/// /// Here the database is a map in memory. With SQLite, the type is `SqliteConnection`.
/// impl Projection<BTreeMap<String, u64>> for TrickCounts {
///     type Events = DogEvent;
///     const NAME: &str = "TrickCounts";
///
///     async fn create(&self, _: &mut BTreeMap<String, u64>) -> Result<(), BoxError> {
///         Ok(())
///     }
///
///     async fn project(&self, event: &Recorded<DogEvent>, tricks: &mut BTreeMap<String, u64>) -> Result<(), BoxError> {
///         match event.body() {
///             DogEvent::Registered { .. } => {}
///             DogEvent::TrickAdded { trick } => *tricks.entry(trick.clone()).or_default() += 1,
///         }
///         Ok(())
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a projection into a `{C}`",
    label = "does not write to a `{C}`",
    note = "write `impl Projection<{C}> for {Self}`"
)]
pub trait Projection<C: Send + 'static>: Send + Sync + 'static {
    /// The events that the projection sees: those of one aggregate (`DogEvent`), or an enum with `#[derive(EventSet)]`.
    ///
    /// A set that gets another aggregate needs a new [`VERSION`](Self::VERSION) if there are events of that aggregate already.
    /// So does a set that loses one.
    type Events: EventSet;

    /// The name under which the tables and the position are kept: ASCII letters, digits and underscores, a letter first, at
    /// most 40. Case makes no difference.
    const NAME: &'static str;

    /// The version of the tables. Raise it when the same events are to become other rows: the new version is built beside the
    /// old one, in tables of its own.
    const VERSION: u32 = 1;

    /// Makes the tables. They are new: each version and each rebuild has a schema or a file of its own. Names that begin with
    /// `es_` are taken.
    fn create(&self, connection: &mut C) -> impl Future<Output = Result<(), BoxError>> + Send;

    /// Changes the tables as the event says.
    fn project(
        &self,
        event: &Recorded<Self::Events>,
        connection: &mut C,
    ) -> impl Future<Output = Result<(), BoxError>> + Send;

    /// Changes the tables as the events say, which are stored in one transaction. Write it to change many rows by few
    /// statements; by default it calls [`project`](Self::project) for each event.
    ///
    /// After an error the events are given again one by one.
    fn project_all(
        &self,
        events: &[Recorded<Self::Events>],
        connection: &mut C,
    ) -> impl Future<Output = Result<(), BoxError>> + Send {
        async move {
            for event in events {
                self.project(event, connection).await?;
            }
            Ok(())
        }
    }
}
