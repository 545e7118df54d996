//! Snapshots with a fault.

use es_persistence::{
    BoxFuture, Conflict, MemoryRecorder, Operation, OriginatorId, RecorderError, RecorderErrorKind, SnapshotDeletion,
    SnapshotRecorder, SnapshotStream, StoredSnapshot, StreamSelection,
};
use tokio::task;

use super::{Flaw, recorder::Flawed};

impl Flawed {
    async fn insert_snapshots(&self, mut snapshots: Vec<StoredSnapshot>) -> Result<(), RecorderError> {
        match self.flaw {
            Flaw::ConflictingSnapshots => self.without_conflict(&snapshots).await?,
            Flaw::FirstSnapshotStays => snapshots = self.new_ones(snapshots).await?,
            Flaw::FirstOfCallStays => snapshots.reverse(),
            Flaw::SnapshotsAreAppended => {
                let mut list = self.snapshots.lock().expect("nothing panics while it holds the lock");
                list.extend(snapshots.iter().cloned());
            }
            Flaw::SnapshotWithoutHash => snapshots.iter_mut().for_each(|snapshot| snapshot.hash = None),
            Flaw::UncheckedSnapshots => snapshots.retain(|snapshot| snapshot.originator_version > 0),
            Flaw::HalfWhenDropped if snapshots.len() > 1 => {
                let rest = snapshots.split_off(1);
                self.memory.insert_snapshots(snapshots).await?;
                for _ in 0..100 {
                    task::yield_now().await;
                }
                snapshots = rest;
            }
            _ => {}
        }
        self.memory.insert_snapshots(snapshots).await
    }

    /// Refuses snapshots of versions that are there.
    async fn without_conflict(&self, snapshots: &[StoredSnapshot]) -> Result<(), RecorderError> {
        for snapshot in snapshots {
            if is_there(&self.memory, snapshot).await? {
                let kind = RecorderErrorKind::Conflict(Conflict {
                    originator_id: snapshot.originator_id.clone(),
                    version: snapshot.originator_version,
                    last_version: snapshot.originator_version,
                });
                return Err(RecorderError::new("flawed", Operation::InsertSnapshots, kind));
            }
        }
        Ok(())
    }

    /// Leaves out snapshots of versions that are there.
    async fn new_ones(&self, snapshots: Vec<StoredSnapshot>) -> Result<Vec<StoredSnapshot>, RecorderError> {
        let mut new_ones = Vec::new();
        for snapshot in snapshots {
            if !is_there(&self.memory, &snapshot).await? {
                new_ones.push(snapshot);
            }
        }
        Ok(new_ones)
    }

    /// Selects in the order of insertion.
    fn select_unsorted(&self, selection: &StreamSelection) -> Vec<StoredSnapshot> {
        let list = self.snapshots.lock().expect("nothing panics while it holds the lock");
        let upper = selection.upper().unwrap_or(u64::MAX);
        let mut selected = list.clone();
        selected.retain(|snapshot| {
            let version = snapshot.originator_version;
            snapshot.originator_id == *selection.originator_id() && version > selection.lower() && version <= upper
        });
        if selection.is_descending() {
            selected.reverse();
        }
        selected.truncate(selection.max_len().unwrap_or(usize::MAX));
        selected
    }

    async fn select_stream(&self, id: OriginatorId, up_to: u64, limit: usize) -> Result<SnapshotStream, RecorderError> {
        if self.flaw == Flaw::StreamOfTwoMoments {
            let before = self.memory.select_stream(id.clone(), up_to, limit).await?;
            tokio::time::sleep(std::time::Duration::from_millis(2)).await;
            let after = self.memory.select_stream(id, up_to, 0).await?;
            return Ok(SnapshotStream::new(after.snapshot, before.events));
        }
        let up_to = if self.flaw == Flaw::StreamIgnoresBound {
            u64::MAX
        } else {
            up_to
        };
        let limit = if self.flaw == Flaw::StreamIgnoresLimit {
            usize::MAX
        } else {
            limit
        };
        let mut read = self.memory.select_stream(id, up_to, limit).await?;
        match (self.flaw, &read.snapshot) {
            (Flaw::StreamAfterSnapshot, Some(_)) if !read.events.is_empty() => drop(read.events.remove(0)),
            (Flaw::StreamNeedsSnapshot, None) => read.events.clear(),
            (Flaw::StreamForgetsSnapshot, Some(_)) if read.events.is_empty() => read.snapshot = None,
            _ => {}
        }
        Ok(read)
    }

    async fn delete_snapshots(&self, doomed: SnapshotDeletion) -> Result<(), RecorderError> {
        let doomed = match doomed {
            SnapshotDeletion::OfAggregate(_) if self.flaw == Flaw::KeepsDoomedSnapshots => return Ok(()),
            SnapshotDeletion::OfTopic(topic) if self.flaw == Flaw::DeletesOtherCase => {
                let topics = [topic.to_lowercase(), topic];
                for topic in topics {
                    self.memory.delete_snapshots(SnapshotDeletion::OfTopic(topic)).await?;
                }
                return Ok(());
            }
            doomed => doomed,
        };
        self.memory.delete_snapshots(doomed).await
    }
}

async fn is_there(memory: &MemoryRecorder, snapshot: &StoredSnapshot) -> Result<bool, RecorderError> {
    let version = snapshot.originator_version;
    let selection = StreamSelection::of(snapshot.originator_id.clone());
    let there = memory
        .select_snapshots(selection.after(version - 1).up_to(version))
        .await?;
    Ok(!there.is_empty())
}

impl SnapshotRecorder for Flawed {
    fn insert_snapshots(&self, snapshots: Vec<StoredSnapshot>) -> BoxFuture<'_, Result<(), RecorderError>> {
        Box::pin(self.insert_snapshots(snapshots))
    }

    fn select_snapshots(
        &self,
        selection: StreamSelection,
    ) -> BoxFuture<'_, Result<Vec<StoredSnapshot>, RecorderError>> {
        if self.flaw == Flaw::SnapshotsAreAppended {
            let selected = self.select_unsorted(&selection);
            return Box::pin(async { Ok(selected) });
        }
        self.memory.select_snapshots(selection)
    }

    fn select_stream(
        &self,
        originator_id: OriginatorId,
        up_to: u64,
        limit: usize,
    ) -> BoxFuture<'_, Result<SnapshotStream, RecorderError>> {
        Box::pin(self.select_stream(originator_id, up_to, limit))
    }

    fn delete_snapshots(&self, doomed: SnapshotDeletion) -> BoxFuture<'_, Result<(), RecorderError>> {
        Box::pin(self.delete_snapshots(doomed))
    }
}
