//! Which aggregates have snapshots.

use std::marker::PhantomData;

use serde::{Serialize, de::DeserializeOwned};

use crate::Aggregate;

/// Something to do with an aggregate that has snapshots; see [`Aggregate::with_snapshots`].
pub trait SnapshotVisitor<A: Aggregate> {
    /// What comes of it.
    type Output;

    /// Does it.
    fn visit(self) -> Self::Output
    where
        A: Serialize + DeserializeOwned;
}

/// Finds out whether `A` can be written and read: the method of the first trait is taken where it is there, because it
/// needs one reference less.
#[derive(Debug)]
pub struct Snapshots<A>(PhantomData<A>);

impl<A> Snapshots<A> {
    /// Finds out.
    #[expect(clippy::new_without_default, reason = "only the macros call it")]
    pub const fn new() -> Self {
        Self(PhantomData)
    }
}

/// An aggregate that can be written and read.
pub trait HasSnapshots<A: Aggregate> {
    /// Lets `visitor` do its work.
    fn visit<V: SnapshotVisitor<A>>(&self, visitor: V) -> Option<V::Output>;
}

impl<A: Aggregate + Serialize + DeserializeOwned> HasSnapshots<A> for Snapshots<A> {
    fn visit<V: SnapshotVisitor<A>>(&self, visitor: V) -> Option<V::Output> {
        Some(visitor.visit())
    }
}

/// Any aggregate.
pub trait HasNoSnapshots<A: Aggregate> {
    /// Does nothing.
    fn visit<V: SnapshotVisitor<A>>(&self, visitor: V) -> Option<V::Output>;
}

impl<A: Aggregate> HasNoSnapshots<A> for &Snapshots<A> {
    fn visit<V: SnapshotVisitor<A>>(&self, visitor: V) -> Option<V::Output> {
        drop(visitor);
        None
    }
}
