//! Decisions that are made at the same time.

use std::sync::Arc;

use es_persistence::{
    AppendCondition, DecisionRecorder, EventQuery, OriginatorId, QueryItem, ReadToken, RecorderErrorKind, StoredTag,
    StreamSelection, TaggedRow, Topics,
};
use fastrand::Rng;
use tokio::{sync::Barrier, task::JoinSet};
use uuid::Uuid;

use crate::{
    assertion::{chain, ok, refusal},
    fixture::Fixture,
    reading::log,
    sample::{event_like, uuid},
    tagged::{Known, nothing_new, of_tags, own, row, tag, tags},
};

pub(super) async fn one_of_many_decisions_about_the_same_wins(fixture: &Fixture) {
    let recorder = fixture.decisions().await;
    for round in 0..10 {
        let tasks = 16;
        let start = Arc::new(Barrier::new(tasks));
        let mut deciding = JoinSet::new();
        for task in 0..tasks {
            let (recorder, start) = (Arc::clone(&recorder), Arc::clone(&start));
            deciding.spawn(async move {
                let query = of_tags(&[&format!("seat:{round}")]);
                let found = ok(recorder.select_tagged(query.clone()).await);
                assert_eq!(found.events, []);
                start.wait().await;
                let rows = vec![row("Seat.Taken", &[&format!("seat:{round}"), &format!("task:{task}")])];
                let taken = recorder
                    .insert_tagged(rows, Some(AppendCondition::new(query, found.token)))
                    .await;
                taken.is_ok() || {
                    assert_eq!(refusal(taken), RecorderErrorKind::ConditionFailed);
                    false
                }
            });
        }
        let winners = deciding.join_all().await.into_iter().filter(|won| *won).count();
        assert_eq!(winners, 1, "in round {round}");
    }
    assert_eq!(log(&*recorder).await.len(), 10);
}

pub(super) async fn decisions_about_different_things_do_not_fail(fixture: &Fixture) {
    let recorder = fixture.decisions().await;
    let mut deciding = JoinSet::new();
    for task in 0..12 {
        let recorder = Arc::clone(&recorder);
        deciding.spawn(async move {
            let own = format!("own:{task}");
            let item = QueryItem::all().with_tags(tags(&[&own, "common"]));
            let query = EventQuery::new([item, QueryItem::all().with_tags(tags(&["nobody"]))]);
            for number in 0..15 {
                let found = ok(recorder.select_tagged(query.clone()).await);
                assert_eq!(found.events.len(), number);
                let condition = AppendCondition::new(query.clone(), found.token);
                let rows = vec![row("Thing.Decided", &[&own, "common"])];
                ok(recorder.insert_tagged(rows, Some(condition)).await);
            }
        });
    }
    deciding.join_all().await;
    assert_eq!(log(&*recorder).await.len(), 180);
}

pub(super) async fn no_decision_overlooks_what_came_before_it(fixture: &Fixture) {
    let recorder = fixture.decisions().await;
    check(&recorder, run(&[Arc::clone(&recorder)]).await).await;
}

pub(super) async fn no_decision_overlooks_what_another_opening_has_stored(fixture: &Fixture) {
    let (one, other) = (fixture.decisions().await, fixture.open().await.decisions().await);
    check(&one, run(&[Arc::clone(&one), other]).await).await;
}

/// How events were stored.
enum How {
    WithoutTags,
    Always,
    Under(AppendCondition),
}

/// What a task has done.
struct Done {
    positions: Vec<u64>,
    rows: Vec<TaggedRow>,
    how: How,
}

/// Lets tasks save aggregates, and decide about few things at random.
async fn run(recorders: &[Arc<dyn DecisionRecorder>]) -> Vec<Done> {
    let tasks = 10;
    let start = Arc::new(Barrier::new(tasks));
    let mut working = JoinSet::new();
    for (task, recorder) in recorders.iter().cycle().take(tasks).cloned().enumerate() {
        let start = Arc::clone(&start);
        working.spawn(async move {
            let mut random = Rng::with_seed(task as u64);
            let mut done = Vec::new();
            start.wait().await;
            for _ in 0..30 {
                done.extend(match random.u8(0..10) {
                    0..3 => save(&*recorder, &mut random).await,
                    3 => append(&*recorder, &mut random).await,
                    _ => decide(&*recorder, &mut random).await,
                });
            }
            done
        });
    }
    working.join_all().await.into_iter().flatten().collect()
}

/// Saves an event of one of three aggregates.
async fn save(recorder: &dyn DecisionRecorder, random: &mut Rng) -> Option<Done> {
    let id = uuid(random.u128(1..=3));
    let last = ok(recorder
        .select_events(StreamSelection::of(id.clone()).descending().limit(1))
        .await);
    let version = last.first().map_or(1, |last| last.originator_version + 1);
    let event = event_like(&id, version, "Thing.Moved", random.u64(..).to_le_bytes().to_vec());
    let rows = vec![TaggedRow::new(event.clone(), [])];
    match recorder.insert_events(vec![event]).await {
        Ok(positions) => Some(Done {
            positions,
            rows,
            how: How::WithoutTags,
        }),
        Err(error) => {
            assert!(error.conflict().is_some(), "{}", chain(&error));
            None
        }
    }
}

async fn append(recorder: &dyn DecisionRecorder, random: &mut Rng) -> Option<Done> {
    let rows = drawn_rows(random);
    let positions = ok(recorder.insert_tagged(rows.clone(), None).await);
    Some(Done {
        positions,
        rows,
        how: How::Always,
    })
}

async fn decide(recorder: &dyn DecisionRecorder, random: &mut Rng) -> Option<Done> {
    let items: Vec<_> = (0..random.usize(1..=3)).map(|_| drawn_item(random)).collect();
    let query = EventQuery::new(items);
    let token = ok(recorder.select_tagged(query.clone()).await).token;
    if random.bool() {
        tokio::task::yield_now().await;
    }
    let (rows, condition) = (drawn_rows(random), AppendCondition::new(query, token));
    match recorder.insert_tagged(rows.clone(), Some(condition.clone())).await {
        Ok(positions) => Some(Done {
            positions,
            rows,
            how: How::Under(condition),
        }),
        Err(error) => {
            assert_eq!(*error.kind(), RecorderErrorKind::ConditionFailed, "{}", chain(&error));
            None
        }
    }
}

fn drawn_tags(random: &mut Rng) -> Vec<StoredTag> {
    let mut drawn: Vec<_> = (0..random.u8(0..=2))
        .map(|_| tag(&format!("tag:{}", random.u8(0..4))))
        .collect();
    if random.u8(0..4) == 0 {
        drawn.push(own(random.u128(1..=3)));
    }
    drawn
}

fn drawn_rows(random: &mut Rng) -> Vec<TaggedRow> {
    let row = |random: &mut Rng| {
        let topic = ["Course.Taken", "Thing.Lent", "Rare.Seen"][random.usize(0..3)];
        let id = OriginatorId::Uuid(Uuid::from_u128(random.u128(..)));
        TaggedRow::new(event_like(&id, 1, topic, Vec::new()), drawn_tags(random))
    };
    (0..random.u8(1..=2)).map(|_| row(random)).collect()
}

fn drawn_item(random: &mut Rng) -> QueryItem {
    let item = match random.u8(0..6) {
        0 => QueryItem::all().of_topics(Topics::families(["Rare"])),
        1 => QueryItem::all().of_topics(Topics::families(["Thing"])),
        _ => QueryItem::all(),
    };
    let tags = drawn_tags(random);
    let item = match (tags.is_empty(), item.topics()) {
        // Nobody could decide anything if each event mattered.
        (true, None) => item.with_tags([tag("tag:0")]),
        _ => item.with_tags(tags),
    };
    if random.bool() { item.tagged_only() } else { item }
}

/// Asserts that no event which was stored before a decision makes its condition fail.
async fn check(recorder: &Arc<dyn DecisionRecorder>, done: Vec<Done>) {
    let mut known = Known::default();
    let mut conditions = Vec::new();
    for Done { positions, rows, how } in done {
        let position = positions[0];
        let has_tags = !matches!(how, How::WithoutTags);
        let rows = rows.into_iter().map(|row| (row.event, has_tags.then_some(row.tags)));
        known.learn(positions, rows);
        if let How::Under(condition) = how {
            conditions.push((position, condition));
        }
    }
    known.0.sort_by_key(|(there, _)| there.position);
    known.assert_log(&**recorder).await;
    assert!(conditions.len() > 20, "only {} decisions were made", conditions.len());
    for (position, condition) in conditions {
        let before = known.0.iter().take_while(|(there, _)| there.position < position);
        let overlooked =
            before.filter(|(there, tags)| condition.is_broken_by(there.position, &there.event, tags.as_deref()));
        let overlooked: Vec<_> = overlooked.map(|(there, _)| there.position).collect();
        assert_eq!(
            overlooked, [0; 0],
            "the decision at {position} overlooked them: {condition:?}"
        );
    }
}

pub(super) async fn a_query_is_read_as_of_one_moment(fixture: &Fixture) {
    let recorder = fixture.decisions().await;
    let writer = {
        let recorder = Arc::clone(&recorder);
        tokio::spawn(async move {
            for _ in 0..100 {
                let rows = vec![row("Thing.Sent", &["one"]), row("Thing.Got", &["other"])];
                ok(recorder.insert_tagged(rows, None).await);
            }
        })
    };
    let query = EventQuery::new(["one", "other"].map(|text| QueryItem::all().with_tags(tags(&[text]))));
    loop {
        let is_over = writer.is_finished();
        let found = ok(recorder.select_tagged(query.clone()).await).events;
        let of_item = |item| found.iter().filter(|event| event.items == [item]).count();
        assert_eq!(of_item(0), of_item(1));
        if is_over {
            assert_eq!(found.len(), 200);
            break;
        }
    }
    writer.await.expect("the writer does not panic");
    let stale = nothing_new(&["one"], ReadToken::default());
    let refused = recorder
        .insert_tagged(vec![row("Thing.Sent", &["one"])], Some(stale))
        .await;
    assert_eq!(refusal(refused), RecorderErrorKind::ConditionFailed);
}
