//! Which aggregates can be copied.

use std::marker::PhantomData;

/// Finds out whether `A` is `Clone`, as [`Snapshots`](crate::snapshot::Snapshots) does for what it finds out.
#[derive(Debug)]
pub struct Copies<A>(PhantomData<A>);

impl<A> Copies<A> {
    /// Finds out.
    #[expect(clippy::new_without_default, reason = "only the macros call it")]
    pub const fn new() -> Self {
        Self(PhantomData)
    }
}

/// An aggregate that can be copied.
pub trait HasCopies<A> {
    /// A copy.
    fn copy_of(&self, aggregate: &A) -> Option<A>;
}

impl<A: Clone> HasCopies<A> for Copies<A> {
    fn copy_of(&self, aggregate: &A) -> Option<A> {
        Some(aggregate.clone())
    }
}

/// Any aggregate.
pub trait HasNoCopies<A> {
    /// Nothing.
    fn copy_of(&self, aggregate: &A) -> Option<A>;
}

impl<A> HasNoCopies<A> for &Copies<A> {
    fn copy_of(&self, _: &A) -> Option<A> {
        None
    }
}
