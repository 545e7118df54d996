//! Who writes snapshots: many at once, in statements of their own, so that events never wait for them.

use std::{collections::BTreeMap, time::Instant};

use es_persistence::{RecorderError, SnapshotDeletion, StoredSnapshot};
use es_sql::{Save, group_commit::BatchWriter};
use sqlx::PgConnection;
use tokio::time::{sleep, timeout};
use uuid::Uuid;

use super::{
    ATTEMPTS, Outcome, REPEATING, Writer,
    batch::{BYTES, ROWS},
    pause, too_late,
};
use crate::{
    error::Failure,
    rows::columns::{SnapshotColumns, id_columns},
    schema::Tables,
};

/// Writes batches of saves of snapshots, and deletes snapshots.
///
/// All that it does may be done twice, so what was lost is sent again.
#[derive(Clone, Debug)]
pub(crate) struct SnapshotWriter(pub(crate) Writer);

/// What one statement does.
enum Work<'a> {
    Put(Vec<&'a Save>),
    Delete(&'a SnapshotDeletion),
}

impl BatchWriter for SnapshotWriter {
    type Save = Save;
    type Output = Vec<u64>;
    type Error = RecorderError;

    fn size(save: &Save) -> usize {
        save.size()
    }

    async fn write(&mut self, saves: &[Save]) -> Vec<Outcome> {
        let mut outcomes = Vec::with_capacity(saves.len());
        while let Some(save) = saves.get(outcomes.len()) {
            if self.is_late(save) {
                outcomes.push(Err(too_late(save.operation())));
                continue;
            }
            let rest = &saves[outcomes.len()..];
            match &save.deletion {
                Some(deletion) => outcomes.push(self.outcome(save, &Work::Delete(deletion)).await),
                None => outcomes.extend(self.put(&rest[..self.first_group(rest)]).await),
            }
        }
        outcomes
    }

    /// The connections are closed by who keeps them.
    async fn close(self) {}
}

impl SnapshotWriter {
    fn is_late(&self, save: &Save) -> bool {
        save.since.elapsed() > self.0.config.answer_timeout
    }

    /// How many saves of snapshots, from the first one on, one statement stores.
    fn first_group(&self, saves: &[Save]) -> usize {
        let (mut rows, mut bytes) = (0, 0);
        let fits = |save: &&Save| {
            rows += save.snapshots.len();
            bytes += save
                .snapshots
                .iter()
                .map(|snapshot| snapshot.state.len())
                .sum::<usize>();
            save.deletion.is_none() && !self.is_late(save) && rows <= ROWS && bytes <= BYTES
        };
        saves.iter().take_while(fits).count().max(1)
    }

    /// Stores saves together, or one by one when there is something in them that the server cannot take.
    async fn put(&self, saves: &[Save]) -> Vec<Outcome> {
        let all = Work::Put(saves.iter().collect());
        let failure = match self.work(&all).await {
            Ok(()) => return saves.iter().map(|_| Ok(Vec::new())).collect(),
            Err(failure) => failure,
        };
        let mut outcomes = Vec::with_capacity(saves.len());
        if !failure.is_about_data() || saves.len() == 1 {
            let error = saves.first().map(|save| failure.into_error(save.operation()));
            return saves.iter().filter_map(|_| error.clone().map(Err)).collect();
        }
        for save in saves {
            outcomes.push(self.outcome(save, &Work::Put(vec![save])).await);
        }
        outcomes
    }

    async fn outcome(&self, save: &Save, work: &Work<'_>) -> Outcome {
        let done = self.work(work).await;
        done.map(|()| Vec::new())
            .map_err(|failure| failure.into_error(save.operation()))
    }

    async fn work(&self, work: &Work<'_>) -> Result<(), Failure> {
        let begun = Instant::now();
        for attempt in 1..ATTEMPTS {
            match self.try_to_work(work).await {
                Err(failure) if failure.is_repeatable() || failure.is_lost() => {
                    if begun.elapsed() > REPEATING {
                        return Err(failure);
                    }
                    sleep(pause(attempt)).await;
                }
                outcome => return outcome,
            }
        }
        self.try_to_work(work).await
    }

    async fn try_to_work(&self, work: &Work<'_>) -> Result<(), Failure> {
        let mut lease = self.0.connections.lease().await?;
        let sent = timeout(
            self.0.config.answer_timeout,
            work.send(&self.0.tables, &mut lease.driver),
        )
        .await;
        let outcome = sent.unwrap_or_else(|elapsed| Err(elapsed.into()));
        match &outcome {
            Err(failure) if failure.is_lost() => {
                drop(lease);
                self.0.connections.forget_idle();
            }
            Err(failure) if !failure.is_collision() => {}
            _ => lease.give_back(),
        }
        outcome
    }
}

impl Work<'_> {
    async fn send(&self, tables: &Tables, driver: &mut PgConnection) -> Result<(), Failure> {
        match self {
            Self::Put(saves) => put(saves, tables, driver).await,
            Self::Delete(deletion) => delete(deletion, tables, driver).await,
        }
    }
}

async fn put(saves: &[&Save], tables: &Tables, driver: &mut PgConnection) -> Result<(), Failure> {
    let all = saves.iter().flat_map(|save| save.snapshots.iter());
    // Of two of the same version the last one counts.
    let by_key: BTreeMap<_, &StoredSnapshot> = all
        .map(|snapshot| {
            (
                (id_columns(&snapshot.originator_id), snapshot.originator_version),
                snapshot,
            )
        })
        .collect();
    let columns = SnapshotColumns::of(by_key.into_values());
    let query = tables.put_snapshots.query().bind(columns.ids).bind(columns.texts);
    let query = query.bind(columns.versions).bind(columns.topics);
    let query = query.bind(columns.timestamps).bind(columns.schema_versions);
    query.bind(columns.states).bind(columns.hashes).execute(driver).await?;
    Ok(())
}

async fn delete(deletion: &SnapshotDeletion, tables: &Tables, driver: &mut PgConnection) -> Result<(), Failure> {
    let (id, topic) = match deletion {
        SnapshotDeletion::OfAggregate(id) => (Some(id_columns(id)), None),
        SnapshotDeletion::OfTopic(topic) => (None, Some(&**topic)),
        _ => return Err(Failure::unfit("this store does not know how to delete these snapshots")),
    };
    let (id, text): (Option<Uuid>, Option<&str>) = id.unzip();
    let query = tables.delete_snapshots.query().bind(id).bind(text).bind(topic);
    query.execute(driver).await?;
    Ok(())
}
