//! Small states that decisions are made of.

use es_persistence::{EventSet, MapperError, Recorded};

use crate::{Tags, plan::Plan};

/// A small state that events change, and which events these are: those of [`Events`](Self::Events) that have all of
/// [`tags`](Self::tags).
///
/// The value itself says what it is about. What a decision reads, and what makes it fail, follows from the two: an event that
/// the model handles cannot be missing. Narrower boundaries come of smaller enums.
///
/// ```
/// use es_dcb::prelude::*;
/// # use es_domain::Uuid;
/// # use serde::{Deserialize, Serialize};
/// # #[derive(Tag, Clone, Copy, Debug, Serialize, Deserialize)]
/// # pub struct CourseId(Uuid);
/// # #[derive(TaggedEvent, Clone, Debug, Serialize, Deserialize)]
/// # pub enum CourseEvent { Subscribed { #[tag] course: CourseId }, Unsubscribed { #[tag] course: CourseId } }
///
/// /// How many seats of a course are taken.
/// #[derive(Clone)]
/// struct Seats { course: CourseId, taken: usize }
///
/// impl DecisionModel for Seats {
///     type Events = CourseEvent;
///
///     fn tags(&self) -> Tags {
///         self.course.into()
///     }
///
///     fn apply(&mut self, event: &Recorded<CourseEvent>) {
///         match event.body() {
///             CourseEvent::Subscribed { .. } => self.taken += 1,
///             CourseEvent::Unsubscribed { .. } => self.taken -= 1,
///         }
///     }
/// }
/// ```
pub trait DecisionModel: Clone + Send + Sync + 'static {
    /// The events that it sees: those of an enum with `#[derive(TaggedEvent)]`, those of an aggregate, or an enum over several
    /// with `#[derive(EventSet)]`.
    type Events: EventSet;

    /// Whether only the last of these events is read, as with a running number.
    const LAST_ONLY: bool = false;

    /// Returns what the events are about. No tags means all of [`Events`](Self::Events).
    fn tags(&self) -> Tags;

    /// Changes the state as the event says.
    fn apply(&mut self, event: &Recorded<Self::Events>);
}

/// What a decision has to know: a model, or a tuple, list or array of models.
///
/// It is implemented here and nowhere else.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a decision model",
    label = "neither a model nor several models",
    note = "implement `DecisionModel` for it, or give several as `(Seats::of(course), Schedule::of(student))`"
)]
pub trait Models: Clone + Send + Sync + 'static {
    /// Adds what is to be read for each model.
    #[doc(hidden)]
    fn add_to(&self, plan: &mut Plan<'_>);

    /// Shows an event that the models `found` have to see to those of them that are here. The first one here is `next`, which is
    /// moved on.
    ///
    /// # Errors
    ///
    /// [`MapperError`] when the event cannot be read.
    #[doc(hidden)]
    fn show(&mut self, event: &Recorded, found: &[usize], next: &mut usize) -> Result<(), MapperError>;
}

impl<M: DecisionModel> Models for M {
    fn add_to(&self, plan: &mut Plan<'_>) {
        plan.add::<M::Events>(&self.tags(), M::LAST_ONLY);
    }

    fn show(&mut self, event: &Recorded, found: &[usize], next: &mut usize) -> Result<(), MapperError> {
        if found.contains(next) {
            for event in event.decode_all()? {
                self.apply(&event);
            }
        }
        *next += 1;
        Ok(())
    }
}

/// Several models of one type.
macro_rules! many {
    ($([$($generics:tt)*] $many:ty;)*) => {$(
        impl<M: Models, $($generics)*> Models for $many {
            fn add_to(&self, plan: &mut Plan<'_>) {
                for models in self.iter() {
                    models.add_to(plan);
                }
            }

            fn show(&mut self, event: &Recorded, found: &[usize], next: &mut usize) -> Result<(), MapperError> {
                self.iter_mut().try_for_each(|models| models.show(event, found, next))
            }
        }
    )*};
}

many! {
    [] Vec<M>;
    [] Option<M>;
    [const N: usize] [M; N];
}

/// Several models of several types.
macro_rules! tuple {
    ($($name:ident $index:tt),*) => {
        impl<$($name: Models),*> Models for ($($name,)*) {
            fn add_to(&self, plan: &mut Plan<'_>) {
                $(self.$index.add_to(plan);)*
            }

            fn show(&mut self, event: &Recorded, found: &[usize], next: &mut usize) -> Result<(), MapperError> {
                $(self.$index.show(event, found, next)?;)*
                Ok(())
            }
        }
    };
}

/// A decision that depends on nothing.
impl Models for () {
    fn add_to(&self, _: &mut Plan<'_>) {}

    fn show(&mut self, _: &Recorded, _: &[usize], _: &mut usize) -> Result<(), MapperError> {
        Ok(())
    }
}

tuple!(A 0);
tuple!(A 0, B 1);
tuple!(A 0, B 1, C 2);
tuple!(A 0, B 1, C 2, D 3);
tuple!(A 0, B 1, C 2, D 3, E 4);
tuple!(A 0, B 1, C 2, D 3, E 4, F 5);
tuple!(A 0, B 1, C 2, D 3, E 4, F 5, G 6);
tuple!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7);
