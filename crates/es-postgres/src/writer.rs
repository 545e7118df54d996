//! Who writes: several at once, each a group of saves by one statement.

mod batch;
mod group;
mod settlement;
mod snapshots;
mod transaction;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use es_persistence::{Operation, RecorderError, RecorderErrorKind};
use es_sql::{Save, group_commit::BatchWriter};
use tokio::time::sleep;

pub(crate) use self::snapshots::SnapshotWriter;
pub use self::transaction::TransactionalEvents;
use self::{
    batch::Batch,
    group::{Answer, Group},
    settlement::Settlement,
};
use crate::{
    config::Config, connections::Connections, error::Failure, reading::Settled, schema::Tables, watcher::Wakers,
};

/// The positions of a save's events, or why it is not stored.
type Outcome = Result<Vec<u64>, RecorderError>;

/// How often a group is sent again when others were in its way, or when it is known to have been lost before it was done.
const ATTEMPTS: u32 = 10;

/// For how long, at most.
const REPEATING: Duration = Duration::from_secs(5);

/// Writes batches of saves of events and tracking.
///
/// A group of them is one statement in a transaction of its own, so that nothing is ever left open on a connection. After
/// a failure the connection is closed, unless the server has only refused the statement.
#[derive(Clone, Debug)]
pub(crate) struct Writer {
    config: Config,
    tables: Arc<Tables>,
    connections: Arc<Connections>,
    wakers: Wakers,
    settled: Arc<Settled>,
}

/// Why a group is not stored.
enum GroupError {
    /// Nothing of it is stored.
    NotStored(Failure),
    /// Nobody knows whether it is stored.
    Unknown(Failure),
}

impl Writer {
    pub(crate) fn new(config: &Config, tables: &Arc<Tables>, connections: &Arc<Connections>, wakers: &Wakers) -> Self {
        Self {
            config: config.clone(),
            tables: Arc::clone(tables),
            connections: Arc::clone(connections),
            wakers: wakers.clone(),
            settled: Arc::default(),
        }
    }

    /// Tells `settled` what is stored.
    pub(crate) fn telling(self, settled: &Arc<Settled>) -> Self {
        Self {
            settled: Arc::clone(settled),
            ..self
        }
    }

    /// Stores a group, and settles what became of it when its connection is lost.
    async fn write_group(&self, group: &Group<'_>) -> Result<Answer, GroupError> {
        let begun = Instant::now();
        for attempt in 1..ATTEMPTS {
            match self.try_group(group).await {
                Err(GroupError::NotStored(failure)) if failure.is_repeatable() && begun.elapsed() < REPEATING => {
                    sleep(pause(attempt)).await;
                }
                outcome => return outcome,
            }
        }
        self.try_group(group).await
    }

    async fn try_group(&self, group: &Group<'_>) -> Result<Answer, GroupError> {
        let mut lease = self.connections.lease().await.map_err(GroupError::NotStored)?;
        let backend = lease.backend;
        let sent = group.send(&self.tables, &mut lease.driver);
        match self.connections.answered(backend, sent).await {
            Ok(answer) => {
                lease.give_back();
                Ok(answer)
            }
            Err(failure) if !failure.is_lost() => {
                if failure.is_collision() {
                    lease.give_back();
                }
                Err(GroupError::NotStored(failure))
            }
            Err(failure) => {
                drop(lease);
                self.connections.forget_idle();
                match self.settle(group, backend).await {
                    Some(Settlement::Stored { first }) => Ok(Answer::Stored { first }),
                    Some(Settlement::Absent) => Err(GroupError::NotStored(failure.known_to_be_undone())),
                    Some(Settlement::Unclear) | None => Err(GroupError::Unknown(failure)),
                }
            }
        }
    }

    /// Stores a group and gives each of its saves an outcome, now or in a later round of the batch.
    async fn write_part<'a>(&self, batch: &mut Batch<'a>, group: Group<'a>) {
        let answer = self.write_group(&group).await;
        if let Ok(Answer::Stored { first }) = &answer {
            self.settled
                .stored((first + group.events().count() as u64).saturating_sub(1));
        }
        if !matches!(answer, Ok(Answer::Moved(_) | Answer::Broken(_))) {
            self.wakers.stored(group.has_events(), group.has_tracking());
        }
        match answer {
            Ok(answer) => batch.take_answer(&group, &answer),
            Err(GroupError::NotStored(failure)) if failure.is_about_data() && group.len() > 1 => batch.part(&group),
            Err(GroupError::NotStored(failure)) => batch.fail(&group, &failure.into_error(group.operation())),
            Err(GroupError::Unknown(failure)) => {
                let error = failure.into_error_of(group.operation(), RecorderErrorKind::OutcomeUnknown);
                batch.fail(&group, &error);
            }
        }
    }
}

/// Between attempts; others have their own pauses.
fn pause(attempt: u32) -> Duration {
    Duration::from_millis(fastrand::u64(1..=5) << attempt.min(6))
}

impl BatchWriter for Writer {
    type Save = Save;
    type Output = Vec<u64>;
    type Error = RecorderError;

    fn size(save: &Save) -> usize {
        save.size()
    }

    async fn write(&mut self, saves: &[Save]) -> Vec<Outcome> {
        let mut batch = Batch::new(saves);
        batch.refuse_late(self.config.answer_timeout);
        while let Some(group) = batch.next_group() {
            self.write_part(&mut batch, group).await;
        }
        batch.into_outcomes()
    }

    /// The connections are closed by who keeps them.
    async fn close(self) {}
}

/// The error of a save that was not begun.
fn too_late(operation: Operation) -> RecorderError {
    Failure::crowded("other saves took too long: the server is too slow, or cannot be reached").into_error(operation)
}
