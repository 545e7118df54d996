//! Storing events as rows, and reading entities from rows. The library's counterparts: `Mapper`, `EventStore` and
//! `Repository`.

use std::sync::Arc;

use es_persistence::{ApplicationRecorder, OriginatorId, RecorderError, StoredEvent, StreamSelection, Timestamp};
use uuid::Uuid;

use crate::{
    entity::{Example, MutateError, mutate},
    event::{DomainEvent, What},
};

/// Keeps events in a recorder.
#[derive(Clone, Debug)]
pub struct EventStore {
    recorder: Arc<dyn ApplicationRecorder>,
}

/// Events cannot be stored, or an entity not be brought back.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The recorder fails, or refuses.
    #[error(transparent)]
    Recorder(#[from] RecorderError),
    /// A row is none of these events.
    #[error("an event cannot be written or read")]
    Json(#[from] serde_json::Error),
    /// The rows are not the events of one entity.
    #[error(transparent)]
    Mutate(#[from] MutateError),
}

impl EventStore {
    /// Keeps events in `recorder`.
    #[must_use]
    pub const fn new(recorder: Arc<dyn ApplicationRecorder>) -> Self {
        Self { recorder }
    }

    /// The rows, as the recorder has them.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when they cannot be read.
    pub async fn rows(&self, id: Uuid) -> Result<Vec<StoredEvent>, StoreError> {
        Ok(self
            .recorder
            .select_events(StreamSelection::of(OriginatorId::Uuid(id)))
            .await?)
    }

    /// Stores all of `events`, or none.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when somebody else has stored one of these versions, or the recorder fails.
    pub async fn store(&self, events: &[DomainEvent]) -> Result<(), StoreError> {
        let rows: Result<Vec<StoredEvent>, serde_json::Error> = events.iter().map(to_row).collect();
        self.recorder.insert_events(rows?).await?;
        Ok(())
    }

    /// The entity with this ID: `None` when there is none, or not any more.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when its events cannot be read.
    pub async fn get(&self, id: Uuid) -> Result<Option<Example>, StoreError> {
        let mut entity = None;
        for row in self.rows(id).await? {
            entity = mutate(entity, &from_row(id, &row)?)?;
        }
        Ok(entity)
    }
}

fn to_row(event: &DomainEvent) -> Result<StoredEvent, serde_json::Error> {
    let (id, topic) = (OriginatorId::Uuid(event.originator_id), event.what.topic());
    let row = StoredEvent::new(id, event.originator_version, topic, serde_json::to_vec(&event.what)?);
    let timestamp = Timestamp::from_uuid(event.event_id).unwrap_or_default();
    Ok(row.with_stamp(event.event_id, timestamp))
}

fn from_row(id: Uuid, row: &StoredEvent) -> Result<DomainEvent, serde_json::Error> {
    let what: What = serde_json::from_slice(&row.state)?;
    Ok(DomainEvent {
        event_id: row.event_id,
        originator_id: id,
        originator_version: row.originator_version,
        what,
    })
}
