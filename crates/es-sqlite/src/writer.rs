//! The single connection that writes, owned by one task at a time.

mod attempt;
mod batch;
mod insertion;
mod link;
mod refusal;
mod settle;
mod statements;
mod transaction;

use std::sync::Arc;

use es_persistence::{RecorderError, RecorderErrorKind, Waker};
use es_sql::{Save, group_commit::BatchWriter};
use sqlx::SqliteConnection;

pub use self::transaction::TransactionalEvents;
use self::{attempt::Tokens, link::Link, statements::Statements};
use crate::{config::Config, error::Failure, gate::Gate, schema::Tables};

/// The positions of a save's events, or the error that says why the save is not stored.
type Outcome = Result<Vec<u64>, RecorderError>;

/// Writes batches of saves.
///
/// After any failure but a refused row the connection is closed, and another one is opened for the next batch.
pub(crate) struct Writer {
    link: Link,
    tables: Arc<Tables>,
    statements: Statements,
    tokens: Tokens,
    gate: Gate,
    wakers: Wakers,
}

/// The signals for new events and new tracking.
#[derive(Clone, Debug, Default)]
pub(crate) struct Wakers {
    pub(crate) events: Waker,
    pub(crate) tracking: Waker,
}

impl Writer {
    pub(crate) fn new(
        config: Config,
        tables: Arc<Tables>,
        connection: SqliteConnection,
        gate: Gate,
        wakers: Wakers,
    ) -> Result<Self, Failure> {
        let statements = Statements::new(&tables);
        Ok(Self {
            link: Link::new(config, connection),
            tables,
            statements,
            tokens: Tokens::new()?,
            gate,
            wakers,
        })
    }

    /// Signals what is stored; also after an unknown outcome, because then it may be.
    fn wake(&self, saves: &[Save], outcomes: &[Outcome]) {
        let is_refusal = |error: &RecorderError| {
            matches!(
                error.kind(),
                RecorderErrorKind::Conflict(_)
                    | RecorderErrorKind::AlreadyTracked(_)
                    | RecorderErrorKind::Fenced(_)
                    | RecorderErrorKind::ConditionFailed
            )
        };
        let mut stored = saves
            .iter()
            .zip(outcomes)
            .filter(|(_, outcome)| !outcome.as_ref().is_err_and(is_refusal));
        if stored.clone().any(|(save, _)| !save.events.is_empty()) {
            self.wakers.events.wake();
        }
        if stored.any(|(save, _)| save.tracking.is_some()) {
            self.wakers.tracking.wake();
        }
    }
}

impl BatchWriter for Writer {
    type Save = Save;
    type Output = Vec<u64>;
    type Error = RecorderError;

    fn size(save: &Save) -> usize {
        save.size()
    }

    async fn write(&mut self, saves: &[Save]) -> Vec<Outcome> {
        let gate = self.gate.write().await;
        let outcomes = self.write_batch(saves).await;
        drop(gate);
        self.wake(saves, &outcomes);
        outcomes
    }

    async fn close(mut self) {
        self.link.close().await;
    }
}
