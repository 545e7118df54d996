//! Reading a long log by topic: each read looks at a bounded part of it.

use es_persistence::{ApplicationRecorder, LOG_WINDOW, Notification, Selection, Topics};
use futures_util::StreamExt as _;

use super::subscription::follow;
use crate::{
    assertion::ok,
    fixture::Fixture,
    reading::{log, page},
    sample::{TOPIC, event_of, uuid},
};

/// The topic of few events in a long log.
const RARE: &str = "Rare.Seen";

/// How many events one call stores.
const CALL: u64 = 2500;

/// The versions at which the rare event is, which are about its positions.
const SEEN: [u64; 4] = [1, LOG_WINDOW + 1, LOG_WINDOW * 2 + CALL, LOG_WINDOW * 2 + CALL + 1];

/// The number of events.
const LEN: u64 = LOG_WINDOW * 2 + 2 * CALL;

pub(super) async fn a_rare_topic_is_found_in_bounded_steps(fixture: &Fixture) {
    let recorder = fixture.application().await;
    let rare = fill(&*recorder).await;
    let last = ok(recorder.max_position().await).unwrap_or(0);
    for topics in [
        Topics::exact([RARE]),
        Topics::families(["Rare"]),
        Topics::families(["Unknown"]),
        Topics::none(),
    ] {
        for limit in [1, 2, 100] {
            let (mut after, mut found) = (0, Vec::new());
            while after < last {
                let selection = Selection::after(after).of_topics(topics.clone()).limit(limit);
                let read = page(&*recorder, selection.clone()).await;
                assert!(after < read.reached, "{selection:?} reached no further");
                let looked_at = read.reached - after;
                assert!(looked_at <= LOG_WINDOW, "{selection:?} looked at {looked_at} positions");
                found.extend(read.notifications);
                after = read.reached;
            }
            assert_eq!(after, last, "{topics:?} reached beyond the last position");
            let mut expected = rare.clone();
            expected.retain(|notification| topics.contains(&notification.event.topic));
            assert_eq!(found, expected, "{topics:?}");
        }
    }
}

pub(super) async fn finds_a_rare_topic_in_a_long_log(fixture: &Fixture) {
    let recorder = fixture.application().await;
    let rare = fill(&*recorder).await;
    let last = ok(recorder.max_position().await).unwrap_or(0);
    let selection = Selection::all().of_topics(Topics::families(["Rare"]));
    let subscription = follow(&recorder, selection.up_to(last));
    let delivered: Vec<_> = fixture
        .within("the subscription has ended", subscription.map(ok).collect())
        .await;
    assert_eq!(delivered, rare);
}

/// Stores a long log, and returns the rare events in it.
async fn fill(recorder: &dyn ApplicationRecorder) -> Vec<Notification> {
    for first in (1..=LEN).step_by(usize::try_from(CALL).expect("a call is small")) {
        let call = (first..first + CALL).map(|version| {
            let topic = if SEEN.contains(&version) { RARE } else { TOPIC };
            event_of(&uuid(1), version, topic)
        });
        ok(recorder.insert_events(call.collect()).await);
    }
    let mut rare = log(recorder).await;
    assert_eq!(rare.len() as u64, LEN);
    rare.retain(|notification| notification.event.topic == RARE);
    rare
}
