//! A transaction in the schema of a generation.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use es_persistence::{
    BoxFuture, Operation, RecorderError, RecorderErrorKind,
    views::{Checkpoint, DeadLetter, Lease, ViewTransaction},
};
use sqlx::PgConnection;

use super::{lease, letters, namespace::Namespace};
use crate::{STORE, connections, error::Failure};

/// A transaction. Dropped, it closes its connection, which rolls it back.
pub(super) struct PostgresTransaction {
    connection: connections::Lease,
    namespace: Namespace,
    lease: Lease,
    is_new: bool,
    is_made: Arc<AtomicBool>,
}

const MADE: &str = "SELECT is_made FROM {schema}.es_view";
const COMMIT: &str = "UPDATE {schema}.es_view SET is_made = true, error = NULL,
        expires_at = clock_timestamp() + make_interval(secs => $3)
    WHERE owner = $1 AND fence = $2";

impl PostgresTransaction {
    /// Goes on with a transaction that was begun.
    pub(super) async fn begin(
        mut connection: connections::Lease,
        namespace: Namespace,
        lease: Lease,
        is_made: Arc<AtomicBool>,
    ) -> Result<Self, RecorderError> {
        let is_new = if is_made.load(Ordering::Relaxed) {
            false
        } else {
            let made = sqlx::query_scalar(namespace.fill(MADE)).fetch_one(&mut connection.driver);
            let made: bool = made.await.map_err(failed)?;
            !made
        };
        Ok(Self {
            connection,
            namespace,
            lease,
            is_new,
            is_made,
        })
    }

    async fn store(mut self, checkpoints: Vec<Checkpoint>) -> Result<(), RecorderError> {
        let connection = &mut self.connection.driver;
        for checkpoint in &checkpoints {
            let last = letters::track(&self.namespace, &mut *connection, checkpoint).await;
            if let Some(last) = last.map_err(failed)? {
                let kind = checkpoint.already_tracked(last);
                self.undo().await?;
                return Err(RecorderError::new(STORE, Operation::WriteView, kind));
            }
        }
        let Lease { claim, fence, .. } = &self.lease;
        // The row is locked from here to the end: the lease cannot be taken over before the commit.
        let commit = sqlx::query(self.namespace.fill(COMMIT))
            .bind(claim.owner)
            .bind(fence.cast_signed());
        let checked = commit.bind(claim.ttl.as_secs_f64()).execute(&mut *connection).await;
        if checked.map_err(failed)?.rows_affected() == 0 {
            let error = lease::fenced(&self.namespace, connection, &self.lease).await;
            self.undo().await?;
            return Err(error);
        }
        sqlx::raw_sql("COMMIT")
            .execute(&mut *connection)
            .await
            .map_err(failed)?;
        self.is_made.store(true, Ordering::Relaxed);
        self.connection.give_back();
        Ok(())
    }

    async fn undo(mut self) -> Result<(), RecorderError> {
        sqlx::raw_sql("ROLLBACK")
            .execute(&mut self.connection.driver)
            .await
            .map_err(failed)?;
        self.connection.give_back();
        Ok(())
    }
}

/// A constraint that is checked at the end of the transaction is an error of the rows.
fn failed(error: sqlx::Error) -> RecorderError {
    let failure = Failure::from(error);
    if failure.is_refusal() {
        failure.into_error_of(Operation::WriteView, RecorderErrorKind::Invalid)
    } else {
        failure.into_error(Operation::WriteView)
    }
}

impl ViewTransaction<PgConnection> for PostgresTransaction {
    fn is_new(&self) -> bool {
        self.is_new
    }

    fn connection(&mut self) -> &mut PgConnection {
        &mut self.connection.driver
    }

    fn set_aside(&mut self, letters: Vec<DeadLetter>) -> BoxFuture<'_, Result<(), RecorderError>> {
        Box::pin(async move {
            for letter in &letters {
                let insert = letters::insert(&self.namespace, &mut self.connection.driver, letter);
                insert.await.map_err(failed)?;
            }
            Ok(())
        })
    }

    fn settle<'a>(&'a mut self, letter: &'a DeadLetter) -> BoxFuture<'a, Result<(), RecorderError>> {
        Box::pin(async move {
            let delete = letters::delete(&self.namespace, &mut self.connection.driver, letter);
            delete.await.map_err(failed)
        })
    }

    fn commit(self: Box<Self>, checkpoints: Vec<Checkpoint>) -> BoxFuture<'static, Result<(), RecorderError>> {
        Box::pin(self.store(checkpoints))
    }

    fn rollback(self: Box<Self>) -> BoxFuture<'static, Result<(), RecorderError>> {
        Box::pin(self.undo())
    }
}
