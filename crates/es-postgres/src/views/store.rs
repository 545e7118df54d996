//! The store of read models over a pool of connections.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError, atomic::AtomicBool},
    time::Duration,
};

use es_persistence::{
    BoxFuture, Operation, RecorderError, TrackingKey,
    views::{
        Checkpoint, Claim, DeadLetter, Disposition, Generation, GenerationId, Lease, Reading, ViewName, ViewStatus,
        ViewStore, ViewTransaction,
    },
};
use sqlx::{AssertSqlSafe, PgConnection};
use tokio::sync::OnceCell;
use uuid::Uuid;

use super::{
    lease::{self, Way},
    letters,
    namespace::Namespace,
    reading::Lent,
    registry::{self, Step, invalid},
    tables,
    transaction::PostgresTransaction,
};
use crate::{
    config::Config,
    connection::cannot_open,
    connections::{self, Connections},
    error::Failure,
};

/// The read models of one database.
#[derive(Debug)]
pub(super) struct PostgresViews {
    config: Config,
    connections: Arc<Connections>,
    registry: OnceCell<Namespace>,
    /// For each generation, whether the projection's own tables are known to be made.
    made: Mutex<HashMap<GenerationId, Arc<AtomicBool>>>,
}

impl PostgresViews {
    pub(super) fn new(config: Config) -> Self {
        Self {
            connections: Connections::new(config.clone()),
            config,
            registry: OnceCell::new(),
            made: Mutex::default(),
        }
    }

    /// The schema of the registry, whose tables are made when it is first asked for.
    async fn registry(&self) -> Result<&Namespace, RecorderError> {
        let open = || async {
            let namespace = Namespace::of_registry(&self.config.schema);
            if self.config.create_table {
                let made = self.make(&namespace, tables::REGISTRY).await;
                made.map_err(|failure| cannot_open(&self.config, failure))?;
            }
            Ok(namespace)
        };
        self.registry.get_or_try_init(open).await
    }

    async fn make(&self, namespace: &Namespace, made: &'static str) -> Result<(), Failure> {
        let mut connection = self.connections.lease().await?;
        let statements = format!("BEGIN; {}; {} {made} COMMIT", tables::LOCK, tables::SCHEMA);
        sqlx::raw_sql(namespace.fill(&statements))
            .execute(&mut connection.driver)
            .await?;
        connection.give_back();
        Ok(())
    }

    fn namespace(&self, id: &GenerationId, operation: Operation) -> Result<Namespace, RecorderError> {
        Namespace::of(&self.config.schema, id, operation)
    }

    fn is_made(&self, id: &GenerationId) -> Arc<AtomicBool> {
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(made.entry(id.clone()).or_default())
    }

    /// Lends a connection that has answered just now.
    async fn connection(&self, operation: Operation) -> Result<connections::Lease, RecorderError> {
        let lease = self.connections.lease().await;
        lease.map_err(|failure| failure.into_error(operation))
    }

    /// Lends a connection in a transaction whose path is the schema of a generation.
    async fn begin_in(
        &self,
        namespace: &Namespace,
        mode: &str,
        operation: Operation,
    ) -> Result<connections::Lease, RecorderError> {
        let timeout = self.config.idle_in_transaction.as_millis();
        let statements = format!(
            "BEGIN {mode}; SET LOCAL search_path TO {namespace}, {}; SET LOCAL idle_in_transaction_session_timeout TO {timeout}",
            self.config.schema
        );
        let mut lease = self.connection(operation).await?;
        let begun = sqlx::raw_sql(AssertSqlSafe(statements))
            .execute(&mut lease.driver)
            .await;
        begun.map_err(|error| Failure::from(error).into_error(operation))?;
        Ok(lease)
    }

    /// Begins to change the registry. Others who do so wait.
    async fn begin_switch(&self, registry: &Namespace) -> Result<connections::Lease, RecorderError> {
        let mut lease = self.begin_in(registry, "", Operation::SwitchView).await?;
        let locked = sqlx::raw_sql(tables::LOCK).execute(&mut lease.driver).await;
        locked.map_err(unswitched)?;
        Ok(lease)
    }

    async fn all_of(&self, name: &str) -> Result<Vec<Generation>, RecorderError> {
        let registry = self.registry().await?;
        let mut lease = self.connection(Operation::ReadView).await?;
        let all = registry::generations(registry, &mut lease.driver, name).await?;
        lease.give_back();
        Ok(all)
    }

    async fn take(&self, id: GenerationId, claim: Claim, way: Way) -> Result<Option<Lease>, RecorderError> {
        let namespace = self.namespace(&id, Operation::AcquireLease)?;
        let mut lease = self.connection(Operation::AcquireLease).await?;
        let taken = lease::take(&namespace, &mut lease.driver, way, id, claim).await?;
        lease.give_back();
        Ok(taken)
    }

    async fn lend(&self, id: &GenerationId) -> Result<Reading<PgConnection>, RecorderError> {
        let namespace = self.namespace(id, Operation::ReadView)?;
        let lease = self.begin_in(&namespace, "READ ONLY", Operation::ReadView).await?;
        Ok(Reading::new(Lent::new(lease)))
    }

    async fn serving(&self, view: &ViewName) -> Result<GenerationId, RecorderError> {
        let all = self.all_of(&view.name).await?;
        let serving = view.serving(&all).map(|serving| serving.id.clone());
        serving.ok_or_else(|| invalid(format!("there is no {view}: start its projection")))
    }

    async fn make_generation(&self, view: ViewName) -> Result<Generation, RecorderError> {
        let registry = self.registry().await?;
        let mut lease = self.begin_switch(registry).await?;
        let (generation, is_new) = registry::build(registry, &mut lease.driver, &view).await?;
        if is_new {
            let namespace = self.namespace(&generation.id, Operation::SwitchView)?;
            let tables = format!("{} {}", tables::SCHEMA, tables::GENERATION);
            let made = sqlx::raw_sql(namespace.fill(&tables)).execute(&mut lease.driver).await;
            made.map_err(unswitched)?;
        }
        commit(lease).await?;
        Ok(generation)
    }

    async fn enliven(&self, id: &GenerationId, step: Step) -> Result<(), RecorderError> {
        let registry = self.registry().await?;
        let mut lease = self.begin_switch(registry).await?;
        registry::enliven(registry, &mut lease.driver, id, step).await?;
        commit(lease).await
    }

    /// Removes a generation under a lease, so that no instance writes it.
    async fn drop_generation(&self, id: GenerationId) -> Result<(), RecorderError> {
        let namespace = self.namespace(&id, Operation::SwitchView)?;
        let claim = Claim::new(Uuid::max(), Duration::from_hours(1));
        let registry = self.registry().await?;
        let mut lease = self.begin_switch(registry).await?;
        let taken = lease::take(&namespace, &mut lease.driver, Way::Acquire, id.clone(), claim).await?;
        if taken.is_none() || !registry::forget(registry, &mut lease.driver, &id).await? {
            return Err(invalid(format!(
                "{id} is in use: switch to another one, and stop the instance that writes it"
            )));
        }
        let removed = sqlx::raw_sql(namespace.fill("DROP SCHEMA {schema} CASCADE"))
            .execute(&mut lease.driver)
            .await;
        removed.map_err(unswitched)?;
        commit(lease).await
    }

    async fn status_of(&self, generation: Generation) -> Result<ViewStatus, RecorderError> {
        let namespace = self.namespace(&generation.id, Operation::ReadView)?;
        let mut status = ViewStatus::new(generation);
        let mut lease = self.connection(Operation::ReadView).await?;
        let held = lease::held(&namespace, &mut lease.driver).await.map_err(unread)?;
        let checkpoints = letters::checkpoints(&namespace, &mut lease.driver)
            .await
            .map_err(unread)?;
        let letters = letters::all(&namespace, &mut lease.driver).await.map_err(unread)?;
        lease.give_back();
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

async fn commit(mut lease: connections::Lease) -> Result<(), RecorderError> {
    sqlx::raw_sql("COMMIT")
        .execute(&mut lease.driver)
        .await
        .map_err(unswitched)?;
    lease.give_back();
    Ok(())
}

fn unswitched(error: sqlx::Error) -> RecorderError {
    Failure::from(error).into_error(Operation::SwitchView)
}

fn unread(error: sqlx::Error) -> RecorderError {
    Failure::from(error).into_error(Operation::ReadView)
}

impl ViewStore<PgConnection> for PostgresViews {
    fn generations(&self, name: Arc<str>) -> BoxFuture<'_, Result<Vec<Generation>, RecorderError>> {
        Box::pin(async move { self.all_of(&name).await })
    }

    fn build(&self, view: ViewName) -> BoxFuture<'_, Result<Generation, RecorderError>> {
        Box::pin(self.make_generation(view))
    }

    fn publish(&self, generation: GenerationId) -> BoxFuture<'_, Result<(), RecorderError>> {
        Box::pin(async move { self.enliven(&generation, Step::Publish).await })
    }

    fn switch_to(&self, generation: GenerationId) -> BoxFuture<'_, Result<(), RecorderError>> {
        Box::pin(async move { self.enliven(&generation, Step::Switch).await })
    }

    fn remove(&self, generation: GenerationId) -> BoxFuture<'_, Result<(), RecorderError>> {
        Box::pin(self.drop_generation(generation))
    }

    fn acquire(&self, generation: GenerationId, claim: Claim) -> BoxFuture<'_, Result<Option<Lease>, RecorderError>> {
        Box::pin(self.take(generation, claim, Way::Acquire))
    }

    fn seize(&self, generation: GenerationId, claim: Claim) -> BoxFuture<'_, Result<Lease, RecorderError>> {
        Box::pin(async move {
            let empty = invalid(format!(
                "the table es_view of {generation} is empty: rebuild the read model"
            ));
            self.take(generation, claim, Way::Seize).await?.ok_or(empty)
        })
    }

    fn renew<'a>(&'a self, lease: &'a Lease) -> BoxFuture<'a, Result<(), RecorderError>> {
        Box::pin(async move {
            let namespace = self.namespace(&lease.generation, Operation::AcquireLease)?;
            let mut connection = self.connection(Operation::AcquireLease).await?;
            lease::renew(&namespace, &mut connection.driver, lease).await?;
            connection.give_back();
            Ok(())
        })
    }

    fn release(&self, lease: Lease, error: Option<String>) -> BoxFuture<'_, Result<(), RecorderError>> {
        Box::pin(async move {
            let namespace = self.namespace(&lease.generation, Operation::AcquireLease)?;
            let mut connection = self.connection(Operation::AcquireLease).await?;
            lease::release(&namespace, &mut connection.driver, &lease, error).await?;
            connection.give_back();
            Ok(())
        })
    }

    fn report<'a>(&'a self, lease: &'a Lease, error: String) -> BoxFuture<'a, Result<(), RecorderError>> {
        Box::pin(async move {
            let namespace = self.namespace(&lease.generation, Operation::AcquireLease)?;
            let mut connection = self.connection(Operation::AcquireLease).await?;
            lease::report(&namespace, &mut connection.driver, lease, &error).await?;
            connection.give_back();
            Ok(())
        })
    }

    fn begin<'a>(
        &'a self,
        lease: &'a Lease,
    ) -> BoxFuture<'a, Result<Box<dyn ViewTransaction<PgConnection>>, RecorderError>> {
        Box::pin(async move {
            let namespace = self.namespace(&lease.generation, Operation::WriteView)?;
            let connection = self.begin_in(&namespace, "", Operation::WriteView).await?;
            let is_made = self.is_made(&lease.generation);
            let begun = PostgresTransaction::begin(connection, namespace, lease.clone(), is_made);
            Ok(Box::new(begun.await?) as Box<dyn ViewTransaction<PgConnection>>)
        })
    }

    fn checkpoint(
        &self,
        generation: GenerationId,
        key: TrackingKey,
    ) -> BoxFuture<'_, Result<Option<Checkpoint>, RecorderError>> {
        Box::pin(async move {
            let namespace = self.namespace(&generation, Operation::ReadView)?;
            let mut lease = self.connection(Operation::ReadView).await?;
            let found = letters::checkpoint(&namespace, &mut lease.driver, &key)
                .await
                .map_err(unread)?;
            lease.give_back();
            Ok(found)
        })
    }

    fn read(&self, view: ViewName) -> BoxFuture<'_, Result<Reading<PgConnection>, RecorderError>> {
        Box::pin(async move { self.lend(&self.serving(&view).await?).await })
    }

    fn read_generation(&self, id: GenerationId) -> BoxFuture<'_, Result<Reading<PgConnection>, RecorderError>> {
        Box::pin(async move { self.lend(&id).await })
    }

    fn dead_letters(&self, generation: GenerationId) -> BoxFuture<'_, Result<Vec<DeadLetter>, RecorderError>> {
        Box::pin(async move {
            let namespace = self.namespace(&generation, Operation::ReadView)?;
            let mut lease = self.connection(Operation::ReadView).await?;
            let found = letters::all(&namespace, &mut lease.driver).await.map_err(unread)?;
            lease.give_back();
            Ok(found)
        })
    }

    fn dispose<'a>(
        &'a self,
        generation: GenerationId,
        letter: &'a DeadLetter,
        disposition: Disposition,
    ) -> BoxFuture<'a, Result<bool, RecorderError>> {
        Box::pin(async move {
            let namespace = self.namespace(&generation, Operation::WriteView)?;
            let mut lease = self.connection(Operation::WriteView).await?;
            let disposed = letters::dispose(&namespace, &mut lease.driver, letter, disposition).await;
            let disposed = disposed.map_err(|error| Failure::from(error).into_error(Operation::WriteView))?;
            lease.give_back();
            Ok(disposed)
        })
    }

    fn status(&self, generation: Generation) -> BoxFuture<'_, Result<ViewStatus, RecorderError>> {
        Box::pin(self.status_of(generation))
    }
}
