//! What a test begins with.

use std::{error::Error, fmt, time::Duration};

use es_domain::{Aggregate, AggregateId, DomainEvent, Scope, Stamp, Timestamp, testing::Deterministic};
use es_persistence::{DecisionRecorder as _, Mapper, MemoryRecorder, TaggedRow};
use futures_util::FutureExt as _;

use super::When;
use crate::{Decision, Events, TaggedEvent, event::to_row, plan::Plan};

/// What has happened before the decision.
#[derive(Debug)]
#[must_use = "a test goes on with `when`"]
pub struct Given {
    events: MemoryRecorder,
    mapper: Mapper,
    ids: Deterministic,
    now: Timestamp,
}

/// Begins a test with events that have happened.
///
/// Times and IDs are the same each time: the first event has happened at 2000-01-01T00:00:00Z, and all that follows at the same
/// time, unless time [passes](Given::after).
#[track_caller]
pub fn given<E: TaggedEvent>(events: impl IntoIterator<Item = E>) -> Given {
    given_nothing().and(events)
}

/// Begins a test before anything has happened.
pub fn given_nothing() -> Given {
    Given {
        events: MemoryRecorder::new(),
        mapper: Mapper::default(),
        ids: Deterministic::new(),
        now: start(),
    }
}

/// 2000-01-01T00:00:00Z.
fn start() -> Timestamp {
    Timestamp::from_micros(946_684_800_000_000).unwrap_or(Timestamp::UNIX_EPOCH)
}

impl Given {
    /// Adds events, of another enum too.
    ///
    /// # Panics
    ///
    /// When an event cannot be stored.
    #[track_caller]
    pub fn and<E: TaggedEvent>(self, events: impl IntoIterator<Item = E>) -> Self {
        let rows = events.into_iter().map(|event| {
            let row = to_row(&self.mapper, &self.stamp(), &event);
            row.unwrap_or_else(|error| panic!("{event:?} cannot be stored: {}", chain(&error)))
        });
        let rows = rows.collect();
        self.store(rows)
    }

    /// Adds the events of an aggregate, which begin with its first one.
    ///
    /// # Panics
    ///
    /// When an event cannot be stored.
    #[track_caller]
    #[expect(clippy::needless_pass_by_value, reason = "an ID is passed by value everywhere")]
    pub fn and_of<I: AggregateId>(
        self,
        id: I,
        events: impl IntoIterator<Item = <I::Aggregate as Aggregate>::Event>,
    ) -> Self {
        let rows = (1..).zip(events).map(|(version, event)| {
            let event = DomainEvent::new(id.clone(), version, self.stamp(), event);
            let row = self.mapper.to_stored(&event);
            let row = row.unwrap_or_else(|error| panic!("{event:?} cannot be stored: {}", chain(&error)));
            TaggedRow::new(row, [])
        });
        let rows = rows.collect();
        self.store(rows)
    }

    /// Lets time pass before what comes next.
    pub fn after(self, time: Duration) -> Self {
        let micros = i64::try_from(time.as_micros()).unwrap_or(i64::MAX);
        let now = Timestamp::from_micros(self.now.as_micros().saturating_add(micros));
        Self {
            now: now.unwrap_or(Timestamp::MAX),
            ..self
        }
    }

    /// Decides, by the query of the decision: an event that it would not see in a store is not seen here either.
    ///
    /// # Panics
    ///
    /// When an event cannot be read.
    #[track_caller]
    pub fn when<D: Decision>(self, mut decision: D) -> When<D::Event, D::Error> {
        let models = decision.models();
        let plan = Plan::of(&models, &self.mapper);
        let models = match plan.query() {
            None => models,
            Some(query) => {
                let found = at_once(self.events.select_tagged(query));
                let shown = plan.show(models, found);
                shown.unwrap_or_else(|error| panic!("an event cannot be read: {}", chain(&error)))
            }
        };
        When::new(
            self.scope()
                .run(|| decision.decide(&models))
                .map(|Events(events)| events),
        )
    }

    #[track_caller]
    fn store(self, rows: Vec<TaggedRow>) -> Self {
        at_once(self.events.insert_tagged(rows, None));
        self
    }

    fn stamp(&self) -> Stamp {
        self.scope().run(Stamp::now)
    }

    fn scope(&self) -> Scope {
        Scope::new().clock(self.now).id_source(self.ids.clone())
    }
}

/// The outcome of a call of the store in memory, which is ready at once.
#[track_caller]
fn at_once<T, E: Error>(call: impl Future<Output = Result<T, E>>) -> T {
    match call.now_or_never() {
        Some(Ok(value)) => value,
        Some(Err(error)) => panic!("{}", chain(&error)),
        None => panic!("the store in memory is ready at once"),
    }
}

/// The error with its causes.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

impl fmt::Display for Given {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "what has happened up to {}", self.now)
    }
}
