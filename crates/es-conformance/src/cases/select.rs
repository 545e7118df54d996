//! Reading the events of one aggregate.

use std::sync::Arc;

use es_persistence::{AggregateRecorder, ApplicationRecorder, OriginatorId, StoredEvent, StreamSelection};

use crate::{
    assertion::ok,
    fixture::Fixture,
    sample::{events, uuid},
};

/// How many events the aggregate has.
const LAST: u64 = 5;

pub(super) async fn an_unknown_aggregate_has_no_events(fixture: &Fixture) {
    let recorder = fixture.application().await;
    ok(recorder.insert_events(events(&uuid(1), 1..=LAST)).await);
    for id in [
        uuid(2),
        OriginatorId::from("unknown"),
        OriginatorId::from(uuid(1).to_string().as_str()),
    ] {
        selects(&*recorder, StreamSelection::of(id.clone()), &[]).await;
        selects(&*recorder, StreamSelection::of(id).descending().limit(1), &[]).await;
    }
}

pub(super) async fn ascends_by_version(fixture: &Fixture) {
    selects(&*with_events(fixture).await, all(), &[1, 2, 3, 4, 5]).await;
}

pub(super) async fn descends_when_asked(fixture: &Fixture) {
    selects(&*with_events(fixture).await, all().descending(), &[5, 4, 3, 2, 1]).await;
}

pub(super) async fn after_is_exclusive(fixture: &Fixture) {
    let recorder = with_events(fixture).await;
    selects(&*recorder, all().after(0), &[1, 2, 3, 4, 5]).await;
    selects(&*recorder, all().after(3), &[4, 5]).await;
    selects(&*recorder, all().after(5), &[]).await;
}

pub(super) async fn up_to_is_inclusive(fixture: &Fixture) {
    let recorder = with_events(fixture).await;
    selects(&*recorder, all().up_to(5), &[1, 2, 3, 4, 5]).await;
    selects(&*recorder, all().up_to(2), &[1, 2]).await;
    selects(&*recorder, all().up_to(0), &[]).await;
}

pub(super) async fn limit_counts_from_the_first_that_is_selected(fixture: &Fixture) {
    let recorder = with_events(fixture).await;
    selects(&*recorder, all().limit(2), &[1, 2]).await;
    selects(&*recorder, all().after(2).limit(2), &[3, 4]).await;
    selects(&*recorder, all().limit(100), &[1, 2, 3, 4, 5]).await;
}

pub(super) async fn limit_0_selects_nothing(fixture: &Fixture) {
    let recorder = with_events(fixture).await;
    selects(&*recorder, all().limit(0), &[]).await;
    selects(&*recorder, all().descending().limit(0), &[]).await;
}

pub(super) async fn the_last_one_is_the_first_descending(fixture: &Fixture) {
    let recorder = with_events(fixture).await;
    selects(&*recorder, all().descending().limit(1), &[5]).await;
    selects(&*recorder, all().up_to(2).descending().limit(1), &[2]).await;
}

pub(super) async fn takes_the_greatest_numbers(fixture: &Fixture) {
    let recorder = with_events(fixture).await;
    for greatest in [i64::MAX as u64, i64::MAX as u64 + 1, u64::MAX] {
        selects(&*recorder, all().after(greatest), &[]).await;
        selects(&*recorder, all().up_to(greatest), &[1, 2, 3, 4, 5]).await;
        selects(&*recorder, all().after(greatest).up_to(greatest), &[]).await;
    }
    selects(&*recorder, all().limit(usize::MAX), &[1, 2, 3, 4, 5]).await;
}

pub(super) async fn combines_everything(fixture: &Fixture) {
    let recorder = with_events(fixture).await;
    for (selection, versions) in combinations(&uuid(1), &[1, 2, 3, 4, 5]) {
        selects(&*recorder, selection, &versions).await;
    }
}

/// Every selection of the aggregate `id` by bounds, direction and limit, with the versions that it selects of `versions`.
pub(super) fn combinations(id: &OriginatorId, versions: &[u64]) -> Vec<(StreamSelection, Vec<u64>)> {
    let past = versions.iter().max().map_or(1, |last| last + 1);
    let bounds = (0..=past).flat_map(|after| (0..=past).map(move |up_to| (after, up_to)));
    let mut combinations = Vec::new();
    for (after, up_to) in bounds {
        let within = |version: &u64| (after + 1..=up_to).contains(version);
        let mut expected: Vec<_> = versions.iter().copied().filter(within).collect();
        let between = StreamSelection::of(id.clone()).after(after).up_to(up_to);
        combinations.push((between.clone(), expected.clone()));
        for selection in [between.clone(), between.descending()] {
            for limit in 0..=versions.len() {
                let limited = expected[..limit.min(expected.len())].to_vec();
                combinations.push((selection.clone().limit(limit), limited));
            }
            expected.reverse();
        }
    }
    combinations
}

/// Stores five events of an aggregate, among events of other aggregates.
async fn with_events(fixture: &Fixture) -> Arc<dyn ApplicationRecorder> {
    let recorder = fixture.application().await;
    let others = [uuid(2), OriginatorId::from(uuid(1).to_string().as_str())];
    for version in 1..=LAST {
        ok(recorder.insert_events(events(&uuid(1), version..=version)).await);
        for other in &others {
            ok(recorder.insert_events(events(other, version..=version)).await);
        }
    }
    recorder
}

fn all() -> StreamSelection {
    StreamSelection::of(uuid(1))
}

async fn selects<R: AggregateRecorder + ?Sized>(recorder: &R, selection: StreamSelection, versions: &[u64]) {
    let id = selection.originator_id().clone();
    let expected: Vec<StoredEvent> = versions
        .iter()
        .flat_map(|version| events(&id, *version..=*version))
        .collect();
    assert_eq!(
        ok(recorder.select_events(selection.clone()).await),
        expected,
        "{selection:?}"
    );
}
