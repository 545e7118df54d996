//! What the SQL stores share: everything between the public traits and a [`Database`], which is all that differs.
//!
//! It is no part of the public API and may change in any release.

mod database;
mod factory;
mod name;
mod recorder;
mod save;
mod snapshots;

pub use self::{
    database::Database,
    factory::{persistence, persistence_with},
    name::{SqlName, SqlNameError},
    save::{Save, Table},
};
