//! Rows to events and back.

use std::borrow::Cow;

use es_persistence::{OriginatorId, StoredEvent};
use rusqlite::{
    Row, ToSql,
    types::{FromSql, FromSqlError, FromSqlResult, ToSqlOutput, Type, ValueRef},
};
use sqlx::{Sqlite, query::Query, sqlite::SqliteArguments};
use uuid::Uuid;

/// An ID in the form of its column.
pub(crate) struct IdColumn<I>(pub(crate) I);

impl ToSql for IdColumn<&OriginatorId> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self.0 {
            OriginatorId::Uuid(uuid) => ValueRef::Blob(uuid.as_bytes()),
            OriginatorId::Text(text) => ValueRef::Text(text.as_bytes()),
        }))
    }
}

impl FromSql for IdColumn<OriginatorId> {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let id = match value {
            ValueRef::Blob(bytes) => OriginatorId::Uuid(Uuid::from_slice(bytes).map_err(FromSqlError::other)?),
            _ => OriginatorId::from(value.as_str()?),
        };
        Ok(Self(id))
    }
}

/// The ID of an event in the form of its column.
pub(crate) struct UuidColumn(pub(crate) Uuid);

impl FromSql for UuidColumn {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        Ok(Self(Uuid::from_slice(value.as_blob()?).map_err(FromSqlError::other)?))
    }
}

/// Adds an event to the values of an `INSERT`.
pub(crate) fn bind<'q>(
    query: Query<'q, Sqlite, SqliteArguments>,
    event: &StoredEvent,
) -> Query<'q, Sqlite, SqliteArguments> {
    let query = match &event.originator_id {
        OriginatorId::Uuid(uuid) => query.bind(uuid.as_bytes().as_slice()),
        OriginatorId::Text(text) => query.bind(&**text),
    };
    query
        .bind(to_column(event.originator_version))
        .bind(&*event.topic)
        .bind(event.state.as_slice())
}

/// Reads an event whose version, topic and state are the columns from `first` on.
pub(crate) fn event(row: &Row<'_>, originator_id: OriginatorId, first: usize) -> rusqlite::Result<StoredEvent> {
    Ok(StoredEvent {
        originator_id,
        originator_version: number(row, first)?,
        topic: Cow::Owned(row.get(first + 1)?),
        state: row.get_ref(first + 2)?.as_blob()?.to_vec(),
    })
}

/// Reads a position or a version.
pub(crate) fn number(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    let number: i64 = row.get(column)?;
    u64::try_from(number)
        .map_err(|error| rusqlite::Error::FromSqlConversionFailure(column, Type::Integer, error.into()))
}

/// A position or a version as SQLite keeps it; beyond its greatest number there is nothing to find.
pub(crate) fn to_column(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
