//! Comparing the effects of events with the logs.

use std::{collections::BTreeMap, fmt, path::Path};

use es_application::prelude::*;
use es_persistence::{TrackingKey, Upstream as _};
use es_system::prelude::*;
use futures_util::StreamExt as _;
use uuid::Uuid;

use crate::{
    school::{CounterEvent, DogEvent},
    victim::BallEvent,
};

/// What was found.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Audited {
    pub(crate) effects: usize,
    /// Deliveries that were made again.
    pub(crate) repeated: usize,
}

impl fmt::Display for Audited {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} effects and {} repeated deliveries", self.effects, self.repeated)
    }
}

/// An event that has an effect, or is one.
struct Seen {
    position: u64,
    id: Uuid,
    /// The event that has caused it.
    cause: Option<String>,
}

/// Compares the effects of all events with the logs. Nobody may write meanwhile.
pub(crate) async fn audit(environment: &Environment, deliveries: &Path) -> Result<Audited, BoxError> {
    let dogs = open(environment, "DogSchool").await?;
    let counters = open(environment, "Counters").await?;
    let left = open(environment, "Left").await?;
    let right = open(environment, "Right").await?;
    let tricks = seen(&dogs, |event| matches!(event, DogEvent::TrickAdded { .. })).await?;
    let counted = seen(&counters, |event| matches!(event, CounterEvent::Incremented)).await?;
    let mut effects = compare(&dogs, &tricks, &counters, &counted).await?;
    let is_high = |event: &BallEvent| matches!(event, BallEvent::Thrown { height } if *height > 0);
    for (leader, follower) in [(&left, &right), (&right, &left)] {
        let thrown = seen(leader, is_high).await?;
        let caught = seen::<BallEvent>(follower, |_| true).await?;
        effects += compare(leader, &thrown, follower, &caught).await?;
    }
    let all = seen::<DogEvent>(&dogs, |_| true).await?;
    let repeated = delivered(&dogs, &all, deliveries).await?;
    Ok(Audited { effects, repeated })
}

pub(crate) async fn open(environment: &Environment, name: &str) -> Result<Application, BoxError> {
    let builder = Application::builder(name).environment(environment.clone());
    let builder = builder.persistence([es_sqlite::factory(), es_postgres::factory()]);
    Ok(builder.open().await?)
}

/// The events of a log that count.
async fn seen<E: EventSet>(app: &Application, counts: impl Fn(&E) -> bool + Send) -> Result<Vec<Seen>, BoxError> {
    let last = app.log().max_position().await?.unwrap_or(0);
    let mut pages = app.pages(0, E::topics(), 1000);
    let (mut all, mut reached) = (Vec::new(), 0);
    while reached < last {
        let page = pages.next().await.transpose()?.ok_or("the log has ended")?;
        reached = page.reached;
        for event in page.events {
            let events = event.decode_all::<E>()?;
            all.extend(events.iter().filter(|event| counts(event.body())).map(|event| Seen {
                position: event.position(),
                id: event.event_id(),
                cause: event.metadata().get("causation_id").map(str::to_owned),
            }));
        }
    }
    Ok(all)
}

/// Each event up to the position that the follower has stored has caused one, in order, and none after it has.
async fn compare(
    leader: &Application,
    events: &[Seen],
    follower: &Application,
    effects: &[Seen],
) -> Result<usize, BoxError> {
    let recorder = follower.process_recorder().await?;
    let tracking = recorder.last_tracking(TrackingKey::of(leader.name())).await?;
    let position = tracking.map_or(0, |tracking| tracking.position);
    let expected: Vec<_> = events
        .iter()
        .filter(|event| event.position <= position)
        .map(|event| event.id.to_string())
        .collect();
    let actual: Vec<_> = effects.iter().filter_map(|effect| effect.cause.clone()).collect();
    if actual == expected {
        return Ok(actual.len());
    }
    let mut counts = BTreeMap::<_, (u32, u32)>::new();
    for id in expected {
        counts.entry(id).or_default().0 += 1;
    }
    for id in actual {
        counts.entry(id).or_default().1 += 1;
    }
    let missing = counts.values().filter(|(expected, actual)| actual < expected).count();
    let repeated = counts.values().filter(|(expected, actual)| actual > expected).count();
    Err(format!(
        "{} at position {position} of {}: {missing} effects are missing, {repeated} are too many",
        follower.name(),
        leader.name()
    )
    .into())
}

/// Each event up to the position that the outbox has stored was delivered at least once. Returns how many were repeated.
async fn delivered(app: &Application, events: &[Seen], deliveries: &Path) -> Result<usize, BoxError> {
    let recorder = app.process_recorder().await?;
    let tracking = recorder
        .last_tracking(TrackingKey::new("Deliveries", app.name()))
        .await?;
    let position = tracking.map_or(0, |tracking| tracking.position);
    let lines = std::fs::read_to_string(deliveries).unwrap_or_default();
    let mut counts = BTreeMap::<_, usize>::new();
    for line in lines.lines() {
        *counts.entry(line.to_owned()).or_default() += 1;
    }
    for event in events.iter().filter(|event| event.position <= position) {
        if !counts.contains_key(&event.id.to_string()) {
            return Err(format!("the event at position {} was not delivered", event.position).into());
        }
    }
    let known: std::collections::HashSet<_> = events.iter().map(|event| event.id.to_string()).collect();
    if let Some(unknown) = counts.keys().find(|key| !known.contains(*key)) {
        return Err(format!("{unknown:?} was delivered and is no event").into());
    }
    Ok(lines.lines().count() - counts.len())
}
