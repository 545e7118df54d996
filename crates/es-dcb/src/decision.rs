//! Decisions as values.

use std::{fmt, marker::PhantomData};

use crate::{Models, TaggedEvent};

/// A decision: what it has to know, and which events come of that.
///
/// [`decision`] makes one of models and a closure. A struct may implement it instead, such as a command that is sent around:
///
/// ```
/// use es_dcb::{Events, prelude::*};
/// # use es_domain::Uuid;
/// # use serde::{Deserialize, Serialize};
/// # #[derive(Tag, Clone, Copy, Debug, Serialize, Deserialize)]
/// # pub struct CourseId(Uuid);
/// # #[derive(TaggedEvent, Clone, Debug, Serialize, Deserialize)]
/// # pub enum CourseEvent { Defined { #[tag] course: CourseId } }
/// # #[derive(Clone)]
/// # pub struct Exists { course: CourseId, exists: bool }
/// # impl DecisionModel for Exists {
/// #     type Events = CourseEvent;
/// #     fn tags(&self) -> Tags { self.course.into() }
/// #     fn apply(&mut self, _: &Recorded<CourseEvent>) { self.exists = true; }
/// # }
/// # #[derive(Debug)] pub struct Refused;
/// pub struct Define { course: CourseId }
///
/// impl Decision for Define {
///     type Models = Exists;
///     type Event = CourseEvent;
///     type Error = Refused;
///
///     fn models(&self) -> Exists {
///         Exists { course: self.course, exists: false }
///     }
///
///     fn decide(&mut self, known: &Exists) -> Result<Events<CourseEvent>, Refused> {
///         if known.exists { Err(Refused) } else { Ok(CourseEvent::Defined { course: self.course }.into()) }
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a decision",
    label = "not a decision",
    note = "make one by `decision(models, |models| …)`"
)]
pub trait Decision: Send {
    /// What it has to know.
    type Models: Models;

    /// What may come of it.
    type Event: TaggedEvent;

    /// Why it may be refused.
    type Error: Send;

    /// Returns what it has to know, as it is before any event.
    fn models(&self) -> Self::Models;

    /// Decides. It may run several times, when something that matters has happened meanwhile, and changes nothing outside.
    ///
    /// # Errors
    ///
    /// The decision's own error when it is refused. Then nothing is stored.
    fn decide(&mut self, models: &Self::Models) -> Result<Events<Self::Event>, Self::Error>;
}

/// The events that a decision has come to: one, several or none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Events<E>(pub(crate) Vec<E>);

impl<E> Events<E> {
    /// Returns no events: nothing is to be stored.
    #[must_use]
    pub const fn none() -> Self {
        Self(Vec::new())
    }
}

impl<E: TaggedEvent> From<E> for Events<E> {
    fn from(event: E) -> Self {
        Self(vec![event])
    }
}

impl<E> From<Vec<E>> for Events<E> {
    fn from(events: Vec<E>) -> Self {
        Self(events)
    }
}

impl<E, const N: usize> From<[E; N]> for Events<E> {
    fn from(events: [E; N]) -> Self {
        Self(events.into())
    }
}

impl<E> From<Option<E>> for Events<E> {
    fn from(event: Option<E>) -> Self {
        Self(event.into_iter().collect())
    }
}

/// What the closure of a decision may return: one event, several, or perhaps one.
///
/// It is implemented here and nowhere else.
#[diagnostic::on_unimplemented(
    message = "a decision cannot return `Ok({Self})`",
    label = "neither an event nor several",
    note = "return one event, an array or `Vec` of events of one type, or `Option` of one"
)]
pub trait IntoEvents: Send {
    /// The type of the events.
    type Event: TaggedEvent;

    /// Returns the events.
    fn into_events(self) -> Events<Self::Event>;
}

impl<E: TaggedEvent> IntoEvents for E {
    type Event = E;

    fn into_events(self) -> Events<E> {
        self.into()
    }
}

/// What [`Events`] can be made of.
macro_rules! into_events {
    ($([$($generics:tt)*] $events:ty;)*) => {$(
        impl<E: TaggedEvent, $($generics)*> IntoEvents for $events {
            type Event = E;

            fn into_events(self) -> Events<E> {
                self.into()
            }
        }
    )*};
}

into_events! {
    [] Events<E>;
    [] Vec<E>;
    [] Option<E>;
    [const N: usize] [E; N];
}

/// Makes a decision: `decide` is called with what `models` have become by the events that matter, and returns what happens,
/// or why it does not.
///
/// The function that makes the decision returns it as `impl Decision<Event = CourseEvent, Error = Refused>`, so that the models
/// can stay private.
pub fn decision<M, O, R, F>(models: M, decide: F) -> impl Decision<Models = M, Event = O::Event, Error = R>
where
    M: Models,
    O: IntoEvents,
    R: Send,
    F: FnMut(&M) -> Result<O, R> + Send,
{
    OfClosure {
        models,
        decide,
        outcome: PhantomData,
    }
}

struct OfClosure<M, F, O, R> {
    models: M,
    decide: F,
    outcome: PhantomData<fn() -> (O, R)>,
}

impl<M, F, O, R> fmt::Debug for OfClosure<M, F, O, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Decision").finish_non_exhaustive()
    }
}

impl<M, F, O, R> Decision for OfClosure<M, F, O, R>
where
    M: Models,
    O: IntoEvents,
    R: Send,
    F: FnMut(&M) -> Result<O, R> + Send,
{
    type Models = M;
    type Event = O::Event;
    type Error = R;

    fn models(&self) -> M {
        self.models.clone()
    }

    fn decide(&mut self, models: &M) -> Result<Events<O::Event>, R> {
        (self.decide)(models).map(IntoEvents::into_events)
    }
}
