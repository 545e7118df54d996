//! Loads that arrive while others are being read share the next statement.

use std::sync::Arc;

use es_persistence::{OriginatorId, RecorderError, StoredEvent};
use es_sql::group_commit::BatchWriter;
use sqlx::Row as _;

use super::Readers;
use crate::{
    connection::Connection,
    error::Failure,
    reading::{EventsReading, Reading},
    rows,
    rows::columns::{id_columns, to_column},
    schema::Tables,
};

/// How many statements of loads may be on their way to the server at once.
pub(crate) const LOADERS: usize = 2;

/// How many events of an aggregate are read together with others. A longer one is read alone, so that others need not wait
/// for it.
const EVENTS: usize = 100;

/// Reads the events of several aggregates by one statement.
pub(crate) struct Loader {
    readers: Readers,
    tables: Arc<Tables>,
}

impl Loader {
    pub(crate) const fn new(readers: Readers, tables: Arc<Tables>) -> Self {
        Self { readers, tables }
    }

    async fn load_one(&self, load: &EventsReading) -> Result<Vec<StoredEvent>, RecorderError> {
        let read = self.readers.try_to_read(load).await;
        read.map_err(|failure| failure.into_error(es_persistence::Operation::SelectEvents))
    }

    /// Reads all of `loads` by one statement, those that are long or cannot be read by one of their own.
    async fn load_many(&self, loads: &[EventsReading]) -> Vec<Result<Vec<StoredEvent>, RecorderError>> {
        let merged = MergedReading {
            tables: Arc::clone(&self.tables),
            loads: loads.iter().map(Bounds::of).collect(),
        };
        let mut found = match self.readers.try_to_read(&merged).await {
            Ok(found) => found,
            Err(failure) if failure.is_of_one_row() => vec![None; loads.len()],
            Err(failure) => {
                let error = failure.into_error(es_persistence::Operation::SelectEvents);
                return loads.iter().map(|_| Err(error.clone())).collect();
            }
        };
        let mut outcomes = Vec::with_capacity(loads.len());
        for (load, found) in loads.iter().zip(&mut found) {
            outcomes.push(match found.take() {
                Some(events) => Ok(events),
                None => self.load_one(load).await,
            });
        }
        outcomes
    }
}

impl BatchWriter for Loader {
    type Save = EventsReading;
    type Output = Vec<StoredEvent>;
    type Error = RecorderError;

    fn size(_: &EventsReading) -> usize {
        size_of::<EventsReading>()
    }

    async fn write(&mut self, loads: &[EventsReading]) -> Vec<Result<Vec<StoredEvent>, RecorderError>> {
        if let [load] = loads {
            vec![self.load_one(load).await]
        } else {
            self.load_many(loads).await
        }
    }

    /// The connections are closed by the pool.
    async fn close(self) {}
}

/// Which events of which aggregate.
struct Bounds {
    id: OriginatorId,
    lower: i64,
    upper: i64,
    limit: i64,
}

impl Bounds {
    fn of(load: &EventsReading) -> Self {
        let selection = &load.selection;
        // One more tells whether there are too many.
        let limit = selection.max_len().map_or(EVENTS + 1, |limit| limit.min(EVENTS + 1));
        Self {
            id: selection.originator_id().clone(),
            lower: to_column(selection.lower()),
            upper: to_column(selection.upper().unwrap_or(u64::MAX)),
            limit: to_column(limit as u64),
        }
    }
}

/// Reads parts of several aggregates.
struct MergedReading {
    tables: Arc<Tables>,
    loads: Vec<Bounds>,
}

impl Reading for MergedReading {
    /// The events of each load; `None` if there are too many.
    type Output = Vec<Option<Vec<StoredEvent>>>;

    async fn read(&self, connection: &mut Connection) -> Result<Self::Output, Failure> {
        let loads = &self.loads;
        let (ids, texts): (Vec<_>, Vec<_>) = loads.iter().map(|load| id_columns(&load.id)).unzip();
        let query = self.tables.select_streams.query().bind(ids).bind(texts);
        let query = query.bind(loads.iter().map(|load| load.lower).collect::<Vec<_>>());
        let query = query.bind(loads.iter().map(|load| load.upper).collect::<Vec<_>>());
        let query = query.bind(loads.iter().map(|load| load.limit).collect::<Vec<_>>());
        let mut found: Vec<Vec<StoredEvent>> = loads.iter().map(|_| Vec::new()).collect();
        for row in query.fetch_all(&mut connection.driver).await? {
            let place: i64 = row.try_get(0)?;
            let place = usize::try_from(place - 1).map_err(Failure::unreadable)?;
            let (load, events) = loads
                .get(place)
                .zip(found.get_mut(place))
                .ok_or_else(Failure::misplaced)?;
            events.push(rows::event(&row, &load.id, 1)?);
        }
        Ok(found.into_iter().map(whole).collect())
    }
}

/// Returns the events in the order of their versions, if they are all that were asked for.
fn whole(mut events: Vec<StoredEvent>) -> Option<Vec<StoredEvent>> {
    // They come in this order, but no statement without ORDER BY promises it.
    events.sort_by_key(|event| event.originator_version);
    (events.len() <= EVENTS).then_some(events)
}
