//! What a store of read models must do.

use std::time::Duration;

use es_domain::{IdSource as _, RandomIds};
use es_persistence::{RecorderErrorKind, Topics, Tracking, TrackingKey};
use es_projection::{
    Disposition, GenerationId, GenerationState, ViewName,
    prelude::BoxError,
    views::{Checkpoint, Claim, DeadLetter, Lease, ViewStore, ViewTransaction},
};

use crate::{
    journal::Tables,
    world::{World, on_every_store},
};

on_every_store! {
    a_generation_is_made_once_and_serves_when_it_is_published,
    a_switch_goes_back_and_forth_and_what_is_in_use_is_not_removed,
    rows_position_and_letters_are_stored_together_or_not_at_all,
    one_instance_has_the_lease_until_it_ends,
    a_lease_that_was_taken_over_commits_nothing,
    a_position_never_goes_back,
    letters_are_kept_in_order_and_change_what_becomes_of_them,
    generations_do_not_know_of_each_other,
    an_error_is_seen_until_a_commit_succeeds,
}

fn view() -> ViewName {
    ViewName::new("Journal", 1)
}

fn key() -> TrackingKey {
    TrackingKey::new("Journal", "School")
}

fn claim() -> Claim {
    Claim::new(RandomIds.next_id(), Duration::from_mins(1))
}

fn checkpoint(position: u64) -> Checkpoint {
    let tracking = Tracking::of(key(), position).with_event_id(uuid::Uuid::from_u128(position.into()));
    Checkpoint::new(tracking, Topics::families(["Dog"]).and_exact(["Puppy.Born"]))
}

fn letter(position: u64, originator: &str) -> DeadLetter {
    let id = uuid::Uuid::from_u128(position.into());
    DeadLetter::new(key(), position, id, originator.into())
        .with_topic("Dog.Registered")
        .with_error("no", 3)
}

async fn leased<C: Tables>(store: &dyn ViewStore<C>) -> Result<(GenerationId, Lease), BoxError> {
    let generation = store.build(view()).await?.id;
    let lease = store.acquire(generation.clone(), claim()).await?.unwrap();
    Ok((generation, lease))
}

async fn written<C: Tables>(
    store: &dyn ViewStore<C>,
    lease: &Lease,
    position: u64,
) -> Result<Box<dyn ViewTransaction<C>>, BoxError> {
    let mut transaction = store.begin(lease).await?;
    if transaction.is_new() {
        transaction.connection().make().await?;
    }
    transaction.connection().write(position, "sit").await?;
    Ok(transaction)
}

async fn positions<C: Tables>(store: &dyn ViewStore<C>, generation: &GenerationId) -> Result<Vec<u64>, BoxError> {
    let lines = store.read_generation(generation.clone()).await?.lines().await?;
    Ok(lines.into_iter().map(|(position, _)| position).collect())
}

async fn states<C: Tables>(store: &dyn ViewStore<C>) -> Result<Vec<(u32, u32, GenerationState, bool)>, BoxError> {
    let generations = store.generations("Journal".into()).await?;
    let state = |one: es_projection::views::Generation| (one.id.view.version, one.id.number, one.state, one.is_current);
    Ok(generations.into_iter().map(state).collect())
}

use GenerationState::{Building, Live, Retired};

async fn a_generation_is_made_once_and_serves_when_it_is_published<C: Tables>(world: World<C>) -> Result<(), BoxError> {
    let store = &**world.views.store();
    assert_eq!(states(store).await?, []);
    assert!(world.views.read("Journal").await.is_err(), "nothing was published");
    let first = store.build(view()).await?;
    assert_eq!((first.id.number, first.state), (1, Building));
    assert_eq!(store.build(view()).await?.id, first.id, "it is being built");
    store.publish(first.id.clone()).await?;
    assert_eq!(states(store).await?, [(1, 1, Live, true)]);

    let second = store.build(view()).await?.id;
    assert_eq!(second.number, 2);
    assert_eq!(states(store).await?, [(1, 1, Live, true), (1, 2, Building, false)]);
    store.publish(second).await?;
    assert_eq!(states(store).await?, [(1, 1, Retired, false), (1, 2, Live, true)]);
    let missing = store.publish(view().generation(9)).await.unwrap_err();
    assert_eq!(*missing.kind(), RecorderErrorKind::Invalid);
    Ok(())
}

async fn a_switch_goes_back_and_forth_and_what_is_in_use_is_not_removed<C: Tables>(
    world: World<C>,
) -> Result<(), BoxError> {
    let store = &**world.views.store();
    let old = store.build(view()).await?.id;
    store.publish(old.clone()).await?;
    let new = store.build(ViewName::new("Journal", 2)).await?.id;
    assert!(store.switch_to(new.clone()).await.is_err(), "it is still being built");
    store.publish(new.clone()).await?;
    assert_eq!(states(store).await?, [(1, 1, Live, false), (2, 1, Live, true)]);
    store.switch_to(old.clone()).await?;
    assert_eq!(states(store).await?, [(1, 1, Live, true), (2, 1, Live, false)]);
    store.switch_to(new.clone()).await?;

    assert!(store.remove(new).await.is_err(), "it is current");
    let lease = store.acquire(old.clone(), claim()).await?.unwrap();
    assert!(store.remove(old.clone()).await.is_err(), "it is leased");
    store.release(lease, None).await?;
    store.remove(old.clone()).await?;
    assert_eq!(states(store).await?, [(2, 1, Live, true)]);
    assert!(store.acquire(old, claim()).await.is_err(), "it is gone");
    Ok(())
}

async fn rows_position_and_letters_are_stored_together_or_not_at_all<C: Tables>(
    world: World<C>,
) -> Result<(), BoxError> {
    let store = &**world.views.store();
    let (generation, lease) = leased(store).await?;
    let state = async || -> Result<_, BoxError> {
        let position = store.checkpoint(generation.clone(), key()).await?;
        let position = position.map(|checkpoint| checkpoint.tracking.position);
        Ok((position, store.dead_letters(generation.clone()).await?.len()))
    };
    for outcome in ["dropped", "rolled back"] {
        let mut transaction = written(store, &lease, 1).await?;
        assert!(transaction.is_new(), "{outcome}");
        transaction.set_aside(vec![letter(1, "rex")]).await?;
        if outcome == "dropped" {
            drop(transaction);
        } else {
            transaction.rollback().await?;
        }
        assert_eq!(state().await?, (None, 0), "{outcome}");
    }
    let mut transaction = written(store, &lease, 1).await?;
    transaction.set_aside(vec![letter(1, "rex")]).await?;
    transaction.commit(vec![checkpoint(1)]).await?;
    assert_eq!(state().await?, (Some(1), 1));
    assert_eq!(positions(store, &generation).await?, [1]);
    assert_eq!(store.checkpoint(generation.clone(), key()).await?, Some(checkpoint(1)));
    assert!(!store.begin(&lease).await?.is_new());
    let other = TrackingKey::new("Journal", "Elsewhere");
    assert_eq!(store.checkpoint(generation, other).await?, None);
    Ok(())
}

async fn one_instance_has_the_lease_until_it_ends<C: Tables>(world: World<C>) -> Result<(), BoxError> {
    let store = &**world.views.store();
    let generation = store.build(view()).await?.id;
    let short = Claim::new(RandomIds.next_id(), Duration::from_millis(200));
    let first = store.acquire(generation.clone(), short).await?.unwrap();
    assert_eq!(store.acquire(generation.clone(), claim()).await?, None);
    let again = store.acquire(generation.clone(), short).await?.unwrap();
    assert_eq!(again.fence, first.fence + 1, "each lease has a fence of its own");
    store.renew(&again).await?;
    tokio::time::sleep(Duration::from_millis(300)).await;
    let heir = store.acquire(generation.clone(), claim()).await?.unwrap();
    assert_eq!(heir.fence, again.fence + 1);
    let error = store.renew(&again).await.unwrap_err();
    assert!(matches!(error.kind(), RecorderErrorKind::Fenced(_)), "{error}");

    // What is not one's own is not given back.
    store.release(again, None).await?;
    assert_eq!(store.acquire(generation.clone(), claim()).await?, None);
    store.release(heir, None).await?;
    assert!(store.acquire(generation, claim()).await?.is_some());
    Ok(())
}

async fn a_lease_that_was_taken_over_commits_nothing<C: Tables>(world: World<C>) -> Result<(), BoxError> {
    let store = &**world.views.store();
    let (generation, zombie) = leased(store).await?;
    let first = written(store, &zombie, 1).await?;
    first.commit(vec![checkpoint(1)]).await?;
    let heir = store.seize(generation.clone(), claim()).await?;
    let error = written(store, &zombie, 2)
        .await?
        .commit(vec![checkpoint(2)])
        .await
        .unwrap_err();
    assert!(matches!(error.kind(), RecorderErrorKind::Fenced(_)), "{error}");
    assert_eq!(positions(store, &generation).await?, [1]);
    written(store, &heir, 2).await?.commit(vec![checkpoint(2)]).await?;
    assert_eq!(positions(store, &generation).await?, [1, 2]);
    Ok(())
}

async fn a_position_never_goes_back<C: Tables>(world: World<C>) -> Result<(), BoxError> {
    let store = &**world.views.store();
    let (generation, lease) = leased(store).await?;
    written(store, &lease, 5).await?.commit(vec![checkpoint(5)]).await?;
    let error = written(store, &lease, 4)
        .await?
        .commit(vec![checkpoint(4)])
        .await
        .unwrap_err();
    assert!(matches!(error.kind(), RecorderErrorKind::AlreadyTracked(_)), "{error}");
    assert_eq!(positions(store, &generation).await?, [5]);
    store.begin(&lease).await?.commit(vec![checkpoint(5)]).await?;
    Ok(())
}

async fn letters_are_kept_in_order_and_change_what_becomes_of_them<C: Tables>(world: World<C>) -> Result<(), BoxError> {
    let store = &**world.views.store();
    let (generation, lease) = leased(store).await?;
    let mut transaction = store.begin(&lease).await?;
    let text_of_an_id = "0190b3c0-7000-7000-8000-000000000001";
    let mut by_id = letter(7, "");
    by_id.originator = text_of_an_id.parse::<uuid::Uuid>()?.into();
    let all = vec![letter(10, "rex"), letter(9, text_of_an_id), by_id.clone()];
    transaction.set_aside(all).await?;
    transaction.commit(vec![checkpoint(10)]).await?;
    let expected = [by_id.clone(), letter(9, text_of_an_id), letter(10, "rex")];
    assert_eq!(store.dead_letters(generation.clone()).await?, expected);

    assert!(store.dispose(generation.clone(), &by_id, Disposition::Skipped).await?);
    assert!(
        !store
            .dispose(generation.clone(), &letter(8, "rex"), Disposition::Retry)
            .await?
    );
    let mut transaction = store.begin(&lease).await?;
    transaction.settle(&letter(10, "rex")).await?;
    transaction
        .set_aside(vec![letter(9, text_of_an_id).with_error("still no", 4)])
        .await?;
    transaction.commit(Vec::new()).await?;
    let expected = [
        by_id.with_disposition(Disposition::Skipped),
        letter(9, text_of_an_id).with_error("still no", 4),
    ];
    assert_eq!(store.dead_letters(generation).await?, expected);
    Ok(())
}

async fn generations_do_not_know_of_each_other<C: Tables>(world: World<C>) -> Result<(), BoxError> {
    let store = &**world.views.store();
    let (first, lease) = leased(store).await?;
    written(store, &lease, 1).await?.commit(vec![checkpoint(1)]).await?;
    store.publish(first.clone()).await?;
    let second = store.build(view()).await?.id;
    assert_eq!(store.checkpoint(second.clone(), key()).await?, None);
    let other = store.acquire(second.clone(), claim()).await?.unwrap();
    let transaction = written(store, &other, 7).await?;
    assert!(transaction.is_new());
    transaction.commit(vec![checkpoint(7)]).await?;
    assert_eq!(positions(store, &first).await?, [1]);
    assert_eq!(positions(store, &second).await?, [7]);
    assert_eq!(store.read(view()).await?.lines().await?, [(1, "sit".to_owned())]);
    store.publish(second).await?;
    assert_eq!(store.read(view()).await?.lines().await?, [(7, "sit".to_owned())]);
    Ok(())
}

async fn an_error_is_seen_until_a_commit_succeeds<C: Tables>(world: World<C>) -> Result<(), BoxError> {
    let store = &**world.views.store();
    let (_, lease) = leased(store).await?;
    store.report(&lease, "no".to_owned()).await?;
    let status = world.views.status("Journal").await?.remove(0);
    assert_eq!(
        (status.error.as_deref(), status.owner),
        (Some("no"), Some(lease.claim.owner))
    );
    assert!(status.lease_left > Duration::from_secs(30), "{status:?}");
    let mut transaction = written(store, &lease, 1).await?;
    transaction.set_aside(vec![letter(1, "rex")]).await?;
    transaction.commit(vec![checkpoint(1)]).await?;
    let status = world.views.status("Journal").await?.remove(0);
    assert_eq!((status.error, status.set_aside), (None, 1));
    assert_eq!(status.checkpoints, [checkpoint(1)]);
    store.release(lease, Some("stopped".to_owned())).await?;
    let status = world.views.status("Journal").await?.remove(0);
    assert_eq!((status.error.as_deref(), status.owner), (Some("stopped"), None));
    Ok(())
}
