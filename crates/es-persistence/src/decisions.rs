//! Events with tags, and what a decision has to know of them.

mod condition;
mod found;
mod query;
mod tag;

pub use self::{
    condition::{AppendCondition, ReadToken},
    found::{FoundEvent, FoundEvents},
    query::{EventQuery, QueryItem},
    tag::{StoredTag, TaggedRow},
};
