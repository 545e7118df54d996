//! Whole streams and logs.

use es_persistence::{
    AggregateRecorder, ApplicationRecorder, Notification, OriginatorId, Selection, StoredEvent, StreamSelection,
};

use crate::assertion::ok;

/// All events of an aggregate.
pub(crate) async fn stream<R: AggregateRecorder + ?Sized>(recorder: &R, id: &OriginatorId) -> Vec<StoredEvent> {
    ok(recorder.select_events(StreamSelection::of(id.clone())).await)
}

/// The whole log.
pub(crate) async fn log<R: ApplicationRecorder + ?Sized>(recorder: &R) -> Vec<Notification> {
    ok(recorder.select_notifications(Selection::all()).await)
}

/// Stores `events`, and returns them with their positions.
pub(crate) async fn record<R: ApplicationRecorder + ?Sized>(
    recorder: &R,
    events: Vec<StoredEvent>,
) -> Vec<Notification> {
    let positions = ok(recorder.insert_events(events.clone()).await);
    assert_eq!(positions.len(), events.len(), "each event has a position");
    positions
        .into_iter()
        .zip(events)
        .map(|(position, event)| Notification { position, event })
        .collect()
}

/// The log, read page after page.
pub(crate) async fn pages<R: ApplicationRecorder + ?Sized>(
    recorder: &R,
    topics: &[&str],
    size: usize,
) -> Vec<Notification> {
    let mut read: Vec<Notification> = Vec::new();
    loop {
        let after = read.last().map_or(0, |last| last.position);
        let selection = Selection::after(after).topics(topics.iter().copied()).limit(size);
        let page = ok(recorder.select_notifications(selection).await);
        let is_last = page.len() < size;
        read.extend(page);
        if is_last {
            return read;
        }
    }
}
