//! Random sequences of calls. After each call, the store is compared with a model.

use std::{cell::Cell, env, fmt, sync::Arc};

use es_persistence::{ApplicationRecorder, ProcessRecorder, RecorderError, Selection, StoredEvent, Tracking};
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner};
use tokio::{runtime::Handle, task};

use crate::{
    assertion::{chain, positions, stored},
    fixture::Fixture,
    model::{
        Faults, Model,
        step::{self, Part, Step},
    },
};

/// The environment variable whose value repeats the sequences of a run.
const SEED: &str = "ES_CONFORMANCE_SEED";

/// The number of sequences.
const SEQUENCES: u32 = 40;

/// The recorder under test.
struct Subject {
    application: Arc<dyn ApplicationRecorder>,
    process: Option<Arc<dyn ProcessRecorder>>,
}

/// One sequence. All sequences share a store: each has aggregates of its own, and begins at the end of the log.
struct Sequence<'a> {
    subject: &'a Subject,
    number: u64,
    model: Model,
}

pub(super) async fn random_calls_end_as_in_the_model(fixture: &Fixture) {
    Subject {
        application: fixture.application().await,
        process: None,
    }
    .try_sequences();
}

pub(super) async fn random_calls_with_tracking_end_as_in_the_model(fixture: &Fixture) {
    let process = Some(fixture.process().await);
    Subject {
        application: fixture.application().await,
        process,
    }
    .try_sequences();
}

impl Subject {
    fn try_sequences(&self) {
        let seed = env::var(SEED)
            .ok()
            .and_then(|seed| seed.parse().ok())
            .unwrap_or_else(|| fastrand::u64(..));
        let config = Config {
            cases: SEQUENCES,
            failure_persistence: None,
            max_shrink_iters: 300,
            ..Config::default()
        };
        let mut runner = TestRunner::new_with_rng(config, random_numbers(seed));
        let number = Cell::new(0);
        let tried = task::block_in_place(|| {
            runner.run(&Step::sequences(self.process.is_some()), |steps| {
                number.set(number.get() + 1);
                Handle::current().block_on(self.try_one(&steps, number.get()))
            })
        });
        if let Err(failure) = tried {
            panic!("{failure}\n{SEED}={seed} tries the same sequences again");
        }
    }

    async fn try_one(&self, steps: &[Step], number: u64) -> Result<(), TestCaseError> {
        let start = self.application.max_position().await.map_err(|error| fault(&error))?;
        let mut sequence = Sequence {
            subject: self,
            number,
            model: Model::after(start.unwrap_or(0)),
        };
        for step in steps {
            sequence.take(step).await?;
        }
        Ok(())
    }
}

fn random_numbers(seed: u64) -> TestRng {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    TestRng::from_seed(RngAlgorithm::ChaCha, &bytes)
}

impl Sequence<'_> {
    async fn take(&mut self, step: &Step) -> Result<(), TestCaseError> {
        match step {
            Step::Save(parts, track) => {
                let events = parts
                    .iter()
                    .flat_map(|part| part.events(&self.model, self.number))
                    .collect();
                let tracking = track.as_ref().map(|track| track.tracking(&self.model, self.number));
                self.save(events, tracking).await?;
            }
            Step::Again(number, more) => self.repeat(*number, more.as_ref()).await?,
            Step::Track(track) => {
                self.save(Vec::new(), Some(track.tracking(&self.model, self.number)))
                    .await?;
            }
            Step::Stream(stream) => {
                let selection = stream.selection(self.number);
                let read = self.subject.application.select_events(selection.clone()).await;
                compare(read, &self.model.stream(&selection), &selection)?;
            }
            Step::Log(log) => self.compare_log(log.selection(&self.model)).await?,
        }
        self.compare_all().await
    }

    async fn save(&mut self, events: Vec<StoredEvent>, tracking: Option<Tracking>) -> Result<(), TestCaseError> {
        let faults = self.model.faults(&events, tracking.as_ref());
        match self.subject.save(events.clone(), tracking.clone()).await {
            Ok(positions) => {
                same(&Faults::default(), &faults, &"the faults of a save that was stored")?;
                same(&positions.len(), &events.len(), &"how many positions there are")?;
                let all: Vec<_> = [self.model.max_position()]
                    .into_iter()
                    .chain(positions.iter().copied())
                    .collect();
                same(
                    &all.is_sorted_by(|before, after| before < after),
                    &true,
                    &"whether positions ascend",
                )?;
                self.model.store(events, positions, tracking);
                Ok(())
            }
            Err(error) => explained(&error, &faults),
        }
    }

    /// Repeats a save. With more events after its own it is a conflict.
    async fn repeat(&self, number: usize, more: Option<&Part>) -> Result<(), TestCaseError> {
        let Some(save) = self.model.save(number) else {
            return Ok(());
        };
        let mut events = stored(save);
        let Some(more) = more else {
            let repeated = self.subject.application.insert_events(events).await;
            return compare(repeated, &positions(save), &"the positions of a repeated save");
        };
        events.extend(more.events(&self.model, self.number));
        let faults = self.model.faults(&events, None);
        match self.subject.application.insert_events(events).await {
            Ok(positions) => Err(TestCaseError::fail(format!(
                "stored at {positions:?} in spite of {faults:?}"
            ))),
            Err(error) => explained(&error, &faults),
        }
    }

    /// Compares the log, the last position and the tracking.
    async fn compare_all(&self) -> Result<(), TestCaseError> {
        let recorder = &self.subject.application;
        let last = recorder.max_position().await.map(|last| last.unwrap_or(0));
        compare(last, &self.model.max_position(), &"the last position")?;
        self.compare_log(Selection::after(self.model.start())).await?;
        let Some(process) = &self.subject.process else {
            return Ok(());
        };
        for key in step::keys(self.number) {
            let last = process.last_tracking(key.clone()).await;
            compare(last, &self.model.last_tracking(&key).cloned(), &key)?;
        }
        Ok(())
    }

    async fn compare_log(&self, selection: Selection) -> Result<(), TestCaseError> {
        let read = self.subject.application.select_notifications(selection.clone()).await;
        let read = read.map_err(|error| fault(&error))?;
        same(&read, &self.model.page(&selection, &read), &selection)
    }
}

impl Subject {
    async fn save(&self, events: Vec<StoredEvent>, tracking: Option<Tracking>) -> Result<Vec<u64>, RecorderError> {
        match (&self.process, tracking) {
            (Some(process), Some(tracking)) if events.is_empty() => {
                process.insert_tracking(tracking).await.map(|()| Vec::new())
            }
            (Some(process), Some(tracking)) => process.insert_events_with_tracking(events, tracking).await,
            _ => self.application.insert_events(events).await,
        }
    }
}

fn explained(error: &RecorderError, faults: &Faults) -> Result<(), TestCaseError> {
    if faults.explain(error.kind()) {
        return Ok(());
    }
    let text = format!("{}; expected was {faults:?}", chain(error));
    Err(TestCaseError::fail(text))
}

fn compare<T: PartialEq + fmt::Debug>(
    read: Result<T, RecorderError>,
    expected: &T,
    what: &dyn fmt::Debug,
) -> Result<(), TestCaseError> {
    let read = read.map_err(|error| fault(&error))?;
    same(&read, expected, what)
}

fn same<T: PartialEq + fmt::Debug>(found: &T, expected: &T, what: &dyn fmt::Debug) -> Result<(), TestCaseError> {
    if found == expected {
        return Ok(());
    }
    Err(TestCaseError::fail(format!(
        "{what:?}:\n   found {found:?}\nexpected {expected:?}"
    )))
}

fn fault(error: &RecorderError) -> TestCaseError {
    TestCaseError::fail(chain(error))
}
