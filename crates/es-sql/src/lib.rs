//! Code that the SQL stores of this workspace share: the recorders and datastores over a [`Database`], which each store
//! implements, and [`group_commit`].
//!
//! This crate is internal. It follows no version policy: any release may change it.

mod database;
mod factory;
mod name;
mod recorder;
mod save;

pub mod group_commit;

pub use self::{
    database::Database,
    factory::{persistence, persistence_with},
    name::{SqlName, SqlNameError},
    save::Save,
};
