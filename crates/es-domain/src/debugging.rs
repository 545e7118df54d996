//! Which aggregates can be printed.

use std::{fmt, marker::PhantomData};

/// Finds out whether `A` is `Debug`, as [`Snapshots`](crate::snapshot::Snapshots) finds out whether it can be written.
#[derive(Debug)]
pub struct Debugging<A>(PhantomData<A>);

impl<A> Debugging<A> {
    /// Asks for `A`.
    #[expect(clippy::new_without_default, reason = "only the macros call it")]
    pub const fn new() -> Self {
        Self(PhantomData)
    }
}

/// An aggregate that can be printed.
pub trait HasDebug<A> {
    /// Returns what `aggregate` prints.
    fn print(&self, aggregate: &A) -> Option<String>;
}

impl<A: fmt::Debug> HasDebug<A> for Debugging<A> {
    fn print(&self, aggregate: &A) -> Option<String> {
        Some(format!("{aggregate:?}"))
    }
}

/// Any aggregate.
pub trait HasNoDebug<A> {
    /// Returns `None`.
    fn print(&self, aggregate: &A) -> Option<String>;
}

impl<A> HasNoDebug<A> for &Debugging<A> {
    fn print(&self, _: &A) -> Option<String> {
        None
    }
}
