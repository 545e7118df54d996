//! What a random sequence is made of.

use es_persistence::{OriginatorId, Selection, StoredEvent, StreamSelection, Tracking};
use proptest::{
    collection::vec,
    option,
    prelude::{Just, Strategy},
    prop_oneof,
    sample::select,
};
use uuid::Uuid;

use super::Model;
use crate::sample::{event_of, uuid};

/// How many aggregates there are, and how many topics, upstreams.
const AGGREGATES: u8 = 4;
const TOPICS: [&str; 3] = ["a", "b", "it's"];
const UPSTREAMS: [&str; 2] = ["up1", "up2"];

/// One call.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    Save(Vec<Part>, Option<Track>),
    Track(Track),
    Stream(Stream),
    Log(Log),
}

/// A selection of one aggregate's events.
#[derive(Clone, Debug)]
pub(crate) struct Stream {
    aggregate: u8,
    gt: u64,
    lte: Option<u64>,
    is_descending: bool,
    limit: Option<usize>,
}

/// A selection of the log, by the places of events in it.
#[derive(Clone, Debug)]
pub(crate) struct Log {
    after: Option<usize>,
    up_to: Option<usize>,
    topics: Vec<&'static str>,
    limit: Option<usize>,
}

/// The events of one aggregate in a save.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    aggregate: u8,
    start: Start,
    topics: Vec<&'static str>,
}

/// The version of the first event of a part.
#[derive(Clone, Copy, Debug)]
enum Start {
    Next,
    /// So far below the next one.
    Stale(u64),
    /// So far above the next one.
    Future(u64),
}

/// A position of an upstream, so far from the last one.
#[derive(Clone, Debug)]
pub(crate) struct Track {
    upstream: &'static str,
    distance: i64,
    event_id: Option<u128>,
}

impl Step {
    /// Sequences of calls; `with_tracking` says whether positions of upstreams are among them.
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
        vec(prop_oneof![6 => saves, 1 => others, 2 => stream(), 2 => log()], 1..40)
    }
}

fn part() -> impl Strategy<Value = Part> {
    let start = prop_oneof![
        8 => Just(Start::Next),
        1 => (1..4_u64).prop_map(Start::Stale),
        1 => (1..3_u64).prop_map(Start::Future),
    ];
    let parts = (0..AGGREGATES, start, vec(select(&TOPICS[..]), 1..=3));
    parts.prop_map(|(aggregate, start, topics)| Part {
        aggregate,
        start,
        topics,
    })
}

fn track() -> impl Strategy<Value = Track> {
    let tracks = (
        select(&UPSTREAMS[..]),
        prop_oneof![4 => 1..3_i64, 1 => -2..=0_i64],
        option::of(0..9_u128),
    );
    tracks.prop_map(|(upstream, distance, event_id)| Track {
        upstream,
        distance,
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
        .prop_map(|(aggregate, gt, lte, is_descending, limit)| {
            Step::Stream(Stream {
                aggregate,
                gt,
                lte,
                is_descending,
                limit,
            })
        })
}

fn log() -> impl Strategy<Value = Step> {
    let (after, up_to) = (option::of(0..30_usize), option::of(0..60_usize));
    (after, up_to, vec(select(&TOPICS[..]), 0..=2), option::of(0..9_usize)).prop_map(|(after, up_to, topics, limit)| {
        Step::Log(Log {
            after,
            up_to,
            topics,
            limit,
        })
    })
}

impl Part {
    /// The events, with versions that are right or wrong for what `model` holds.
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
            .map(|(version, topic)| event_of(&id, version, topic))
            .collect()
    }
}

impl Track {
    pub(crate) fn tracking(&self, model: &Model, run: u64) -> Tracking {
        let upstream = upstream(self.upstream, run);
        let last = model.last_tracking(&upstream).map_or(0, |last| last.position);
        let position = last.saturating_add_signed(self.distance).max(1);
        let tracking = Tracking::new(upstream, position);
        self.event_id
            .map_or(tracking.clone(), |id| tracking.with_event_id(Uuid::from_u128(id)))
    }
}

impl Stream {
    pub(crate) fn selection(&self, run: u64) -> StreamSelection {
        let selection = StreamSelection::of(aggregate(self.aggregate, run)).gt(self.gt);
        let selection = self.lte.into_iter().fold(selection, StreamSelection::lte);
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
        let selection = Selection::after(after).topics(self.topics.iter().copied());
        let up_to = self.up_to.map(|index| model.position(index));
        let selection = up_to.into_iter().fold(selection, Selection::up_to);
        self.limit.into_iter().fold(selection, Selection::limit)
    }
}

/// The upstreams of a sequence.
pub(crate) fn upstreams(run: u64) -> [String; 2] {
    UPSTREAMS.map(|name| upstream(name, run))
}

fn upstream(name: &str, run: u64) -> String {
    format!("{name} of run {run}")
}

/// Half of the aggregates have a text for an ID.
fn aggregate(number: u8, run: u64) -> OriginatorId {
    let uuid = uuid(u128::from(run) << 8 | u128::from(number / 2));
    if number.is_multiple_of(2) {
        uuid
    } else {
        OriginatorId::from(uuid.to_string().as_str())
    }
}
