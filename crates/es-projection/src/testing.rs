//! Tests of read models without a log.

mod given;
mod prefixes;

pub use self::given::{Given, GivenEvent, Projected, given};
