//! Rows to events, snapshots and tracking, and back.

mod damage;

use std::{borrow::Cow, error};

use es_persistence::{OriginatorId, StoredEvent, StoredSnapshot, Tracking, TrackingKey};
use rusqlite::{
    Row, ToSql,
    types::{ToSqlOutput, ValueRef},
};
use sqlx::{
    Encode, Sqlite, Type,
    encode::IsNull,
    query::Query,
    sqlite::{SqliteArguments, SqliteArgumentsBuffer, SqliteTypeInfo},
};

use self::damage::{RowName, Values};
use crate::error::Failure;

/// An ID in the form of its column: a UUID as a blob, a text as text.
pub(crate) struct IdColumn<'a>(pub(crate) &'a OriginatorId);

impl ToSql for IdColumn<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self.0 {
            OriginatorId::Uuid(uuid) => ValueRef::Blob(uuid.as_bytes()),
            OriginatorId::Text(text) => ValueRef::Text(text.as_bytes()),
        }))
    }
}

impl Type<Sqlite> for IdColumn<'_> {
    fn type_info() -> SqliteTypeInfo {
        <[u8] as Type<Sqlite>>::type_info()
    }
}

impl Encode<'_, Sqlite> for IdColumn<'_> {
    fn encode_by_ref(
        &self,
        arguments: &mut SqliteArgumentsBuffer,
    ) -> Result<IsNull, Box<dyn error::Error + Send + Sync>> {
        match self.0 {
            OriginatorId::Uuid(uuid) => Encode::<Sqlite>::encode(uuid.as_bytes().as_slice(), arguments),
            OriginatorId::Text(text) => Encode::<Sqlite>::encode(&**text, arguments),
        }
    }
}

type Statement<'q> = Query<'q, Sqlite, SqliteArguments>;

/// Adds an event to the values of an `INSERT`.
pub(crate) fn bind_event<'q>(query: Statement<'q>, event: &StoredEvent) -> Statement<'q> {
    query
        .bind(IdColumn(&event.originator_id))
        .bind(to_column(event.originator_version))
        .bind(&*event.topic)
        .bind(event.event_id.as_bytes().as_slice())
        .bind(event.timestamp.as_micros())
        .bind(event.schema_version)
        .bind(event.state.as_slice())
        .bind(event.metadata.as_deref())
        .bind(event.hash.as_deref())
}

/// Adds a snapshot to the values of an `INSERT`.
pub(crate) fn bind_snapshot<'q>(query: Statement<'q>, snapshot: &StoredSnapshot) -> Statement<'q> {
    query
        .bind(IdColumn(&snapshot.originator_id))
        .bind(to_column(snapshot.originator_version))
        .bind(&*snapshot.topic)
        .bind(snapshot.timestamp.as_micros())
        .bind(snapshot.schema_version)
        .bind(snapshot.state.as_slice())
        .bind(snapshot.hash.as_deref())
}

/// Reads an event of `originator_id` from the columns of a stream's statement.
pub(crate) fn event(row: &Row<'_>, table: &str, originator_id: OriginatorId) -> Result<StoredEvent, Failure> {
    let values = Values::of(row, RowName::Position { table });
    Ok(StoredEvent::new(
        originator_id,
        values.number(1)?,
        Cow::Owned(values.text(2)?.to_owned()),
        values.bytes(6)?.to_vec(),
    )
    .with_stamp(values.uuid(3)?, values.timestamp(4)?)
    .with_schema_version(values.schema_version(5)?)
    .with_metadata(values.optional_bytes(7)?)
    .with_hash(values.optional_bytes(8)?))
}

/// Reads the position and the event from the columns of the log's statements.
pub(crate) fn notification(row: &Row<'_>, table: &str) -> Result<(u64, StoredEvent), Failure> {
    let values = Values::of(row, RowName::Position { table });
    Ok((values.number(0)?, event(row, table, values.id(9)?)?))
}

/// Reads a snapshot of `originator_id` from the columns of a stream's statement.
pub(crate) fn snapshot(row: &Row<'_>, table: &str, originator_id: OriginatorId) -> Result<StoredSnapshot, Failure> {
    let name = RowName::Version {
        table,
        id: &originator_id,
    };
    let values = Values::of(row, name);
    let (version, topic, state) = (values.number(0)?, values.text(1)?.to_owned(), values.bytes(4)?.to_vec());
    let (timestamp, schema_version) = (values.timestamp(2)?, values.schema_version(3)?);
    let hash = values.optional_bytes(5)?;
    Ok(StoredSnapshot::new(originator_id, version, Cow::Owned(topic), state)
        .with_timestamp(timestamp)
        .with_schema_version(schema_version)
        .with_hash(hash))
}

/// Reads how far a consumer has processed a log.
pub(crate) fn tracking(row: &Row<'_>, table: &str, key: &TrackingKey) -> Result<Tracking, Failure> {
    let values = Values::of(row, RowName::Tracking { table, key });
    let tracking = Tracking::of(key.clone(), values.number(0)?).with_fence(values.fence(2)?);
    Ok(match values.optional_uuid(1)? {
        Some(event_id) => tracking.with_event_id(event_id),
        None => tracking,
    })
}

/// Reads the position in the first column, or `None` if there is no event.
pub(crate) fn position(row: &Row<'_>, table: &str) -> Result<Option<u64>, Failure> {
    Values::of(row, RowName::Position { table }).optional_number(0)
}

/// A position or a version as SQLite keeps it; beyond its greatest number there is nothing to find.
pub(crate) fn to_column(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
