//! Decisions over several things: dynamic consistency boundaries, in the same log as aggregates.
//!
//! An aggregate protects what it knows itself. Where a rule is about several things at once, such as the seats of a course and
//! the courses of a student, a [`decision`] names what it has to know as small [models](DecisionModel). What it reads, and what
//! must not have changed when its events are stored, follows from these models. Its events belong to no aggregate: they have
//! [tags](Tag), and stand in the log of the application like all others.
//!
//! ```
//! use es_application::Application;
//! use es_dcb::{prelude::*, testing::given};
//! use es_domain::Uuid;
//! use serde::{Deserialize, Serialize};
//!
//! #[derive(Tag, Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
//! pub struct CourseId(Uuid);
//!
//! #[derive(Tag, Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
//! pub struct StudentId(Uuid);
//!
//! #[derive(TaggedEvent, Clone, Debug, Serialize, Deserialize)]
//! pub enum CourseEvent {
//!     Defined { #[tag] course: CourseId, capacity: usize },
//!     Subscribed { #[tag] student: StudentId, #[tag] course: CourseId },
//! }
//!
//! /// The seats of a course.
//! #[derive(Clone)]
//! struct Seats { course: CourseId, capacity: Option<usize>, taken: usize }
//!
//! impl Seats {
//!     fn of(course: CourseId) -> Self {
//!         Self { course, capacity: None, taken: 0 }
//!     }
//! }
//!
//! impl DecisionModel for Seats {
//!     type Events = CourseEvent;
//!
//!     fn tags(&self) -> Tags {
//!         self.course.into()
//!     }
//!
//!     fn apply(&mut self, event: &Recorded<CourseEvent>) {
//!         match event.body() {
//!             CourseEvent::Defined { capacity, .. } => self.capacity = Some(*capacity),
//!             CourseEvent::Subscribed { .. } => self.taken += 1,
//!         }
//!     }
//! }
//!
//! #[derive(Debug, PartialEq)]
//! pub enum Refused { NoSuchCourse, CourseFull { capacity: usize } }
//!
//! pub fn define(course: CourseId, capacity: usize) -> impl Decision<Event = CourseEvent, Error = Refused> {
//!     decision((), move |()| Ok(CourseEvent::Defined { course, capacity }))
//! }
//!
//! pub fn subscribe(student: StudentId, course: CourseId) -> impl Decision<Event = CourseEvent, Error = Refused> {
//!     decision(Seats::of(course), move |seats| {
//!         let capacity = seats.capacity.ok_or(Refused::NoSuchCourse)?;
//!         if seats.taken >= capacity {
//!             return Err(Refused::CourseFull { capacity });
//!         }
//!         Ok(CourseEvent::Subscribed { student, course })
//!     })
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let [course, ann, bob] = [1, 2, 3].map(Uuid::from_u128);
//! # let (course, ann, bob) = (CourseId(course), StudentId(ann), StudentId(bob));
//! let app = Application::builder("School").open().await?;
//! # use ExecuteError::Command;
//! # let refused = |error: ExecuteError<Refused>| match error { Command(refused) => format!("{refused:?}"), ExecuteError::Application(error) => error.to_string() };
//! app.decide(define(course, 1)).await.map_err(refused)?;
//! app.decide(subscribe(ann, course)).await.map_err(refused)?;
//! let full = app.decide(subscribe(bob, course)).await;
//! assert!(matches!(full, Err(ExecuteError::Command(Refused::CourseFull { capacity: 1 }))));
//!
//! given([CourseEvent::Defined { course, capacity: 1 }, CourseEvent::Subscribed { student: ann, course }])
//!     .when(subscribe(bob, course))
//!     .then_error(Refused::CourseFull { capacity: 1 });
//! # Ok(())
//! # }
//! ```
//!
//! | to | look at |
//! |---|---|
//! | say what events are about | [`Tag`], [`TaggedEvent`] |
//! | say what a decision has to know | [`DecisionModel`] |
//! | decide, and store what comes of it | [`Decide::decide`] |
//! | save aggregates under the condition of a decision | [`Decide::decide_and_save`] |
//! | test without a store | [`testing`] |
//!
//! # What the events cost and hide
//!
//! Tags are stored beside the events, as texts in an index. With a cipher key, the values of tags are replaced by keyed hashes,
//! except for the IDs of aggregates, which are in clear in their own rows, too. Events with tags are not linked by a hash chain:
//! each is the only one of its stream, and no order between them is known when they are written.

// The macros name this crate by its path; so do its own tests.
extern crate self as es_dcb;

mod decide;
mod decided;
mod decision;
mod event;
mod model;
mod plan;
mod tag;

pub mod prelude;
pub mod testing;

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;

pub use self::{
    decide::Decide,
    decided::Decided,
    decision::{Decision, Events, IntoEvents, decision},
    event::TaggedEvent,
    model::{DecisionModel, Models},
    tag::{Tag, Tags},
};
pub use es_application::ExecuteError;
#[doc = include_str!("../../es-macros/docs/tag.md")]
pub use es_domain::__private::Tag;
#[doc = include_str!("../../es-macros/docs/tagged_event.md")]
pub use es_domain::__private::TaggedEvent;
pub use es_domain::{EventKind, Upcaster};
pub use es_persistence::{EventSet, Recorded, Topics};
