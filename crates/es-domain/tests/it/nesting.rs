//! Event methods that are called by the bodies of others.

use es_domain::{ReplayErrorKind, RootAccess as _, TriggerErrorKind, prelude::*};

#[derive(Aggregate, Clone, Debug, Default)]
pub struct Counter {
    root: Root<Self>,
    count: u32,
}

#[events]
impl Counter {
    #[event(Started)]
    pub fn start() -> Self {
        Self::default()
    }

    #[event(StartedAt)]
    pub fn start_at(count: u32) -> Self {
        let mut counter = Self::start();
        counter.count_up(count);
        counter
    }

    #[event(Counted)]
    pub fn count_up(&mut self, by: u32) {
        self.count += by;
    }

    #[event(CountedTwice)]
    pub fn count_up_twice(&mut self, by: u32) {
        self.count_up(by);
        self.count += by;
    }

    #[event(Doubled)]
    pub fn double(&mut self) -> Result<(), String> {
        self.count_up(self.count);
        Ok(())
    }

    /// What an event must not do, a command may.
    pub fn count_up_thrice(&mut self) {
        for _ in 0..3 {
            self.count_up(1);
        }
    }
}

fn kind_of_refusal(counter: &Counter) -> Option<TriggerErrorKind> {
    counter.root().refusal().map(es_domain::TriggerError::kind)
}

#[test]
fn a_command_triggers_as_many_events_as_it_likes() {
    let mut counter = Counter::start();
    counter.count_up_thrice();
    assert_eq!(
        (counter.version(), counter.count, kind_of_refusal(&counter)),
        (4, 3, None)
    );
}

#[test]
fn an_event_in_an_event_is_refused_when_triggered() {
    let mut counter = Counter::start();
    counter.count_up_twice(2);
    assert_eq!((counter.version(), counter.count), (2, 2));
    assert_eq!(kind_of_refusal(&counter), Some(TriggerErrorKind::WithinEvent));

    let mut counter = Counter::start();
    assert_eq!(counter.double(), Ok(()));
    assert_eq!(kind_of_refusal(&counter), Some(TriggerErrorKind::WithinEvent));
}

#[test]
fn an_event_in_an_initial_event_is_refused() {
    let mut counter = Counter::start_at(3);
    assert_eq!((counter.version(), counter.count), (1, 3));
    assert_eq!(kind_of_refusal(&counter), Some(TriggerErrorKind::WithinEvent));
    let error = Counter::replay(counter.collect_events()).expect_err("one event triggers another");
    assert_eq!(*error.kind(), ReplayErrorKind::TriggersEvents);
}

#[test]
fn an_event_in_an_event_is_refused_when_replayed() {
    let mut counter = Counter::start();
    counter.count_up_twice(2);
    let error = Counter::replay(counter.collect_events()).expect_err("one event triggers another");
    assert_eq!(*error.kind(), ReplayErrorKind::TriggersEvents);
    assert_eq!(error.topic(), "Counter.CountedTwice");
}
