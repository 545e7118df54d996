//! The calls of a random sequence.

use es_persistence::{OriginatorId, Selection, StoredEvent, StreamSelection, Topics, Tracking, TrackingKey};
use proptest::{
    collection::vec,
    num, option,
    prelude::{Just, Strategy},
    prop_oneof,
    sample::select,
};
use uuid::Uuid;

use super::Model;
use crate::sample::{event_like, uuid};

/// The number of aggregates.
const AGGREGATES: u8 = 4;
const TOPICS: [&str; 5] = ["a", "b", "it's", "a.1", "a.2"];
const FAMILIES: [&str; 3] = ["a", "b", "it's"];
/// Consumers and upstreams.
const TRACKED: [(&str, &str); 3] = [("", "up1"), ("", "up2"), ("consumer", "up1")];

/// One call.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    Save(Vec<Part>, Option<Track>),
    /// Repeats a save, with other events after its own or without.
    Again(usize, Option<Part>),
    Track(Track),
    Stream(Stream),
    Log(Log),
}

/// A selection of one aggregate's events.
#[derive(Clone, Debug)]
pub(crate) struct Stream {
    aggregate: u8,
    after: u64,
    up_to: Option<u64>,
    is_descending: bool,
    limit: Option<usize>,
}

/// A selection of the log, by the places of events in it.
#[derive(Clone, Debug)]
pub(crate) struct Log {
    after: Option<usize>,
    up_to: Option<usize>,
    topics: Option<Topics>,
    limit: Option<usize>,
}

/// The events of one aggregate in a save.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    aggregate: u8,
    start: Start,
    topics: Vec<&'static str>,
    /// Makes the event IDs differ from those of other parts.
    salt: u64,
}

/// The version of the first event of a part.
#[derive(Clone, Copy, Debug)]
enum Start {
    Next,
    /// A version below the next one, by this number.
    Stale(u64),
    /// A version above the next one, by this number.
    Future(u64),
}

/// A position and a fence of a consumer, relative to the last ones.
#[derive(Clone, Debug)]
pub(crate) struct Track {
    key: (&'static str, &'static str),
    distance: i64,
    fence: i64,
    event_id: Option<u128>,
}

impl Step {
    /// Returns sequences of calls, with calls that track positions if `with_tracking`.
    pub(crate) fn sequences(with_tracking: bool) -> impl Strategy<Value = Vec<Self>> {
        let save = vec(part(), 0..=3);
        let saves = if with_tracking {
            (save, option::of(track()))
                .prop_map(|(parts, tracking)| Self::Save(parts, tracking))
                .boxed()
        } else {
            save.prop_map(|parts| Self::Save(parts, None)).boxed()
        };
        let others = if with_tracking {
            track().prop_map(Self::Track).boxed()
        } else {
            saves.clone()
        };
        let again = (num::usize::ANY, option::of(part())).prop_map(|(save, more)| Self::Again(save, more));
        vec(
            prop_oneof![6 => saves, 1 => others, 1 => again, 2 => stream(), 2 => log()],
            1..40,
        )
    }
}

fn part() -> impl Strategy<Value = Part> {
    let start = prop_oneof![
        8 => Just(Start::Next),
        1 => (1..4_u64).prop_map(Start::Stale),
        1 => (1..3_u64).prop_map(Start::Future),
    ];
    let parts = (
        0..AGGREGATES,
        start,
        vec(select(&TOPICS[..]), 1..=3),
        num::u64::ANY.no_shrink(),
    );
    parts.prop_map(|(aggregate, start, topics, salt)| Part {
        aggregate,
        start,
        topics,
        salt,
    })
}

fn track() -> impl Strategy<Value = Track> {
    let tracks = (
        select(&TRACKED[..]),
        prop_oneof![4 => 1..3_i64, 1 => -2..=0_i64],
        prop_oneof![6 => Just(0_i64), 2 => 1..3_i64, 1 => -2..=-1_i64],
        option::of(0..9_u128),
    );
    tracks.prop_map(|(key, distance, fence, event_id)| Track {
        key,
        distance,
        fence,
        event_id,
    })
}

fn stream() -> impl Strategy<Value = Step> {
    let limits = option::of(0..5_usize);
    (
        0..AGGREGATES,
        0..8_u64,
        option::of(0..12_u64),
        proptest::bool::ANY,
        limits,
    )
        .prop_map(|(aggregate, after, up_to, is_descending, limit)| {
            Step::Stream(Stream {
                aggregate,
                after,
                up_to,
                is_descending,
                limit,
            })
        })
}

fn log() -> impl Strategy<Value = Step> {
    let (after, up_to) = (option::of(0..30_usize), option::of(0..60_usize));
    (after, up_to, option::of(topics()), option::of(0..9_usize)).prop_map(|(after, up_to, topics, limit)| {
        Step::Log(Log {
            after,
            up_to,
            topics,
            limit,
        })
    })
}

fn topics() -> impl Strategy<Value = Topics> {
    let sets = (vec(select(&TOPICS[..]), 0..=2), vec(select(&FAMILIES[..]), 0..=1));
    sets.prop_map(|(exact, families)| Topics::exact(exact).and_families(families))
}

impl Part {
    /// Returns the events, with versions that are right or wrong for what `model` holds.
    pub(crate) fn events(&self, model: &Model, run: u64) -> Vec<StoredEvent> {
        let id = aggregate(self.aggregate, run);
        let next = model.last_version(&id) + 1;
        let first = match self.start {
            Start::Next => next,
            Start::Stale(below) => next.saturating_sub(below).max(1),
            Start::Future(above) => next + above,
        };
        (first..)
            .zip(&self.topics)
            .map(|(version, topic)| event_like(&id, version, topic, self.salt.to_be_bytes().to_vec()))
            .collect()
    }
}

impl Track {
    pub(crate) fn tracking(&self, model: &Model, run: u64) -> Tracking {
        let key = key(self.key, run);
        let (position, fence) = model
            .last_tracking(&key)
            .map_or((0, 0), |last| (last.position, last.fence));
        let position = position.saturating_add_signed(self.distance).max(1);
        let tracking = Tracking::of(key, position).with_fence(fence.saturating_add_signed(self.fence));
        self.event_id
            .map_or(tracking.clone(), |id| tracking.with_event_id(Uuid::from_u128(id)))
    }
}

impl Stream {
    pub(crate) fn selection(&self, run: u64) -> StreamSelection {
        let selection = StreamSelection::of(aggregate(self.aggregate, run)).after(self.after);
        let selection = self.up_to.into_iter().fold(selection, StreamSelection::up_to);
        let selection = self.limit.into_iter().fold(selection, StreamSelection::limit);
        if self.is_descending {
            selection.descending()
        } else {
            selection
        }
    }
}

impl Log {
    pub(crate) fn selection(&self, model: &Model) -> Selection {
        let after = self.after.map_or(model.start(), |index| model.position(index));
        let topics = self.topics.iter().cloned();
        let selection = topics.fold(Selection::after(after), Selection::of_topics);
        let up_to = self.up_to.map(|index| model.position(index));
        let selection = up_to.into_iter().fold(selection, Selection::up_to);
        self.limit.into_iter().fold(selection, Selection::limit)
    }
}

/// Returns the consumers and upstreams of a sequence.
pub(crate) fn keys(run: u64) -> [TrackingKey; 3] {
    TRACKED.map(|names| key(names, run))
}

fn key((consumer, upstream): (&str, &str), run: u64) -> TrackingKey {
    TrackingKey::new(consumer, format!("{upstream} of run {run}"))
}

/// Returns the ID of an aggregate. Half of the IDs are texts.
fn aggregate(number: u8, run: u64) -> OriginatorId {
    let uuid = uuid(u128::from(run) << 8 | u128::from(number / 2));
    if number.is_multiple_of(2) {
        uuid
    } else {
        OriginatorId::from(uuid.to_string().as_str())
    }
}
