//! Writing a read model.

use futures_core::future::BoxFuture;

use crate::{
    RecorderError,
    views::{Checkpoint, DeadLetter},
};

/// A transaction in the tables of one generation, by a connection `C`.
///
/// # Contract
///
/// - A transaction that is dropped or rolled back leaves nothing.
/// - The lease is checked by the commit, in the same transaction as rows, positions and dead letters: a lease that was taken
///   over in the meantime commits nothing of them.
/// - A position never goes back.
pub trait ViewTransaction<C>: Send {
    /// Returns `true` if the projection's own tables have not been made yet. They count as made after the first commit.
    fn is_new(&self) -> bool;

    /// The connection, for the projection's own statements. It must neither commit nor roll back.
    fn connection(&mut self) -> &mut C;

    /// Stores letters. One that is there already is replaced.
    ///
    /// # Errors
    ///
    /// [`RecorderError`] when the store fails. The transaction can then only be rolled back.
    ///
    /// # Cancel safety
    ///
    /// After the future was dropped, the transaction can only be dropped.
    fn set_aside(&mut self, letters: Vec<DeadLetter>) -> BoxFuture<'_, Result<(), RecorderError>>;

    /// Removes a letter, because its event was taken after all.
    ///
    /// # Errors
    ///
    /// As [`set_aside`](Self::set_aside).
    ///
    /// # Cancel safety
    ///
    /// As [`set_aside`](Self::set_aside).
    fn settle<'a>(&'a mut self, letter: &'a DeadLetter) -> BoxFuture<'a, Result<(), RecorderError>>;

    /// Stores how far the read model has come, renews the lease and commits.
    ///
    /// # Errors
    ///
    /// [`Fenced`](crate::RecorderErrorKind::Fenced) when the lease was taken over,
    /// [`AlreadyTracked`](crate::RecorderErrorKind::AlreadyTracked) when a position would go back; nothing is stored in both
    /// cases. [`OutcomeUnknown`](crate::RecorderErrorKind::OutcomeUnknown) when the connection was lost: take the lease again
    /// and read the checkpoint to learn what was stored.
    ///
    /// # Cancel safety
    ///
    /// A future that is dropped leaves all of the transaction stored, or nothing.
    fn commit(self: Box<Self>, checkpoints: Vec<Checkpoint>) -> BoxFuture<'static, Result<(), RecorderError>>;

    /// Rolls back.
    ///
    /// # Errors
    ///
    /// [`RecorderError`] when the connection is lost. Nothing is stored then either, and a failure of the projection was
    /// probably one of the connection.
    ///
    /// # Cancel safety
    ///
    /// A future that is dropped leaves nothing stored.
    fn rollback(self: Box<Self>) -> BoxFuture<'static, Result<(), RecorderError>>;
}
