//! What can be read, each as a [`Reading`].

mod log;
mod position;
mod stream;
mod tagged;

use rusqlite::{CachedStatement, Connection};

pub(crate) use self::{
    log::LogReading,
    position::{FindReading, MaxPositionReading, TrackingReading},
    stream::{SnapshotStreamReading, StreamReading},
    tagged::TaggedReading,
};
use crate::{
    error::Failure,
    readers::{Budget, Reading},
};

/// Prepares a statement, or takes it from those that the connection keeps.
fn prepare<'c>(connection: &'c Connection, sql: &str) -> Result<CachedStatement<'c>, Failure> {
    Ok(connection.prepare_cached(sql)?)
}

/// The `LIMIT` for what is still to be read; -1 is none.
fn remaining(limit: Option<usize>, read: usize) -> i64 {
    limit.map_or(-1, |limit| i64::try_from(limit.saturating_sub(read)).unwrap_or(-1))
}
