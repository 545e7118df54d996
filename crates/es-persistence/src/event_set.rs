//! Sets of events that a reader wants to see.

use es_domain::{Aggregate, Event, OriginatorId};

use crate::{MapperError, Recorded, Topics};

/// The events that a projection, a policy or a subscription reads: those of one aggregate (`DogEvent`), or of several, as an
/// enum with `#[derive(EventSet)]`.
///
/// What is selected follows from the set. It is selected by whole families, so that an event that only a newer program knows
/// is an error and is not passed over: see [`Topics`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a set of events",
    label = "neither the events of an aggregate nor an enum of such events",
    note = "name the events of one aggregate, such as `DogEvent`",
    note = "for several aggregates: `#[derive(EventSet)] enum SchoolEvent {{ Dog(DogEvent), Trainer(TrainerEvent) }}`"
)]
pub trait EventSet: Send + Sync + Sized + 'static {
    /// Returns the topics under which these events are stored: the families of their aggregates, and old names.
    fn topics() -> Topics;

    /// Decodes an event. Returns nothing if it is none of this set, and several events if it was split.
    ///
    /// # Errors
    ///
    /// [`MapperError`] when the event is one of this set and cannot be read.
    fn decode(event: &Recorded) -> Result<Vec<Recorded<Self>>, MapperError>;

    /// Whether all of these events are stored with tags, and none is saved with its aggregate.
    #[doc(hidden)]
    fn is_tagged() -> bool {
        false
    }

    /// Returns the ID of the aggregate if the event itself says it. Tests use it.
    #[doc(hidden)]
    fn originator(&self) -> Option<OriginatorId> {
        None
    }
}

impl<E: Event> EventSet for E {
    fn topics() -> Topics {
        let family = E::Aggregate::TOPIC;
        let own = format!("{family}.");
        let others = E::Aggregate::topics()
            .into_iter()
            .filter(|topic| !topic.starts_with(&own));
        Topics::families([family]).and_exact(others)
    }

    fn decode(event: &Recorded) -> Result<Vec<Recorded<E>>, MapperError> {
        let read = event.decode_event::<E>()?;
        Ok(read.map_or_else(Vec::new, |read| event.decoded(read)))
    }
}
