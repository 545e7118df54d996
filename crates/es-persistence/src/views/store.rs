//! What a database of read models has to do.

use std::{fmt, sync::Arc};

use futures_core::future::BoxFuture;
use uuid::Uuid;

use crate::{
    RecorderError, TrackingKey,
    views::{
        Checkpoint, Claim, DeadLetter, Disposition, Generation, GenerationId, Lease, Reading, ViewName, ViewStatus,
        ViewTransaction,
    },
};

/// A database that keeps read models. Object-safe for a given type of connection.
///
/// # Contract
///
/// - Generations do not know of each other: each has tables, a lease, positions and dead letters of its own.
/// - One instance at most has the lease of a generation. Its end is judged by the clock of the database.
/// - Each lease has a greater fence than all leases of the generation before it.
/// - [`publish`](Self::publish) and [`switch_to`](Self::switch_to) change what readers get in one transaction.
pub trait ViewStore<C>: fmt::Debug + Send + Sync + 'static {
    /// Returns all generations of all versions of a read model, in the order of versions and numbers.
    ///
    /// # Errors
    ///
    /// [`RecorderError`] when the store cannot be read or the name cannot be that of a read model.
    ///
    /// # Cancel safety
    ///
    /// Reading changes nothing; the future may be dropped.
    fn generations(&self, name: Arc<str>) -> BoxFuture<'_, Result<Vec<Generation>, RecorderError>>;

    /// Returns the generation of `view` that is being built, or makes an empty one.
    ///
    /// # Errors
    ///
    /// [`RecorderError`] when the store cannot be written or the name cannot be that of a read model.
    ///
    /// # Cancel safety
    ///
    /// A future that is dropped leaves the generation made or not.
    fn build(&self, view: ViewName) -> BoxFuture<'_, Result<Generation, RecorderError>>;

    /// Makes a generation the live one of its version, and its version the current one, in one transaction. The generation
    /// that was live is retired. A version that is older than the current one stays behind it.
    ///
    /// # Errors
    ///
    /// [`Invalid`](crate::RecorderErrorKind::Invalid) when there is no such generation; otherwise as [`build`](Self::build).
    ///
    /// # Cancel safety
    ///
    /// A future that is dropped leaves the switch made or not.
    fn publish(&self, generation: GenerationId) -> BoxFuture<'_, Result<(), RecorderError>>;

    /// Makes a live or retired generation the one that readers get, whatever its version.
    ///
    /// # Errors
    ///
    /// [`Invalid`](crate::RecorderErrorKind::Invalid) when there is no such generation or it is still being built; otherwise
    /// as [`build`](Self::build).
    ///
    /// # Cancel safety
    ///
    /// A future that is dropped leaves the switch made or not.
    fn switch_to(&self, generation: GenerationId) -> BoxFuture<'_, Result<(), RecorderError>>;

    /// Removes a generation with its tables.
    ///
    /// # Errors
    ///
    /// [`Invalid`](crate::RecorderErrorKind::Invalid) when the generation is current or an instance has its lease; otherwise as
    /// [`build`](Self::build).
    ///
    /// # Cancel safety
    ///
    /// A future that is dropped leaves the generation removed or not.
    fn remove(&self, generation: GenerationId) -> BoxFuture<'_, Result<(), RecorderError>>;

    /// Takes the lease of a generation, or returns `None` while another instance has it.
    ///
    /// # Errors
    ///
    /// [`Invalid`](crate::RecorderErrorKind::Invalid) when there is no such generation; otherwise as [`build`](Self::build).
    ///
    /// # Cancel safety
    ///
    /// A future that is dropped leaves the lease taken or not.
    fn acquire(&self, generation: GenerationId, claim: Claim) -> BoxFuture<'_, Result<Option<Lease>, RecorderError>>;

    /// Takes the lease of a generation, also from another instance that has it.
    ///
    /// # Errors
    ///
    /// As [`acquire`](Self::acquire).
    ///
    /// # Cancel safety
    ///
    /// As [`acquire`](Self::acquire).
    fn seize(&self, generation: GenerationId, claim: Claim) -> BoxFuture<'_, Result<Lease, RecorderError>>;

    /// Renews a lease.
    ///
    /// # Errors
    ///
    /// [`Fenced`](crate::RecorderErrorKind::Fenced) when another instance has it; otherwise as [`build`](Self::build).
    ///
    /// # Cancel safety
    ///
    /// A future that is dropped leaves the lease renewed or not.
    fn renew<'a>(&'a self, lease: &'a Lease) -> BoxFuture<'a, Result<(), RecorderError>>;

    /// Gives a lease back, so that others need not wait for its end, and stores why, if an error is the reason. A lease that
    /// has passed to another instance is left alone.
    ///
    /// # Errors
    ///
    /// As [`build`](Self::build).
    ///
    /// # Cancel safety
    ///
    /// A future that is dropped leaves the lease given back or not.
    fn release(&self, lease: Lease, error: Option<String>) -> BoxFuture<'_, Result<(), RecorderError>>;

    /// Stores an error, so that all instances can see it. The next commit removes it.
    ///
    /// # Errors
    ///
    /// As [`renew`](Self::renew).
    ///
    /// # Cancel safety
    ///
    /// A future that is dropped leaves the error stored or not.
    fn report<'a>(&'a self, lease: &'a Lease, error: String) -> BoxFuture<'a, Result<(), RecorderError>>;

    /// Begins a transaction under a lease.
    ///
    /// # Errors
    ///
    /// [`RecorderError`] when the store cannot be written.
    ///
    /// # Cancel safety
    ///
    /// A future that is dropped leaves nothing.
    fn begin<'a>(&'a self, lease: &'a Lease) -> BoxFuture<'a, Result<Box<dyn ViewTransaction<C>>, RecorderError>>;

    /// Returns how far a generation has come in a log, or `None` if it has not begun.
    ///
    /// # Errors
    ///
    /// [`RecorderError`] when the store cannot be read.
    ///
    /// # Cancel safety
    ///
    /// Reading changes nothing; the future may be dropped.
    fn checkpoint(
        &self,
        generation: GenerationId,
        key: TrackingKey,
    ) -> BoxFuture<'_, Result<Option<Checkpoint>, RecorderError>>;

    /// Lends a connection for reading the generation that [serves](ViewName::serving) the readers of `view`.
    ///
    /// # Errors
    ///
    /// [`Invalid`](crate::RecorderErrorKind::Invalid) when there is none; otherwise as [`checkpoint`](Self::checkpoint).
    ///
    /// # Cancel safety
    ///
    /// Reading changes nothing; the future may be dropped.
    fn read(&self, view: ViewName) -> BoxFuture<'_, Result<Reading<C>, RecorderError>>;

    /// Lends a connection for reading one generation.
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read).
    ///
    /// # Cancel safety
    ///
    /// As [`read`](Self::read).
    fn read_generation(&self, generation: GenerationId) -> BoxFuture<'_, Result<Reading<C>, RecorderError>>;

    /// Returns the dead letters of a generation by log and position.
    ///
    /// # Errors
    ///
    /// As [`checkpoint`](Self::checkpoint).
    ///
    /// # Cancel safety
    ///
    /// As [`checkpoint`](Self::checkpoint).
    fn dead_letters(&self, generation: GenerationId) -> BoxFuture<'_, Result<Vec<DeadLetter>, RecorderError>>;

    /// Changes what becomes of the event of a letter. Returns `false` if there is no such letter.
    ///
    /// # Errors
    ///
    /// As [`build`](Self::build).
    ///
    /// # Cancel safety
    ///
    /// A future that is dropped leaves the letter changed or not.
    fn dispose<'a>(
        &'a self,
        generation: GenerationId,
        letter: &'a DeadLetter,
        disposition: Disposition,
    ) -> BoxFuture<'a, Result<bool, RecorderError>>;

    /// Returns what the store knows of a generation.
    ///
    /// # Errors
    ///
    /// As [`checkpoint`](Self::checkpoint).
    ///
    /// # Cancel safety
    ///
    /// As [`checkpoint`](Self::checkpoint).
    fn status(&self, generation: Generation) -> BoxFuture<'_, Result<ViewStatus, RecorderError>>;
}

/// A database that keeps read models, such as `es_sqlite::views(&environment)?`. A clone is the same database.
#[derive(Debug)]
pub struct Views<C>(Arc<dyn ViewStore<C>>);

impl<C: 'static> Views<C> {
    /// Wraps a store.
    pub fn new(store: impl ViewStore<C>) -> Self {
        Self(Arc::new(store))
    }

    /// The store itself.
    pub fn store(&self) -> &Arc<dyn ViewStore<C>> {
        &self.0
    }

    /// Lends a connection for reading the current generation of a read model, whatever its version: for programs that read
    /// without running the projection.
    ///
    /// # Errors
    ///
    /// [`Invalid`](crate::RecorderErrorKind::Invalid) when no generation was published yet; otherwise [`RecorderError`] when
    /// the store cannot be read.
    ///
    /// # Cancel safety
    ///
    /// Reading changes nothing; the future may be dropped.
    pub async fn read(&self, name: impl Into<Arc<str>> + Send) -> Result<Reading<C>, RecorderError> {
        let name = name.into();
        let generations = self.0.generations(Arc::clone(&name)).await?;
        match generations.into_iter().find(|generation| generation.is_current) {
            Some(current) => self.0.read_generation(current.id).await,
            None => Err(unpublished(&name)),
        }
    }

    /// Returns all generations of all versions of a read model, with the position, the owner and the last error of each.
    ///
    /// # Errors
    ///
    /// [`RecorderError`] when the store cannot be read.
    ///
    /// # Cancel safety
    ///
    /// Reading changes nothing; the future may be dropped.
    pub async fn status(&self, name: impl Into<Arc<str>> + Send) -> Result<Vec<ViewStatus>, RecorderError> {
        let mut statuses = Vec::new();
        for generation in self.0.generations(name.into()).await? {
            statuses.push(self.0.status(generation).await?);
        }
        Ok(statuses)
    }

    /// Lets readers get another generation: back to a retired one, or forth again. Instances that write the generation that
    /// was live go on with this one within a third of their lease's time.
    ///
    /// # Errors
    ///
    /// [`Invalid`](crate::RecorderErrorKind::Invalid) when there is no such generation or it is still being built; otherwise
    /// [`RecorderError`] when the store cannot be written.
    ///
    /// # Cancel safety
    ///
    /// A future that is dropped leaves the switch made or not.
    pub async fn switch_to(&self, generation: GenerationId) -> Result<(), RecorderError> {
        let before = self.0.generations(Arc::clone(&generation.view.name)).await?;
        self.0.switch_to(generation.clone()).await?;
        let serving = generation.view.serving(&before).map(|serving| &serving.id);
        match serving.filter(|serving| **serving != generation) {
            Some(retired) => self.dismiss(retired.clone()).await,
            None => Ok(()),
        }
    }

    /// Ends the lease of the instance that writes a generation, if there is one.
    async fn dismiss(&self, generation: GenerationId) -> Result<(), RecorderError> {
        let nobody = Claim::new(Uuid::nil(), std::time::Duration::ZERO);
        let lease = self.0.seize(generation, nobody).await?;
        self.0.release(lease, None).await
    }

    /// Removes a generation with its tables.
    ///
    /// # Errors
    ///
    /// [`Invalid`](crate::RecorderErrorKind::Invalid) when the generation is current or an instance writes it; otherwise
    /// [`RecorderError`] when the store cannot be written.
    ///
    /// # Cancel safety
    ///
    /// A future that is dropped leaves the generation removed or not.
    pub async fn remove(&self, generation: GenerationId) -> Result<(), RecorderError> {
        self.0.remove(generation).await
    }
}

fn unpublished(name: &str) -> RecorderError {
    let cause =
        format!("no version of the read model {name} was published yet: run its projection until it has caught up");
    RecorderError::new(
        "the store of read models",
        crate::Operation::ReadView,
        crate::RecorderErrorKind::Invalid,
    )
    .with_source(cause)
}

impl<C> Clone for Views<C> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}
