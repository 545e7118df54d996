//! Saves that one statement stores together.

use es_persistence::{Operation, OriginatorId, StoredEvent, Tracking};
use es_sql::{Save, Table};
use sqlx::{PgConnection, Row as _, postgres::PgRow};
use uuid::Uuid;

use crate::{
    error::Failure,
    rows::{self, EventColumns},
    schema::Tables,
};

/// Saves of one table that have no aggregate and no upstream in common.
#[derive(Debug)]
pub(super) struct Group<'a> {
    /// Each with its place in the batch.
    pub(super) saves: Vec<(usize, &'a Save)>,
    /// The aggregates of the saves.
    pub(super) streams: Vec<Stream<'a>>,
}

/// An aggregate, and the last version that it must have; `None` when no version would do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stream<'a> {
    pub(super) id: &'a OriginatorId,
    pub(super) last: Option<u64>,
}

/// What the server says of a group.
#[derive(Debug)]
pub(super) enum Answer {
    /// It is stored; the first event is at this position.
    Stored { first: u64 },
    /// It is not stored: not all of it follows what is there.
    Moved(Lasts),
    /// It is not stored: a snapshot, at this place from 0, is there already.
    Present { place: usize, last: u64 },
}

/// How things were when a group was refused.
#[derive(Debug)]
pub(super) struct Lasts {
    /// The last version of each aggregate; empty when all were as expected.
    pub(super) versions: Vec<u64>,
    /// The last position of each upstream; empty when they were not looked at.
    pub(super) positions: Vec<Option<u64>>,
}

impl<'a> Group<'a> {
    pub(super) fn len(&self) -> usize {
        self.saves.len()
    }

    pub(super) fn table(&self) -> Table {
        self.saves.first().map_or(Table::Events, |(_, save)| save.table)
    }

    pub(super) fn events(&self) -> impl Iterator<Item = &'a StoredEvent> {
        self.saves.iter().flat_map(|(_, save)| &save.events)
    }

    pub(super) fn trackings(&self) -> impl Iterator<Item = &'a Tracking> {
        self.saves.iter().filter_map(|(_, save)| save.tracking.as_ref())
    }

    pub(super) fn has_events(&self) -> bool {
        self.events().next().is_some()
    }

    pub(super) fn has_tracking(&self) -> bool {
        self.trackings().next().is_some()
    }

    pub(super) fn operation(&self) -> Operation {
        if self.has_events() {
            Operation::InsertEvents
        } else {
            Operation::InsertTracking
        }
    }

    /// Sends it as one statement.
    pub(super) async fn send(&self, tables: &Tables, driver: &mut PgConnection) -> Result<Answer, Failure> {
        match (self.table(), self.only_event()) {
            (Table::Snapshots, _) => self.add_snapshots(tables, driver).await,
            (Table::Events, Some(event)) => append_one(event, tables, driver).await,
            (Table::Events, None) => self.append(tables, driver).await,
        }
    }

    /// The event, when it is alone and could follow another one, without tracking.
    fn only_event(&self) -> Option<&'a StoredEvent> {
        let [(_, save)] = *self.saves else { return None };
        let [event] = &*save.events else { return None };
        (save.tracking.is_none() && event.originator_version > 0).then_some(event)
    }

    async fn append(&self, tables: &Tables, driver: &mut PgConnection) -> Result<Answer, Failure> {
        let streams = self.streams.iter().map(|stream| rows::id_columns(stream.id));
        let (ids, texts): (Vec<Uuid>, Vec<&str>) = streams.unzip();
        let lasts: Vec<i64> = self
            .streams
            .iter()
            .map(|stream| stream.last.map_or(-1, rows::to_column))
            .collect();
        let (places, events) = self.sorted()?;
        let (upstreams, positions, event_ids) = self.tracking_columns();
        let query = tables.append.query().bind(ids).bind(texts).bind(lasts);
        let query = query.bind(events.ids).bind(events.texts).bind(events.versions);
        let query = query.bind(events.topics).bind(events.states).bind(places);
        let query = query.bind(upstreams).bind(positions).bind(event_ids);
        Answer::from_row(&query.fetch_one(driver).await?)
    }

    /// The events in the order of their aggregates, so that two groups never wait for each other, each with its place
    /// among all.
    fn sorted(&self) -> Result<(Vec<i32>, EventColumns<'a>), Failure> {
        let mut events: Vec<_> = self.events().enumerate().collect();
        events.sort_by_key(|(_, event)| (rows::id_columns(&event.originator_id), event.originator_version));
        let mut columns = EventColumns::default();
        columns.extend(events.iter().map(|(_, event)| *event));
        let places = events.iter().map(|(place, _)| i32::try_from(*place));
        Ok((places.collect::<Result<_, _>>().map_err(Failure::unfit)?, columns))
    }

    fn tracking_columns(&self) -> (Vec<&'a str>, Vec<i64>, Vec<Option<Uuid>>) {
        let mut columns = (Vec::new(), Vec::new(), Vec::new());
        for Tracking {
            upstream,
            position,
            event_id,
        } in self.trackings()
        {
            columns.0.push(&**upstream);
            columns.1.push(rows::to_column(*position));
            columns.2.push(*event_id);
        }
        columns
    }

    async fn add_snapshots(&self, tables: &Tables, driver: &mut PgConnection) -> Result<Answer, Failure> {
        let mut columns = EventColumns::default();
        columns.extend(self.events());
        let query = tables
            .add_snapshots
            .query()
            .bind(columns.ids)
            .bind(columns.texts)
            .bind(columns.versions);
        let row = query
            .bind(columns.topics)
            .bind(columns.states)
            .fetch_one(driver)
            .await?;
        match row.try_get::<Option<i64>, _>(0)? {
            None => Ok(Answer::Stored { first: 0 }),
            Some(place) => Ok(Answer::Present {
                place: usize::try_from(place - 1).map_err(Failure::unreadable)?,
                last: rows::number(&row, 1)?,
            }),
        }
    }
}

async fn append_one(event: &StoredEvent, tables: &Tables, driver: &mut PgConnection) -> Result<Answer, Failure> {
    let (id, text) = rows::id_columns(&event.originator_id);
    let query = tables.append_one.query().bind(id).bind(text);
    let query = query.bind(rows::to_column(event.originator_version));
    let query = query.bind(&*event.topic).bind(&event.state);
    Answer::from_row(&query.fetch_one(driver).await?)
}

impl Answer {
    fn from_row(row: &PgRow) -> Result<Self, Failure> {
        if let Some(first) = row.try_get::<Option<i64>, _>(0)? {
            return Ok(Self::Stored {
                first: u64::try_from(first).map_err(Failure::unreadable)?,
            });
        }
        let versions: Option<Vec<i64>> = row.try_get(1)?;
        let positions: Option<Vec<Option<i64>>> = row.try_get(2)?;
        let number = |number: i64| u64::try_from(number).map_err(Failure::unreadable);
        let versions = versions.unwrap_or_default().into_iter().map(number);
        let positions = positions
            .unwrap_or_default()
            .into_iter()
            .map(|position| position.map(number).transpose());
        Ok(Self::Moved(Lasts {
            versions: versions.collect::<Result<_, _>>()?,
            positions: positions.collect::<Result<_, _>>()?,
        }))
    }
}
