//! What happens. The library's counterparts: `DomainEvent`, and the enums of `#[events]`.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Something that happened to an entity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DomainEvent {
    /// To which one.
    pub originator_id: Uuid,
    /// As its how-manieth event, from 1.
    pub originator_version: u64,
    /// What.
    pub what: What,
}

/// What happens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum What {
    /// An entity begins.
    Created {
        /// Its attribute.
        title: String,
    },
    /// An attribute has another value.
    AttributeChanged {
        /// Which.
        name: String,
        /// The value.
        value: String,
    },
    /// The entity ends.
    Discarded,
}

impl What {
    /// The name under which it is stored.
    #[must_use]
    pub const fn topic(&self) -> &'static str {
        match self {
            Self::Created { .. } => "Example.Created",
            Self::AttributeChanged { .. } => "Example.AttributeChanged",
            Self::Discarded => "Example.Discarded",
        }
    }
}
