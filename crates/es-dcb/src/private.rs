//! What the macros' output calls. It is no part of the public API and may change in any release.

pub use es_domain::__private::Upcast;
pub use es_persistence::MapperError;

pub use crate::event::{decode, topics};
