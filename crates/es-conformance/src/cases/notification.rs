//! Reading the log.

use std::sync::Arc;

use es_persistence::{ApplicationRecorder, Notification, ReadableLog, Selection, Topics};

use crate::{
    assertion::{conflict_of, ok, positions},
    fixture::Fixture,
    reading::{log, page, pages, record},
    sample::{HOSTILE, event_of, uuid},
};

pub(super) use super::window::a_rare_topic_is_found_in_bounded_steps;

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
            &of_topics(&all, Some(topics)),
        )
        .await;
    }
}

pub(super) async fn an_empty_set_of_topics_selects_nothing_and_reaches_the_end(fixture: &Fixture) {
    let (recorder, all) = with_log(fixture).await;
    let last = ok(recorder.max_position().await).unwrap_or(0);
    for selection in [
        Selection::all(),
        Selection::after(all[2].position),
        Selection::all().limit(1),
    ] {
        let read = page(&*recorder, selection.of_topics(Topics::none())).await;
        assert_eq!((read.notifications, read.reached), (Vec::new(), last));
    }
}

pub(super) async fn families_choose(fixture: &Fixture) {
    let topics = [
        "Dog.Registered",
        "Dog.Trick.Added",
        "Dog.",
        "Dog",
        "Dogs.Counted",
        "dog.Registered",
        "DOG.Registered",
        " Dog.Registered",
        "shop.Dog.Sold",
        "Dog/Registered",
        "Cat.Registered",
        "Cat.Trick.Added",
    ];
    let (recorder, all) = with_topics(fixture, &topics).await;
    let choices = [
        (Topics::families(["Dog"]), vec![0, 1, 2]),
        (Topics::families(["Dog.Trick"]), vec![1]),
        (Topics::families(["dog"]), vec![5]),
        (Topics::families(["shop.Dog"]), vec![8]),
        (Topics::families(["shop"]), vec![8]),
        (Topics::families(["Dog", "Cat"]), vec![0, 1, 2, 10, 11]),
        (Topics::families(["Dog", "Dog.Trick"]), vec![0, 1, 2]),
        (
            Topics::families(["Dog"]).and_exact(["Dog", "Cat.Registered"]),
            vec![0, 1, 2, 3, 10],
        ),
        (Topics::families(["Dog"]).and_exact(["Dog.Registered"]), vec![0, 1, 2]),
        (Topics::families(["Do", "D", "Dog.Registered"]), vec![]),
    ];
    for (topics, indices) in choices {
        let expected: Vec<_> = indices.into_iter().map(|index: usize| all[index].clone()).collect();
        let selection = Selection::all().of_topics(topics);
        selects(&*recorder, selection.clone(), &expected).await;
        selects(&*recorder, selection.limit(1), &expected[..expected.len().min(1)]).await;
    }
}

pub(super) async fn families_are_compared_byte_by_byte(fixture: &Fixture) {
    let families = [
        "a", "A", " a", "a ", "aa", "ä", "a\u{308}", "a%", "a_", "_", "%", "a*", "?", "[a]", "a\\",
    ];
    let families: Vec<_> = families.into_iter().chain(HOSTILE).collect();
    let topics: Vec<_> = families.iter().map(|family| format!("{family}.Happened")).collect();
    let (recorder, all) = with_topics(fixture, &topics).await;
    for (family, notification) in families.iter().zip(&all) {
        let only = std::slice::from_ref(notification);
        selects(
            &*recorder,
            Selection::all().of_topics(Topics::families([*family])),
            only,
        )
        .await;
    }
    selects(&*recorder, Selection::all().of_topics(Topics::families(families)), &all).await;
}

pub(super) async fn takes_many_families(fixture: &Fixture) {
    let (recorder, all) = with_topics(fixture, &["a.1", "b.1", "a.2"]).await;
    let unknown = Topics::families((0..2000).map(|number| format!("unknown {number}")));
    selects(&*recorder, Selection::all().of_topics(unknown.clone()), &[]).await;
    selects(
        &*recorder,
        Selection::all().of_topics(unknown.and_families(["b"])),
        &all[1..2],
    )
    .await;
}

pub(super) async fn limit_counts_after_topics_have_chosen(fixture: &Fixture) {
    let (recorder, all) = with_log(fixture).await;
    let of_c = of_topics(&all, Some(&["c"]));
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
    let (recorder, all) = with_topics(fixture, topics).await;
    for (topic, notification) in topics.iter().zip(&all) {
        let only = std::slice::from_ref(notification);
        selects(&*recorder, Selection::all().topics([*topic]), only).await;
    }
    selects(&*recorder, Selection::all().topics(topics.iter().copied()), &all).await;
}

/// Stores an event under each of `topics`.
async fn with_topics<T: AsRef<str> + Sync>(
    fixture: &Fixture,
    topics: &[T],
) -> (Arc<dyn ApplicationRecorder>, Vec<Notification>) {
    let recorder = fixture.application().await;
    let numbered = topics.iter().zip(1..);
    let events = numbered.map(|(topic, version)| event_of(&uuid(1), version, topic.as_ref()));
    let all = record(&*recorder, events.collect()).await;
    (recorder, all)
}

pub(super) async fn takes_many_topics(fixture: &Fixture) {
    let (recorder, all) = with_log(fixture).await;
    let mut topics: Vec<_> = (0..2000).map(|number| format!("unknown {number}")).collect();
    selects(&*recorder, Selection::all().topics(topics.clone()), &[]).await;
    topics.push("b".to_owned());
    selects(
        &*recorder,
        Selection::all().topics(topics),
        &of_topics(&all, Some(&["b"])),
    )
    .await;
}

pub(super) async fn combines_everything(fixture: &Fixture) {
    let (recorder, all) = with_log(fixture).await;
    let bounds = || (0..=all.len()).map(|index| if index == 0 { 0 } else { all[index - 1].position });
    for (after, up_to) in bounds().flat_map(|after| bounds().map(move |up_to| (after, up_to))) {
        for topics in SETS {
            let within = |notification: &&Notification| (after + 1..=up_to).contains(&notification.position);
            let expected: Vec<_> = of_topics(&all, topics).iter().filter(within).cloned().collect();
            for limit in [0, 1, 2, 3, all.len()] {
                let selection = of(topics, Selection::after(after).up_to(up_to).limit(limit));
                selects(&*recorder, selection, &expected[..limit.min(expected.len())]).await;
            }
        }
    }
}

pub(super) async fn pages_put_together_are_the_whole(fixture: &Fixture) {
    let (recorder, all) = with_log(fixture).await;
    let last = all.last().map_or(0, |last| last.position);
    for size in 1..=all.len() + 1 {
        for topics in SETS {
            for bound in [all[5].position, all[5].position + 1, last, last + 1, u64::MAX] {
                let select = |after| of(topics, Selection::after(after).up_to(bound).limit(size));
                let mut expected = of_topics(&all, topics);
                expected.retain(|notification| notification.position <= bound);
                let read = pages(&*recorder, select).await.notifications;
                assert_eq!(read, expected, "pages of {size} of {topics:?} up to {bound}");
            }
        }
    }
}

pub(super) async fn a_page_reaches_as_far_as_it_has_looked_and_no_further(fixture: &Fixture) {
    let (recorder, all) = with_log(fixture).await;
    let last = all.last().map_or(0, |last| last.position);
    let bounds = [
        0,
        all[0].position,
        all[4].position,
        all[4].position + 1,
        all[8].position,
        last,
        last + 1,
    ];
    for (after, up_to) in bounds.into_iter().flat_map(|after| bounds.map(|up_to| (after, up_to))) {
        for (topics, limit) in SETS
            .into_iter()
            .flat_map(|topics| [0, 1, 2, 100].map(|limit| (topics, limit)))
        {
            let selection = of(topics, Selection::after(after).up_to(up_to).limit(limit));
            let read = page(&*recorder, selection.clone()).await;
            let end = up_to.min(last).max(after);
            if limit == 0 || after == end {
                assert_eq!(read.reached, after, "{selection:?}");
                continue;
            }
            assert!(
                after < read.reached && read.reached <= end,
                "{selection:?} reached {}",
                read.reached
            );
            if read.notifications.len() < limit {
                assert_eq!(read.reached, end, "{selection:?}");
            }
            let mut passed = of_topics(&all, topics);
            passed.retain(|notification| after < notification.position && notification.position <= read.reached);
            assert_eq!(read.notifications, passed, "{selection:?} up to {}", read.reached);
        }
    }
}

pub(super) async fn pages_by_families_put_together_are_the_whole(fixture: &Fixture) {
    let topics = ["a.1", "b.1", "a.2", "a", "b.2", "b.3", "a.3", "c.1", "c.2", "a.4"];
    let (recorder, all) = with_topics(fixture, &topics).await;
    for size in 1..=5 {
        for set in [
            Topics::families(["a"]),
            Topics::families(["a", "c"]).and_exact(["b.2"]),
            Topics::families(["d"]),
        ] {
            let select = |after| Selection::after(after).of_topics(set.clone()).limit(size);
            let mut expected = all.clone();
            expected.retain(|notification| set.contains(&notification.event.topic));
            let read = pages(&*recorder, select).await.notifications;
            assert_eq!(read, expected, "pages of {size} of {set:?}");
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

/// Stores twelve events under three topics, in calls of several sizes, with refused calls between them.
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

/// Sets of topics in the log of [`with_log`]; `None` is no selection by topic.
const SETS: [Option<&[&str]>; 5] = [None, Some(&[]), Some(&["a"]), Some(&["b", "c"]), Some(&["unknown"])];

/// Restricts `selection` to `topics`.
fn of(topics: Option<&[&str]>, selection: Selection) -> Selection {
    match topics {
        None => selection,
        Some(topics) => selection.topics(topics.iter().copied()),
    }
}

/// Returns those of `all` whose topic is one of `topics`.
fn of_topics(all: &[Notification], topics: Option<&[&str]>) -> Vec<Notification> {
    let is_chosen = |notification: &&Notification| {
        let topic = &*notification.event.topic;
        topics.is_none_or(|topics| topics.contains(&topic))
    };
    all.iter().filter(is_chosen).cloned().collect()
}

/// Expects a page to have the `expected` notifications.
async fn selects<R: ReadableLog + ?Sized>(recorder: &R, selection: Selection, expected: &[Notification]) {
    let read = page(recorder, selection.clone()).await;
    assert_eq!(read.notifications, expected, "{selection:?}");
}
