//! The versions of an application's aggregates: 1, 2, 3, …

use es_persistence::OriginatorId;

use crate::{
    assertion::{conflict, conflict_of, ok, refusal},
    fixture::Fixture,
    reading::{log, record, stream},
    sample::{event, event_of, events, rival, rivals, uuid},
};

pub(super) async fn the_first_is_1(fixture: &Fixture) {
    let recorder = fixture.application().await;
    let id = uuid(1);
    for version in [2, 3, 1000, i64::MAX as u64] {
        let refused = recorder.insert_events(events(&id, version..=version)).await;
        assert_eq!(refusal(refused), conflict(&id, version, 0));
    }
    ok(recorder.insert_events(events(&id, 1..=1)).await);
    assert_eq!(stream(&*recorder, &id).await, events(&id, 1..=1));
}

pub(super) async fn one_that_is_there_is_a_conflict(fixture: &Fixture) {
    let recorder = fixture.application().await;
    let id = uuid(1);
    let before = record(&*recorder, events(&id, 1..=3)).await;
    for version in 1..=3 {
        let refused = recorder.insert_events(rivals(&id, version..=version)).await;
        assert_eq!(refusal(refused), conflict(&id, version, 3));
    }
    assert_eq!(log(&*recorder).await, before);
}

pub(super) async fn what_is_there_is_never_replaced(fixture: &Fixture) {
    let recorder = fixture.application().await;
    let id = uuid(1);
    let before = record(&*recorder, events(&id, 1..=2)).await;
    for other in [rival(&id, 2), event_of(&id, 2, "Other")] {
        assert_eq!(refusal(recorder.insert_events(vec![other]).await), conflict(&id, 2, 2));
    }
    assert_eq!(log(&*recorder).await, before);
    assert_eq!(stream(&*recorder, &id).await, events(&id, 1..=2));
}

pub(super) async fn one_that_leaves_a_hole_is_a_conflict(fixture: &Fixture) {
    let recorder = fixture.application().await;
    let id = uuid(1);
    let before = record(&*recorder, events(&id, 1..=2)).await;
    for version in [4, 5, 1_000_000] {
        let refused = recorder.insert_events(events(&id, version..=version)).await;
        assert_eq!(refusal(refused), conflict(&id, version, 2));
    }
    assert_eq!(log(&*recorder).await, before);
}

pub(super) async fn a_repeat_in_one_call_is_a_conflict(fixture: &Fixture) {
    refuses_in_one_call(fixture, &[3, 3], 3).await;
}

pub(super) async fn a_hole_in_one_call_is_a_conflict(fixture: &Fixture) {
    refuses_in_one_call(fixture, &[3, 5], 5).await;
}

pub(super) async fn a_wrong_order_in_one_call_is_a_conflict(fixture: &Fixture) {
    refuses_in_one_call(fixture, &[4, 3], 4).await;
}

/// Stores two events, and expects `versions` in one call to be refused because of `culprit`.
async fn refuses_in_one_call(fixture: &Fixture, versions: &[u64], culprit: u64) {
    let recorder = fixture.application().await;
    let (id, other) = (uuid(1), uuid(2));
    let before = record(&*recorder, events(&id, 1..=2)).await;
    let mut call = vec![event(&other, 1)];
    call.extend(versions.iter().map(|version| event(&id, *version)));
    let refused = conflict_of(recorder.insert_events(call).await);
    assert_eq!((&refused.originator_id, refused.version), (&id, culprit));
    assert_eq!(log(&*recorder).await, before);
    assert_eq!(stream(&*recorder, &other).await, []);
}

pub(super) async fn a_conflict_names_the_aggregate_that_has_moved_on(fixture: &Fixture) {
    let recorder = fixture.application().await;
    let ids = [uuid(1), OriginatorId::from("two"), uuid(3), OriginatorId::from("four")];
    for (id, last) in ids.iter().zip([4, 3, 2, 1]) {
        ok(recorder.insert_events(events(id, 1..=last)).await);
    }
    for (stale, last) in ids.iter().zip([4, 3, 2, 1]) {
        let nexts = ids.iter().zip([5, 4, 3, 2]);
        let call = nexts
            .map(|(id, next)| {
                if id == stale {
                    rival(id, next - 1)
                } else {
                    event(id, next)
                }
            })
            .collect();
        assert_eq!(refusal(recorder.insert_events(call).await), conflict(stale, last, last));
    }
}

pub(super) async fn aggregates_have_versions_of_their_own(fixture: &Fixture) {
    let recorder = fixture.application().await;
    for version in 1..=3 {
        for number in 1..=5 {
            ok(recorder.insert_events(events(&uuid(number), version..=version)).await);
        }
    }
    for number in 1..=5 {
        assert_eq!(stream(&*recorder, &uuid(number)).await, events(&uuid(number), 1..=3));
    }
}
