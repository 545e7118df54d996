//! Events with tags, and the queries that cases ask of them.

use es_persistence::{
    AppendCondition, DecisionRecorder, EventQuery, FoundEvent, Notification, QueryItem, ReadToken, StoredEvent,
    StoredTag, TaggedRow, Topics,
};
use uuid::Uuid;

use crate::{
    assertion::{ok, stored},
    reading::log,
    sample::{event, event_of, uuid},
};

/// What a case has stored: each event with its position, and its tags if it has been stored with some.
#[derive(Default)]
pub(crate) struct Known(pub(crate) Vec<(Notification, Option<Vec<StoredTag>>)>);

impl Known {
    /// Stores events with tags and without, in the order of the list.
    pub(crate) async fn store(
        &mut self,
        recorder: &dyn DecisionRecorder,
        rows: Vec<(StoredEvent, Option<Vec<StoredTag>>)>,
    ) {
        for (event, tags) in rows {
            let positions = match &tags {
                None => recorder.insert_events(vec![event.clone()]).await,
                Some(tags) => {
                    recorder
                        .insert_tagged(vec![TaggedRow::new(event.clone(), tags.clone())], None)
                        .await
                }
            };
            self.learn(ok(positions), [(event, tags)]);
        }
    }

    pub(crate) fn learn(
        &mut self,
        positions: Vec<u64>,
        rows: impl IntoIterator<Item = (StoredEvent, Option<Vec<StoredTag>>)>,
    ) {
        let rows = positions.into_iter().zip(rows);
        self.0
            .extend(rows.map(|(position, (event, tags))| (Notification::new(position, event), tags)));
    }

    /// What `query` has to find.
    pub(crate) fn find(&self, query: &EventQuery) -> Vec<(u64, Vec<usize>)> {
        let all = self.0.iter().map(|(there, tags)| {
            let items = query.matching_items(&there.event, tags.as_deref());
            (there.position, items)
        });
        let mut found: Vec<_> = all.collect();
        for (index, _) in query.items().iter().enumerate().filter(|(_, item)| item.is_last_only()) {
            let last = found.iter().rposition(|(_, items)| items.contains(&index));
            for (place, (_, items)) in found.iter_mut().enumerate() {
                items.retain(|item| *item != index || Some(place) == last);
            }
        }
        found.retain(|(_, items)| !items.is_empty() || query.items().is_empty());
        found
    }

    /// Whether `condition` has to fail.
    pub(crate) fn breaks(&self, condition: &AppendCondition) -> bool {
        self.0
            .iter()
            .any(|(there, tags)| condition.is_broken_by(there.position, &there.event, tags.as_deref()))
    }

    /// Asserts that the log has all of it and nothing else.
    pub(crate) async fn assert_log(&self, recorder: &dyn DecisionRecorder) {
        let expected: Vec<_> = self.0.iter().map(|(there, _)| there.clone()).collect();
        assert_eq!(log(recorder).await, expected);
    }
}

/// The positions of what was found, and by which items.
pub(crate) fn places(found: &[FoundEvent]) -> Vec<(u64, Vec<usize>)> {
    let places = found
        .iter()
        .map(|found| (found.notification.position, found.items.clone()));
    places.collect()
}

pub(crate) fn tag(text: &str) -> StoredTag {
    StoredTag::new(text)
}

pub(crate) fn tags(texts: &[&str]) -> Vec<StoredTag> {
    texts.iter().map(|text| tag(text)).collect()
}

/// The tag of the `number`th aggregate.
pub(crate) fn own(number: u128) -> StoredTag {
    StoredTag::of_originator(format!("Thing:{number}"), uuid(number))
}

/// A new event that belongs to no aggregate.
pub(crate) fn fact(topic: &str) -> StoredEvent {
    event_of(&Uuid::from_u128(fastrand::u128(..)).into(), 1, topic)
}

/// An event with tags.
pub(crate) fn row(topic: &str, texts: &[&str]) -> TaggedRow {
    TaggedRow::new(fact(topic), tags(texts))
}

/// A condition that an event with this tag makes fail.
pub(crate) fn nothing_new(texts: &[&str], token: ReadToken) -> AppendCondition {
    AppendCondition::new(of_tags(texts), token)
}

pub(crate) fn of_tags(texts: &[&str]) -> EventQuery {
    EventQuery::new([QueryItem::all().with_tags(tags(texts))])
}

/// Events of all kinds: with tags of all combinations, with the tag of an aggregate, and of aggregates themselves.
pub(crate) fn mixture() -> Vec<(StoredEvent, Option<Vec<StoredTag>>)> {
    let mut rows = vec![(event(&uuid(1), 1), None), (event_of(&uuid(2), 1, "Course.Held"), None)];
    for (topic, texts) in [
        ("Course.Defined", &["a"][..]),
        ("Course.Defined", &["b"]),
        ("Course.Taken", &["a", "b"]),
        ("Course.Taken", &["b", "a", "b"]),
        ("Student.Moved", &["a", "c"]),
        ("Course", &["a"]),
        ("Course.Line.Added", &["c"]),
        ("Courses.Held", &[]),
        ("Course.Closed", &[]),
        ("Happened", &["a", "b", "c"]),
        ("Course.Taken", &["a", "Thing:1"]),
        ("Thing.Moved", &["Thing:2"]),
    ] {
        rows.push((fact(topic), Some(tags(texts))));
    }
    rows.push((event_of(&uuid(1), 2, "Thing.Moved"), None));
    rows.push((event_of(&uuid(1), 3, "Course.Held"), Some(tags(&["a"]))));
    rows.push((event_of(&uuid(2), 2, "Thing.Moved"), None));
    rows
}

/// Items of all shapes.
pub(crate) fn items() -> Vec<QueryItem> {
    let topics = [
        None,
        Some(Topics::none()),
        Some(Topics::families(["Course"])),
        Some(Topics::families(["Course.Line", "Thing"])),
        Some(Topics::exact(["Course", "Happened", "Course.Taken"])),
        Some(Topics::families(["Unknown"]).and_exact(["Course.Defined"])),
    ];
    let tagged = [
        vec![],
        tags(&["a"]),
        tags(&["a", "a"]),
        tags(&["b", "a"]),
        tags(&["a", "b", "c"]),
        tags(&["unknown"]),
        tags(&["a", "unknown"]),
        vec![own(1)],
        vec![own(1), tag("a")],
        vec![tag("a"), own(2)],
        vec![own(1), own(2)],
    ];
    let mut items = Vec::new();
    for topics in &topics {
        for tags in &tagged {
            let item = topics
                .iter()
                .fold(QueryItem::all(), |item, topics| item.of_topics(topics.clone()));
            let item = item.with_tags(tags.clone());
            items.extend([item.clone(), item.tagged_only()]);
        }
    }
    items
}

/// Queries of all shapes: each item alone, and some of several items.
pub(crate) fn queries() -> Vec<EventQuery> {
    let items = items();
    let mut random = fastrand::Rng::with_seed(7);
    let mut several = |len| EventQuery::new(random.choose_multiple(items.iter(), len).into_iter().cloned());
    let mut queries = vec![EventQuery::default()];
    for len in [2, 2, 2, 3, 3, 4, 8, 20] {
        queries.push(several(len));
    }
    queries.extend(items.iter().map(|item| EventQuery::new([item.clone()])));
    queries
}

/// The events of what was found.
pub(crate) fn events_of(found: &[FoundEvent]) -> Vec<StoredEvent> {
    let notifications: Vec<_> = found.iter().map(|found| found.notification.clone()).collect();
    stored(&notifications)
}
