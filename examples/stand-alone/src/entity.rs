//! The entity, and the function that makes it of its events. The library's counterparts: `Aggregate` and its replay.

use uuid::Uuid;

use crate::{
    event::{DomainEvent, What},
    publishing::Subscribers,
};

/// A thing with an identity and an attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Example {
    id: Uuid,
    version: u64,
    title: String,
}

/// An event does not follow from those before it.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("event {version} of {id} does not follow")]
pub struct MutateError {
    id: Uuid,
    version: u64,
}

/// The entity after `event`: `None` when the event ends it.
///
/// # Errors
///
/// [`MutateError`] when the event is of another entity, or not the next one.
pub fn mutate(entity: Option<Example>, event: &DomainEvent) -> Result<Option<Example>, MutateError> {
    let DomainEvent {
        originator_id: id,
        originator_version: version,
        ref what,
        ..
    } = *event;
    let expected = entity
        .as_ref()
        .map_or((id, 1), |entity| (entity.id, entity.version + 1));
    let error = MutateError { id, version };
    if expected != (id, version) {
        return Err(error);
    }
    match (entity, what) {
        (None, What::Created { title }) => Ok(Some(Example {
            id,
            version,
            title: title.clone(),
        })),
        (Some(entity), What::AttributeChanged { name, value }) if name == "title" => Ok(Some(Example {
            version,
            title: value.clone(),
            ..entity
        })),
        (Some(_), What::Discarded) => Ok(None),
        _ => Err(error),
    }
}

impl Example {
    /// Makes a new entity.
    ///
    /// # Errors
    ///
    /// None: the event follows from nothing.
    #[expect(
        clippy::disallowed_methods,
        reason = "this program stands alone: it has no ID source"
    )]
    pub fn create(title: &str, subscribers: &mut Subscribers) -> Result<Self, MutateError> {
        let event = DomainEvent {
            event_id: Uuid::now_v7(),
            originator_id: Uuid::new_v4(),
            originator_version: 1,
            what: What::Created {
                title: title.to_owned(),
            },
        };
        let made = mutate(None, &event)?;
        subscribers.publish(&event);
        made.ok_or(MutateError {
            id: event.originator_id,
            version: 1,
        })
    }

    /// Which one it is.
    #[must_use]
    pub const fn id(&self) -> Uuid {
        self.id
    }

    /// How many events have made it.
    #[must_use]
    pub const fn version(&self) -> u64 {
        self.version
    }

    /// Its attribute.
    #[must_use]
    pub fn title(&self) -> &str {
        &self.title
    }

    /// Gives the attribute another value.
    ///
    /// # Errors
    ///
    /// None: the event is the next one.
    pub fn set_title(self, value: &str, subscribers: &mut Subscribers) -> Result<Option<Self>, MutateError> {
        let what = What::AttributeChanged {
            name: "title".to_owned(),
            value: value.to_owned(),
        };
        self.trigger(what, subscribers)
    }

    /// Ends it. It is taken by value, so that nothing can happen to it afterwards.
    ///
    /// # Errors
    ///
    /// None: the event is the next one.
    pub fn discard(self, subscribers: &mut Subscribers) -> Result<(), MutateError> {
        self.trigger(What::Discarded, subscribers).map(drop)
    }

    /// Constructs an event, applies it to the entity, and publishes it.
    #[expect(
        clippy::disallowed_methods,
        reason = "this program stands alone: it has no ID source"
    )]
    fn trigger(self, what: What, subscribers: &mut Subscribers) -> Result<Option<Self>, MutateError> {
        let event = DomainEvent {
            event_id: Uuid::now_v7(),
            originator_id: self.id,
            originator_version: self.version + 1,
            what,
        };
        let entity = mutate(Some(self), &event)?;
        subscribers.publish(&event);
        Ok(entity)
    }
}
