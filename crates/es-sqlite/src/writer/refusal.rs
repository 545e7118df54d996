//! Why the tables refuse a save, in the words of the caller.

use std::{collections::HashMap, sync::Arc};

use es_persistence::{AlreadyTracked, Conflict, Operation, OriginatorId, RecorderError, RecorderErrorKind, Tracking};
use sqlx::AssertSqlSafe;

use super::Writer;
use crate::{
    STORE,
    error::Failure,
    save::{Save, Table},
};

/// What the tables refuse.
#[derive(Clone, Copy, Debug)]
pub(super) enum Refusal {
    /// An event does not follow the last one of its aggregate.
    Events,
    /// The tracking does not come after the last one of its upstream.
    Tracking,
}

impl Writer {
    /// The error that says which aggregate has moved on, or how far the upstream has been processed.
    pub(super) async fn explain(&mut self, save: &Save, refusal: Refusal) -> RecorderError {
        let explained = match (refusal, &save.tracking) {
            (Refusal::Tracking, Some(tracking)) => self.explain_tracking(tracking).await,
            _ => self.explain_events(save).await,
        };
        let operation = match refusal {
            Refusal::Events => Operation::InsertEvents,
            Refusal::Tracking => Operation::InsertTracking,
        };
        match explained {
            Ok(kind) => RecorderError::new(STORE, operation, kind),
            Err(failure) => {
                self.connection = None;
                failure.into_error_of(operation, RecorderErrorKind::NotStored)
            }
        }
    }

    async fn explain_tracking(&mut self, tracking: &Tracking) -> Result<RecorderErrorKind, Failure> {
        let query = sqlx::query_as::<_, (i64, Option<Vec<u8>>)>(AssertSqlSafe(self.tables.tracking.select.clone()));
        let row = query
            .bind(&*tracking.upstream)
            .fetch_optional(self.connection().await?)
            .await?;
        Ok(RecorderErrorKind::AlreadyTracked(AlreadyTracked {
            upstream: Arc::clone(&tracking.upstream),
            position: tracking.position,
            last_position: row.map_or(0, |(position, _)| position.unsigned_abs()),
        }))
    }

    /// Finds the event that does not follow. Another process may have made it fit meanwhile: then it is the first one.
    async fn explain_events(&mut self, save: &Save) -> Result<RecorderErrorKind, Failure> {
        let mut last_versions: HashMap<&OriginatorId, u64> = HashMap::new();
        let mut first = None;
        for event in &save.events {
            let id = &event.originator_id;
            let last_version = match last_versions.get(id) {
                Some(last) => *last,
                None => self.last_version(save.table, id).await?,
            };
            let version = event.originator_version;
            let conflict = Conflict {
                originator_id: id.clone(),
                version,
                last_version,
            };
            if !follows(save.table, &conflict) {
                return Ok(RecorderErrorKind::Conflict(conflict));
            }
            last_versions.insert(id, version);
            first.get_or_insert(conflict);
        }
        Ok(first.map_or(RecorderErrorKind::Other, RecorderErrorKind::Conflict))
    }

    async fn last_version(&mut self, table: Table, id: &OriginatorId) -> Result<u64, Failure> {
        let stream = match table {
            Table::Events => &self.tables.events.stream,
            Table::Snapshots => &self.tables.snapshots.stream,
        };
        let query = sqlx::query_scalar(AssertSqlSafe(stream.last_version.clone()));
        let query = match id {
            OriginatorId::Uuid(uuid) => query.bind(uuid.as_bytes().as_slice()),
            OriginatorId::Text(text) => query.bind(&**text),
        };
        let version: i64 = query.fetch_one(self.connection().await?).await?;
        Ok(version.unsigned_abs())
    }
}

/// Whether the version may come after the last one. Snapshots may skip versions, and be taken of an earlier one.
const fn follows(table: Table, conflict: &Conflict) -> bool {
    match table {
        Table::Events => conflict.version == conflict.last_version + 1,
        Table::Snapshots => conflict.version != conflict.last_version,
    }
}
