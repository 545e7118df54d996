//! Refusals of the tables, in the words of the caller.

use std::collections::HashMap;

use es_persistence::{
    AlreadyTracked, Conflict, Fenced, Operation, OriginatorId, RecorderError, RecorderErrorKind, Tracking, TrackingKey,
};
use es_sql::Save;
use sqlx::{AssertSqlSafe, SqliteConnection};

use super::Writer;
use crate::{STORE, error::Failure, rows::IdColumn, schema::Tables};

/// What the tables refuse.
#[derive(Clone, Copy, Debug)]
pub(super) enum Refusal {
    /// An event does not follow the last one of its aggregate.
    Events,
    /// The tracking does not come after the last one of its consumer, or its lease has passed to another instance.
    Tracking,
    /// Something on which a decision depends is there.
    Condition,
}

/// What the tables have of a consumer in a log.
pub(super) struct StoredTracking {
    position: i64,
    fence: i64,
    token: Vec<u8>,
}

/// Position, event ID, fence and token.
type TrackingRow = (i64, Option<Vec<u8>>, i64, Vec<u8>);

impl StoredTracking {
    pub(super) const fn position(&self) -> u64 {
        self.position.unsigned_abs()
    }

    const fn fence(&self) -> u64 {
        self.fence.unsigned_abs()
    }

    pub(super) fn token(&self) -> &[u8] {
        &self.token
    }
}

impl Refusal {
    /// The operation that failed.
    pub(super) const fn operation(self) -> Operation {
        match self {
            Self::Events | Self::Condition => Operation::InsertEvents,
            Self::Tracking => Operation::InsertTracking,
        }
    }
}

impl Writer {
    /// Returns the error that says why `save` was refused.
    pub(super) async fn explain(&mut self, save: &Save, refusal: Refusal) -> RecorderError {
        let explained = match self.link.get().await {
            Ok(connection) => self.tables.explain(connection, save, refusal).await,
            Err(failure) => Err(failure),
        };
        match explained {
            Ok(error) => error,
            Err(failure) => {
                self.link.close().await;
                failure.into_error_of(refusal.operation(), RecorderErrorKind::NotStored)
            }
        }
    }
}

impl Tables {
    /// Returns the error that says which aggregate has moved on, or how far the log has been processed.
    pub(super) async fn explain(
        &self,
        connection: &mut SqliteConnection,
        save: &Save,
        refusal: Refusal,
    ) -> Result<RecorderError, Failure> {
        let kind = match (refusal, &save.tracking) {
            (Refusal::Condition, _) => Ok(RecorderErrorKind::ConditionFailed),
            (Refusal::Tracking, Some(tracking)) => self.explain_tracking(connection, tracking).await,
            _ => self.explain_events(connection, save).await,
        };
        Ok(RecorderError::new(STORE, refusal.operation(), kind?))
    }

    async fn explain_tracking(
        &self,
        connection: &mut SqliteConnection,
        tracking: &Tracking,
    ) -> Result<RecorderErrorKind, Failure> {
        let stored = self.stored_tracking(connection, &tracking.key).await?;
        let (last_position, last_fence) = stored.map_or((0, 0), |last| (last.position(), last.fence()));
        let key = tracking.key.clone();
        Ok(if tracking.fence < last_fence {
            RecorderErrorKind::Fenced(Fenced {
                key,
                fence: tracking.fence,
                last_fence,
            })
        } else {
            RecorderErrorKind::AlreadyTracked(AlreadyTracked {
                key,
                position: tracking.position,
                last_position,
            })
        })
    }

    /// Reads what is stored of a consumer in a log, or `None` if nothing is.
    pub(super) async fn stored_tracking(
        &self,
        connection: &mut SqliteConnection,
        key: &TrackingKey,
    ) -> Result<Option<StoredTracking>, Failure> {
        let query = sqlx::query_as(AssertSqlSafe(self.tracking.select.clone()));
        let query = query.bind(&*key.consumer).bind(&*key.upstream);
        let row: Option<TrackingRow> = query.fetch_optional(connection).await?;
        Ok(row.map(|(position, _, fence, token)| StoredTracking { position, fence, token }))
    }

    /// Finds the event that does not follow. Another process may have made it fit meanwhile: then it is the first one.
    async fn explain_events(
        &self,
        connection: &mut SqliteConnection,
        save: &Save,
    ) -> Result<RecorderErrorKind, Failure> {
        let mut last_versions: HashMap<&OriginatorId, u64> = HashMap::new();
        let mut first = None;
        for event in save.events.iter() {
            let (id, version) = (&event.originator_id, event.originator_version);
            let last_version = match last_versions.get(id) {
                Some(last_version) => *last_version,
                None => self.last_version(connection, id).await?,
            };
            let conflict = Conflict {
                originator_id: id.clone(),
                version,
                last_version,
            };
            if version != last_version + 1 {
                return Ok(RecorderErrorKind::Conflict(conflict));
            }
            last_versions.insert(id, version);
            first.get_or_insert(conflict);
        }
        Ok(first.map_or(RecorderErrorKind::Other, RecorderErrorKind::Conflict))
    }

    /// Reads the last version of an aggregate; 0 if it has no events.
    async fn last_version(&self, connection: &mut SqliteConnection, id: &OriginatorId) -> Result<u64, Failure> {
        let query = sqlx::query_scalar(AssertSqlSafe(self.events.last_version.clone()));
        let version: i64 = query.bind(IdColumn(id)).fetch_one(connection).await?;
        Ok(version.unsigned_abs())
    }
}
