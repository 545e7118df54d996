//! Whatever stands in the table of snapshots, what is read is what the events say.

use std::sync::Arc;

use es_application::prelude::*;
use es_domain::prelude::*;
use es_persistence::{SnapshotRecorder as _, StoredSnapshot, StreamSelection};
use proptest::{
    collection::vec,
    prelude::*,
    test_runner::{Config, TestRunner},
};

use crate::{counter::Counter, odd_store::OddStore};

/// A counter whose events are not chained.
#[derive(Aggregate, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Tally {
    root: Root<Self>,
    count: u64,
}

#[events(derive(PartialEq))]
impl Tally {
    #[event(Begun)]
    fn begin() -> Self {
        Self::default()
    }

    #[event(Ticked)]
    fn tick(&mut self) {
        self.count += 1;
    }
}

/// How many events the aggregates have.
const EVENTS: u64 = 8;

/// What is wrong with a snapshot.
#[derive(Clone, Copy, Debug)]
enum Fault {
    /// Nothing.
    None,
    /// The row has the version of an earlier or later state.
    Relabelled(u64),
    /// It is of a state that was never reached.
    Newer,
    /// A byte is another.
    Corrupt(usize, u8),
    /// The end is missing.
    Cut(usize),
    /// It is of another aggregate of the type.
    Foreign,
    /// It is under another topic.
    Renamed,
    /// An attacker who knows the format, but no key, has changed the count. A hash chain protects from this.
    Forged,
}

fn fault() -> impl Strategy<Value = Fault> {
    prop_oneof![
        Just(Fault::None),
        (1..=EVENTS).prop_map(Fault::Relabelled),
        Just(Fault::Newer),
        (any::<usize>(), 1..=u8::MAX).prop_map(|(index, by)| Fault::Corrupt(index, by)),
        any::<usize>().prop_map(Fault::Cut),
        Just(Fault::Foreign),
        Just(Fault::Renamed),
        Just(Fault::Forged),
    ]
}

/// Makes a false snapshot of a right one; `foreign` is one of another aggregate.
fn falsified(mut row: StoredSnapshot, foreign: &StoredSnapshot, fault: Fault, is_chained: bool) -> StoredSnapshot {
    match fault {
        Fault::Relabelled(version) => row.originator_version = version,
        Fault::Newer => row.originator_version += EVENTS,
        // Without a chain or encryption, a changed digit is a state as good as any.
        Fault::Corrupt(index, by) if is_chained => {
            let index = index % row.state.len();
            row.state[index] ^= by;
        }
        Fault::Corrupt(index, _) | Fault::Cut(index) => {
            let len = index % row.state.len();
            row.state.truncate(len);
        }
        Fault::Foreign => {
            let id = row.originator_id;
            row = foreign.clone();
            row.originator_id = id;
        }
        Fault::Renamed => row.topic = "Another".into(),
        Fault::Forged if is_chained => {
            let text = String::from_utf8(row.state).unwrap();
            row.state = text.replace("\"count\":", "\"count\":7").into_bytes();
        }
        Fault::None | Fault::Forged => {}
    }
    row
}

/// Saves an aggregate of `EVENTS` events and another one, and replaces the snapshots by false ones.
async fn check<A>(make: fn() -> A, change: fn(&mut A), faults: &[(u64, Fault)])
where
    A: Aggregate<Id = Id<A>> + Clone + PartialEq + std::fmt::Debug + Serialize + serde::de::DeserializeOwned + Sync,
{
    let store = OddStore::default();
    let open = async |switch: &str| {
        let environment = Environment::new("Bank").with("PERSISTENCE_MODULE", "odd");
        let environment = environment.with("IS_SNAPSHOTTING_ENABLED", switch);
        let builder = Application::builder("Bank").environment(environment);
        builder
            .persistence([Arc::new(store.clone()) as Arc<_>])
            .open()
            .await
            .unwrap()
    };
    let (app, truth) = (open("y").await, open("n").await);
    let (mut aggregate, mut other) = (make(), make());
    (1..EVENTS).for_each(|_| {
        change(&mut aggregate);
        change(&mut other);
    });
    app.save((&mut aggregate, &mut other)).await.unwrap();
    let mut rows = Vec::new();
    for (version, fault) in faults {
        app.take_snapshot_at(aggregate.id(), *version).await.unwrap();
        app.take_snapshot_at(other.id(), *version).await.unwrap();
        let at = async |id: Id<A>| {
            let selection = StreamSelection::of(id.to_originator_id())
                .up_to(*version)
                .descending()
                .limit(1);
            store.recorder.select_snapshots(selection).await.unwrap().remove(0)
        };
        rows.push(falsified(
            at(aggregate.id()).await,
            &at(other.id()).await,
            *fault,
            A::HASH_CHAIN,
        ));
        app.discard_snapshots_of::<A>().await.unwrap();
    }
    store.recorder.insert_snapshots(rows).await.unwrap();
    for version in (1..=EVENTS + 1).chain([u64::MAX]) {
        let read = app.repository().get_at(aggregate.id(), version).await.unwrap();
        let expected = truth.repository().get_at(aggregate.id(), version).await.unwrap();
        assert_eq!(
            (&read, read.head()),
            (&expected, expected.head()),
            "at {version} with {faults:?}"
        );
    }
}

#[test]
fn results_are_those_of_the_events_with_any_set_of_snapshots() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let mut runner = TestRunner::new(Config::with_cases(192));
    let sets = vec((1..=EVENTS, fault()), 0..5);
    let checked = runner.run(&sets, |faults| {
        runtime.block_on(check(Counter::start, Counter::count, &faults));
        runtime.block_on(check(Tally::begin, Tally::tick, &faults));
        Ok(())
    });
    checked.unwrap();
}
