//! The suite itself: it finds the faults that it is there for, and nothing else.

mod controls;
mod decisions;
mod flawed;
mod ignoring;
mod pages;
mod repeats;
mod snapshots;
mod tracking;
