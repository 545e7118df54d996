//! Saves that one statement stores together.

use es_persistence::{Operation, OriginatorId, StoredEvent, Tracking};
use es_sql::{Footprint, Save, keys_of};
use sqlx::{PgConnection, Row as _, postgres::PgRow};
use uuid::Uuid;

use crate::{
    error::Failure,
    rows::columns::{EventColumns, TrackingColumns, id_columns, schema_version, to_column},
    rows::{time::Time, ways::WayRows},
    schema::Tables,
};

/// How many locks one statement takes at the most. The server has some thousands for all.
const LOCKS: usize = 200;

/// Saves of events and tracking that have no aggregate and no consumer of a log in common.
#[derive(Debug)]
pub(super) struct Group<'a> {
    /// Each with its place in the batch.
    pub(super) saves: Vec<(usize, &'a Save)>,
    /// The aggregates of the saves.
    pub(super) streams: Vec<Stream<'a>>,
    /// The number that is stored with tracking. Nobody else has it: who has lost the answer looks for it.
    pub(super) token: Uuid,
    /// What saves with tags are about. Either all saves have tags, or none has.
    pub(super) footprint: Footprint,
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
    /// It is not stored: the conditions of these saves fail.
    Broken(Vec<usize>),
}

/// How things were when a group was refused.
#[derive(Debug)]
pub(super) struct Lasts {
    /// The last version of each aggregate; empty when all were as expected.
    pub(super) versions: Vec<u64>,
    /// Where each consumer is; empty when that was not looked at.
    pub(super) places: Vec<Option<Place>>,
}

/// Where a consumer is in a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) position: u64,
    pub(super) fence: u64,
}

impl Place {
    pub(super) const fn of(tracking: &Tracking) -> Self {
        Self {
            position: tracking.position,
            fence: tracking.fence,
        }
    }
}

impl<'a> Group<'a> {
    pub(super) fn len(&self) -> usize {
        self.saves.len()
    }

    /// Returns `true` if `save` may go with the others: it makes no difference which of them is first.
    pub(super) fn accepts(&self, save: &Save) -> bool {
        match (&save.tagging, self.is_tagged()) {
            (Some(_), true) => {
                let footprint = Footprint::of(save, LOCKS);
                !footprint.excludes(&self.footprint) && footprint.len() + self.footprint.len() <= LOCKS
            }
            (None, true) => false,
            (tagging, false) => tagging.is_none() || self.saves.is_empty(),
        }
    }

    pub(super) fn add(&mut self, place: usize, save: &'a Save) {
        if save.tagging.is_some() {
            self.footprint.merge(&Footprint::of(save, LOCKS));
        }
        self.saves.push((place, save));
    }

    pub(super) fn events(&self) -> impl Iterator<Item = &'a StoredEvent> {
        self.saves.iter().flat_map(|(_, save)| save.events.iter())
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
        if self.is_tagged() {
            return self.append_tagged(tables, driver).await;
        }
        match self.only_event() {
            Some(event) => append_one(event, tables, driver).await,
            None => self.append(tables, driver).await,
        }
    }

    /// The event, when it is alone and without tracking.
    fn only_event(&self) -> Option<&'a StoredEvent> {
        let [(_, save)] = *self.saves else { return None };
        let [event] = &*save.events else { return None };
        save.tracking.is_none().then_some(event)
    }

    async fn append(&self, tables: &Tables, driver: &mut PgConnection) -> Result<Answer, Failure> {
        let streams = self.streams.iter().map(|stream| id_columns(stream.id));
        let (ids, texts): (Vec<Uuid>, Vec<&str>) = streams.unzip();
        let lasts = self.streams.iter().map(|stream| stream.last.map_or(-1, to_column));
        let lasts: Vec<i64> = lasts.collect();
        let (places, events) = self.sorted()?;
        let columns = EventColumns::of(&events);
        let tracking = TrackingColumns::of(self.trackings());
        let query = tables.append.query().bind(ids).bind(texts).bind(lasts);
        let query = query.bind(places).bind(columns.keys.ids).bind(columns.keys.texts);
        let query = query.bind(columns.keys.versions).bind(columns.topics);
        let query = query.bind(columns.keys.event_ids).bind(columns.timestamps);
        let query = query.bind(columns.schema_versions).bind(columns.states);
        let query = query.bind(columns.metadatas).bind(columns.hashes);
        let query = query.bind(tracking.consumers).bind(tracking.upstreams);
        let query = query.bind(tracking.positions).bind(tracking.event_ids);
        let query = query.bind(tracking.fences).bind(self.token);
        Answer::from_row(&query.fetch_one(driver).await?)
    }

    fn is_tagged(&self) -> bool {
        self.saves.iter().any(|(_, save)| save.tagging.is_some())
    }

    async fn append_tagged(&self, tables: &Tables, driver: &mut PgConnection) -> Result<Answer, Failure> {
        let (locks, are_exclusive): (Vec<i32>, Vec<bool>) = self.footprint.numbers().unzip();
        let (mut ways, mut waits) = (WayRows::default(), false);
        for (number, (_, save)) in self.saves.iter().enumerate() {
            if let Some(condition) = save.condition() {
                waits |= ways.add_condition(number, condition);
            }
        }
        let (keys, key_places) = self.keys()?;
        let streams = self.streams.iter().map(|stream| id_columns(stream.id));
        let (ids, texts): (Vec<Uuid>, Vec<&str>) = streams.unzip();
        let lasts = self.streams.iter().map(|stream| stream.last.map_or(-1, to_column));
        let lasts: Vec<i64> = lasts.collect();
        let (places, events) = self.sorted()?;
        let columns = EventColumns::of(&events);
        let query = tables.append_tagged.query().bind(locks).bind(are_exclusive);
        let query = query.bind(ways.to_json()).bind(waits).bind(keys).bind(key_places);
        let query = query.bind(ids).bind(texts).bind(lasts);
        let query = query.bind(places).bind(columns.keys.ids).bind(columns.keys.texts);
        let query = query.bind(columns.keys.versions).bind(columns.topics);
        let query = query.bind(columns.keys.event_ids).bind(columns.timestamps);
        let query = query.bind(columns.schema_versions).bind(columns.states);
        let query = query.bind(columns.metadatas).bind(columns.hashes);
        Answer::from_tagged_row(&query.fetch_one(driver).await?)
    }

    /// The keys of the events, and the place among all of the event that has each.
    fn keys(&self) -> Result<(Vec<String>, Vec<i32>), Failure> {
        let events = self.saves.iter().flat_map(|(_, save)| save.tagged_events());
        let (mut keys, mut places) = (Vec::new(), Vec::new());
        for (place, (event, tags)) in events.enumerate() {
            let place = i32::try_from(place).map_err(Failure::unfit)?;
            let found = keys_of(&event.topic, tags.unwrap_or_default());
            places.extend(found.iter().map(|_| place));
            keys.extend(found);
        }
        Ok((keys, places))
    }

    /// The events in the order of their aggregates, so that two groups never wait for each other, and the place of each
    /// among all.
    fn sorted(&self) -> Result<(Vec<i32>, Vec<&'a StoredEvent>), Failure> {
        let mut events: Vec<_> = self.events().enumerate().collect();
        events.sort_by_key(|(_, event)| (id_columns(&event.originator_id), event.originator_version));
        let places = events.iter().map(|(place, _)| i32::try_from(*place));
        let places = places.collect::<Result<_, _>>().map_err(Failure::unfit)?;
        Ok((places, events.into_iter().map(|(_, event)| event).collect()))
    }
}

async fn append_one(event: &StoredEvent, tables: &Tables, driver: &mut PgConnection) -> Result<Answer, Failure> {
    let (id, text) = id_columns(&event.originator_id);
    let query = tables.append_one.query().bind(id).bind(text);
    let query = query.bind(to_column(event.originator_version)).bind(&*event.topic);
    let query = query.bind(event.event_id).bind(Time(event.timestamp));
    let query = query.bind(schema_version(event.schema_version)).bind(&event.state);
    let query = query.bind(event.metadata.as_deref()).bind(event.hash.as_deref());
    Answer::from_row(&query.fetch_one(driver).await?)
}

impl Answer {
    fn from_row(row: &PgRow) -> Result<Self, Failure> {
        if let Some(first) = row.try_get::<Option<i64>, _>(0)? {
            return Ok(Self::Stored { first: number(first)? });
        }
        let versions: Option<Vec<i64>> = row.try_get(1)?;
        let versions = versions.unwrap_or_default().into_iter().map(number);
        Ok(Self::Moved(Lasts {
            versions: versions.collect::<Result<_, _>>()?,
            places: places(row)?,
        }))
    }

    fn from_tagged_row(row: &PgRow) -> Result<Self, Failure> {
        if let Some(first) = row.try_get::<Option<i64>, _>(0)? {
            return Ok(Self::Stored { first: number(first)? });
        }
        let broken: Vec<i32> = row.try_get::<Option<_>, _>(2)?.unwrap_or_default();
        if !broken.is_empty() {
            let numbers = broken
                .into_iter()
                .map(|number| usize::try_from(number).map_err(Failure::unreadable));
            return Ok(Self::Broken(numbers.collect::<Result<_, _>>()?));
        }
        let versions: Option<Vec<i64>> = row.try_get(1)?;
        let versions = versions.unwrap_or_default().into_iter().map(number);
        Ok(Self::Moved(Lasts {
            versions: versions.collect::<Result<_, _>>()?,
            places: Vec::new(),
        }))
    }
}

/// Where consumers are, of the columns of positions and of fences.
fn places(row: &PgRow) -> Result<Vec<Option<Place>>, Failure> {
    let positions: Option<Vec<Option<i64>>> = row.try_get(2)?;
    let fences: Option<Vec<Option<i64>>> = row.try_get(3)?;
    let pairs = positions
        .unwrap_or_default()
        .into_iter()
        .zip(fences.unwrap_or_default());
    let place = |(position, fence): (Option<i64>, Option<i64>)| match position.zip(fence) {
        None => Ok(None),
        Some((position, fence)) => Ok(Some(Place {
            position: number(position)?,
            fence: number(fence)?,
        })),
    };
    pairs.map(place).collect()
}

fn number(number: i64) -> Result<u64, Failure> {
    u64::try_from(number).map_err(Failure::unreadable)
}
