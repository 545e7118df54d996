//! Why the tables refuse a save, in the words of the caller.

use std::{collections::HashMap, sync::Arc};

use es_persistence::{AlreadyTracked, Conflict, Operation, OriginatorId, RecorderError, RecorderErrorKind, Tracking};
use es_sql::{Save, Table};
use sqlx::{AssertSqlSafe, SqliteConnection};

use super::Writer;
use crate::{STORE, error::Failure, rows, schema::Tables};

/// What the tables refuse.
#[derive(Clone, Copy, Debug)]
pub(super) enum Refusal {
    /// An event does not follow the last one of its aggregate.
    Events,
    /// The tracking does not come after the last one of its upstream.
    Tracking,
}

impl Refusal {
    /// What could not be done.
    pub(super) const fn operation(self) -> Operation {
        match self {
            Self::Events => Operation::InsertEvents,
            Self::Tracking => Operation::InsertTracking,
        }
    }
}

impl Writer {
    /// The error that says why `save` was refused.
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
    /// The error that says which aggregate has moved on, or how far the upstream has been processed.
    pub(super) async fn explain(
        &self,
        connection: &mut SqliteConnection,
        save: &Save,
        refusal: Refusal,
    ) -> Result<RecorderError, Failure> {
        let kind = match (refusal, &save.tracking) {
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
        let last_position = self.last_position(connection, &tracking.upstream).await?;
        Ok(RecorderErrorKind::AlreadyTracked(AlreadyTracked {
            upstream: Arc::clone(&tracking.upstream),
            position: tracking.position,
            last_position,
        }))
    }

    /// How far the upstream has been processed; 0 when nothing of it has been.
    pub(super) async fn last_position(
        &self,
        connection: &mut SqliteConnection,
        upstream: &str,
    ) -> Result<u64, Failure> {
        let query = sqlx::query_as::<_, (i64, Option<Vec<u8>>)>(AssertSqlSafe(self.tracking.select.clone()));
        let row = query.bind(upstream).fetch_optional(connection).await?;
        Ok(row.map_or(0, |(position, _)| position.unsigned_abs()))
    }

    /// Finds the event that does not follow. Another process may have made it fit meanwhile: then it is the first one.
    async fn explain_events(
        &self,
        connection: &mut SqliteConnection,
        save: &Save,
    ) -> Result<RecorderErrorKind, Failure> {
        let mut earlier: HashMap<&OriginatorId, Vec<u64>> = HashMap::new();
        let mut first = None;
        for event in &save.events {
            let (id, version) = (&event.originator_id, event.originator_version);
            let stored = self.stored_versions(connection, save.table, id, version).await?;
            let earlier = earlier.entry(id).or_default();
            let last_version = earlier.iter().copied().fold(stored.last, u64::max);
            let conflict = Conflict {
                originator_id: id.clone(),
                version,
                last_version,
            };
            let follows = match save.table {
                Table::Events => version == last_version + 1,
                // Versions of snapshots may be skipped, and taken later.
                Table::Snapshots => !stored.has_it && !earlier.contains(&version),
            };
            if !follows {
                return Ok(RecorderErrorKind::Conflict(conflict));
            }
            earlier.push(version);
            first.get_or_insert(conflict);
        }
        Ok(first.map_or(RecorderErrorKind::Other, RecorderErrorKind::Conflict))
    }

    async fn stored_versions(
        &self,
        connection: &mut SqliteConnection,
        table: Table,
        id: &OriginatorId,
        version: u64,
    ) -> Result<Stored, Failure> {
        let stream = match table {
            Table::Events => &self.events.stream,
            Table::Snapshots => &self.snapshots.stream,
        };
        let query = sqlx::query_as(AssertSqlSafe(stream.versions.clone()));
        let query = match id {
            OriginatorId::Uuid(uuid) => query.bind(uuid.as_bytes().as_slice()),
            OriginatorId::Text(text) => query.bind(&**text),
        };
        let query = query.bind(rows::to_column(version));
        let (last, has_it): (i64, bool) = query.fetch_one(connection).await?;
        Ok(Stored {
            last: last.unsigned_abs(),
            has_it,
        })
    }
}

/// What is stored of an aggregate.
struct Stored {
    last: u64,
    has_it: bool,
}
