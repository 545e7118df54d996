//! What has happened to an aggregate, and which aggregates there are.

use es_domain::{Aggregate, AggregateId, ReadEvent, Timestamp};
use es_persistence::{EventSet, Selection, StreamSelection};

use crate::{ApplicationError, Repository};

/// What can happen to the aggregate that an ID names.
type EventOf<I> = <<I as AggregateId>::Aggregate as Aggregate>::Event;

/// Some of the IDs of the aggregates of one type, by [`Repository::ids`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct IdPage<I> {
    /// The IDs, in the order in which the aggregates were created.
    pub ids: Vec<I>,
    /// The position after which the next page begins, or `None` if this page has reached the end of the log.
    pub next: Option<u64>,
}

/// How many events are read at once.
const PAGE: usize = 1000;

impl Repository {
    /// Reads the history of an aggregate: its events, each with its version, time, ID and metadata, also after its life has
    /// ended.
    ///
    /// `select` chooses a part, and the order. Without a limit all events that it chooses are in memory at once; a long
    /// history is read in pages:
    ///
    /// ```
    /// # use es_application::prelude::*;
    /// # use es_domain::prelude::*;
    /// # #[derive(Aggregate, Clone, Debug, Default)]
    /// # pub struct Dog { root: Root<Self> }
    /// # #[events]
    /// # impl Dog {
    /// #     #[event(Registered)]
    /// #     pub fn register() -> Self { Self::default() }
    /// #     #[event(TrickAdded)]
    /// #     pub fn add_trick(&mut self, trick: &str) { let _ = trick; }
    /// # }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), ApplicationError> {
    /// # let app = Application::builder("DogSchool").open().await?;
    /// # let mut dog = Dog::register();
    /// # dog.add_trick("roll over");
    /// # app.save(&mut dog).await?;
    /// // The last ten, the latest first, and then the ten before these.
    /// let latest = app.repository().history(dog.id(), |events| events.descending().limit(10)).await?;
    /// for event in &latest {
    ///     println!("{}: {:?}", event.timestamp(), event.bodies());
    /// }
    /// let before = latest.last().map_or(0, |event| event.originator_version() - 1);
    /// let older = app.repository().history(dog.id(), |events| events.up_to(before).descending().limit(10)).await?;
    /// # assert_eq!((latest.len(), older.len()), (2, 0));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// A hash chain is verified if the part begins with the first event and is read forwards. Other parts are not verified;
    /// [`get`](Self::get) verifies all.
    ///
    /// # Errors
    ///
    /// When the store cannot be read, or an event cannot be decoded or is not authentic. An aggregate that is not there has
    /// no events.
    ///
    /// # Cancel safety
    ///
    /// Reading changes nothing; the future may be dropped.
    pub async fn history<I: AggregateId>(
        &self,
        id: I,
        select: impl FnOnce(StreamSelection) -> StreamSelection + Send,
    ) -> Result<Vec<ReadEvent<EventOf<I>>>, ApplicationError> {
        Ok(self.store().get(&id, select).await?)
    }

    /// Returns the aggregate as it was at `time`: after all of its events before the first one that is later than `time`.
    ///
    /// The times of its events are read first, in pages, from the beginning; then it is read as by
    /// [`get_at`](Self::get_at).
    ///
    /// # Errors
    ///
    /// As [`get`](Self::get); it is not found before its first event.
    ///
    /// # Cancel safety
    ///
    /// Reading changes nothing; the future may be dropped.
    pub async fn get_at_time<I: AggregateId>(&self, id: I, time: Timestamp) -> Result<I::Aggregate, ApplicationError> {
        let originator_id = id.to_originator_id();
        let mut version = 0;
        loop {
            let page = StreamSelection::of(originator_id.clone()).after(version).limit(PAGE);
            let rows = self.store().recorder().select_events(page).await?;
            let before = rows.iter().take_while(|row| row.timestamp <= time);
            let taken = before.inspect(|row| version = row.originator_version).count();
            if taken < PAGE {
                return self.get_at(id, version).await;
            }
        }
    }

    /// Reads IDs of the aggregates of type `A`, in the order in which they were created, also of those whose life has ended
    /// ([`contains`](Self::contains) tells): at most `limit`, of those whose first event has a position greater than `after`.
    ///
    /// ```
    /// # use es_application::prelude::*;
    /// # use es_domain::prelude::*;
    /// # #[derive(Aggregate, Clone, Debug, Default)]
    /// # pub struct Dog { root: Root<Self> }
    /// # #[events]
    /// # impl Dog {
    /// #     #[event(Registered)]
    /// #     pub fn register() -> Self { Self::default() }
    /// # }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), ApplicationError> {
    /// # let app = Application::builder("DogSchool").open().await?;
    /// # app.save((&mut Dog::register(), &mut Dog::register())).await?;
    /// let mut after = Some(0);
    /// while let Some(position) = after {
    ///     let page = app.repository().ids::<Dog>(position, 100).await?;
    ///     for id in page.ids {
    ///         println!("{id}");
    ///     }
    ///     after = page.next;
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Cost
    ///
    /// There is no index of aggregates by type: the log is read, by the family of the type's events. To go over all IDs
    /// costs as much as reading all events of the type, and the time of one call grows with the number of events between the
    /// IDs that it finds. Who needs the list often keeps it in a projection.
    ///
    /// # Errors
    ///
    /// When the log cannot be read. An event whose ID cannot be one of the type is left out.
    ///
    /// # Cancel safety
    ///
    /// Reading changes nothing; the future may be dropped.
    pub async fn ids<A: Aggregate>(&self, after: u64, limit: usize) -> Result<IdPage<A::Id>, ApplicationError> {
        let topics = <A::Event as EventSet>::topics();
        let mut page = IdPage {
            ids: Vec::new(),
            next: Some(after),
        };
        while let (Some(after), true) = (page.next, page.ids.len() < limit) {
            let selection = Selection::after(after).of_topics(topics.clone()).limit(PAGE);
            let found = self.store().recorder().select_notifications(selection).await?;
            page.next = (found.reached > after).then_some(found.reached);
            let firsts = found
                .notifications
                .iter()
                .filter(|found| found.event.originator_version == 1);
            for first in firsts {
                page.ids.extend(A::Id::from_originator_id(&first.event.originator_id));
                if page.ids.len() == limit {
                    page.next = Some(first.position);
                    break;
                }
            }
        }
        Ok(page)
    }
}
