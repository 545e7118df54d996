//! Events that carry tags.

use std::fmt;

use es_domain::{EventKind, Stamp};
use es_persistence::{EventSet, Mapper, MapperError, Recorded, TaggedRow, Topics};
use serde::{Serialize, de::DeserializeOwned};

use crate::Tags;

/// Events that belong to no aggregate: an enum with `#[derive(TaggedEvent)]`.
///
/// ```
/// use es_dcb::{Tag, TaggedEvent};
/// use es_domain::Uuid;
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Tag, Clone, Copy, Debug, Serialize, Deserialize)]
/// pub struct CourseId(Uuid);
///
/// #[derive(TaggedEvent, Clone, Debug, Serialize, Deserialize)]
/// #[tagged_event(topic = "school.Course")]
/// pub enum CourseEvent {
///     Defined { #[tag] course: CourseId, capacity: u32 },
///     Closed { #[tag] course: CourseId },
/// }
///
/// let closed = CourseEvent::Closed { course: CourseId(Uuid::nil()) };
/// assert_eq!(closed.kind().topic(), "school.Course.Closed");
/// assert_eq!(closed.tags().len(), 1);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an event with tags",
    label = "not an event with tags",
    note = "an event with tags is an enum with `#[derive(TaggedEvent)]`, whose fields may have `#[tag]`"
)]
pub trait TaggedEvent: EventSet + Clone + fmt::Debug + Serialize + DeserializeOwned {
    /// What the topics of all of these events begin with.
    const FAMILY: &'static str;

    /// One entry for each variant, and no two with the same name or topic.
    const KINDS: &'static [EventKind];

    /// The entry of this event's variant.
    fn kind(&self) -> &'static EventKind;

    /// Returns what the event is about.
    fn tags(&self) -> Tags;
}

/// Turns an event into a row with tags.
pub(crate) fn to_row<E: TaggedEvent>(mapper: &Mapper, stamp: &Stamp, event: &E) -> Result<TaggedRow, MapperError> {
    let row = mapper.standalone_to_stored(stamp, event.kind(), event)?;
    Ok(TaggedRow::new(row, event.tags().written(mapper)))
}

/// Returns the topics of the events, for the output of the macro.
pub fn topics<E: TaggedEvent>() -> Topics {
    let own = format!("{}.", E::FAMILY);
    let all = E::KINDS.iter().flat_map(EventKind::topics);
    let others = all.filter(|topic| !topic.starts_with(&own));
    Topics::families([E::FAMILY]).and_exact(others)
}

/// Decodes an event, for the output of the macro.
///
/// # Errors
///
/// [`MapperError`] when the event is one of `E` and cannot be read.
pub fn decode<E: TaggedEvent>(event: &Recorded) -> Result<Vec<Recorded<E>>, MapperError> {
    let decoded = event.decode_standalone(E::FAMILY, E::KINDS)?;
    Ok(decoded.into_iter().collect())
}
