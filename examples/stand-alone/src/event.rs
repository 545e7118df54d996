//! Events of entities. The library's counterparts: `DomainEvent`, and the enums of `#[events]`.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Something that happened to an entity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DomainEvent {
    /// The ID of the event, which also says when it was triggered.
    pub event_id: Uuid,
    /// The entity.
    pub originator_id: Uuid,
    /// The version of the entity after the event: 1, 2, 3, …
    pub originator_version: u64,
    /// The kind of event, and its values.
    pub what: What,
}

/// The kind of event, and its values.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum What {
    /// An entity begins.
    Created {
        /// The title of the entity.
        title: String,
    },
    /// An attribute has another value.
    AttributeChanged {
        /// The name of the attribute.
        name: String,
        /// The new value.
        value: String,
    },
    /// The entity ends.
    Discarded,
}

impl What {
    /// Returns the topic under which the event is stored.
    #[must_use]
    pub const fn topic(&self) -> &'static str {
        match self {
            Self::Created { .. } => "Example.Created",
            Self::AttributeChanged { .. } => "Example.AttributeChanged",
            Self::Discarded => "Example.Discarded",
        }
    }
}
