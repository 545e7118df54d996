//! Catching up, following, and reading what was just written.

use std::time::Duration;

use es_projection::{ProjectionError, ProjectionRunner, State, WaitError, prelude::BoxError};

use crate::{
    journal::{Journal, Tables},
    school::{Trainer, dog},
    world::{LONG, World, on_every_store, texts},
};

on_every_store! {
    it_catches_up_in_large_batches_and_then_follows,
    what_was_just_written_can_be_read,
    events_that_are_not_selected_move_the_position_on,
    waiting_ends_when_the_time_is_over,
    it_goes_on_after_a_restart_where_it_was,
    a_runner_that_cannot_run_says_so,
    it_stops_within_the_deadline,
    progress_is_shown,
}

async fn it_catches_up_in_large_batches_and_then_follows<C: Tables>(world: World<C>) -> Result<(), BoxError> {
    let tricks = ["sit"; 99];
    for _ in 0..10 {
        dog(&world.app, "Fido", &tricks).await;
    }
    let journal = Journal::default();
    let running = world.runner(&journal).batch(400).start().await?;
    running.caught_up().await?;
    assert_eq!(running.read().await?.counts().await?["sit"], 990);
    let batches = journal.batches();
    assert_eq!(batches.iter().sum::<usize>(), 1000);
    assert!(
        batches.len() <= 5 && batches.iter().all(|batch| *batch <= 800),
        "{batches:?}"
    );

    let (_, position) = dog(&world.app, "Rex", &["roll over"]).await;
    running.wait_for(position).await?;
    assert_eq!(running.read().await?.counts().await?["roll over"], 1);
    assert_eq!(running.read().await?.lines().await?.len(), 1002);
    running.stop(LONG).await?;
    Ok(())
}

async fn what_was_just_written_can_be_read<C: Tables>(world: World<C>) -> Result<(), BoxError> {
    let running = world.runner(&Journal::default()).start().await?;
    let (fido, _) = dog(&world.app, "Fido", &[]).await;
    for round in 1..=20 {
        let added = world.app.execute(fido, |dog| dog.add_trick("sit")).await?;
        let mut model = running.query_at_least(added.position()).await?;
        assert_eq!(model.counts().await?["sit"], round);
    }
    running.wait_for(None).await?;
    Ok(())
}

async fn events_that_are_not_selected_move_the_position_on<C: Tables>(world: World<C>) -> Result<(), BoxError> {
    let running = world.runner(&Journal::default()).start().await?;
    dog(&world.app, "Fido", &[]).await;
    let hired = world.app.save(&mut Trainer::hire("Ann")).await?;
    let position = hired.last().map(es_application::Recorded::position);
    running.wait_for_at_most(position, LONG).await?;
    running.stop(LONG).await?;

    // The ID of the event is stored that was read last, not of the one that was selected last.
    let status = world.views.status("Journal").await?.remove(0);
    let tracking = &status.checkpoints[0].tracking;
    assert_eq!(Some(tracking.position), position);
    assert_eq!(tracking.event_id, Some(hired[0].event_id()));
    Ok(())
}

async fn waiting_ends_when_the_time_is_over<C: Tables>(world: World<C>) -> Result<(), BoxError> {
    let running = world.runner(&Journal::default()).start().await?;
    let (_, position) = dog(&world.app, "Fido", &[]).await;
    running.wait_for(position).await?;
    let waited = running.wait_for_at_most(position + 1, Duration::from_millis(50)).await;
    let Err(WaitError::TimedOut { wanted, reached }) = waited else {
        panic!("{waited:?}")
    };
    assert_eq!((wanted, reached), (position + 1, position));
    let unknown = running.wait_for_in("Elsewhere", 1).await;
    assert!(matches!(unknown, Err(WaitError::UnknownUpstream { .. })), "{unknown:?}");
    running.wait_for_in("School", position).await?;
    Ok(())
}

async fn it_goes_on_after_a_restart_where_it_was<C: Tables>(world: World<C>) -> Result<(), BoxError> {
    let journal = Journal::default();
    for round in 1..=3 {
        let running = world.runner(&journal).start().await?;
        let (_, position) = dog(&world.app, "Fido", &[]).await;
        running.wait_for(position).await?;
        running.stop(LONG).await?;
        assert_eq!(journal.projected(), round, "each event is projected once");
    }
    Ok(())
}

async fn a_runner_that_cannot_run_says_so<C: Tables>(world: World<C>) -> Result<(), BoxError> {
    let lonely = ProjectionRunner::new(&world.views, Journal::default()).start().await;
    assert!(
        matches!(lonely, Err(ProjectionError::NoUpstream { name: "Journal" })),
        "{lonely:?}"
    );
    let twice = world.runner(&Journal::default()).follow(&world.app).start().await;
    assert!(matches!(twice, Err(ProjectionError::SameUpstream { .. })), "{twice:?}");
    Ok(())
}

async fn it_stops_within_the_deadline<C: Tables>(world: World<C>) -> Result<(), BoxError> {
    let running = world.runner(&Journal::default()).start().await?;
    let (_, position) = dog(&world.app, "Fido", &[]).await;
    running.wait_for(position).await?;
    let watch = running.watch();
    running.stop(LONG).await?;
    assert!(matches!(watch.borrow().state, State::Ended));
    // The lease was given back: another instance need not wait for its end.
    let status = world.views.status("Journal").await?.remove(0);
    assert_eq!(status.owner, None);
    Ok(())
}

async fn progress_is_shown<C: Tables>(world: World<C>) -> Result<(), BoxError> {
    dog(&world.app, "Fido", &["sit"; 9]).await;
    let running = world.runner(&Journal::default()).start().await?;
    let mut watch = running.watch();
    watch
        .wait_for(|status| matches!(status.state, State::Following))
        .await?;
    let status = running.status();
    let progress = &status.progress[0];
    assert_eq!(
        (&*progress.upstream, progress.position, progress.target),
        ("School", 10, 10)
    );
    assert!(progress.rate > 0.0 && progress.left() == 0, "{progress:?}");
    assert_eq!((status.generation, status.rebuilding.len()), (1, 0));
    assert_eq!(texts(&running).await?.len(), 10);
    Ok(())
}
