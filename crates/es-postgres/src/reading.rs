//! What can be read: the log, events and snapshots of an aggregate, how far consumers have processed logs.

mod log;
mod positions;
mod settled;
mod stream;
mod tagged;
mod tracking;

pub(crate) use self::{
    log::LogReading,
    positions::{PositionsReading, find_positions},
    settled::{Settled, SettledReading},
    stream::{EventsReading, SnapshotStreamReading, SnapshotsReading},
    tagged::TaggedReading,
    tracking::TrackingReading,
};
use crate::{connection::Connection, error::Failure};

/// Something to read. It may be read again from the start when the connection is lost.
pub(crate) trait Reading: Send + Sync + 'static {
    /// What it comes to.
    type Output: Send + 'static;

    /// Reads it.
    fn read(&self, connection: &mut Connection) -> impl Future<Output = Result<Self::Output, Failure>> + Send;
}

/// The `LIMIT`, or none.
fn limit(limit: Option<usize>) -> Option<i64> {
    limit.map(|limit| i64::try_from(limit).unwrap_or(i64::MAX))
}
