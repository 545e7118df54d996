//! What a policy may do with aggregates.

use std::sync::{
    Mutex,
    atomic::{AtomicU32, Ordering},
};

use es_application::prelude::*;
use es_domain::{ReadEvent, Uuid, prelude::*};
use es_system::{Held, ProcessingError, RunnerSettings, prelude::*, testing::given};

use crate::{
    school::{Counter, CounterEvent, DogEvent, count, dog},
    world::{LONG, World, on_every_store, system},
};

on_every_store! {
    events_in_one_batch_have_the_effect_that_they_have_one_by_one,
    events_one_by_one_have_their_effect,
    a_policy_runs_again_when_another_command_was_faster,
}

#[derive(Aggregate, Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Transfer {
    root: Root<Self>,
}

#[expect(dead_code, reason = "the tests give its event")]
#[events]
impl Transfer {
    #[event(Ordered)]
    fn order(amount: i64) -> Self {
        Self::default()
    }
}

#[derive(Aggregate, Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Account {
    root: Root<Self>,
    balance: i64,
}

#[events]
impl Account {
    #[event(Opened, id = Self::id_for(name))]
    pub(crate) fn open(name: &str) -> Self {
        Self::default()
    }

    #[event(Changed)]
    pub(crate) fn change(&mut self, amount: i64) {
        self.balance += amount;
    }

    pub(crate) fn id_for(name: &str) -> Id<Self> {
        Id::named(Uuid::NAMESPACE_OID, name)
    }
}

async fn account(processing: &Processing, name: &str) -> Result<Held<Account>, ProcessingError> {
    processing.get_or(Account::id_for(name), || Account::open(name)).await
}

/// What a policy does in a test.
struct Doing<F>(F);

impl<F: AsyncPolicy> ProcessApplication for Doing<F> {
    type Events = TransferEvent;
    const NAME: &str = "Accounts";

    async fn policy(&self, event: &Recorded<TransferEvent>, processing: &Processing) -> Result<(), BoxError> {
        let TransferEvent::Ordered { amount } = event.body();
        self.0.act(*amount, processing).await
    }
}

/// A policy as a type of its own.
trait AsyncPolicy: Send + Sync + 'static {
    fn act(&self, amount: i64, processing: &Processing) -> impl Future<Output = Result<(), BoxError>> + Send;
}

/// The error of a policy that has seen one transfer.
async fn error(policy: impl AsyncPolicy) -> String {
    let reacted = given([TransferEvent::Ordered { amount: 5 }])
        .policy(Doing(policy))
        .await;
    reacted.unwrap_err().to_string()
}

struct Both;

impl AsyncPolicy for Both {
    async fn act(&self, amount: i64, processing: &Processing) -> Result<(), BoxError> {
        let mut from = account(processing, "from").await?;
        let mut to = account(processing, "to").await?;
        from.change(-amount);
        to.change(amount);
        Ok(())
    }
}

#[tokio::test]
async fn several_aggregates_are_held_at_once_and_saved_together() -> Result<(), BoxError> {
    let opened = |name: &str| AccountEvent::Opened { name: name.to_owned() };
    given([TransferEvent::Ordered { amount: 5 }])
        .policy(Doing(Both))
        .await?
        .then(
            Account::id_for("from"),
            [opened("from"), AccountEvent::Changed { amount: -5 }],
        )
        .then(
            Account::id_for("to"),
            [opened("to"), AccountEvent::Changed { amount: 5 }],
        )
        .then_nothing_else();
    Ok(())
}

struct Again;

impl AsyncPolicy for Again {
    async fn act(&self, _: i64, processing: &Processing) -> Result<(), BoxError> {
        account(processing, "one").await?.change(1);
        let mut one = account(processing, "one").await?;
        assert_eq!(one.balance, 1, "what is pending is there");
        let error = account(processing, "one").await.unwrap_err();
        assert!(matches!(error, ProcessingError::InUse { .. }), "{error}");
        one.change(1);
        Ok(())
    }
}

#[tokio::test]
async fn an_aggregate_that_is_got_again_is_as_the_policy_has_left_it() -> Result<(), BoxError> {
    let changed = || AccountEvent::Changed { amount: 1 };
    given([TransferEvent::Ordered { amount: 5 }])
        .policy(Doing(Again))
        .await?
        .then(
            Account::id_for("one"),
            [AccountEvent::Opened { name: "one".into() }, changed(), changed()],
        );
    Ok(())
}

#[derive(Default)]
struct Keeps(Mutex<Option<Held<Account>>>);

impl AsyncPolicy for Keeps {
    async fn act(&self, _: i64, processing: &Processing) -> Result<(), BoxError> {
        let held = account(processing, "one").await?;
        *self.0.lock().unwrap() = Some(held);
        Ok(())
    }
}

struct OtherId;

impl AsyncPolicy for OtherId {
    async fn act(&self, _: i64, processing: &Processing) -> Result<(), BoxError> {
        processing
            .get_or(Account::id_for("one"), || Account::open("other"))
            .await?;
        Ok(())
    }
}

struct Missing;

impl AsyncPolicy for Missing {
    async fn act(&self, _: i64, processing: &Processing) -> Result<(), BoxError> {
        assert!(processing.find(Account::id_for("one")).await?.is_none());
        processing.get(Account::id_for("one")).await?.change(1);
        Ok(())
    }
}

struct Twice;

impl AsyncPolicy for Twice {
    async fn act(&self, _: i64, processing: &Processing) -> Result<(), BoxError> {
        processing.collect(Account::open("one"));
        processing.collect(Account::open("one"));
        Ok(())
    }
}

#[tokio::test]
async fn mistakes_of_a_policy_are_errors() {
    let id = Account::id_for("one");
    assert_eq!(
        error(Keeps::default()).await,
        format!("aggregate {id} is held beyond the end of the policy: drop every `Held` before the policy returns")
    );
    assert_eq!(
        error(OtherId).await,
        format!(
            "the aggregate that was made has the ID {}, and {id} was asked for: give its initial event that ID",
            Account::id_for("other")
        )
    );
    assert_eq!(error(Missing).await, format!("there is no Account {id}"));
    assert_eq!(
        error(Twice).await,
        format!(
            "aggregate {id} was collected, but the policy has an aggregate with that ID already: get that one instead"
        )
    );
}

/// Starts, counts, ends and starts again: what a policy finds depends on everything before.
struct Fickle;

impl ProcessApplication for Fickle {
    type Events = DogEvent;
    const NAME: &str = "Counters";

    async fn policy(&self, event: &Recorded<DogEvent>, processing: &Processing) -> Result<(), BoxError> {
        let DogEvent::TrickAdded { trick } = event.body() else {
            return Ok(());
        };
        match trick.as_str() {
            "end" => {
                if let Some(mut counter) = processing.find(Counter::id_for("sit")).await? {
                    counter.end();
                }
            }
            "sit" => processing
                .get_or(Counter::id_for("sit"), || Counter::start("sit"))
                .await?
                .increment(),
            _ if processing.find(Counter::id_for("sit")).await?.is_some() => {
                processing
                    .get_or(Counter::id_for(trick), || Counter::start(trick))
                    .await?
                    .increment();
            }
            _ => {}
        }
        Ok(())
    }
}

async fn events_in_one_batch_have_the_effect_that_they_have_one_by_one(world: World) -> Result<(), BoxError> {
    jumps(&world, 500).await
}

async fn events_one_by_one_have_their_effect(world: World) -> Result<(), BoxError> {
    jumps(&world, 1).await
}

async fn jumps(world: &World, batch: usize) -> Result<(), BoxError> {
    let mut system = system();
    let dogs = system.application("DogSchool");
    let counters = system.process(Fickle);
    system.pipe([dogs, counters]);
    let settings = RunnerSettings::default().batch(batch);
    let school = TaskRunner::start_with(system, world.environment.clone(), settings).await?;
    let tricks = ["jump", "sit", "jump", "jump", "sit", "jump", "end", "jump", "jump"];
    let (_, position) = dog(school.application(dogs), "Fido", &tricks).await;
    school.wait_for(counters, dogs, position).await?;
    let counted = school.application(counters);
    assert_eq!(count(counted, "jump").await, 3);
    let sits = counted.repository().history(Counter::id_for("sit"), |all| all).await?;
    assert_eq!(sits.len(), 4, "it is started, incremented twice and ended");
    school.stop(LONG).await?;
    Ok(())
}

/// Counts, and lets somebody else change the counter while it does so for the first time.
struct Interrupted {
    runs: AtomicU32,
}

impl ProcessApplication for Interrupted {
    type Events = DogEvent;
    const NAME: &str = "Counters";

    async fn policy(&self, event: &Recorded<DogEvent>, processing: &Processing) -> Result<(), BoxError> {
        let DogEvent::TrickAdded { trick } = event.body() else {
            return Ok(());
        };
        let mut counter = processing
            .get_or(Counter::id_for(trick), || Counter::start(trick))
            .await?;
        if self.runs.fetch_add(1, Ordering::SeqCst) == 0 {
            let app = processing.application();
            app.save(&mut Counter::start(trick)).await?;
        }
        counter.increment();
        Ok(())
    }
}

async fn a_policy_runs_again_when_another_command_was_faster(world: World) -> Result<(), BoxError> {
    let mut system = system();
    let dogs = system.application("DogSchool");
    let counters = system.process(Interrupted {
        runs: AtomicU32::new(0),
    });
    system.pipe([dogs, counters]);
    let school = TaskRunner::start(system, world.environment.clone()).await?;
    let (_, position) = dog(school.application(dogs), "Fido", &["sit"]).await;
    school.wait_for(counters, dogs, position).await?;
    let history = school
        .application(counters)
        .repository()
        .history(Counter::id_for("sit"), |all| all)
        .await?;
    let bodies: Vec<_> = history.iter().flat_map(ReadEvent::bodies).collect();
    assert_eq!(
        bodies,
        [
            &CounterEvent::Started { trick: "sit".into() },
            &CounterEvent::Incremented {}
        ]
    );
    school.stop(LONG).await?;
    Ok(())
}
