//! Tasks that store events at the same time and conflict now and then.

use std::sync::Arc;

use es_persistence::{
    ApplicationRecorder, Notification, OriginatorId, RecorderErrorKind, StoredEvent, StreamSelection,
};
use fastrand::Rng;
use tokio::{sync::Barrier, task::JoinSet};

use crate::{
    assertion::{chain, ok},
    reading::numbered,
    sample::{event_with, uuid},
};

/// How many aggregates the writers have in common.
const SHARED: u128 = 3;

/// Tasks that store events of aggregates of their own, and now and then of a common one.
#[derive(Clone, Copy)]
pub(crate) struct Writers {
    pub(crate) tasks: u64,
    /// How often each of them tries to save.
    pub(crate) saves: usize,
}

impl Writers {
    /// Runs the tasks, and returns the saves that succeeded. A save with a stale version, or with a version that another
    /// task has stored before, must be refused as a conflict.
    pub(crate) async fn run(self, recorder: &Arc<dyn ApplicationRecorder>) -> Vec<Vec<Notification>> {
        let start = Arc::new(Barrier::new(usize::try_from(self.tasks).expect("tasks are few")));
        let mut writers = JoinSet::new();
        for task in 0..self.tasks {
            let (recorder, start) = (Arc::clone(recorder), Arc::clone(&start));
            writers.spawn(async move {
                start.wait().await;
                write(&*recorder, task, self.saves).await
            });
        }
        writers.join_all().await.concat()
    }
}

async fn write(recorder: &dyn ApplicationRecorder, task: u64, saves: usize) -> Vec<Vec<Notification>> {
    let mut random = Rng::with_seed(task);
    let own = uuid(1000 + u128::from(task));
    let mut version = 0;
    let mut stored = Vec::new();
    for _ in 0..saves {
        let is_stale = version > 0 && random.u8(0..10) == 0;
        let first = if is_stale { version } else { version + 1 };
        let last = first + random.u64(0..4);
        let mut call: Vec<_> = (first..=last).map(|version| unique(&own, version)).collect();
        if random.u8(0..3) == 0 {
            call.push(next_of_shared(recorder, random.u128(0..SHARED)).await);
        }
        if let Some(positions) = stored_or_conflict(recorder, &call, is_stale).await {
            version += call.iter().filter(|event| event.originator_id == own).count() as u64;
            stored.push(numbered(positions, call));
        }
    }
    stored
}

async fn next_of_shared(recorder: &dyn ApplicationRecorder, number: u128) -> StoredEvent {
    let id = uuid(number);
    let last = ok(recorder
        .select_events(StreamSelection::of(id.clone()).descending().limit(1))
        .await);
    let next = last.first().map_or(0, |last| last.originator_version) + 1;
    unique(&id, next)
}

/// Makes an event with an ID of its own, so that it is no repetition of another one of the same version.
fn unique(id: &OriginatorId, version: u64) -> StoredEvent {
    event_with(id, version, fastrand::u64(..).to_le_bytes().to_vec())
}

async fn stored_or_conflict(
    recorder: &dyn ApplicationRecorder,
    call: &[StoredEvent],
    is_stale: bool,
) -> Option<Vec<u64>> {
    match recorder.insert_events(call.to_vec()).await {
        Ok(positions) => {
            assert!(!is_stale, "a stale version was stored");
            assert_eq!(positions.len(), call.len());
            Some(positions)
        }
        Err(error) => {
            assert!(
                matches!(error.kind(), RecorderErrorKind::Conflict(_)),
                "{}",
                chain(&error)
            );
            None
        }
    }
}
