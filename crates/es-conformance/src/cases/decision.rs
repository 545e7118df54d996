//! Events with tags: what queries find, and when conditions fail.

use std::sync::Arc;

use es_persistence::{
    AppendCondition, DecisionRecorder, EventQuery, FoundEvents, QueryItem, ReadToken, RecorderErrorKind, StoredTag,
    TaggedRow, Topics,
};

use crate::{
    assertion::{assert_ascending, conflict, ok, positions, refusal, stored},
    fixture::Fixture,
    reading::{log, stream},
    sample::{HOSTILE, event, event_of, events, rival, uuid},
    tagged::{Known, events_of, fact, mixture, nothing_new, of_tags, own, places, queries, row, tag, tags},
};

async fn find(recorder: &Arc<dyn DecisionRecorder>, query: &EventQuery) -> FoundEvents {
    ok(recorder.select_tagged(query.clone()).await)
}

pub(super) async fn events_with_tags_are_in_the_log(fixture: &Fixture) {
    let recorder = fixture.decisions().await;
    ok(recorder.insert_events(events(&uuid(1), 1..=2)).await);
    let rows = vec![
        row("Course.Defined", &["a"]),
        row("Course.Taken", &["a", "b"]),
        row("Happened", &[]),
    ];
    let numbers = ok(recorder.insert_tagged(rows.clone(), None).await);
    ok(recorder.insert_events(events(&uuid(1), 3..=3)).await);
    let log = log(&*recorder).await;
    assert_ascending(&positions(&log));
    assert_eq!(numbers, positions(&log)[2..5], "they are adjacent");
    let expected: Vec<_> = rows.iter().map(|row| row.event.clone()).collect();
    assert_eq!(stored(&log)[2..5], expected);
    assert_eq!(ok(recorder.max_position().await), Some(log[5].position));
    let own = &rows[1].event;
    assert_eq!(stream(&*recorder, &own.originator_id).await, std::slice::from_ref(own));
}

pub(super) async fn every_query_shape_is_found(fixture: &Fixture) {
    let recorder = fixture.decisions().await;
    let mut known = Known::default();
    for query in queries() {
        assert_eq!(
            places(&find(&recorder, &query).await.events),
            [],
            "in an empty store: {query:?}"
        );
    }
    known.store(&*recorder, mixture()).await;
    known.assert_log(&*recorder).await;
    for query in queries() {
        let found = find(&recorder, &query).await;
        assert_eq!(places(&found.events), known.find(&query), "{query:?}");
        for found in found.events {
            let there = known
                .0
                .iter()
                .find(|(there, _)| there.position == found.notification.position);
            assert_eq!(there.map(|(there, _)| there), Some(&found.notification));
        }
    }
}

pub(super) async fn events_of_aggregates_are_found(fixture: &Fixture) {
    let recorder = fixture.decisions().await;
    ok(recorder.insert_events(events(&uuid(1), 1..=3)).await);
    ok(recorder.insert_events(events(&"1".into(), 1..=2)).await);
    ok(recorder.insert_tagged(vec![row("Loan.Lent", &["Thing:1"])], None).await);
    let query = EventQuery::new([QueryItem::all().with_tags([own(1)])]);
    let found = events_of(&find(&recorder, &query).await.events);
    assert_eq!(found.len(), 4, "those of the aggregate, and the one with its tag");
    assert_eq!(found[..3], events(&uuid(1), 1..=3));
    let text = StoredTag::of_originator("Text:1", "1".into());
    let query = EventQuery::new([QueryItem::all().with_tags([text])]);
    assert_eq!(
        events_of(&find(&recorder, &query).await.events),
        events(&"1".into(), 1..=2)
    );
}

pub(super) async fn only_the_last_event_is_read_when_asked(fixture: &Fixture) {
    let recorder = fixture.decisions().await;
    let mut known = Known::default();
    known.store(&*recorder, mixture()).await;
    for query in queries().into_iter().step_by(2) {
        let last = EventQuery::new(query.items().iter().cloned().map(QueryItem::last_only));
        let found = find(&recorder, &last).await;
        assert_eq!(places(&found.events), known.find(&last), "{last:?}");
        let condition = AppendCondition::new(last.clone(), found.token);
        let probe = TaggedRow::new(fact("Probe.Made"), tags(&["probe"]));
        let positions = ok(recorder.insert_tagged(vec![probe.clone()], Some(condition)).await);
        known.learn(positions, [(probe.event, Some(probe.tags))]);
        let mixed = query.items().iter().cloned().zip([true, false].into_iter().cycle());
        let mixed = EventQuery::new(mixed.map(|(item, last)| if last { item.last_only() } else { item }));
        let found = find(&recorder, &mixed).await;
        assert_eq!(places(&found.events), known.find(&mixed), "{mixed:?}");
    }
}

pub(super) async fn a_condition_fails_exactly_when_something_that_matters_is_there(fixture: &Fixture) {
    let recorder = fixture.decisions().await;
    let mut known = Known::default();
    known.store(&*recorder, mixture()).await;
    let all: Vec<u64> = known.0.iter().map(|(there, _)| there.position).collect();
    for (number, query) in queries().into_iter().enumerate() {
        let found: Vec<u64> = known.find(&query).into_iter().map(|(position, _)| position).collect();
        let middle = all[number % all.len()];
        let (last, others) = found
            .split_last()
            .map_or((0, &[][..]), |(last, others)| (*last, others));
        let tokens = [
            find(&recorder, &query).await.token,
            ReadToken::default(),
            ReadToken::new(middle, Vec::new()),
            ReadToken::new(last.saturating_sub(1), Vec::new()),
            ReadToken::new(last, Vec::new()),
            ReadToken::new(0, found.clone()),
            ReadToken::new(0, others.to_vec()),
        ];
        let drawn = [0, 1 + number % 6].map(|index| tokens[index].clone());
        for token in drawn {
            let condition = AppendCondition::new(query.clone(), token);
            let probe = TaggedRow::new(fact("Probe.Made"), tags(&["probe"]));
            let appended = recorder
                .insert_tagged(vec![probe.clone()], Some(condition.clone()))
                .await;
            if known.breaks(&condition) {
                assert_eq!(refusal(appended), RecorderErrorKind::ConditionFailed, "{condition:?}");
            } else {
                let positions = appended.unwrap_or_else(|error| panic!("{error} with {condition:?}"));
                known.learn(positions, [(probe.event, Some(probe.tags))]);
            }
        }
    }
    known.assert_log(&*recorder).await;
}

pub(super) async fn plain_saves_make_conditions_fail(fixture: &Fixture) {
    let recorder = fixture.decisions().await;
    let things = QueryItem::all().of_topics(Topics::families(["Thing"]));
    for (version, item) in (1..).zip([
        QueryItem::all().with_tags([own(1)]),
        things.clone(),
        things.clone().with_tags([own(1)]),
        QueryItem::all(),
    ]) {
        let query = EventQuery::new([item]);
        let token = find(&recorder, &query).await.token;
        ok(recorder
            .insert_events(vec![event_of(&uuid(1), version, "Thing.Moved")])
            .await);
        let condition = AppendCondition::new(query.clone(), token);
        let refused = recorder
            .insert_tagged(vec![row("Loan.Lent", &[])], Some(condition))
            .await;
        assert_eq!(refusal(refused), RecorderErrorKind::ConditionFailed, "{query:?}");
        let token = find(&recorder, &query).await.token;
        let others = event_of(&uuid(2), version, "Other.Moved");
        ok(recorder.insert_events(vec![others]).await);
        let condition = AppendCondition::new(EventQuery::new([things.clone()]), token);
        ok(recorder
            .insert_tagged(vec![row("Loan.Lent", &[])], Some(condition))
            .await);
    }
}

pub(super) async fn a_failed_condition_stores_nothing(fixture: &Fixture) {
    let recorder = fixture.decisions().await;
    let first = row("Course.Defined", &["a"]);
    ok(recorder.insert_tagged(vec![first.clone()], None).await);
    let many = (0..100).map(|_| row("Course.Taken", &["a", "b"])).collect();
    let refused = recorder
        .insert_tagged(many, Some(nothing_new(&["a"], ReadToken::default())))
        .await;
    assert_eq!(refusal(refused), RecorderErrorKind::ConditionFailed);
    assert_eq!(stored(&log(&*recorder).await), [first.event]);
    assert_eq!(find(&recorder, &of_tags(&["b"])).await.events, []);
}

pub(super) async fn an_append_that_makes_its_own_condition_fail_is_stored(fixture: &Fixture) {
    let recorder = fixture.decisions().await;
    let mut token = ReadToken::default();
    for number in 1..=3 {
        ok(recorder
            .insert_tagged(vec![row("Course.Taken", &["a"])], Some(nothing_new(&["a"], token)))
            .await);
        let found = find(&recorder, &of_tags(&["a"])).await;
        assert_eq!(found.events.len(), number);
        token = found.token;
    }
}

pub(super) async fn aggregates_and_tagged_events_are_stored_together(fixture: &Fixture) {
    let recorder = fixture.decisions().await;
    ok(recorder.insert_events(events(&uuid(1), 1..=1)).await);
    let rows = |version| {
        let own = TaggedRow::new(event(&uuid(1), version), tags(&["name:ann"]));
        vec![row("Loan.Lent", &["book"]), own]
    };
    let numbers = ok(recorder
        .insert_tagged(rows(2), Some(nothing_new(&["name:ann"], ReadToken::default())))
        .await);
    assert_eq!(stream(&*recorder, &uuid(1)).await, events(&uuid(1), 1..=2));
    let found = find(&recorder, &of_tags(&["name:ann"])).await;
    assert_eq!(places(&found.events), [(numbers[1], vec![0])]);
    let before = log(&*recorder).await;
    for (version, last) in [(2, 2), (4, 2)] {
        let mut stale = rows(version);
        stale[1].event = rival(&uuid(1), version);
        assert_eq!(
            refusal(recorder.insert_tagged(stale, None).await),
            conflict(&uuid(1), version, last)
        );
    }
    assert_eq!(log(&*recorder).await, before);
    assert_eq!(find(&recorder, &of_tags(&["book"])).await.events.len(), 1);
    ok(recorder.insert_events(events(&uuid(1), 3..=3)).await);
}

pub(super) async fn a_repeated_append_is_one_append(fixture: &Fixture) {
    let recorder = fixture.decisions().await;
    let rows = vec![row("Course.Taken", &["a"]), row("Course.Taken", &["b"])];
    let condition = nothing_new(&["a"], ReadToken::default());
    let numbers = ok(recorder.insert_tagged(rows.clone(), Some(condition.clone())).await);
    assert_eq!(ok(recorder.insert_tagged(rows.clone(), Some(condition)).await), numbers);
    assert_eq!(ok(recorder.insert_tagged(rows.clone(), None).await), numbers);
    assert_eq!(positions(&log(&*recorder).await), numbers);
    assert_eq!(find(&recorder, &of_tags(&["a"])).await.events.len(), 1);
}

pub(super) async fn no_events_are_stored_whatever_the_condition_says(fixture: &Fixture) {
    let recorder = fixture.decisions().await;
    ok(recorder.insert_tagged(vec![row("Course.Taken", &["a"])], None).await);
    let failing = nothing_new(&["a"], ReadToken::default());
    assert_eq!(ok(recorder.insert_tagged(Vec::new(), Some(failing)).await), [0; 0]);
    assert_eq!(log(&*recorder).await.len(), 1);
}

pub(super) async fn tags_are_compared_byte_by_byte(fixture: &Fixture) {
    let recorder = fixture.decisions().await;
    let long = "x".repeat(StoredTag::MAX_LEN);
    let texts = HOSTILE.into_iter().chain(["a", "A", "a ", "aa", &long]);
    for (number, text) in (1..).zip(texts) {
        let numbers = ok(recorder
            .insert_tagged(vec![row("Course.Taken", &[text, "all"])], None)
            .await);
        let found = find(&recorder, &of_tags(&[text])).await;
        assert_eq!(places(&found.events), [(numbers[0], vec![0])], "{text:?}");
        let broken = nothing_new(&["all", text], ReadToken::default());
        let refused = recorder
            .insert_tagged(vec![row("Course.Taken", &[])], Some(broken))
            .await;
        assert_eq!(refusal(refused), RecorderErrorKind::ConditionFailed, "{text:?}");
        assert_eq!(find(&recorder, &of_tags(&["all"])).await.events.len(), number);
    }
    for text in ["a\0", "", ".Course.", "%", "_"] {
        assert_eq!(find(&recorder, &of_tags(&[text, "all"])).await.events, [], "{text:?}");
    }
}

pub(super) async fn invalid_tags_are_refused(fixture: &Fixture) {
    let recorder = fixture.decisions().await;
    let long = "x".repeat(StoredTag::MAX_LEN + 1);
    for text in ["", "a\0b", ".Course.", &long] {
        let rows = vec![row("Course.Taken", &["a"]), row("Course.Taken", &["a", text])];
        assert_eq!(
            refusal(recorder.insert_tagged(rows, None).await),
            RecorderErrorKind::Invalid,
            "{text:?}"
        );
    }
    let nil = TaggedRow::new(event(&uuid(1), 0), [tag("a")]);
    assert_eq!(
        refusal(recorder.insert_tagged(vec![nil], None).await),
        RecorderErrorKind::Invalid
    );
    assert_eq!(log(&*recorder).await, []);
}

pub(super) async fn takes_many_events_and_tags_in_one_call(fixture: &Fixture) {
    let recorder = fixture.decisions().await;
    let texts: Vec<_> = (0..1500).map(|number| format!("tag:{number}")).collect();
    let rows: Vec<_> = texts.iter().map(|text| row("Course.Taken", &[text, "all"])).collect();
    let numbers = ok(recorder
        .insert_tagged(rows, Some(nothing_new(&["all"], ReadToken::default())))
        .await);
    let found = find(&recorder, &of_tags(&["all"])).await;
    assert_eq!(
        places(&found.events),
        numbers.iter().map(|number| (*number, vec![0])).collect::<Vec<_>>()
    );
    let texts: Vec<_> = texts.iter().map(String::as_str).collect();
    let one = row("Course.Taken", &texts);
    ok(recorder.insert_tagged(vec![one], None).await);
    let every_hundredth = texts
        .iter()
        .step_by(100)
        .map(|text| QueryItem::all().with_tags([tag(text)]));
    let found = find(&recorder, &EventQuery::new(every_hundredth)).await;
    assert_eq!(found.events.len(), 16);
    let of_two = nothing_new(&[texts[1], texts[2]], found.token);
    ok(recorder
        .insert_tagged(vec![row("Course.Taken", &["z"])], Some(of_two))
        .await);
}

pub(super) async fn tags_are_there_when_the_store_is_opened_again(fixture: &Fixture) {
    let mut known = Known::default();
    known.store(&*fixture.decisions().await, mixture()).await;
    let recorder = fixture.reopen().await.decisions().await;
    for query in queries().iter().step_by(3) {
        assert_eq!(
            places(&find(&recorder, query).await.events),
            known.find(query),
            "{query:?}"
        );
    }
    known
        .store(&*recorder, vec![(fact("Course.Taken"), Some(tags(&["a"])))])
        .await;
    let found = find(&recorder, &of_tags(&["a"])).await;
    assert_eq!(places(&found.events), known.find(&of_tags(&["a"])));
}
