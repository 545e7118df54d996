//! Bodies that put another root in the place of the aggregate's.

use es_domain::{ApplyError, EventKind, ReplayErrorKind, RootAccess, Stamp, TriggerErrorKind, prelude::*};

#[derive(Aggregate, Clone, Debug, Default)]
pub struct Counter {
    root: Root<Self>,
    count: u32,
    before: Option<Box<Self>>,
}

#[events]
impl Counter {
    #[event(Started)]
    pub fn start() -> Self {
        Self::default()
    }

    #[event(Counted)]
    pub fn count(&mut self, by: u32) {
        self.count += by;
    }

    #[event(Marked)]
    pub fn mark(&mut self) {
        self.before = Some(Box::new(self.clone()));
    }

    #[event(Undone)]
    pub fn undo(&mut self) {
        if let Some(before) = self.before.take() {
            *self = *before;
        }
    }

    #[event(Reset)]
    pub fn reset(&mut self) {
        *self = Self::default();
    }

    #[event(Renewed)]
    pub fn renew(&mut self) -> Result<(), String> {
        *self = Self::start();
        Ok(())
    }

    #[event(Failed)]
    pub fn fail(&mut self) -> Result<(), String> {
        *self = Self::default();
        Err("on purpose".to_owned())
    }
}

fn counter() -> Counter {
    let mut counter = Counter::start();
    counter.count(2);
    counter
}

fn check_refused(command: impl FnOnce(&mut Counter)) {
    let mut counter = counter();
    let id = counter.id();
    command(&mut counter);
    let refusal = counter.root().refusal().expect("it is refused");
    assert_eq!(refusal.kind(), TriggerErrorKind::RootReplaced);
    assert!(refusal.to_string().contains(&id.to_string()), "{refusal}");
    assert_eq!((counter.id(), counter.version()), (id, 2));
    counter.count(1);
    assert_eq!(
        counter.root().refusal().map(es_domain::TriggerError::kind),
        Some(TriggerErrorKind::RootReplaced)
    );
}

#[test]
fn a_body_that_replaces_the_root_is_refused_when_triggered() {
    check_refused(Counter::reset);
    check_refused(|counter| assert_eq!(counter.renew(), Ok(())));
    check_refused(|counter| assert_eq!(counter.fail(), Err("on purpose".to_owned())));
    check_refused(|counter| {
        let error = counter
            .trigger(CounterEvent::Reset)
            .expect_err("the body replaces the root");
        assert_eq!(error.kind(), TriggerErrorKind::RootReplaced);
    });
}

#[test]
fn a_body_that_replaces_the_root_by_an_older_one_is_refused() {
    let mut counter = Counter::start();
    counter.mark();
    counter.undo();
    // The copy in the field was made while an event was applied, but one version ago.
    assert_eq!(
        counter.root().refusal().map(es_domain::TriggerError::kind),
        Some(TriggerErrorKind::RootReplaced)
    );
}

fn replayed_with(body: CounterEvent) -> ReplayErrorKind {
    let mut events = counter().collect_events();
    events.push(DomainEvent::new(events[0].originator_id(), 3, Stamp::now(), body));
    let error = Counter::replay(events).expect_err("the body replaces the root");
    assert_eq!(error.originator_version(), 3);
    error.kind().clone()
}

#[test]
fn a_body_that_replaces_the_root_is_refused_when_replayed() {
    assert_eq!(replayed_with(CounterEvent::Reset), ReplayErrorKind::RootReplaced);
    assert_eq!(replayed_with(CounterEvent::Renewed), ReplayErrorKind::RootReplaced);
    assert_eq!(replayed_with(CounterEvent::Failed), ReplayErrorKind::RootReplaced);
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum LampEvent {
    Installed,
    Replaced,
}

impl Event for LampEvent {
    type Aggregate = Lamp;

    const KINDS: &[EventKind] = &[
        EventKind::new("Installed", "Lamp.Installed"),
        EventKind::new("Replaced", "Lamp.Replaced"),
    ];

    fn kind(&self) -> &'static EventKind {
        match self {
            Self::Installed => &Self::KINDS[0],
            Self::Replaced => &Self::KINDS[1],
        }
    }

    fn create(self) -> Result<Lamp, ApplyError> {
        Ok(Lamp { root: Root::default() })
    }

    fn apply(self, lamp: &mut Lamp) -> Result<(), ApplyError> {
        *lamp = Lamp { root: Root::default() };
        Ok(())
    }
}

#[derive(Debug)]
pub struct Lamp {
    root: Root<Self>,
}

impl Aggregate for Lamp {
    type Id = Id<Self>;
    type Event = LampEvent;
    const TOPIC: &str = "Lamp";

    fn root(&self) -> &Root<Self> {
        &self.root
    }
}

impl RootAccess for Lamp {
    fn root_mut(&mut self) -> &mut Root<Self> {
        &mut self.root
    }
}

#[test]
fn an_aggregate_by_hand_must_not_replace_its_root_either() {
    let mut lamp = Lamp::create(Id::new(), LampEvent::Installed).expect("it is initial");
    let error = lamp
        .trigger(LampEvent::Replaced)
        .expect_err("the body replaces the root");
    assert_eq!(error.kind(), TriggerErrorKind::RootReplaced);
    assert_eq!(lamp.version(), 1);

    let mut events = Lamp::create(lamp.id(), LampEvent::Installed)
        .expect("it is initial")
        .collect_events();
    events.push(DomainEvent::new(lamp.id(), 2, Stamp::now(), LampEvent::Replaced));
    let error = Lamp::replay(events).expect_err("the body replaces the root");
    assert_eq!(*error.kind(), ReplayErrorKind::RootReplaced);
}
