//! An event-sourced application that uses little of the library: events, entity, mutator, publishing and mapping are its
//! own, and only the recorder, which keeps rows, comes from `es-persistence`.
//!
//! It shows how event sourcing works, and where each part of the library has its place. (The program is the
//! "stand-alone example" of the documentation of Python's `eventsourcing`, version 5.)

pub mod application;
pub mod entity;
pub mod event;
pub mod publishing;
pub mod store;
