//! What the SQL stores share. It is no part of the public API and may change in any release.

mod name;

pub use self::name::{SqlName, SqlNameError};
