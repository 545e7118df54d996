//! The store of read models over its files.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError, atomic::AtomicBool},
    time::Duration,
};

use es_persistence::{
    BoxFuture, Operation, RecorderError, TrackingKey,
    views::{
        Checkpoint, Claim, DeadLetter, Disposition, Generation, GenerationId, Lease, Reading, ViewName, ViewStatus,
        ViewStore, ViewTransaction,
    },
};
use sqlx::{Sqlite, SqliteConnection, pool::PoolConnection};
use tokio::sync::OnceCell;
use uuid::Uuid;

use super::{
    file::File,
    lease, letters, name,
    place::Place,
    registry::{Registry, invalid},
    tables,
    transaction::SqliteTransaction,
};
use crate::error::Failure;

/// The read models of one folder.
#[derive(Debug)]
pub(super) struct SqliteViews {
    place: Place,
    registry: OnceCell<Registry>,
    files: Mutex<HashMap<GenerationId, Arc<Opened>>>,
}

/// The open file of a generation.
#[derive(Debug)]
struct Opened {
    file: File,
    /// Whether the projection's own tables are known to be made.
    is_made: Arc<AtomicBool>,
}

/// How long a lease lasts under which a generation is removed.
const REMOVAL: Duration = Duration::from_hours(1);

impl SqliteViews {
    pub(super) fn new(place: Place) -> Self {
        Self {
            place,
            registry: OnceCell::new(),
            files: Mutex::default(),
        }
    }

    async fn registry(&self) -> Result<&Registry, RecorderError> {
        let open = || async {
            self.place.make()?;
            let config = self.place.file("views");
            File::open(config, tables::REGISTRY).await.map(Registry)
        };
        self.registry.get_or_try_init(open).await
    }

    fn files(&self) -> MutexGuard<'_, HashMap<GenerationId, Arc<Opened>>> {
        self.files.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The file of a generation, which has to be in the registry.
    async fn opened(&self, id: &GenerationId) -> Result<Arc<Opened>, RecorderError> {
        if let Some(opened) = self.files().get(id) {
            return Ok(Arc::clone(opened));
        }
        let all = self.registry().await?.generations(&id.view.name).await?;
        if all.iter().all(|generation| generation.id != *id) {
            return Err(invalid(format!("there is no {id}")));
        }
        let config = self.place.file(&name::of_generation(id, Operation::Open)?);
        let opened = Arc::new(Opened {
            file: File::open(config, tables::GENERATION).await?,
            is_made: Arc::default(),
        });
        // Another call may have opened it meanwhile: one writer is enough.
        Ok(Arc::clone(self.files().entry(id.clone()).or_insert(opened)))
    }

    async fn reader(&self, id: &GenerationId) -> Result<PoolConnection<Sqlite>, RecorderError> {
        self.opened(id).await?.file.reader().await
    }

    async fn serving(&self, view: &ViewName) -> Result<GenerationId, RecorderError> {
        let all = self.registry().await?.generations(&view.name).await?;
        let serving = view.serving(&all).map(|serving| serving.id.clone());
        serving.ok_or_else(|| invalid(format!("there is no {view}: start its projection")))
    }

    async fn lend(&self, id: &GenerationId) -> Result<Reading<SqliteConnection>, RecorderError> {
        Ok(Reading::new(self.reader(id).await?))
    }

    /// Removes a generation under a lease, so that no instance writes it.
    async fn drop_generation(&self, id: GenerationId) -> Result<(), RecorderError> {
        let opened = self.opened(&id).await?;
        let in_use = || {
            invalid(format!(
                "{id} is in use: switch to another one, and stop the instance that writes it"
            ))
        };
        let claim = Claim::new(Uuid::max(), REMOVAL);
        let lease = lease::acquire(&opened.file, id.clone(), claim)
            .await?
            .ok_or_else(in_use)?;
        if !self.registry().await?.forget(&id).await? {
            lease::release(&opened.file, &lease, None).await?;
            return Err(in_use());
        }
        self.files().remove(&id);
        opened.file.close().await;
        let removed = self.place.remove(&name::of_generation(&id, Operation::SwitchView)?);
        removed.map_err(|error| invalid(format!("{id} is gone, but its file cannot be removed: {error}")))
    }

    async fn status_of(&self, generation: Generation) -> Result<ViewStatus, RecorderError> {
        let id = generation.id.clone();
        let mut status = ViewStatus::new(generation);
        let mut reader = self.reader(&id).await?;
        let held = lease::held(&mut reader).await.map_err(unread)?;
        let checkpoints = letters::checkpoints(&mut reader).await.map_err(unread)?;
        let letters = letters::all(&mut reader).await.map_err(unread)?;
        status.owner = held.owner;
        status.lease_left = held
            .owner
            .map_or(Duration::ZERO, |_| Duration::from_secs_f64(held.seconds_left));
        status.fence = held.fence;
        status.error = held.error;
        status.checkpoints = checkpoints;
        let waiting = letters
            .iter()
            .filter(|letter| letter.disposition != Disposition::Skipped);
        status.set_aside = waiting.count() as u64;
        Ok(status)
    }
}

fn unread(error: sqlx::Error) -> RecorderError {
    Failure::from(error).into_error(Operation::ReadView)
}

impl ViewStore<SqliteConnection> for SqliteViews {
    fn generations(&self, name: Arc<str>) -> BoxFuture<'_, Result<Vec<Generation>, RecorderError>> {
        Box::pin(async move { self.registry().await?.generations(&name).await })
    }

    fn build(&self, view: ViewName) -> BoxFuture<'_, Result<Generation, RecorderError>> {
        Box::pin(async move { self.registry().await?.build(&view).await })
    }

    fn publish(&self, generation: GenerationId) -> BoxFuture<'_, Result<(), RecorderError>> {
        Box::pin(async move { self.registry().await?.publish(&generation).await })
    }

    fn switch_to(&self, generation: GenerationId) -> BoxFuture<'_, Result<(), RecorderError>> {
        Box::pin(async move { self.registry().await?.switch_to(&generation).await })
    }

    fn remove(&self, generation: GenerationId) -> BoxFuture<'_, Result<(), RecorderError>> {
        Box::pin(self.drop_generation(generation))
    }

    fn acquire(&self, generation: GenerationId, claim: Claim) -> BoxFuture<'_, Result<Option<Lease>, RecorderError>> {
        Box::pin(async move { lease::acquire(&self.opened(&generation).await?.file, generation, claim).await })
    }

    fn seize(&self, generation: GenerationId, claim: Claim) -> BoxFuture<'_, Result<Lease, RecorderError>> {
        Box::pin(async move { lease::seize(&self.opened(&generation).await?.file, generation, claim).await })
    }

    fn renew<'a>(&'a self, lease: &'a Lease) -> BoxFuture<'a, Result<(), RecorderError>> {
        Box::pin(async move { lease::renew(&self.opened(&lease.generation).await?.file, lease).await })
    }

    fn release(&self, lease: Lease, error: Option<String>) -> BoxFuture<'_, Result<(), RecorderError>> {
        Box::pin(async move { lease::release(&self.opened(&lease.generation).await?.file, &lease, error).await })
    }

    fn report<'a>(&'a self, lease: &'a Lease, error: String) -> BoxFuture<'a, Result<(), RecorderError>> {
        Box::pin(async move { lease::report(&self.opened(&lease.generation).await?.file, lease, &error).await })
    }

    fn begin<'a>(
        &'a self,
        lease: &'a Lease,
    ) -> BoxFuture<'a, Result<Box<dyn ViewTransaction<SqliteConnection>>, RecorderError>> {
        Box::pin(async move {
            let opened = self.opened(&lease.generation).await?;
            let begun = SqliteTransaction::begin(&opened.file, lease.clone(), Arc::clone(&opened.is_made));
            Ok(Box::new(begun.await?) as Box<dyn ViewTransaction<SqliteConnection>>)
        })
    }

    fn checkpoint(
        &self,
        generation: GenerationId,
        key: TrackingKey,
    ) -> BoxFuture<'_, Result<Option<Checkpoint>, RecorderError>> {
        Box::pin(async move {
            let mut reader = self.reader(&generation).await?;
            letters::checkpoint(&mut reader, &key).await.map_err(unread)
        })
    }

    fn read(&self, view: ViewName) -> BoxFuture<'_, Result<Reading<SqliteConnection>, RecorderError>> {
        Box::pin(async move { self.lend(&self.serving(&view).await?).await })
    }

    fn read_generation(&self, id: GenerationId) -> BoxFuture<'_, Result<Reading<SqliteConnection>, RecorderError>> {
        Box::pin(async move { self.lend(&id).await })
    }

    fn dead_letters(&self, generation: GenerationId) -> BoxFuture<'_, Result<Vec<DeadLetter>, RecorderError>> {
        Box::pin(async move {
            let mut reader = self.reader(&generation).await?;
            letters::all(&mut reader).await.map_err(unread)
        })
    }

    fn dispose<'a>(
        &'a self,
        generation: GenerationId,
        letter: &'a DeadLetter,
        disposition: Disposition,
    ) -> BoxFuture<'a, Result<bool, RecorderError>> {
        Box::pin(async move {
            let mut writer = self.opened(&generation).await?.file.writer().await?;
            let disposed = letters::dispose(writer.connection(), letter, disposition).await;
            writer.settle(disposed, Operation::WriteView)
        })
    }

    fn status(&self, generation: Generation) -> BoxFuture<'_, Result<ViewStatus, RecorderError>> {
        Box::pin(self.status_of(generation))
    }
}
