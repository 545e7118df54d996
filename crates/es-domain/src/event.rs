//! What an aggregate's events are and do.

use std::fmt;

use serde::{Serialize, de::DeserializeOwned};

use crate::{
    Aggregate, RetiredEvent, State, UpcastError, Upcaster,
    upcast::{self, Cause},
};

/// The events of one kind of aggregate: an enum with a variant for each thing that can happen.
///
/// `#[events]` writes both the enum and this implementation from an aggregate's methods. By hand it looks so:
///
/// ```
/// use es_domain::{ApplyError, EventKind, RootAccess, prelude::*};
///
/// #[derive(Clone, Debug, Serialize, Deserialize)]
/// enum LampEvent {
///     Installed { room: String },
///     Switched { on: bool },
/// }
///
/// impl Event for LampEvent {
///     type Aggregate = Lamp;
///
///     const KINDS: &[EventKind] = &[
///         EventKind::new("Installed", "Lamp.Installed"),
///         EventKind::new("Switched", "Lamp.Switched"),
///     ];
///
///     fn kind(&self) -> &'static EventKind {
///         match self {
///             Self::Installed { .. } => &Self::KINDS[0],
///             Self::Switched { .. } => &Self::KINDS[1],
///         }
///     }
///
///     fn create(self) -> Result<Lamp, ApplyError> {
///         match self {
///             Self::Installed { room } => Ok(Lamp { root: Root::default(), room, on: false }),
///             Self::Switched { .. } => Err(ApplyError::NotInitial),
///         }
///     }
///
///     fn apply(self, lamp: &mut Lamp) -> Result<(), ApplyError> {
///         match self {
///             Self::Installed { .. } => return Err(ApplyError::Initial),
///             Self::Switched { on } => lamp.on = on,
///         }
///         Ok(())
///     }
/// }
///
/// struct Lamp {
///     root: Root<Self>,
///     room: String,
///     on: bool,
/// }
///
/// impl Aggregate for Lamp {
///     type Id = Id<Self>;
///     type Event = LampEvent;
///     const TOPIC: &str = "Lamp";
///
///     fn root(&self) -> &Root<Self> {
///         &self.root
///     }
/// }
///
/// impl RootAccess for Lamp {
///     fn root_mut(&mut self) -> &mut Root<Self> {
///         &mut self.root
///     }
/// }
///
/// let mut lamp = Lamp::create(Id::new(), LampEvent::Installed { room: "hall".to_owned() })?;
/// lamp.trigger(LampEvent::Switched { on: true })?;
///
/// assert!(lamp.on);
/// assert_eq!(lamp.version(), 2);
/// # assert_eq!(lamp.room, "hall");
/// # Ok::<(), es_domain::TriggerError>(())
/// ```
pub trait Event: Clone + fmt::Debug + Serialize + DeserializeOwned + Send + Sync + 'static {
    /// What the events happen to.
    type Aggregate: Aggregate<Event = Self>;

    /// One entry for each variant, and no two with the same name or topic.
    const KINDS: &'static [EventKind];

    /// Events that are stored and that the aggregate has no more.
    const RETIRED: &'static [RetiredEvent<Self>] = &[];

    /// The entry of this event's variant.
    fn kind(&self) -> &'static EventKind;

    /// Makes a new aggregate of this event. The library sets the root of what is returned.
    ///
    /// # Errors
    ///
    /// [`ApplyError::NotInitial`] when no aggregate starts with this event; [`ApplyError::Refused`] when the user's
    /// own code refuses.
    fn create(self) -> Result<Self::Aggregate, ApplyError>;

    /// Changes `aggregate` as this event says. The library moves the version on when this returns `Ok`.
    ///
    /// It has the same effect each time: it runs when the event is triggered and at each replay.
    ///
    /// # Errors
    ///
    /// [`ApplyError::Initial`] when only a new aggregate starts with this event; [`ApplyError::Refused`] when the
    /// user's own code refuses.
    fn apply(self, aggregate: &mut Self::Aggregate) -> Result<(), ApplyError>;

    /// The kind that is stored under `topic`, or `None` when it is no event of this aggregate.
    fn kind_of_topic(topic: &str) -> Option<&'static EventKind> {
        Self::KINDS.iter().find(|kind| kind.is_stored_as(topic))
    }

    /// The retired event that is stored under `topic`, or `None` when there is none.
    fn retired_of_topic(topic: &str) -> Option<&'static RetiredEvent<Self>> {
        Self::RETIRED.iter().find(|retired| retired.topic() == topic)
    }
}

/// What is fixed about one variant of an [`Event`].
#[derive(Clone, Copy, Debug)]
pub struct EventKind {
    name: &'static str,
    topic: &'static str,
    aliases: &'static [&'static str],
    discards: bool,
    revives: bool,
    upcasters: &'static [Upcaster],
}

/// Two kinds are equal when they say the same; upcasters are only counted.
impl PartialEq for EventKind {
    fn eq(&self, other: &Self) -> bool {
        let facts = |kind: &Self| {
            let life = (kind.discards, kind.revives);
            (kind.name, kind.topic, kind.aliases, life, kind.version())
        };
        facts(self) == facts(other)
    }
}

impl Eq for EventKind {}

impl EventKind {
    /// A kind of event: the variant's name as `serde` sees it, and the topic under which it is stored for ever.
    #[must_use]
    pub const fn new(name: &'static str, topic: &'static str) -> Self {
        Self {
            name,
            topic,
            aliases: &[],
            discards: false,
            revives: false,
            upcasters: &[],
        }
    }

    /// Reads events that were stored under these topics, too.
    #[must_use]
    pub const fn aliases(self, aliases: &'static [&'static str]) -> Self {
        Self { aliases, ..self }
    }

    /// Brings older states up to date: the first upcaster turns version 1 into version 2, and so on. The version that
    /// is written is one more than there are upcasters.
    #[must_use]
    pub const fn upcasters(self, upcasters: &'static [Upcaster]) -> Self {
        Self { upcasters, ..self }
    }

    /// Ends the aggregate's life: nothing can happen to it after this event.
    #[must_use]
    pub const fn discards(self) -> Self {
        Self { discards: true, ..self }
    }

    /// Lets an initial event begin the aggregate anew after its life has ended, under the same ID.
    #[must_use]
    pub const fn revives(self) -> Self {
        Self { revives: true, ..self }
    }

    /// The variant's name.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// The topic under which it is stored.
    pub const fn topic(&self) -> &'static str {
        self.topic
    }

    /// All topics under which it may have been stored, the present one first.
    pub fn topics(&self) -> impl Iterator<Item = &'static str> + use<> {
        std::iter::once(self.topic).chain(self.aliases.iter().copied())
    }

    /// The version of the states that are written.
    pub fn version(&self) -> u32 {
        upcast::version(self.upcasters)
    }

    /// Brings `state` from `version` up to date, step by step. A state of a newer version stays as it is.
    ///
    /// # Errors
    ///
    /// [`UpcastError`] when an upcaster refuses.
    pub fn upcast(&self, version: u32, state: State) -> Result<State, UpcastError> {
        upcast::upcast(self.upcasters, self.topic, version, state)
    }

    /// Whether it ends the aggregate's life.
    pub const fn is_discarding(&self) -> bool {
        self.discards
    }

    /// Returns `true` if the event may begin a discarded aggregate anew.
    pub const fn is_reviving(&self) -> bool {
        self.revives
    }

    fn is_stored_as(&self, topic: &str) -> bool {
        self.topic == topic || self.aliases.contains(&topic)
    }
}

/// An event cannot be applied.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ApplyError {
    /// Only a new aggregate starts with the event, and this one exists.
    #[error("only a new aggregate starts with this event")]
    Initial,
    /// No aggregate starts with the event.
    #[error("no aggregate starts with this event")]
    NotInitial,
    /// The body of the event's method returned an error.
    #[error("the event's own code refuses it")]
    Refused(#[source] Cause),
}

impl ApplyError {
    /// An error of the user's own code.
    pub fn refused(cause: impl Into<Cause>) -> Self {
        Self::Refused(cause.into())
    }
}
