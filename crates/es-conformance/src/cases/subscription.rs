//! Following the log: where a subscription starts, what it delivers, and that it misses nothing.

use std::sync::Arc;

use es_persistence::{
    ApplicationRecorder, Notification, ReadableLog, RecorderErrorKind, Selection, Subscription, Topics,
};
use futures_util::{FutureExt as _, StreamExt as _};
use tokio::{
    sync::Barrier,
    task::{self, JoinSet},
};

use crate::{
    assertion::{assert_ascending, ok, positions, refusal},
    fixture::Fixture,
    reading::{log, record},
    sample::{event_of, events, uuid},
    spy::{Interference, Spy},
};

pub(super) use super::window::finds_a_rare_topic_in_a_long_log;

pub(super) async fn delivers_what_is_there_then_what_comes(fixture: &Fixture) {
    let recorder = fixture.application().await;
    let mut all = record(&*recorder, events(&uuid(1), 1..=3)).await;
    let mut subscription = follow(&recorder, Selection::all());
    assert_eq!(take(fixture, &mut subscription, 3).await, all);
    for version in 4..=10 {
        assert!(subscription.next().now_or_never().is_none(), "there is nothing new yet");
        all.extend(record(&*recorder, events(&uuid(1), version..=version)).await);
        assert_eq!(take(fixture, &mut subscription, 1).await, all[all.len() - 1..]);
    }
}

pub(super) async fn starts_on_an_empty_log(fixture: &Fixture) {
    let recorder = fixture.application().await;
    let mut subscription = follow(&recorder, Selection::all());
    assert!(subscription.next().now_or_never().is_none(), "there is nothing yet");
    let numbered = record(&*recorder, events(&uuid(1), 1..=2)).await;
    assert_eq!(take(fixture, &mut subscription, 2).await, numbered);
}

pub(super) async fn delivers_what_came_before_it_was_polled(fixture: &Fixture) {
    let recorder = fixture.application().await;
    let mut subscription = follow(&recorder, Selection::all());
    let numbered = record(&*recorder, events(&uuid(1), 1..=2)).await;
    assert_eq!(take(fixture, &mut subscription, 2).await, numbered);
}

pub(super) async fn starts_after_a_position(fixture: &Fixture) {
    let recorder = fixture.application().await;
    let before = record(&*recorder, events(&uuid(1), 1..=4)).await;
    for selection in [
        Selection::after(before[1].position),
        Selection::from(before[2].position),
    ] {
        let mut subscription = follow(&recorder, selection);
        assert_eq!(take(fixture, &mut subscription, 2).await, before[2..]);
    }
}

pub(super) async fn starts_after_the_last_position(fixture: &Fixture) {
    let recorder = fixture.application().await;
    let before = record(&*recorder, events(&uuid(1), 1..=4)).await;
    let mut subscription = follow(&recorder, Selection::after(before[3].position));
    assert!(subscription.next().now_or_never().is_none(), "there is nothing new yet");
    let after = record(&*recorder, events(&uuid(1), 5..=6)).await;
    assert_eq!(take(fixture, &mut subscription, 2).await, after);
}

pub(super) async fn goes_on_after_the_position_of_another(fixture: &Fixture) {
    let recorder = fixture.application().await;
    let all = record(&*recorder, events(&uuid(1), 1..=9)).await;
    let mut position = 0;
    for three in all.chunks(3) {
        let mut subscription = follow(&recorder, Selection::after(position));
        assert_eq!(take(fixture, &mut subscription, 3).await, three);
        position = subscription.position();
        assert_eq!(position, three[2].position);
    }
}

pub(super) async fn delivers_only_its_topics(fixture: &Fixture) {
    let recorder = fixture.application().await;
    let topics = Topics::exact(["a"]).and_families(["c'"]);
    let mut subscription = follow(&recorder, Selection::all().of_topics(topics));
    for (version, topics) in [
        (1, ["a", "b", "c'.1", "b"]),
        (5, ["b", "b", "b", "b"]),
        (9, ["b", "c'.2", "a", "b"]),
    ] {
        let call = (version..)
            .zip(topics)
            .map(|(version, topic)| event_of(&uuid(1), version, topic))
            .collect();
        let mut selected = record(&*recorder, call).await;
        selected.retain(|notification| notification.event.topic != "b");
        assert_eq!(take(fixture, &mut subscription, selected.len()).await, selected);
    }
}

pub(super) async fn ends_at_its_upper_bound(fixture: &Fixture) {
    let recorder = fixture.application().await;
    let all = record(&*recorder, events(&uuid(1), 1..=4)).await;
    let subscription = follow(&recorder, Selection::all().up_to(all[2].position));
    assert_eq!(rest(fixture, subscription).await, all[..3]);
    let past = Selection::after(all[2].position).up_to(all[1].position);
    assert_eq!(rest(fixture, follow(&recorder, past)).await, []);
}

pub(super) async fn waits_for_its_upper_bound(fixture: &Fixture) {
    let recorder = fixture.application().await;
    let all = record(&*recorder, vec![event_of(&uuid(1), 1, "a")]).await;
    let bound = all[0].position + 1;
    let mut subscription = follow(&recorder, Selection::all().up_to(bound).topics(["a"]));
    assert_eq!(take(fixture, &mut subscription, 1).await, all);
    assert!(
        subscription.next().now_or_never().is_none(),
        "an event at the bound may still come"
    );
    ok(recorder
        .insert_events(vec![event_of(&uuid(1), 2, "b"), event_of(&uuid(1), 3, "b")])
        .await);
    // What is at the bound is of another topic, so there is nothing to deliver, and no more to come.
    assert_eq!(rest(fixture, subscription).await, []);
}

pub(super) async fn ends_at_its_limit(fixture: &Fixture) {
    let recorder = fixture.application().await;
    let mut all = record(&*recorder, events(&uuid(1), 1..=2)).await;
    let subscription = follow(&recorder, Selection::all().limit(3));
    let rest = task::spawn(subscription.map(ok).collect::<Vec<_>>());
    all.extend(record(&*recorder, events(&uuid(1), 3..=5)).await);
    let delivered = fixture.within("the subscription has ended", rest).await;
    assert_eq!(delivered.expect("the reader fails only by an assertion"), all[..3]);
}

pub(super) async fn limit_0_ends_at_once(fixture: &Fixture) {
    let recorder = fixture.application().await;
    ok(recorder.insert_events(events(&uuid(1), 1..=2)).await);
    assert_eq!(rest(fixture, follow(&recorder, Selection::all().limit(0))).await, []);
}

pub(super) async fn stops_in_the_loop(fixture: &Fixture) {
    let recorder = fixture.application().await;
    let all = record(&*recorder, events(&uuid(1), 1..=5)).await;
    let mut subscription = follow(&recorder, Selection::all());
    assert_eq!(take(fixture, &mut subscription, 2).await, all[..2]);
    subscription.stopper().stop();
    assert_eq!(rest(fixture, subscription).await, []);
}

pub(super) async fn stops_before_it_is_polled(fixture: &Fixture) {
    let recorder = fixture.application().await;
    ok(recorder.insert_events(events(&uuid(1), 1..=5)).await);
    let subscription = follow(&recorder, Selection::all());
    subscription.stopper().stop();
    assert_eq!(rest(fixture, subscription).await, []);
}

pub(super) async fn stops_while_it_waits(fixture: &Fixture) {
    let recorder = fixture.application().await;
    let mut subscription = follow(&recorder, Selection::all());
    let stopper = subscription.stopper();
    assert!(subscription.next().now_or_never().is_none(), "there is nothing yet");
    let waiting = task::spawn(subscription.map(ok).collect::<Vec<_>>());
    task::yield_now().await;
    stopper.clone().stop();
    let delivered = fixture.within("the subscription has ended", waiting).await;
    assert_eq!(delivered.expect("the reader fails only by an assertion"), []);
}

pub(super) async fn one_that_is_dropped_harms_nobody(fixture: &Fixture) {
    let recorder = fixture.application().await;
    let mut staying = follow(&recorder, Selection::all());
    for version in 1..=10 {
        let mut leaving = follow(&recorder, Selection::after(version));
        let _waiting_or_not = leaving.next().now_or_never();
        drop(leaving);
        let numbered = record(&*recorder, events(&uuid(1), version..=version)).await;
        assert_eq!(take(fixture, &mut staying, 1).await, numbered);
    }
}

pub(super) async fn reads_no_more_than_a_page_ahead(fixture: &Fixture) {
    let recorder = fixture.application().await;
    let all = record(&*recorder, events(&uuid(1), 1..=3000)).await;
    let spy = Spy::new(recorder);
    let counted: Arc<dyn ReadableLog> = Arc::<Spy>::clone(&spy);
    let mut subscription = Subscription::new(counted, Selection::all());
    let mut delivered = 0;
    for size in [1, 99, 500, 900, 1500] {
        assert_eq!(
            take(fixture, &mut subscription, size).await,
            all[delivered..delivered + size]
        );
        delivered += size;
        assert!(
            spy.count() <= delivered + 1000,
            "{} were read to deliver {delivered}",
            spy.count()
        );
    }
    assert_eq!(spy.count(), 3000);
}

pub(super) async fn many_follow_at_once(fixture: &Fixture) {
    let recorder = fixture.application().await;
    let mut followers = JoinSet::new();
    for _ in 0..50 {
        let subscription = follow(&recorder, Selection::all().limit(20));
        followers.spawn(subscription.map(ok).collect::<Vec<_>>());
    }
    let mut all = Vec::new();
    for version in 1..=20 {
        all.extend(record(&*recorder, events(&uuid(1), version..=version)).await);
    }
    for delivered in fixture
        .within("everybody has got everything", followers.join_all())
        .await
    {
        assert_eq!(delivered, all);
    }
}

pub(super) async fn a_commit_between_page_and_wakeup_is_not_missed(fixture: &Fixture) {
    let recorder = fixture.application().await;
    let spy = Spy::new(Arc::clone(&recorder));
    spy.interfere(Interference::StoreAfterEmptyPage(events(&uuid(1), 1..=2)));
    let mut subscription = Subscription::new(spy, Selection::all());
    let delivered = take(fixture, &mut subscription, 2).await;
    assert_eq!(delivered, log(&*recorder).await);
}

pub(super) async fn a_commit_at_any_moment_of_its_start_is_not_missed(fixture: &Fixture) {
    let recorder = fixture.application().await;
    let mut position = 0;
    for version in 1..=60 {
        let start = Arc::new(Barrier::new(2));
        let writer = task::spawn({
            let (recorder, start) = (Arc::clone(&recorder), Arc::clone(&start));
            async move {
                start.wait().await;
                record(&*recorder, events(&uuid(1), version..=version)).await
            }
        });
        start.wait().await;
        for _ in 0..version % 4 {
            task::yield_now().await;
        }
        let mut subscription = follow(&recorder, Selection::after(position));
        let delivered = take(fixture, &mut subscription, 1).await;
        assert_eq!(delivered, writer.await.expect("the writer fails only by an assertion"));
        position = subscription.position();
    }
}

pub(super) async fn delivers_a_burst_in_order(fixture: &Fixture) {
    let recorder = fixture.application().await;
    let subscription = follow(&recorder, Selection::all().limit(2000));
    let follower = task::spawn(subscription.map(ok).collect::<Vec<Notification>>());
    let mut writers = JoinSet::new();
    for number in 1..=4 {
        let recorder = Arc::clone(&recorder);
        writers.spawn(async move {
            for first in (0..10).map(|save| save * 50 + 1) {
                ok(recorder.insert_events(events(&uuid(number), first..=first + 49)).await);
            }
        });
    }
    writers.join_all().await;
    let delivered = fixture.within("everything is delivered", follower).await;
    let delivered = delivered.expect("the follower fails only by an assertion");
    assert_ascending(&positions(&delivered));
    assert_eq!(delivered, log(&*recorder).await);
}

pub(super) async fn an_error_ends_it(fixture: &Fixture) {
    let recorder = fixture.application().await;
    let all = record(&*recorder, events(&uuid(1), 1..=2)).await;
    let spy = Spy::new(Arc::clone(&recorder));
    let failing: Arc<dyn ReadableLog> = Arc::<Spy>::clone(&spy);
    let mut subscription = Subscription::new(failing, Selection::all());
    assert_eq!(take(fixture, &mut subscription, 2).await, all);
    spy.interfere(Interference::Fail);
    ok(recorder.insert_events(events(&uuid(1), 3..=3)).await);
    let failed = fixture.within("the error is delivered", subscription.next()).await;
    assert_eq!(
        refusal(failed.expect("the error comes before the end")),
        RecorderErrorKind::Unavailable
    );
    assert_eq!(subscription.position(), all[1].position);
    assert_eq!(rest(fixture, subscription).await, []);
}

/// Follows the log of `recorder`.
pub(super) fn follow(recorder: &Arc<dyn ApplicationRecorder>, selection: Selection) -> Subscription {
    let log: Arc<dyn ReadableLog> = Arc::<dyn ApplicationRecorder>::clone(recorder);
    Subscription::new(log, selection)
}

/// Returns the next `count` notifications.
pub(super) async fn take(fixture: &Fixture, subscription: &mut Subscription, count: usize) -> Vec<Notification> {
    let mut taken = Vec::new();
    for number in 1..=count {
        let what = format!("notification {number} of {count} is delivered");
        let next = fixture.within(&what, subscription.next()).await;
        taken.push(ok(next.expect("it has not ended")));
    }
    taken
}

/// Returns what is delivered until the subscription ends.
async fn rest(fixture: &Fixture, subscription: Subscription) -> Vec<Notification> {
    fixture
        .within("the subscription has ended", subscription.map(ok).collect())
        .await
}
