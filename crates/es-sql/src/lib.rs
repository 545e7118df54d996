//! Code that the SQL stores of this workspace share: the recorders and datastores over a [`Database`], which each store
//! implements, and [`group_commit`].
//!
//! This crate is internal. It follows no version policy: any release may change it.

mod database;
mod factory;
mod footprint;
mod name;
mod recorder;
mod save;
mod tags;

pub mod group_commit;

pub use self::{
    database::Database,
    factory::{persistence, persistence_with},
    footprint::Footprint,
    name::{SqlName, SqlNameError},
    save::{Save, Tagging},
    tags::{Way, keys_of, ways},
};
