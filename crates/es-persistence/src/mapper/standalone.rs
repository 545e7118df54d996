//! Events that belong to no aggregate.

use std::fmt;

use es_domain::{EventKind, Metadata, Stamp};
use serde::{Serialize, de::DeserializeOwned};

use super::{Mapper, MapperError, MapperErrorKind, body::read_kind, is_of_aggregate};
use crate::{StoredEvent, cipher::RecordKind};

impl Mapper {
    /// Turns an event that belongs to no aggregate into a row. The event is the only one of an ID of its own: that of the
    /// event.
    ///
    /// # Errors
    ///
    /// As [`to_stored`](Self::to_stored).
    pub fn standalone_to_stored<E>(&self, stamp: &Stamp, kind: &EventKind, body: &E) -> Result<StoredEvent, MapperError>
    where
        E: fmt::Debug + Serialize + DeserializeOwned,
    {
        let mut row = StoredEvent::new(stamp.event_id().into(), 1, kind.topic(), Vec::new())
            .with_stamp(stamp.event_id(), stamp.timestamp())
            .with_schema_version(u16::try_from(kind.version()).unwrap_or(u16::MAX));
        // The metadata come first, because the state is bound to there being some.
        if !stamp.metadata().is_empty() {
            row.metadata = Some(self.write(&row, RecordKind::Metadata, stamp.metadata())?);
        }
        row.state = self.write_body(&row, body, kind.name())?;
        Ok(row)
    }

    /// Turns a row into an event that belongs to no aggregate and its metadata, or returns `None` if its topic is neither of
    /// `kinds` nor of `family`.
    ///
    /// # Errors
    ///
    /// [`MapperError`] when state or metadata cannot be read, or the topic is one of `family` and of none of `kinds`: a newer
    /// program stored the event.
    pub fn standalone_to_domain<E>(
        &self,
        row: &StoredEvent,
        family: &'static str,
        kinds: &[EventKind],
    ) -> Result<Option<(E, Metadata)>, MapperError>
    where
        E: fmt::Debug + Serialize + DeserializeOwned,
    {
        let Some(kind) = kinds.iter().find(|kind| kind.topics().any(|topic| topic == row.topic)) else {
            if is_of_aggregate(&row.topic, family) {
                return Err(self.fail(row, MapperErrorKind::UnknownTopic { aggregate: family }));
            }
            return Ok(None);
        };
        let context = self.event_context(row, RecordKind::Event);
        let fail = |kind| MapperError::new(&context, kind);
        let plain = self.config.open(&context, &row.state).map_err(fail)?;
        let version = u32::from(row.schema_version);
        let body = read_kind(&self.config, &plain, kind, version).map_err(fail)?;
        Ok(Some((body, self.metadata(row)?)))
    }
}
