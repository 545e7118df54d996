//! Builds beside the one that is read.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use es_projection::{Failure, GenerationState, ProjectionError, ProjectionRunner, Remedy, Running, prelude::BoxError};

use crate::{
    journal::{Journal, Tables},
    school::{DogEvent, dog},
    world::{LONG, World, eventually, on_every_store, texts},
};

on_every_store! {
    a_read_model_is_built_anew_while_it_is_read,
    a_rebuild_that_was_broken_off_goes_on,
    a_rebuild_that_fails_leaves_the_read_model_as_it_is,
    one_rebuild_runs_at_a_time,
    a_switch_goes_back_and_the_runner_follows,
    a_new_version_is_built_beside_the_old_one,
}

async fn states<C: Tables>(world: &World<C>) -> Result<Vec<(u32, u32, GenerationState, bool)>, BoxError> {
    let all = world.views.store().generations("Journal".into()).await?;
    let state = |one: es_projection::views::Generation| (one.id.view.version, one.id.number, one.state, one.is_current);
    Ok(all.into_iter().map(state).collect())
}

use GenerationState::{Building, Live, Retired};

/// Reads again and again, and says whether something was ever missing.
async fn read_all_along<C: Tables>(running: &Running<C>, done: &AtomicBool) -> Result<usize, BoxError> {
    let (mut reads, mut seen) = (0, 0);
    while !done.load(Ordering::SeqCst) {
        let lines = running.read().await?.lines().await?;
        assert!(
            lines.len() >= seen,
            "a reader has seen {seen} lines and now sees {}",
            lines.len()
        );
        seen = lines.len();
        reads += 1;
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    Ok(reads)
}

async fn a_read_model_is_built_anew_while_it_is_read<C: Tables>(world: World<C>) -> Result<(), BoxError> {
    let (fido, _) = dog(&world.app, "Fido", &["sit"; 200]).await;
    let running = world.runner(&Journal::default()).batch(10).start().await?;
    running.caught_up().await?;
    let done = AtomicBool::new(false);
    let rebuild = async {
        running.rebuild().await?;
        for _ in 0..5 {
            let added = world.app.execute(fido, |dog| dog.add_trick("jump")).await?;
            running.wait_for_at_most(added.position(), LONG).await?;
        }
        done.store(true, Ordering::SeqCst);
        Ok::<_, BoxError>(())
    };
    let (outcome, reads) = tokio::join!(rebuild, read_all_along(&running, &done));
    outcome?;
    assert!(reads? > 0);
    assert_eq!(states(&world).await?, [(1, 1, Retired, false), (1, 2, Live, true)]);
    assert_eq!(texts(&running).await?.len(), 206);
    assert_eq!(running.status().generation, 2);
    assert!(running.status().rebuilding.is_empty());
    Ok(())
}

async fn a_rebuild_that_was_broken_off_goes_on<C: Tables>(world: World<C>) -> Result<(), BoxError> {
    dog(&world.app, "Fido", &["sit"; 300]).await;
    let running = world.runner(&Journal::default()).start().await?;
    running.caught_up().await?;
    running.stop(LONG).await?;

    let journal = Journal::default();
    let running = world.runner(&journal).batch(1).start().await?;
    let broken_off = async {
        let enough = eventually(async || {
            let status = running.status();
            status.rebuilding.first().is_some_and(|progress| progress.position > 50)
        });
        tokio::select! {
            rebuilt = running.rebuild() => panic!("it was to be broken off: {rebuilt:?}"),
            () = enough => {}
        }
    };
    broken_off.await;
    let before = journal.projected();
    assert_eq!(states(&world).await?, [(1, 1, Live, true), (1, 2, Building, false)]);
    // The lease of the build that was broken off has to end.
    eventually(async || running.rebuild().await.is_ok()).await;
    assert_eq!(states(&world).await?, [(1, 1, Retired, false), (1, 2, Live, true)]);
    assert!(journal.projected() - before < 260, "it goes on from where it was");
    assert_eq!(texts(&running).await?.len(), 301);
    Ok(())
}

async fn a_rebuild_that_fails_leaves_the_read_model_as_it_is<C: Tables>(world: World<C>) -> Result<(), BoxError> {
    dog(&world.app, "Fido", &["sit"]).await;
    let running = world.runner(&Journal::default()).start().await?;
    running.caught_up().await?;
    running.stop(LONG).await?;
    let journal = Journal::failing_on(["sit"]);
    let running = world
        .runner(&journal)
        .on_error(|_: &Failure| Remedy::Stop)
        .start()
        .await?;
    let rebuilt = running.rebuild().await;
    assert!(matches!(rebuilt, Err(ProjectionError::Stopped { .. })), "{rebuilt:?}");
    assert_eq!(states(&world).await?, [(1, 1, Live, true), (1, 2, Building, false)]);
    assert_eq!(texts(&running).await?, ["Fido", "sit"]);
    journal.heal();
    running.rebuild().await?;
    assert_eq!(texts(&running).await?, ["Fido", "sit"]);
    Ok(())
}

async fn one_rebuild_runs_at_a_time<C: Tables>(world: World<C>) -> Result<(), BoxError> {
    dog(&world.app, "Fido", &["sit"; 100]).await;
    let running = world.runner(&Journal::default()).batch(1).start().await?;
    running.caught_up().await?;
    let (one, other) = tokio::join!(running.rebuild(), running.rebuild());
    let refused = [one, other].into_iter().filter_map(Result::err).collect::<Vec<_>>();
    assert!(
        matches!(refused[..], [ProjectionError::AlreadyBuilding { .. }]),
        "{refused:?}"
    );
    Ok(())
}

async fn a_switch_goes_back_and_the_runner_follows<C: Tables>(world: World<C>) -> Result<(), BoxError> {
    dog(&world.app, "Fido", &[]).await;
    let running = world.runner(&Journal::default()).start().await?;
    running.caught_up().await?;
    running.rebuild().await?;
    dog(&world.app, "Rex", &[]).await;
    running.wait_for_at_most(2, LONG).await?;
    let all = world.views.store().generations("Journal".into()).await?;
    world.views.switch_to(all[0].id.clone()).await?;
    assert_eq!(states(&world).await?, [(1, 1, Live, true), (1, 2, Retired, false)]);
    let (_, position) = dog(&world.app, "Bob", &[]).await;
    eventually(async || running.status().generation == 1).await;
    running.wait_for_at_most(position, LONG).await?;
    assert_eq!(texts(&running).await?, ["Fido", "Rex", "Bob"]);
    world.views.remove(all[1].id.clone()).await?;
    assert_eq!(states(&world).await?, [(1, 1, Live, true)]);
    Ok(())
}

/// The journal in its second version, which writes in capitals.
struct Capitals;

impl<C: Tables> es_projection::Projection<C> for Capitals {
    type Events = DogEvent;
    const NAME: &str = "Journal";
    const VERSION: u32 = 2;

    async fn create(&self, tables: &mut C) -> Result<(), BoxError> {
        tables.make().await
    }

    async fn project(&self, event: &es_projection::Recorded<DogEvent>, tables: &mut C) -> Result<(), BoxError> {
        let (DogEvent::Registered { name: text } | DogEvent::TrickAdded { trick: text }) = event.body();
        tables.write(event.position(), &text.to_uppercase()).await
    }
}

async fn a_new_version_is_built_beside_the_old_one<C: Tables>(world: World<C>) -> Result<(), BoxError> {
    dog(&world.app, "Fido", &["sit"]).await;
    let old = world.runner(&Journal::default()).start().await?;
    old.caught_up().await?;
    let texts_by_name = async || -> Result<Vec<String>, BoxError> {
        let lines = world.views.read("Journal").await?.lines().await?;
        Ok(lines.into_iter().map(|(_, text)| text).collect())
    };
    eventually(async || texts_by_name().await.is_ok()).await;
    assert_eq!(texts_by_name().await?, ["Fido", "sit"]);

    let runner = ProjectionRunner::new(&world.views, Capitals).follow(&world.app);
    let new = runner.start().await?;
    new.caught_up().await?;
    eventually(async || states(&world).await.unwrap().len() == 2 && states(&world).await.unwrap()[1].3).await;
    assert_eq!(states(&world).await?, [(1, 1, Live, false), (2, 1, Live, true)]);
    assert_eq!(texts_by_name().await?, ["FIDO", "SIT"]);

    // The old program goes on with its own tables, and the new one can be switched away from.
    let (_, position) = dog(&world.app, "Rex", &[]).await;
    old.wait_for_at_most(position, LONG).await?;
    new.wait_for_at_most(position, LONG).await?;
    assert_eq!(texts(&old).await?, ["Fido", "sit", "Rex"]);
    assert_eq!(texts(&new).await?, ["FIDO", "SIT", "REX"]);
    let all = world.views.store().generations("Journal".into()).await?;
    world.views.switch_to(all[0].id.clone()).await?;
    assert_eq!(texts_by_name().await?, ["Fido", "sit", "Rex"]);
    Ok(())
}
