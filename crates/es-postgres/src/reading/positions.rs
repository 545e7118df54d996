//! Finding events by their IDs.

use std::sync::Arc;

use es_persistence::StoredEvent;
use sqlx::PgConnection;

use super::Reading;
use crate::{connection::Connection, error::Failure, rows, rows::columns::KeyColumns, schema::Tables};

/// Asks for the positions of events that may be stored.
pub(crate) struct PositionsReading {
    pub(crate) tables: Arc<Tables>,
    pub(crate) events: Arc<[StoredEvent]>,
}

impl Reading for PositionsReading {
    type Output = Option<Vec<u64>>;

    async fn read(&self, connection: &mut Connection) -> Result<Option<Vec<u64>>, Failure> {
        find_positions(&self.tables, self.events.iter(), &mut connection.driver).await
    }
}

/// Returns the positions of `events`, or `None` unless all of them are stored under the same IDs and versions.
pub(crate) async fn find_positions(
    tables: &Tables,
    events: impl Iterator<Item = &StoredEvent>,
    driver: &mut PgConnection,
) -> Result<Option<Vec<u64>>, Failure> {
    let columns = KeyColumns::of(events);
    let count = columns.versions.len();
    let query = tables.find_positions.query().bind(columns.ids).bind(columns.texts);
    let query = query.bind(columns.versions).bind(columns.event_ids);
    let rows = query.fetch_all(driver).await?;
    let positions: Vec<u64> = rows.iter().map(|row| rows::number(row, 0)).collect::<Result<_, _>>()?;
    Ok((positions.len() == count).then_some(positions))
}
