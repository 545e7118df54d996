//! A row as the Python library sends it.

use std::borrow::Cow;

use es_persistence::{
    Mapper, Notification, OriginatorId,
    import::{PythonImporter, PythonRow},
};
use serde::Deserialize;
use uuid::Uuid;

use crate::{
    client::{Fault, RemoteError},
    wire::Base64,
};

/// What `get_log_section` returns.
#[derive(Debug, Deserialize)]
pub(super) struct Section<'a> {
    #[serde(borrow)]
    pub(super) items: Vec<Item<'a>>,
}

/// An item of a section.
#[derive(Debug, Deserialize)]
pub(super) struct Item<'a> {
    id: u64,
    #[serde(borrow)]
    originator_id: Cow<'a, str>,
    originator_version: u64,
    #[serde(borrow)]
    topic: Cow<'a, str>,
    state: Base64<'a>,
}

/// How many characters the text of a UUID has there.
const DIGITS: usize = 32;

impl Item<'_> {
    /// Turns it into an event of ours, which has to come after `after`.
    pub(super) fn import(
        self,
        after: &mut u64,
        importer: &PythonImporter,
        mapper: &Mapper,
    ) -> Result<Notification, RemoteError> {
        let position = self.id;
        if position <= *after {
            return Err(Fault::Order {
                position,
                after: *after,
            }
            .into());
        }
        if i64::try_from(position).is_err() {
            return Err(Fault::Position.into());
        }
        *after = position;
        let row = PythonRow {
            originator_id: originator(&self.originator_id),
            originator_version: self.originator_version,
            topic: self.topic.into_owned(),
            state: self.state.0.into_owned(),
        };
        let refused = |source| RemoteError::Import { position, source };
        let event = importer.read(&row).map_err(|error| refused(Box::new(error) as _))?;
        let event = event.to_stored(mapper).map_err(|error| refused(Box::new(error) as _))?;
        Ok(Notification::new(position, event))
    }
}

/// The service writes UUIDs as 32 digits and texts as they are.
fn originator(text: &str) -> OriginatorId {
    let uuid = Some(text)
        .filter(|text| text.len() == DIGITS)
        .and_then(|text| Uuid::try_parse(text).ok());
    uuid.map_or_else(|| OriginatorId::from(text), OriginatorId::Uuid)
}
