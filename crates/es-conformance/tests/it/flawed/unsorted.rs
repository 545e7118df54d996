//! A recorder that accepts any version that is not there yet.

use std::sync::{Mutex, MutexGuard};

use es_persistence::{
    AggregateRecorder, BoxFuture, Capabilities, Conflict, LogPage, Notification, Operation, ReadableLog, RecorderError,
    RecorderErrorKind, Selection, StoredEvent, StreamSelection, Waker, Wakeup, check_events,
};

/// A list of events in the order of insertion.
#[derive(Debug, Default)]
pub(super) struct Unsorted {
    events: Mutex<Vec<StoredEvent>>,
    waker: Waker,
}

impl Unsorted {
    fn events(&self) -> MutexGuard<'_, Vec<StoredEvent>> {
        self.events.lock().expect("nothing panics while it holds the lock")
    }

    fn insert(&self, events: Vec<StoredEvent>) -> Result<Vec<u64>, RecorderError> {
        check_events("unsorted", &events)?;
        let mut all = self.events();
        let len = all.len();
        for event in events {
            if let Some(there) = all.iter().find(|there| is_same(there, &event)) {
                let of_aggregate = all.iter().filter(|other| other.originator_id == there.originator_id);
                let conflict = Conflict {
                    originator_id: event.originator_id,
                    version: event.originator_version,
                    last_version: of_aggregate.map(|event| event.originator_version).max().unwrap_or(0),
                };
                all.truncate(len);
                let kind = RecorderErrorKind::Conflict(conflict);
                return Err(RecorderError::new("unsorted", Operation::InsertEvents, kind));
            }
            all.push(event);
        }
        self.waker.wake();
        Ok((len as u64 + 1..=all.len() as u64).collect())
    }
}

fn is_same(one: &StoredEvent, other: &StoredEvent) -> bool {
    (&one.originator_id, one.originator_version) == (&other.originator_id, other.originator_version)
}

impl AggregateRecorder for Unsorted {
    fn insert_events(&self, events: Vec<StoredEvent>) -> BoxFuture<'_, Result<Vec<u64>, RecorderError>> {
        Box::pin(async { self.insert(events) })
    }

    fn select_events(&self, selection: StreamSelection) -> BoxFuture<'_, Result<Vec<StoredEvent>, RecorderError>> {
        let upper = selection.upper().unwrap_or(u64::MAX);
        let mut selected = self.events().clone();
        selected.retain(|event| {
            let version = event.originator_version;
            event.originator_id == *selection.originator_id() && version > selection.lower() && version <= upper
        });
        if selection.is_descending() {
            selected.reverse();
        }
        selected.truncate(selection.max_len().unwrap_or(usize::MAX));
        Box::pin(async { Ok(selected) })
    }
}

impl ReadableLog for Unsorted {
    fn select_notifications(&self, selection: Selection) -> BoxFuture<'_, Result<LogPage, RecorderError>> {
        let all = self.events().clone();
        let end = selection.upper().unwrap_or(u64::MAX).min(all.len() as u64);
        let numbered = (1..)
            .zip(all)
            .map(|(position, event)| Notification::new(position, event));
        let selected = numbered.filter(|Notification { position, event, .. }| {
            (selection.lower() + 1..=end).contains(position) && selection.has_topic(&event.topic)
        });
        let limit = selection.max_len().unwrap_or(usize::MAX);
        let selected: Vec<_> = selected.take(limit).collect();
        let full = selected.last().filter(|_| selected.len() == limit);
        let reached = full.map_or(end.max(selection.lower()), |last| last.position);
        Box::pin(async move { Ok(LogPage::new(selected, reached)) })
    }

    fn max_position(&self) -> BoxFuture<'_, Result<Option<u64>, RecorderError>> {
        let len = self.events().len() as u64;
        Box::pin(async move { Ok((len > 0).then_some(len)) })
    }

    fn wakeup(&self) -> Wakeup {
        self.waker.listen()
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities::default().with_contiguous_positions()
    }
}
