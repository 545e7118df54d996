//! What became of a group whose connection was lost.
//!
//! The transaction may have been committed before the connection was lost, or may be later: the server notices a lost
//! connection only when it has something to say. So the process that had the group is ended first. When it is gone, the
//! rows are there for good, or will never be.

use std::time::Duration;

use es_persistence::Tracking;
use sqlx::{PgConnection, Row as _};
use tokio::time::{sleep, timeout};
use uuid::Uuid;

use super::{Writer, group::Group};
use crate::{connection::Backend, error::Failure, reading::find_positions, rows};

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
        let settlement = self.look_for(group, &mut lease.driver).await?;
        lease.give_back();
        Ok(settlement)
    }

    /// Looks for tracking first: events may be there under their IDs of an earlier call, without the tracking of this one.
    async fn look_for(&self, group: &Group<'_>, driver: &mut PgConnection) -> Result<Settlement, Failure> {
        let tracking = if group.has_tracking() {
            self.look_for_tracking(group, driver).await?
        } else {
            Settlement::Unclear
        };
        if tracking == Settlement::Absent || !group.has_events() {
            return Ok(tracking);
        }
        self.look_for_events(group, driver).await
    }

    /// A group is stored wholly or not at all, and nobody else has events with the same IDs.
    async fn look_for_events(&self, group: &Group<'_>, driver: &mut PgConnection) -> Result<Settlement, Failure> {
        let found = find_positions(&self.tables, group.events(), driver).await?;
        let first = found.and_then(|positions| positions.first().copied());
        Ok(first.map_or(Settlement::Absent, |first| Settlement::Stored { first }))
    }

    /// Looks for the token of the group, which all of its tracking has.
    ///
    /// A consumer that is not there, or not further than the group says, has not been moved on by the group. Where all
    /// have been moved on by others, the group may have come before them.
    async fn look_for_tracking(&self, group: &Group<'_>, driver: &mut PgConnection) -> Result<Settlement, Failure> {
        for Tracking { key, position, .. } in group.trackings() {
            let query = self.tables.last_tracking.query();
            let query = query.bind(&*key.consumer).bind(&*key.upstream);
            let Some(row) = query.fetch_optional(&mut *driver).await? else {
                return Ok(Settlement::Absent);
            };
            if row.try_get::<Uuid, _>(3)? == group.token {
                return Ok(Settlement::Stored { first: 0 });
            }
            if rows::number(&row, 0)? <= *position {
                return Ok(Settlement::Absent);
            }
        }
        Ok(Settlement::Unclear)
    }
}
