//! A transaction in the file of a generation.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use es_persistence::{
    BoxFuture, Operation, RecorderError, RecorderErrorKind,
    views::{Checkpoint, DeadLetter, Lease, ViewTransaction},
};
use sqlx::SqliteConnection;

use super::{
    file::{File, Writer},
    lease, letters,
};
use crate::{STORE, error::Failure};

/// A transaction. Dropped, it closes its connection, which rolls it back.
pub(super) struct SqliteTransaction {
    writer: Writer,
    lease: Lease,
    is_new: bool,
    is_made: Arc<AtomicBool>,
}

const COMMIT: &str = "UPDATE es_view SET is_made = 1, error = NULL, expires_at = unixepoch('subsec') + ?3
                      WHERE owner = ?1 AND fence = ?2";

impl SqliteTransaction {
    pub(super) async fn begin(file: &File, lease: Lease, is_made: Arc<AtomicBool>) -> Result<Self, RecorderError> {
        let mut writer = file.writer().await?;
        let connection = writer.connection();
        let begun = async {
            sqlx::raw_sql("BEGIN IMMEDIATE").execute(&mut *connection).await?;
            if is_made.load(Ordering::Relaxed) {
                return Ok(true);
            }
            sqlx::query_scalar("SELECT is_made FROM es_view")
                .fetch_one(connection)
                .await
        };
        let is_new = !begun.await.map_err(failed)?;
        Ok(Self {
            writer,
            lease,
            is_new,
            is_made,
        })
    }

    async fn store(mut self, checkpoints: Vec<Checkpoint>) -> Result<(), RecorderError> {
        let connection = self.writer.connection();
        for checkpoint in &checkpoints {
            let last = letters::track(&mut *connection, checkpoint).await.map_err(failed)?;
            if let Some(last) = last {
                let kind = checkpoint.already_tracked(last);
                return self.refuse(kind).await;
            }
        }
        let Lease { claim, fence, .. } = &self.lease;
        let commit = sqlx::query(COMMIT).bind(claim.owner.as_bytes().as_slice());
        let commit = commit.bind(fence.cast_signed()).bind(claim.ttl.as_secs_f64());
        if commit.execute(&mut *connection).await.map_err(failed)?.rows_affected() == 0 {
            let last = lease::fence(connection).await.map_err(failed)?;
            let kind = self.lease.fenced(last);
            return self.refuse(kind).await;
        }
        let committed = sqlx::raw_sql("COMMIT").execute(&mut *connection).await;
        committed.map_err(uncommitted)?;
        self.is_made.store(true, Ordering::Relaxed);
        self.writer.give_back();
        Ok(())
    }

    async fn refuse(self, kind: RecorderErrorKind) -> Result<(), RecorderError> {
        self.undo().await?;
        Err(RecorderError::new(STORE, Operation::WriteView, kind))
    }

    async fn undo(mut self) -> Result<(), RecorderError> {
        let undone = sqlx::raw_sql("ROLLBACK").execute(self.writer.connection()).await;
        match undone {
            // SQLite has rolled back by itself where the file failed; then there is no transaction any more.
            Ok(_) | Err(sqlx::Error::Database(_)) => {}
            Err(error) => return Err(failed(error)),
        }
        self.writer.give_back();
        Ok(())
    }
}

fn failed(error: sqlx::Error) -> RecorderError {
    Failure::from(error).into_error(Operation::WriteView)
}

/// A commit that has failed: a constraint that is checked at its end is an error of the rows.
fn uncommitted(error: sqlx::Error) -> RecorderError {
    let failure = Failure::from(error);
    let kind = if failure.is_refusal() {
        RecorderErrorKind::Invalid
    } else if failure.is_before_commit() {
        failure.kind(Operation::WriteView)
    } else {
        RecorderErrorKind::OutcomeUnknown
    };
    failure.into_error_of(Operation::WriteView, kind)
}

impl ViewTransaction<SqliteConnection> for SqliteTransaction {
    fn is_new(&self) -> bool {
        self.is_new
    }

    fn connection(&mut self) -> &mut SqliteConnection {
        self.writer.connection()
    }

    fn set_aside(&mut self, letters: Vec<DeadLetter>) -> BoxFuture<'_, Result<(), RecorderError>> {
        Box::pin(async move {
            for letter in &letters {
                letters::insert(self.writer.connection(), letter)
                    .await
                    .map_err(failed)?;
            }
            Ok(())
        })
    }

    fn settle<'a>(&'a mut self, letter: &'a DeadLetter) -> BoxFuture<'a, Result<(), RecorderError>> {
        Box::pin(async move { letters::delete(self.writer.connection(), letter).await.map_err(failed) })
    }

    fn commit(self: Box<Self>, checkpoints: Vec<Checkpoint>) -> BoxFuture<'static, Result<(), RecorderError>> {
        Box::pin(self.store(checkpoints))
    }

    fn rollback(self: Box<Self>) -> BoxFuture<'static, Result<(), RecorderError>> {
        Box::pin(self.undo())
    }
}
