//! Names that the macros use. They follow no version policy.

use es_domain::AggregateId;
pub use es_persistence::{MapperError, OriginatorId};

/// Returns the ID as rows have it.
pub fn originator_id<I: AggregateId>(id: &I) -> OriginatorId {
    id.to_originator_id()
}
