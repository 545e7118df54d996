//! The names that a module with decisions needs.

#[doc(no_inline)]
pub use crate::{
    Decide, Decided, Decision, DecisionModel, EventSet, ExecuteError, Recorded, Tag, TaggedEvent, Tags, decision,
};
