//! Reading the log.

use std::sync::Arc;

use es_persistence::{ApplicationRecorder, Notification, Selection};

use crate::{
    assertion::{conflict_of, ok, positions},
    fixture::Fixture,
    reading::{log, pages, record},
    sample::{HOSTILE, event_of, uuid},
};

pub(super) async fn an_empty_log_has_none(fixture: &Fixture) {
    let recorder = fixture.application().await;
    let selections = [
        Selection::all(),
        Selection::from(1).limit(3),
        Selection::after(5),
        Selection::all().topics(["a"]),
    ];
    for selection in selections {
        selects(&*recorder, selection, &[]).await;
    }
    assert_eq!(ok(recorder.max_position().await), None);
}

pub(super) async fn the_log_has_every_event_once(fixture: &Fixture) {
    let (recorder, all) = with_log(fixture).await;
    selects(&*recorder, Selection::all(), &all).await;
    selects(&*recorder, Selection::after(0), &all).await;
    selects(&*recorder, Selection::from(0), &all).await;
    selects(&*recorder, Selection::from(1), &all).await;
}

pub(super) async fn from_is_inclusive(fixture: &Fixture) {
    let (recorder, all) = with_log(fixture).await;
    for index in 0..all.len() {
        selects(&*recorder, Selection::from(all[index].position), &all[index..]).await;
    }
}

pub(super) async fn after_is_exclusive(fixture: &Fixture) {
    let (recorder, all) = with_log(fixture).await;
    for index in 0..all.len() {
        selects(&*recorder, Selection::after(all[index].position), &all[index + 1..]).await;
    }
}

pub(super) async fn up_to_is_inclusive(fixture: &Fixture) {
    let (recorder, all) = with_log(fixture).await;
    for index in 0..all.len() {
        selects(&*recorder, Selection::all().up_to(all[index].position), &all[..=index]).await;
    }
    selects(&*recorder, Selection::all().up_to(0), &[]).await;
}

pub(super) async fn limit_counts_from_the_first_that_is_selected(fixture: &Fixture) {
    let (recorder, all) = with_log(fixture).await;
    for limit in 1..=all.len() {
        selects(&*recorder, Selection::all().limit(limit), &all[..limit]).await;
        selects(
            &*recorder,
            Selection::after(all[2].position).limit(limit),
            &all[3..(3 + limit).min(all.len())],
        )
        .await;
    }
    selects(&*recorder, Selection::all().limit(1000), &all).await;
}

pub(super) async fn limit_0_selects_nothing(fixture: &Fixture) {
    let (recorder, _all) = with_log(fixture).await;
    selects(&*recorder, Selection::all().limit(0), &[]).await;
    selects(&*recorder, Selection::all().topics(["a"]).limit(0), &[]).await;
}

pub(super) async fn topics_choose(fixture: &Fixture) {
    let (recorder, all) = with_log(fixture).await;
    for topics in [
        &["a"][..],
        &["b"],
        &["a", "c"],
        &["a", "b", "c"],
        &["c", "c", "unknown"],
        &["unknown"],
    ] {
        selects(
            &*recorder,
            Selection::all().topics(topics.iter().copied()),
            &of_topics(&all, topics),
        )
        .await;
    }
    selects(&*recorder, Selection::all().topics([""; 0]), &all).await;
}

pub(super) async fn limit_counts_after_topics_have_chosen(fixture: &Fixture) {
    let (recorder, all) = with_log(fixture).await;
    let of_c = of_topics(&all, &["c"]);
    for limit in 1..=of_c.len() {
        selects(&*recorder, Selection::all().topics(["c"]).limit(limit), &of_c[..limit]).await;
    }
}

pub(super) async fn topics_are_compared_byte_by_byte(fixture: &Fixture) {
    let topics = ["a", "A", " a", "a ", "aa", "ä", "a\u{308}", "a%", "_", "%"];
    each_topic_is_its_own(fixture, &topics).await;
}

pub(super) async fn hostile_topics_choose(fixture: &Fixture) {
    each_topic_is_its_own(fixture, &HOSTILE).await;
}

async fn each_topic_is_its_own(fixture: &Fixture, topics: &[&str]) {
    let recorder = fixture.application().await;
    let events = topics
        .iter()
        .zip(1..)
        .map(|(topic, version)| event_of(&uuid(1), version, topic))
        .collect();
    let all = record(&*recorder, events).await;
    for (topic, notification) in topics.iter().zip(&all) {
        let only = std::slice::from_ref(notification);
        selects(&*recorder, Selection::all().topics([*topic]), only).await;
    }
    selects(&*recorder, Selection::all().topics(topics.iter().copied()), &all).await;
}

pub(super) async fn takes_many_topics(fixture: &Fixture) {
    let (recorder, all) = with_log(fixture).await;
    let mut topics: Vec<_> = (0..2000).map(|number| format!("unknown {number}")).collect();
    selects(&*recorder, Selection::all().topics(topics.clone()), &[]).await;
    topics.push("b".to_owned());
    selects(&*recorder, Selection::all().topics(topics), &of_topics(&all, &["b"])).await;
}

pub(super) async fn combines_everything(fixture: &Fixture) {
    let (recorder, all) = with_log(fixture).await;
    let bounds = || (0..=all.len()).map(|index| if index == 0 { 0 } else { all[index - 1].position });
    for (after, up_to) in bounds().flat_map(|after| bounds().map(move |up_to| (after, up_to))) {
        for topics in [&[][..], &["a"], &["b", "c"]] {
            let within = |notification: &&Notification| (after + 1..=up_to).contains(&notification.position);
            let expected: Vec<_> = of_topics(&all, topics).iter().filter(within).cloned().collect();
            for limit in [0, 1, 2, 3, all.len()] {
                let selection = Selection::after(after)
                    .up_to(up_to)
                    .topics(topics.iter().copied())
                    .limit(limit);
                selects(&*recorder, selection, &expected[..limit.min(expected.len())]).await;
            }
        }
    }
}

pub(super) async fn pages_put_together_are_the_whole(fixture: &Fixture) {
    let (recorder, all) = with_log(fixture).await;
    for size in 1..=all.len() + 1 {
        for topics in [&[][..], &["a"], &["b", "c"], &["unknown"]] {
            assert_eq!(
                pages(&*recorder, topics, size).await,
                of_topics(&all, topics),
                "pages of {size} of {topics:?}"
            );
        }
    }
}

pub(super) async fn max_position_is_that_of_the_last(fixture: &Fixture) {
    let recorder = fixture.application().await;
    for version in 1..=10 {
        let numbered = record(&*recorder, vec![event_of(&uuid(1), version, "a")]).await;
        assert_eq!(ok(recorder.max_position().await), positions(&numbered).last().copied());
    }
}

pub(super) async fn takes_the_greatest_numbers(fixture: &Fixture) {
    let (recorder, all) = with_log(fixture).await;
    for greatest in [i64::MAX as u64 - 1, i64::MAX as u64, i64::MAX as u64 + 1, u64::MAX] {
        selects(&*recorder, Selection::after(greatest), &[]).await;
        selects(&*recorder, Selection::from(greatest), &[]).await;
        selects(&*recorder, Selection::all().up_to(greatest), &all).await;
    }
    selects(&*recorder, Selection::all().limit(usize::MAX), &all).await;
}

/// Twelve events under three topics, stored in calls of several sizes, some of which were refused.
async fn with_log(fixture: &Fixture) -> (Arc<dyn ApplicationRecorder>, Vec<Notification>) {
    let recorder = fixture.application().await;
    let calls = [
        &["a", "b", "c", "a"][..],
        &["a"],
        &["b", "c", "b"],
        &["c", "c"],
        &["a", "b"],
    ];
    let mut all = Vec::new();
    for (number, topics) in (1..).zip(calls) {
        let id = uuid(number);
        let call: Vec<_> = (1..)
            .zip(topics)
            .map(|(version, topic)| event_of(&id, version, topic))
            .collect();
        let twice = [call.clone(), call.clone()].concat();
        assert_eq!(conflict_of(recorder.insert_events(twice).await).originator_id, id);
        all.extend(record(&*recorder, call).await);
    }
    assert_eq!(log(&*recorder).await, all);
    (recorder, all)
}

fn of_topics(all: &[Notification], topics: &[&str]) -> Vec<Notification> {
    let chosen = |notification: &&Notification| topics.is_empty() || topics.contains(&&*notification.event.topic);
    all.iter().filter(chosen).cloned().collect()
}

async fn selects<R: ApplicationRecorder + ?Sized>(recorder: &R, selection: Selection, expected: &[Notification]) {
    let read = ok(recorder.select_notifications(selection.clone()).await);
    assert_eq!(read, expected, "{selection:?}");
}
