//! Whole streams and logs.

use es_persistence::{
    AggregateRecorder, ApplicationRecorder, LogPage, Notification, OriginatorId, ReadableLog, Selection,
    SnapshotRecorder, StoredEvent, StoredSnapshot, StreamSelection,
};

use crate::assertion::ok;

/// All events of an aggregate.
pub(crate) async fn stream<R: AggregateRecorder + ?Sized>(recorder: &R, id: &OriginatorId) -> Vec<StoredEvent> {
    ok(recorder.select_events(StreamSelection::of(id.clone())).await)
}

/// All snapshots of an aggregate.
pub(crate) async fn snapshots_of<R: SnapshotRecorder + ?Sized>(recorder: &R, id: &OriginatorId) -> Vec<StoredSnapshot> {
    ok(recorder.select_snapshots(StreamSelection::of(id.clone())).await)
}

/// One page of the log.
pub(crate) async fn page<R: ReadableLog + ?Sized>(recorder: &R, selection: Selection) -> LogPage {
    ok(recorder.select_notifications(selection).await)
}

/// The whole log.
pub(crate) async fn log<R: ReadableLog + ?Sized>(recorder: &R) -> Vec<Notification> {
    up_to(recorder, u64::MAX).await
}

/// The log up to `position`.
pub(crate) async fn up_to<R: ReadableLog + ?Sized>(recorder: &R, position: u64) -> Vec<Notification> {
    pages(recorder, |after| Selection::after(after).up_to(position))
        .await
        .notifications
}

/// Stores `events`, and returns them with their positions.
pub(crate) async fn record<R: ApplicationRecorder + ?Sized>(
    recorder: &R,
    events: Vec<StoredEvent>,
) -> Vec<Notification> {
    let positions = ok(recorder.insert_events(events.clone()).await);
    assert_eq!(positions.len(), events.len(), "each event has a position");
    numbered(positions, events)
}

/// Puts positions and events together.
pub(crate) fn numbered(positions: Vec<u64>, events: Vec<StoredEvent>) -> Vec<Notification> {
    let pairs = positions.into_iter().zip(events);
    pairs
        .map(|(position, event)| Notification::new(position, event))
        .collect()
}

/// Reads page after page until a page reaches no further than the one before, and puts the pages together. `select` makes
/// the selection after a position.
pub(crate) async fn pages<R: ReadableLog + ?Sized>(recorder: &R, select: impl Fn(u64) -> Selection) -> LogPage {
    let (mut after, mut read) = (0, Vec::new());
    loop {
        let page = page(recorder, select(after)).await;
        read.extend(page.notifications);
        if page.reached <= after {
            return LogPage::new(read, after);
        }
        after = page.reached;
    }
}
