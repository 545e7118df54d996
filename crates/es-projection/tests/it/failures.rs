//! Events that fail, and what is done about each.

use std::{
    error::Error as _,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use es_projection::{Disposition, Failure, ProjectionError, Remedy, State, WaitError, prelude::BoxError};

use crate::{
    journal::{Journal, Tables},
    school::dog,
    world::{LONG, World, eventually, on_every_store, texts},
};

on_every_store! {
    it_stops_before_an_event_that_fails_and_goes_on_when_it_is_healed,
    an_event_is_tried_again,
    the_event_at_fault_is_blamed_and_not_its_batch,
    later_events_of_the_same_aggregate_wait_behind_one_that_is_set_aside,
    events_that_were_set_aside_are_tried_again_in_order,
    a_retry_stops_at_the_first_event_that_fails_again,
    what_is_set_aside_stays_so_after_a_restart,
    an_event_is_skipped_with_a_record,
    a_letter_can_be_skipped_by_hand,
    a_panic_is_an_error_of_the_event,
    a_policy_that_panics_stops_the_projection,
    tables_that_cannot_be_made_stop_the_projection,
    a_failure_is_seen_by_all_instances,
}

fn stop(_: &Failure) -> Remedy {
    Remedy::Stop
}

fn set_aside(_: &Failure) -> Remedy {
    Remedy::SetAside
}

fn failure(waited: Result<(), WaitError>) -> Arc<Failure> {
    match waited {
        Err(WaitError::Projection(ProjectionError::Stopped { source, .. })) => source,
        other => panic!("it was to stop: {other:?}"),
    }
}

async fn it_stops_before_an_event_that_fails_and_goes_on_when_it_is_healed<C: Tables>(
    world: World<C>,
) -> Result<(), BoxError> {
    for name in ["Fido", "Rex", "Bob"] {
        dog(&world.app, name, &[]).await;
    }
    let journal = Journal::failing_on(["Rex"]);
    let running = world.runner(&journal).on_error(stop).start().await?;
    let failure = failure(running.wait_for(3).await);
    assert_eq!(
        (failure.position, failure.attempts, &*failure.topic),
        (2, 1, "Dog.Registered")
    );
    assert_eq!(failure.source().unwrap().to_string(), "Rex is refused");
    assert_eq!(texts(&running).await?, ["Fido"]);
    assert!(matches!(running.status().state, State::Stopped(_)));

    journal.heal();
    running.resume();
    eventually(async || running.wait_for(3).await.is_ok()).await;
    assert_eq!(texts(&running).await?, ["Fido", "Rex", "Bob"]);
    Ok(())
}

async fn an_event_is_tried_again<C: Tables>(world: World<C>) -> Result<(), BoxError> {
    let journal = Journal::failing_on(["Rex"]);
    let asked = Arc::new(AtomicU32::new(0));
    let policy = {
        let (journal, asked) = (journal.clone(), Arc::clone(&asked));
        move |failure: &Failure| {
            asked.store(failure.attempts, Ordering::SeqCst);
            if failure.attempts == 4 {
                journal.heal();
            }
            Remedy::RetryAfter(Duration::from_millis(1))
        }
    };
    let running = world.runner(&journal).on_error(policy).start().await?;
    let (_, position) = dog(&world.app, "Rex", &["sit"]).await;
    running.wait_for(position).await?;
    assert_eq!(asked.load(Ordering::SeqCst), 4);
    assert_eq!(texts(&running).await?, ["Rex", "sit"]);
    assert!(running.status().last_error.is_none());
    assert!(running.dead_letters().await?.is_empty());
    Ok(())
}

async fn the_event_at_fault_is_blamed_and_not_its_batch<C: Tables>(world: World<C>) -> Result<(), BoxError> {
    let tricks: Vec<_> = (0..40)
        .map(|number| if number == 29 { "poison" } else { "sit" })
        .collect();
    dog(&world.app, "Fido", &tricks).await;
    let journal = Journal::failing_on(["poison"]);
    let running = world.runner(&journal).on_error(stop).start().await?;
    let failure = failure(running.wait_for(41).await);
    assert_eq!((failure.position, failure.attempts), (31, 1));
    assert_eq!(texts(&running).await?.len(), 30, "all events before it count");
    Ok(())
}

async fn later_events_of_the_same_aggregate_wait_behind_one_that_is_set_aside<C: Tables>(
    world: World<C>,
) -> Result<(), BoxError> {
    let (rex, _) = dog(&world.app, "Rex", &["sit"]).await;
    dog(&world.app, "Bob", &["fetch"]).await;
    let running = world
        .runner(&Journal::failing_on(["Rex"]))
        .on_error(set_aside)
        .start()
        .await?;
    running.wait_for(4).await?;
    let added = world.app.execute(rex, |dog| dog.add_trick("jump")).await?;
    let (_, last) = dog(&world.app, "Ada", &[]).await;
    running.wait_for(last).await?;
    assert_eq!(texts(&running).await?, ["Bob", "fetch", "Ada"]);

    let letters = running.dead_letters().await?;
    let seen: Vec<_> = letters
        .iter()
        .map(|letter| (letter.position, letter.attempts))
        .collect();
    assert_eq!(seen, [(1, 1), (2, 0), (added.position().unwrap(), 0)]);
    assert_eq!(
        (&*letters[0].error, &*letters[0].topic),
        ("Rex is refused", "Dog.Registered")
    );
    assert!(letters.iter().all(|letter| letter.disposition == Disposition::SetAside));
    Ok(())
}

async fn events_that_were_set_aside_are_tried_again_in_order<C: Tables>(world: World<C>) -> Result<(), BoxError> {
    let (rex, _) = dog(&world.app, "Rex", &["sit", "jump"]).await;
    let journal = Journal::failing_on(["Rex"]);
    let running = world.runner(&journal).on_error(set_aside).start().await?;
    running.wait_for(3).await?;
    assert_eq!(running.retry_dead_letters().await?.len(), 3, "it fails again");
    assert_eq!(running.dead_letters().await?[0].attempts, 2);
    journal.heal();
    assert_eq!(running.retry_dead_letters().await?, []);
    assert_eq!(texts(&running).await?, ["Rex", "sit", "jump"]);

    let added = world.app.execute(rex, |dog| dog.add_trick("roll")).await?;
    running.wait_for(added.position()).await?;
    assert_eq!(texts(&running).await?.len(), 4, "later events need not wait any more");
    Ok(())
}

async fn a_retry_stops_at_the_first_event_that_fails_again<C: Tables>(world: World<C>) -> Result<(), BoxError> {
    dog(&world.app, "Rex", &["sit", "poison", "jump"]).await;
    let journal = Journal::failing_on(["Rex", "poison"]);
    let running = world.runner(&journal).on_error(set_aside).start().await?;
    running.wait_for(4).await?;
    journal.heal();
    let journal_again = Journal::failing_on(["poison"]);
    running.stop(LONG).await?;
    let running = world.runner(&journal_again).on_error(set_aside).start().await?;
    let left = running.retry_dead_letters().await?;
    assert_eq!(left.iter().map(|letter| letter.position).collect::<Vec<_>>(), [3, 4]);
    assert!(left.iter().all(|letter| letter.disposition == Disposition::SetAside));
    assert_eq!(texts(&running).await?, ["Rex", "sit"]);
    Ok(())
}

async fn what_is_set_aside_stays_so_after_a_restart<C: Tables>(world: World<C>) -> Result<(), BoxError> {
    let (rex, _) = dog(&world.app, "Rex", &[]).await;
    let running = world
        .runner(&Journal::failing_on(["Rex"]))
        .on_error(set_aside)
        .start()
        .await?;
    running.wait_for(1).await?;
    running.stop(LONG).await?;
    let running = world.runner(&Journal::default()).start().await?;
    let added = world.app.execute(rex, |dog| dog.add_trick("sit")).await?;
    running.wait_for(added.position()).await?;
    assert_eq!(running.dead_letters().await?.len(), 2);
    assert!(texts(&running).await?.is_empty());
    Ok(())
}

async fn an_event_is_skipped_with_a_record<C: Tables>(world: World<C>) -> Result<(), BoxError> {
    let skip = |failure: &Failure| {
        if failure.attempts < 2 {
            Remedy::RetryAfter(Duration::ZERO)
        } else {
            Remedy::Skip
        }
    };
    let running = world
        .runner(&Journal::failing_on(["poison"]))
        .on_error(skip)
        .start()
        .await?;
    let (_, position) = dog(&world.app, "Fido", &["sit", "poison", "jump"]).await;
    running.wait_for(position).await?;
    assert_eq!(texts(&running).await?, ["Fido", "sit", "jump"]);
    let letter = running.dead_letters().await?.remove(0);
    assert_eq!(
        (letter.position, letter.attempts, letter.disposition),
        (3, 2, Disposition::Skipped)
    );
    assert_eq!(
        running.retry_dead_letters().await?.len(),
        1,
        "it is passed over for good"
    );
    Ok(())
}

async fn a_letter_can_be_skipped_by_hand<C: Tables>(world: World<C>) -> Result<(), BoxError> {
    dog(&world.app, "Rex", &["sit"]).await;
    let running = world
        .runner(&Journal::failing_on(["Rex"]))
        .on_error(set_aside)
        .start()
        .await?;
    running.wait_for(2).await?;
    let letter = running.dead_letters().await?.remove(0);
    assert!(running.skip_dead_letter(&letter).await?);
    let left = running.retry_dead_letters().await?;
    assert_eq!(
        left.iter().map(|letter| letter.disposition).collect::<Vec<_>>(),
        [Disposition::Skipped]
    );
    assert_eq!(texts(&running).await?, ["sit"]);
    Ok(())
}

async fn a_panic_is_an_error_of_the_event<C: Tables>(world: World<C>) -> Result<(), BoxError> {
    let running = world
        .runner(&Journal::failing_on(["panic"]))
        .on_error(stop)
        .start()
        .await?;
    let (_, position) = dog(&world.app, "Fido", &["panic"]).await;
    let failure = failure(running.wait_for(position).await);
    assert_eq!(
        failure.source().unwrap().to_string(),
        "panicked: the journal panics on purpose"
    );
    assert_eq!(texts(&running).await?, ["Fido"]);
    Ok(())
}

async fn a_policy_that_panics_stops_the_projection<C: Tables>(world: World<C>) -> Result<(), BoxError> {
    let policy = |_: &Failure| -> Remedy { panic!("the policy panics on purpose") };
    let running = world
        .runner(&Journal::failing_on(["Rex"]))
        .on_error(policy)
        .start()
        .await?;
    dog(&world.app, "Rex", &[]).await;
    assert_eq!(failure(running.wait_for(1).await).position, 1);
    Ok(())
}

/// Tables that cannot be made.
struct Tableless;

impl<C: Tables> es_projection::Projection<C> for Tableless {
    type Events = crate::school::DogEvent;
    const NAME: &str = "Tableless";

    async fn create(&self, tables: &mut C) -> Result<(), BoxError> {
        tables.make().await?;
        Err("there is no room for tables".into())
    }

    async fn project(&self, _: &es_projection::Recorded<crate::school::DogEvent>, _: &mut C) -> Result<(), BoxError> {
        Ok(())
    }
}

async fn tables_that_cannot_be_made_stop_the_projection<C: Tables>(world: World<C>) -> Result<(), BoxError> {
    let runner = es_projection::ProjectionRunner::new(&world.views, Tableless).follow(&world.app);
    let running = runner.start().await?;
    let waited = running.wait_for_at_most(1, LONG).await;
    let Err(WaitError::Projection(error @ ProjectionError::Create { .. })) = waited else {
        panic!("{waited:?}")
    };
    assert_eq!(error.source().unwrap().to_string(), "there is no room for tables");
    Ok(())
}

async fn a_failure_is_seen_by_all_instances<C: Tables>(world: World<C>) -> Result<(), BoxError> {
    let running = world
        .runner(&Journal::failing_on(["Rex"]))
        .on_error(stop)
        .start()
        .await?;
    dog(&world.app, "Rex", &[]).await;
    failure(running.wait_for(1).await);
    eventually(async || world.views.status("Journal").await.unwrap()[0].owner.is_none()).await;
    let status = world.views.status("Journal").await?.remove(0);
    assert!(status.error.unwrap().ends_with("failed 1 times: Rex is refused"));
    Ok(())
}
