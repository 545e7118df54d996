//! An aggregate in the decider style, without any macro of this library.

use es_domain::{
    ApplyError, EventKind, RootAccess, Snapshot, SnapshotVisitor, Stamp, State, TriggerErrorKind, Upcaster,
    prelude::*,
    testing::{given, given_nothing},
};
use serde::de::DeserializeOwned;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Lamp {
    is_on: bool,
    switches: u8,
}

#[derive(Clone, Copy, Debug)]
enum Command {
    Install,
    Switch,
    Repair,
    Remove,
}

#[derive(Debug, PartialEq, Eq)]
enum Refusal {
    Broken,
    NotNow,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum LampEvent {
    Installed { room: String },
    Switched { on: bool },
    Broke,
    Removed,
}

/// What comes of a command. Nothing here knows of IDs, versions or times.
fn decide(lamp: Option<&Lamp>, command: Command) -> Result<Vec<LampEvent>, Refusal> {
    match (lamp, command) {
        (None, Command::Install) => Ok(vec![LampEvent::Installed {
            room: "hall".to_owned(),
        }]),
        (Some(Lamp { switches: 3.., .. }), Command::Switch) => Err(Refusal::Broken),
        (Some(Lamp { switches: 2, is_on }), Command::Switch) => {
            Ok(vec![LampEvent::Switched { on: !is_on }, LampEvent::Broke])
        }
        (Some(lamp), Command::Switch) => Ok(vec![LampEvent::Switched { on: !lamp.is_on }]),
        (Some(_), Command::Remove) => Ok(vec![LampEvent::Removed]),
        // A mistake: no event follows the end.
        (Some(_), Command::Repair) => Ok(vec![LampEvent::Removed, LampEvent::Switched { on: true }]),
        _ => Err(Refusal::NotNow),
    }
}

fn evolve(lamp: Lamp, event: &LampEvent) -> Lamp {
    match event {
        LampEvent::Installed { .. } | LampEvent::Removed => lamp,
        LampEvent::Switched { on } => Lamp {
            is_on: *on,
            switches: lamp.switches + 1,
        },
        LampEvent::Broke => Lamp { is_on: false, ..lamp },
    }
}

impl Event for LampEvent {
    type Aggregate = LampAggregate;

    const KINDS: &[EventKind] = &[
        EventKind::new("Installed", "Lamp.Installed").upcasters(&[|state| Ok(state.with("room", "hall"))]),
        EventKind::new("Switched", "Lamp.Switched").aliases(&["Lamp.Toggled"]),
        EventKind::new("Broke", "Lamp.Broke"),
        EventKind::new("Removed", "Lamp.Removed").discards(),
    ];

    fn kind(&self) -> &'static EventKind {
        match self {
            Self::Installed { .. } => &Self::KINDS[0],
            Self::Switched { .. } => &Self::KINDS[1],
            Self::Broke => &Self::KINDS[2],
            Self::Removed => &Self::KINDS[3],
        }
    }

    fn create(self) -> Result<LampAggregate, ApplyError> {
        if let Self::Installed { .. } = self {
            let (root, lamp) = (Root::default(), evolve(Lamp::default(), &self));
            return Ok(LampAggregate { root, lamp });
        }
        Err(ApplyError::NotInitial)
    }

    fn apply(self, aggregate: &mut LampAggregate) -> Result<(), ApplyError> {
        if let Self::Installed { .. } = self {
            return Err(ApplyError::Initial);
        }
        aggregate.lamp = evolve(std::mem::take(&mut aggregate.lamp), &self);
        Ok(())
    }
}

/// The shell: an identity, a version, and the state.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct LampAggregate {
    root: Root<Self>,
    lamp: Lamp,
}

impl Aggregate for LampAggregate {
    type Id = Id<Self>;
    type Event = LampEvent;
    const TOPIC: &str = "Lamp";
    const UPCASTERS: &[Upcaster] = &[|state| Ok(state.renamed("light", "lamp"))];

    fn root(&self) -> &Root<Self> {
        &self.root
    }

    fn with_snapshots<V: SnapshotVisitor<Self>>(visitor: V) -> Option<V::Output> {
        Some(visitor.visit())
    }
}

impl RootAccess for LampAggregate {
    fn root_mut(&mut self) -> &mut Root<Self> {
        &mut self.root
    }
}

impl LampAggregate {
    fn install() -> Result<Self, Refusal> {
        let mut events = decide(None, Command::Install)?.into_iter();
        let first = events.next().ok_or(Refusal::NotNow)?;
        let mut lamp = Self::create_fresh(first).map_err(|_not_initial| Refusal::NotNow)?;
        // What is refused stays in the root.
        drop(lamp.trigger_all(events));
        Ok(lamp)
    }

    fn execute(&mut self, command: Command) -> Result<(), Refusal> {
        let events = decide(Some(&self.lamp), command)?;
        drop(self.trigger_all(events));
        Ok(())
    }
}

fn installed() -> LampEvent {
    LampEvent::Installed {
        room: "hall".to_owned(),
    }
}

#[test]
fn deciding_and_evolving_are_tested_with_plain_values() {
    assert_eq!(decide(None, Command::Switch), Err(Refusal::NotNow));
    let lamp = [installed(), LampEvent::Switched { on: true }]
        .iter()
        .fold(Lamp::default(), evolve);
    assert_eq!(
        lamp,
        Lamp {
            is_on: true,
            switches: 1
        }
    );
    assert_eq!(
        decide(Some(&lamp), Command::Switch),
        Ok(vec![LampEvent::Switched { on: false }])
    );
}

#[test]
fn the_shell_is_tested_as_any_aggregate() {
    given_nothing().when(LampAggregate::install).then([installed()]);
    let twice = [
        installed(),
        LampEvent::Switched { on: true },
        LampEvent::Switched { on: false },
    ];
    given::<LampAggregate>(twice)
        .when(|lamp| lamp.execute(Command::Switch))
        .then([LampEvent::Switched { on: true }, LampEvent::Broke])
        .then_state(|lamp| assert_eq!((lamp.lamp.is_on, lamp.lamp.switches), (false, 3)));
    given::<LampAggregate>([installed()])
        .when(|lamp| lamp.execute(Command::Install))
        .then_error(Refusal::NotNow);
    given::<LampAggregate>([installed()])
        .when(|lamp| lamp.execute(Command::Remove))
        .then([LampEvent::Removed]);
}

#[test]
fn a_decision_is_taken_as_a_whole_or_kept_as_a_refusal() {
    given::<LampAggregate>([installed()])
        .when(|lamp| lamp.execute(Command::Repair))
        .then_refused(TriggerErrorKind::Discarded);
    let mut lamp = LampAggregate::install().expect("there is none yet");
    let error = lamp
        .trigger_all([LampEvent::Broke, installed()])
        .expect_err("it is there already");
    assert_eq!(error.kind(), TriggerErrorKind::Initial);
    assert_eq!(
        lamp.root().refusal().map(es_domain::TriggerError::kind),
        Some(TriggerErrorKind::Initial)
    );
}

#[test]
fn replaying_is_folding_with_evolve() {
    let mut lamp = LampAggregate::install().expect("there is none yet");
    for _ in 0..4 {
        drop(lamp.execute(Command::Switch));
    }
    let events = lamp.collect_events();
    let folded = events.iter().map(DomainEvent::body).fold(Lamp::default(), evolve);
    assert_eq!(folded, lamp.lamp);
    assert_eq!(LampAggregate::replay(events).expect("it replays"), Some(lamp));
}

struct Roundtrip(LampAggregate);

impl SnapshotVisitor<LampAggregate> for Roundtrip {
    type Output = LampAggregate;

    fn visit(self) -> LampAggregate
    where
        LampAggregate: Serialize + DeserializeOwned,
    {
        let state = State::from_value(&Snapshot::take(self.0)).expect("it can be written");
        assert_eq!(state.get("version").and_then(State::as_integer), Some(2));
        let snapshot: Snapshot<LampAggregate> = state.into_value().expect("it can be read");
        snapshot.into_aggregate()
    }
}

#[test]
fn versions_and_snapshots_are_there_without_macros() {
    let kind = LampEvent::kind_of_topic("Lamp.Installed").expect("it is known");
    let state = kind.upcast(1, State::Map(Vec::new())).expect("it is good");
    assert_eq!(state, State::map([("room", "hall".into())]));
    assert!(LampEvent::kind_of_topic("Lamp.Toggled").is_some());

    let mut lamp = LampAggregate::install().expect("there is none yet");
    lamp.execute(Command::Switch).expect("it is new");
    let events = lamp.collect_events();
    let again = LampAggregate::replay(events).expect("it replays");
    assert_eq!(LampAggregate::with_snapshots(Roundtrip(lamp)), again);
}

/// A state in, an event out.
fn switched(lamp: &LampAggregate) -> DomainEvent<LampEvent> {
    let body = LampEvent::Switched { on: !lamp.lamp.is_on };
    DomainEvent::new(lamp.id(), lamp.version() + 1, Stamp::now(), body)
}

#[test]
fn events_may_be_made_apart_from_the_aggregate() {
    let first = DomainEvent::new(Id::new(), 1, Stamp::now(), installed());
    let mut lamp = None;
    first.mutate(&mut lamp).expect("it is initial");
    let second = lamp.as_ref().map(switched).expect("there is a lamp");
    second.mutate(&mut lamp).expect("it follows");
    assert_eq!(lamp.map(|lamp| (lamp.version(), lamp.lamp.is_on)), Some((2, true)));
}
