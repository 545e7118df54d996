//! Futures that are dropped: at every await point of every call.

use std::{
    pin::{Pin, pin},
    task::Poll,
};

use es_application::prelude::*;
use futures_util::{StreamExt as _, future::poll_fn};

use crate::{bank::Account, stores};

/// More than any of the calls needs.
const ENOUGH: usize = 40;

/// Polls `future` up to `polls` times, each time when it has something to do, and drops it; true says that it was ready.
async fn poll_and_drop<F: Future>(future: F, mut polls: usize) -> bool {
    let mut future = pin!(future);
    poll_fn(|context| {
        if polls == 0 {
            return Poll::Ready(false);
        }
        polls -= 1;
        match future.as_mut().poll(context) {
            Poll::Ready(_) => Poll::Ready(true),
            Poll::Pending if polls == 0 => Poll::Ready(false),
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}

/// Drops the call that `start` makes after no poll, after one, after two, until it comes to its end.
async fn sweep<F: Future>(mut start: impl FnMut() -> F) {
    for polls in 0..ENOUGH {
        if poll_and_drop(start(), polls).await {
            return;
        }
    }
    panic!("the call does not come to its end in {ENOUGH} polls");
}

#[tokio::test]
async fn dropped_saves_are_stored_wholly_or_not_at_all_and_harm_nothing() {
    for store in stores::all().await {
        let mut saved = Vec::new();
        for polls in 0..ENOUGH {
            let (mut ann, mut bob) = (Account::open("Ann"), Account::open("Bob"));
            ann.deposit(1);
            let ids = [ann.id(), bob.id()];
            let is_ready = poll_and_drop(store.app.save((&mut ann, &mut bob)), polls).await;
            // The next call works, and finds out whether the dropped one is stored.
            store.app.save(&mut Account::open("Cid")).await.unwrap();
            let repository = store.app.repository();
            let is_stored = repository.contains(ids[0]).await.unwrap();
            assert_eq!(repository.contains(ids[1]).await.unwrap(), is_stored);
            assert!(is_stored || !is_ready);
            saved.push(is_stored);
        }
        assert!(saved.contains(&true) && !saved[0], "{saved:?}");
    }
}

#[tokio::test]
async fn dropped_commands_and_reads_harm_nothing() {
    for store in stores::all().await {
        let mut account = Account::open("Ann");
        store.app.save(&mut account).await.unwrap();
        let (app, id) = (&store.app, account.id());
        sweep(|| app.execute(id, |account| account.deposit(1))).await;
        sweep(|| app.repository().get(id)).await;
        sweep(|| app.repository().contains(id)).await;
        let log = app.notification_log();
        sweep(|| log.section("1,10")).await;
        sweep(|| log.max_position()).await;
        sweep(|| async { app.subscribe(Selection::all()).next().await }).await;

        let before = app.repository().get(id).await.unwrap();
        app.execute(id, |account| account.deposit(100)).await.unwrap();
        let after = app.repository().get(id).await.unwrap();
        assert_eq!(
            (after.version(), after.balance()),
            (before.version() + 1, before.balance() + 100)
        );
    }
}

/// A future that is polled is pinned where it stands.
#[expect(dead_code, reason = "the type is what is checked")]
fn calls_can_be_spawned(app: &Application, id: Id<Account>) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
    Box::pin(async move {
        drop(app.execute(id, |account| account.deposit(1)).await);
        drop(app.save(&mut Account::open("Ann")).await);
        drop(app.repository().get(id).await);
    })
}
