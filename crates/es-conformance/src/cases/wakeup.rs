//! Waking readers that wait for new events.

use std::sync::Arc;

use es_persistence::{ApplicationRecorder, Wakeup};
use futures_util::{FutureExt as _, future};

use crate::{
    assertion::{ok, stored},
    fixture::Fixture,
    reading::log,
    sample::{event, events, uuid},
};

pub(super) async fn tells_whoever_waits(fixture: &Fixture) {
    let recorder = fixture.application().await;
    let mut wakeup = recorder.wakeup();
    for version in 1..=20 {
        let mut waiting = until(&*recorder, &mut wakeup, version).boxed();
        assert!((&mut waiting).now_or_never().is_none(), "there is nothing to tell yet");
        ok(recorder.insert_events(events(&uuid(1), version..=version)).await);
        fixture.within("the wake-up tells of an event", waiting).await;
    }
}

pub(super) async fn tells_what_came_before_anybody_waited(fixture: &Fixture) {
    let recorder = fixture.application().await;
    let mut wakeup = recorder.wakeup();
    ok(recorder.insert_events(events(&uuid(1), 1..=1)).await);
    fixture
        .within("the wake-up tells what came before", wakeup.wait())
        .await;
    assert_eq!(stored(&log(&*recorder).await), events(&uuid(1), 1..=1));
}

pub(super) async fn a_dropped_wait_takes_no_signal_with_it(fixture: &Fixture) {
    let recorder = fixture.application().await;
    let mut wakeup = recorder.wakeup();
    for version in 1..=10 {
        {
            let mut waiting = Box::pin(wakeup.wait());
            let _told_or_not = (&mut waiting).now_or_never();
        }
        ok(recorder.insert_events(events(&uuid(1), version..=version)).await);
        fixture
            .within("the wake-up tells of an event", until(&*recorder, &mut wakeup, version))
            .await;
    }
}

pub(super) async fn tells_everybody(fixture: &Fixture) {
    let recorder = fixture.application().await;
    let first = recorder.wakeup();
    let wakeups = (0..20).map(|number| {
        if number % 2 == 0 {
            first.clone()
        } else {
            recorder.wakeup()
        }
    });
    let waiters = wakeups.map(|mut wakeup| {
        let recorder = Arc::clone(&recorder);
        async move { until(&*recorder, &mut wakeup, 3).await }
    });
    let mut waiting = future::join_all(waiters);
    for version in 1..=3 {
        assert!((&mut waiting).now_or_never().is_none(), "there are less than 3 events");
        ok(recorder.insert_events(vec![event(&uuid(1), version)]).await);
    }
    fixture.within("everybody has been told", waiting).await;
}

/// Waits until there are `count` events, and reads the log only when it is woken.
async fn until(recorder: &dyn ApplicationRecorder, wakeup: &mut Wakeup, count: u64) {
    while (log(recorder).await.len() as u64) < count {
        wakeup.wait().await;
    }
}
