//! What became of a group whose connection was lost.
//!
//! The transaction may have been committed before the connection was lost, or may be later: the server notices a lost
//! connection only when it has something to say. So the process that had the group is ended first. When it is gone, the
//! rows are there for good, or will never be.

use std::time::Duration;

use es_persistence::{StoredEvent, Tracking};
use es_sql::Table;
use sqlx::{PgConnection, Row as _, postgres::PgRow};
use tokio::time::{sleep, timeout};

use super::{Writer, group::Group};
use crate::{
    connection::Backend,
    error::Failure,
    rows::{self, EventColumns},
};

/// What became of a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Settlement {
    /// All of it is stored; its first event is at this position.
    Stored { first: u64 },
    /// Nothing of it is stored.
    Absent,
    /// It cannot be told: what is there now may have come afterwards.
    Unclear,
}

/// Between two looks at the server.
const PAUSE: Duration = Duration::from_millis(20);

impl Writer {
    /// Finds out what became of `group`, or gives up after a time.
    pub(super) async fn settle(&self, group: &Group<'_>, backend: Backend) -> Option<Settlement> {
        let settled = async {
            loop {
                if let Ok(settlement) = self.try_to_settle(group, backend).await {
                    return settlement;
                }
                sleep(PAUSE * 5).await;
            }
        };
        timeout(self.config.answer_timeout, settled).await.ok()
    }

    async fn try_to_settle(&self, group: &Group<'_>, backend: Backend) -> Result<Settlement, Failure> {
        let mut lease = self.connections.lease_new().await?;
        while backend.end(&mut lease.driver).await? {
            sleep(PAUSE).await;
        }
        let settlement = if group.has_events() {
            self.look_for_events(group, &mut lease.driver).await?
        } else {
            self.look_for_tracking(group, &mut lease.driver).await?
        };
        lease.give_back();
        Ok(settlement)
    }

    /// A group is stored wholly or not at all, and nobody else writes the same bytes: an event has its own ID in them.
    async fn look_for_events(&self, group: &Group<'_>, driver: &mut PgConnection) -> Result<Settlement, Failure> {
        let table = match group.table() {
            Table::Events => &self.tables.events,
            Table::Snapshots => &self.tables.snapshots,
        };
        let mut columns = EventColumns::default();
        columns.extend(group.events());
        let query = table
            .read_back
            .query()
            .bind(columns.ids)
            .bind(columns.texts)
            .bind(columns.versions);
        let found = query.fetch_all(driver).await?;
        if found.len() != group.events().count() {
            return Ok(Settlement::Absent);
        }
        for (row, event) in found.iter().zip(group.events()) {
            if !is_row_of(row, event)? {
                return Ok(Settlement::Absent);
            }
        }
        let first = found.first().map(|row| rows::number(row, 1)).transpose()?;
        Ok(first.map_or(Settlement::Absent, |first| Settlement::Stored { first }))
    }

    /// A position only grows: a lower one says that the group is not stored, a higher one says nothing.
    async fn look_for_tracking(&self, group: &Group<'_>, driver: &mut PgConnection) -> Result<Settlement, Failure> {
        let mut settlement = Settlement::Stored { first: 0 };
        for Tracking { upstream, position, .. } in group.trackings() {
            let query = self.tables.last_tracking.query().bind(&**upstream);
            let row = query.fetch_optional(&mut *driver).await?;
            let found = row.map(|row| rows::number(&row, 0)).transpose()?;
            match found {
                None => return Ok(Settlement::Absent),
                Some(found) if found < *position => return Ok(Settlement::Absent),
                Some(found) if found > *position => settlement = Settlement::Unclear,
                Some(_) => {}
            }
        }
        Ok(settlement)
    }
}

fn is_row_of(row: &PgRow, event: &StoredEvent) -> Result<bool, Failure> {
    let topic: &str = row.try_get(2)?;
    let state: &[u8] = row.try_get(3)?;
    Ok(topic == event.topic && state == event.state)
}
