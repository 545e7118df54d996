//! Detection of aggregates that can have snapshots.

use std::marker::PhantomData;

use serde::{Serialize, de::DeserializeOwned};

use crate::Aggregate;

/// An operation on an aggregate type that has snapshots; see [`Aggregate::with_snapshots`].
pub trait SnapshotVisitor<A: Aggregate> {
    /// The result of the operation.
    type Output;

    /// Carries out the operation.
    fn visit(self) -> Self::Output
    where
        A: Serialize + DeserializeOwned;
}

/// Detects whether `A` can be written and read. The compiler prefers the method of the first trait if `A` has it, because
/// that method needs one reference less.
#[derive(Debug)]
pub struct Snapshots<A>(PhantomData<A>);

impl<A> Snapshots<A> {
    /// Makes a detector.
    #[expect(clippy::new_without_default, reason = "only the macros call it")]
    pub const fn new() -> Self {
        Self(PhantomData)
    }
}

/// An aggregate that can be written and read.
pub trait HasSnapshots<A: Aggregate> {
    /// Carries out the operation of `visitor`.
    fn visit<V: SnapshotVisitor<A>>(&self, visitor: V) -> Option<V::Output>;
}

impl<A: Aggregate + Serialize + DeserializeOwned> HasSnapshots<A> for Snapshots<A> {
    fn visit<V: SnapshotVisitor<A>>(&self, visitor: V) -> Option<V::Output> {
        Some(visitor.visit())
    }
}

/// An aggregate of any type.
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
