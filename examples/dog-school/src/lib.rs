//! A dog school: the smallest event-sourced application that does something.

pub mod dog;
pub mod school;
