//! Values that this library cannot have stored.

use std::fmt;

use es_persistence::{OriginatorId, Timestamp, TrackingKey};
use rusqlite::{Row, types::ValueRef};
use uuid::Uuid;

use crate::error::Failure;

/// A damaged row: which one, which column, and what is wrong with it. The value itself may be confidential.
#[derive(Debug, thiserror::Error)]
#[error("{row} is damaged: its {column} {fault}")]
struct Damage {
    row: String,
    column: String,
    fault: &'static str,
}

/// The name of a row in errors.
#[derive(Clone, Copy, Debug)]
pub(super) enum RowName<'a> {
    /// The row of an event, whose first column is the position.
    Position { table: &'a str },
    /// The row of a snapshot, whose first column is the version.
    Version { table: &'a str, id: &'a OriginatorId },
    /// The row of a consumer in a log.
    Tracking { table: &'a str, key: &'a TrackingKey },
}

/// The values of a row, each of which is checked.
pub(super) struct Values<'a> {
    row: &'a Row<'a>,
    name: RowName<'a>,
}

impl<'a> Values<'a> {
    pub(super) const fn of(row: &'a Row<'a>, name: RowName<'a>) -> Self {
        Self { row, name }
    }

    /// Reads a position or a version: 1, 2, 3, …
    pub(super) fn number(&self, column: usize) -> Result<u64, Failure> {
        let number = self.optional_number(column)?;
        number.ok_or_else(|| self.damage(column, "is missing"))
    }

    pub(super) fn optional_number(&self, column: usize) -> Result<Option<u64>, Failure> {
        match self.row.get_ref(column)? {
            ValueRef::Null => Ok(None),
            ValueRef::Integer(number @ 1..) => Ok(Some(number.unsigned_abs())),
            _ => Err(self.damage(column, "is not a number above 0")),
        }
    }

    pub(super) fn fence(&self, column: usize) -> Result<u64, Failure> {
        match self.row.get_ref(column)? {
            ValueRef::Integer(number @ 0..) => Ok(number.unsigned_abs()),
            _ => Err(self.damage(column, "is not a number from 0")),
        }
    }

    pub(super) fn schema_version(&self, column: usize) -> Result<u16, Failure> {
        let version = match self.row.get_ref(column)? {
            ValueRef::Integer(number @ 1..=0x7fff) => u16::try_from(number).ok(),
            _ => None,
        };
        version.ok_or_else(|| self.damage(column, "is not between 1 and 32767"))
    }

    pub(super) fn timestamp(&self, column: usize) -> Result<Timestamp, Failure> {
        let time = match self.row.get_ref(column)? {
            ValueRef::Integer(micros) => Timestamp::from_micros(micros).ok(),
            _ => None,
        };
        time.ok_or_else(|| self.damage(column, "is not a number of microseconds in the years 1 to 9999"))
    }

    pub(super) fn text(&self, column: usize) -> Result<&'a str, Failure> {
        match self.row.get_ref(column)? {
            ValueRef::Text(bytes) => self.utf8(column, bytes),
            _ => Err(self.damage(column, "is not text")),
        }
    }

    pub(super) fn bytes(&self, column: usize) -> Result<&'a [u8], Failure> {
        match self.row.get_ref(column)? {
            ValueRef::Blob(bytes) => Ok(bytes),
            _ => Err(self.damage(column, "is not a blob")),
        }
    }

    pub(super) fn optional_bytes(&self, column: usize) -> Result<Option<Vec<u8>>, Failure> {
        match self.row.get_ref(column)? {
            ValueRef::Null => Ok(None),
            _ => Ok(Some(self.bytes(column)?.to_vec())),
        }
    }

    pub(super) fn uuid(&self, column: usize) -> Result<Uuid, Failure> {
        let uuid = Uuid::from_slice(self.bytes(column)?).ok();
        uuid.ok_or_else(|| self.damage(column, "is not a UUID of 16 bytes"))
    }

    pub(super) fn optional_uuid(&self, column: usize) -> Result<Option<Uuid>, Failure> {
        match self.row.get_ref(column)? {
            ValueRef::Null => Ok(None),
            _ => self.uuid(column).map(Some),
        }
    }

    pub(super) fn id(&self, column: usize) -> Result<OriginatorId, Failure> {
        match self.row.get_ref(column)? {
            ValueRef::Blob(_) => self.uuid(column).map(OriginatorId::Uuid),
            ValueRef::Text(bytes) => self.utf8(column, bytes).map(OriginatorId::from),
            _ => Err(self.damage(column, "is neither a UUID nor text")),
        }
    }

    fn utf8(&self, column: usize, bytes: &'a [u8]) -> Result<&'a str, Failure> {
        std::str::from_utf8(bytes).map_err(|_invalid| self.damage(column, "is not UTF-8"))
    }

    fn damage(&self, column: usize, fault: &'static str) -> Failure {
        Failure::damage(Damage {
            row: self.to_string(),
            column: self.row.as_ref().column_name(column).unwrap_or("?").to_owned(),
            fault,
        })
    }
}

impl fmt::Display for Values<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let first = self.row.get::<_, i64>(0).unwrap_or_default();
        match self.name {
            RowName::Position { table } => write!(f, "the event at position {first} of {table}"),
            RowName::Version { table, id } => {
                write!(f, "the snapshot of version {first} of aggregate {id} in {table}")
            }
            RowName::Tracking { table, key } => write!(f, "the position of {key} in {table}"),
        }
    }
}
