//! What the recorders of one datastore share, and what they do not.

use es_persistence::{Tracking, TrackingKey};

use crate::{
    assertion::{already_tracked, conflict, ok, refusal},
    fixture::Fixture,
    reading::{log, record, snapshots_of, stream},
    sample::{UPSTREAM, events, rivals, snapshots, uuid},
};

pub(super) async fn its_application_recorders_share_one_log(fixture: &Fixture) {
    let (one, other) = (fixture.application().await, fixture.application().await);
    let numbered = record(&*one, events(&uuid(1), 1..=2)).await;
    assert_eq!(log(&*other).await, numbered);
    assert_eq!(
        refusal(other.insert_events(rivals(&uuid(1), 1..=1)).await),
        conflict(&uuid(1), 1, 2)
    );
}

pub(super) async fn its_process_recorder_has_the_applications_log(fixture: &Fixture) {
    let (application, process) = (fixture.application().await, fixture.process().await);
    let mut numbered = record(&*application, events(&uuid(1), 1..=2)).await;
    numbered.extend(record(&*process, events(&uuid(1), 3..=3)).await);
    assert_eq!(log(&*application).await, numbered);
    assert_eq!(log(&*process).await, numbered);
}

pub(super) async fn its_process_and_tracking_recorders_share_the_tracking(fixture: &Fixture) {
    let (process, tracking) = (fixture.process().await, fixture.tracking().await);
    ok(process
        .insert_events_with_tracking(events(&uuid(1), 1..=1), Tracking::new(UPSTREAM, 4))
        .await);
    assert_eq!(
        ok(tracking.last_tracking(TrackingKey::of(UPSTREAM)).await),
        Some(Tracking::new(UPSTREAM, 4))
    );
    let refused = tracking.insert_tracking(Tracking::new(UPSTREAM, 4)).await;
    assert_eq!(refusal(refused), already_tracked(UPSTREAM, 4, 4));
}

pub(super) async fn its_snapshots_are_no_events(fixture: &Fixture) {
    let (application, recorder) = (fixture.application().await, fixture.snapshots().await);
    let numbered = record(&*application, events(&uuid(1), 1..=2)).await;
    ok(recorder.insert_snapshots(snapshots(&uuid(1), [2, 3])).await);
    assert_eq!(log(&*application).await, numbered);
    assert_eq!(snapshots_of(&*recorder, &uuid(1)).await, snapshots(&uuid(1), [2, 3]));
    assert_eq!(stream(&*application, &uuid(1)).await, events(&uuid(1), 1..=2));
    ok(application.insert_events(events(&uuid(1), 3..=3)).await);
}
