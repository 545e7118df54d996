//! Events that a policy cannot take, and what is done about them.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, Ordering},
};

use es_persistence::TrackingKey;
use es_system::{Disposition, FollowerError, State, prelude::*};

use crate::{
    school::{Counter, DogEvent, count, dog},
    world::{LONG, World, eventually, on_every_store, system},
};

on_every_store! {
    by_default_a_follower_stops_before_the_event_and_the_others_go_on,
    an_event_that_is_set_aside_takes_the_later_ones_of_its_aggregate_with_it,
    an_event_that_is_skipped_leaves_a_record,
    a_panic_is_a_failure_of_its_event,
    nothing_of_a_policy_that_fails_is_stored,
}

/// Counts, and fails at some tricks as long as it is told to.
struct Moody {
    fails: Arc<AtomicBool>,
    seen: Arc<Mutex<Vec<u64>>>,
}

impl Moody {
    fn new() -> Self {
        let fails = Arc::new(AtomicBool::new(true));
        let seen = Arc::default();
        Self { fails, seen }
    }
}

impl ProcessApplication for Moody {
    type Events = DogEvent;
    const NAME: &str = "Counters";

    async fn policy(&self, event: &Recorded<DogEvent>, processing: &Processing) -> Result<(), BoxError> {
        let DogEvent::TrickAdded { trick } = event.body() else {
            return Ok(());
        };
        let mut counter = processing
            .get_or(Counter::id_for(trick), || Counter::start(trick))
            .await?;
        counter.increment();
        if self.fails.load(Ordering::SeqCst) {
            match trick.as_str() {
                "moon" => return Err("no dog does that".into()),
                "panic" => panic!("on purpose"),
                _ => {}
            }
        }
        self.seen.lock().unwrap().push(event.position());
        Ok(())
    }
}

/// A follower that nothing disturbs.
struct Calm;

impl ProcessApplication for Calm {
    type Events = DogEvent;
    const NAME: &str = "Calm";

    async fn policy(&self, event: &Recorded<DogEvent>, processing: &Processing) -> Result<(), BoxError> {
        crate::school::Counters.policy(event, processing).await
    }
}

async fn by_default_a_follower_stops_before_the_event_and_the_others_go_on(world: World) -> Result<(), BoxError> {
    let moody = Moody::new();
    let fails = Arc::clone(&moody.fails);
    let mut system = system();
    let dogs = system.application("DogSchool");
    let counters = system.process(moody);
    let calm = system.process(Calm);
    system.pipe([dogs, counters]);
    system.pipe([dogs, calm]);
    let school = TaskRunner::start(system, world.environment.clone()).await?;
    let (_, position) = dog(school.application(dogs), "Fido", &["sit", "moon", "sit"]).await;

    let error = tokio::time::timeout(LONG, school.failed()).await?;
    let FollowerError::Stopped { name, source } = &error else {
        panic!("{error}");
    };
    assert_eq!((&**name, source.position, source.attempts), ("Counters", 3, 5));
    assert_eq!(source.error.to_string(), "no dog does that");
    assert!(matches!(school.status(counters).state, State::Stopped(_)));
    assert!(
        school.wait_for(counters, dogs, position).await.is_err(),
        "it says that it cannot come"
    );
    school.wait_for(calm, dogs, position).await?;
    assert_eq!(count(school.application(calm), "sit").await, 2);
    assert_eq!(count(school.application(counters), "sit").await, 1);

    fails.store(false, Ordering::SeqCst);
    school.resume(counters);
    school.wait_for(counters, dogs, position).await?;
    assert_eq!(count(school.application(counters), "sit").await, 2);
    assert_eq!(count(school.application(counters), "moon").await, 1);
    school.stop(LONG).await?;
    Ok(())
}

async fn an_event_that_is_set_aside_takes_the_later_ones_of_its_aggregate_with_it(
    world: World,
) -> Result<(), BoxError> {
    let moody = Moody::new();
    let (fails, seen) = (Arc::clone(&moody.fails), Arc::clone(&moody.seen));
    let mut system = system();
    let dogs = system.application("DogSchool");
    let counters = system.process(moody);
    system.pipe([dogs, counters]);
    system.on_error(counters, |_| Remedy::SetAside);
    let school = TaskRunner::start(system, world.environment.clone()).await?;
    let app = school.application(dogs);
    let (fido, _) = dog(app, "Fido", &["sit", "moon", "sit"]).await;
    dog(app, "Rex", &["sit"]).await;
    let last = app
        .execute(fido, |fido: &mut crate::school::Dog| fido.add_trick("sit"))
        .await?;
    school.wait_for(counters, dogs, last.position()).await?;
    assert_eq!(
        count(school.application(counters), "sit").await,
        2,
        "Fido's first and Rex's"
    );

    let letters = school.dead_letters(counters).await?;
    let found: Vec<_> = letters
        .iter()
        .map(|letter| (letter.position, letter.attempts, &*letter.error))
        .collect();
    let behind = "an earlier event of the aggregate is set aside";
    assert_eq!(found, [(3, 1, "no dog does that"), (4, 0, behind), (7, 0, behind)]);
    assert_eq!(letters[0].key, TrackingKey::of("DogSchool"));
    assert_eq!(letters[0].topic, "Dog.TrickAdded");

    let left = school.retry_dead_letters(counters).await?;
    let left: Vec<_> = left
        .iter()
        .map(|letter| (letter.position, letter.attempts, letter.disposition))
        .collect();
    let aside = Disposition::SetAside;
    assert_eq!(left, [(3, 2, aside), (4, 0, aside), (7, 0, aside)]);

    fails.store(false, Ordering::SeqCst);
    assert_eq!(school.retry_dead_letters(counters).await?, []);
    assert_eq!(*seen.lock().unwrap().last_chunk::<3>().unwrap(), [3, 4, 7], "in order");
    assert_eq!(count(school.application(counters), "sit").await, 4);
    assert_eq!(count(school.application(counters), "moon").await, 1);
    // Nothing is in the way of what comes later.
    let last = app
        .execute(fido, |fido: &mut crate::school::Dog| fido.add_trick("sit"))
        .await?;
    school.wait_for(counters, dogs, last.position()).await?;
    assert_eq!(count(school.application(counters), "sit").await, 5);
    school.stop(LONG).await?;
    Ok(())
}

async fn an_event_that_is_skipped_leaves_a_record(world: World) -> Result<(), BoxError> {
    let mut system = system();
    let dogs = system.application("DogSchool");
    let counters = system.process(Moody::new());
    system.pipe([dogs, counters]);
    system.on_error(counters, |failure| {
        if failure.attempts < 2 {
            Remedy::RetryAfter(std::time::Duration::ZERO)
        } else {
            Remedy::Skip
        }
    });
    let school = TaskRunner::start(system, world.environment.clone()).await?;
    let (_, position) = dog(school.application(dogs), "Fido", &["sit", "moon", "sit"]).await;
    school.wait_for(counters, dogs, position).await?;
    assert_eq!(count(school.application(counters), "sit").await, 2);
    assert_eq!(count(school.application(counters), "moon").await, 0);
    let letters = school.dead_letters(counters).await?;
    let found: Vec<_> = letters
        .iter()
        .map(|letter| (letter.position, letter.attempts, letter.disposition))
        .collect();
    assert_eq!(found, [(3, 2, Disposition::Skipped)]);
    assert!(
        !school.skip_dead_letter(counters, &letters[0]).await?,
        "it is skipped already"
    );
    assert_eq!(school.retry_dead_letters(counters).await?.len(), 1, "for good");
    school.stop(LONG).await?;
    Ok(())
}

async fn a_panic_is_a_failure_of_its_event(world: World) -> Result<(), BoxError> {
    let mut system = system();
    let dogs = system.application("DogSchool");
    let counters = system.process(Moody::new());
    system.pipe([dogs, counters]);
    system.on_error(counters, |_| Remedy::SetAside);
    let school = TaskRunner::start(system, world.environment.clone()).await?;
    let app = school.application(dogs);
    dog(app, "Fido", &["panic"]).await;
    let (_, position) = dog(app, "Rex", &["sit"]).await;
    school.wait_for(counters, dogs, position).await?;
    assert_eq!(count(school.application(counters), "sit").await, 1);
    let letters = school.dead_letters(counters).await?;
    assert_eq!(
        (letters.len(), letters[0].position, &*letters[0].error),
        (1, 2, "panicked: on purpose")
    );
    assert!(school.skip_dead_letter(counters, &letters[0]).await?);
    assert_eq!(
        school.dead_letters(counters).await?[0].disposition,
        Disposition::Skipped
    );
    school.stop(LONG).await?;
    Ok(())
}

async fn nothing_of_a_policy_that_fails_is_stored(world: World) -> Result<(), BoxError> {
    let mut system = system();
    let dogs = system.application("DogSchool");
    let counters = system.process(Moody::new());
    system.pipe([dogs, counters]);
    system.on_error(counters, |_| Remedy::Stop);
    let school = TaskRunner::start(system, world.environment.clone()).await?;
    dog(school.application(dogs), "Fido", &["moon"]).await;
    eventually(async || school.status(counters).state.error().is_some()).await;
    assert_eq!(count(school.application(counters), "moon").await, 0);
    let last = school.application(counters).process_recorder().await?;
    let last = last.last_tracking(TrackingKey::of("DogSchool")).await?.unwrap();
    assert_eq!(last.position, 1, "the event before it was taken");
    school.stop(LONG).await?;
    Ok(())
}
