//! Subscriptions.

use std::time::Duration;

use es_application::prelude::*;
use futures_util::{StreamExt as _, TryStreamExt as _};
use tokio::time::timeout;

use crate::{bank::Account, stores};

const LONG: Duration = Duration::from_secs(20);

#[tokio::test]
async fn a_subscriber_gets_what_is_there_and_then_what_comes() {
    for store in stores::all().await {
        let mut account = Account::open("Ann");
        store.app.save(&mut account).await.unwrap();
        let mut events = store.app.subscribe(Selection::after(0));
        let first = timeout(LONG, events.try_next()).await.unwrap().unwrap().unwrap();
        assert_eq!((first.position(), first.topic()), (1, "Account.Opened"));

        account.deposit(1);
        let save = async { store.app.save(&mut account).await.unwrap() };
        let (second, _) = tokio::join!(timeout(LONG, events.try_next()), save);
        assert_eq!(second.unwrap().unwrap().unwrap().position(), 2);
    }
}

#[tokio::test]
async fn a_subscriber_to_topics_gets_those_and_a_stopped_one_nothing_more() {
    for store in stores::all().await {
        let mut account = Account::open("Ann");
        account.deposit(1);
        account.deposit(2);
        store.app.save(&mut account).await.unwrap();
        let mut events = store.app.subscribe(Selection::after(0).topics(["Account.Deposited"]));
        let first = timeout(LONG, events.next()).await.unwrap().unwrap().unwrap();
        assert_eq!(first.position(), 2);
        events.stopper().stop();
        assert!(timeout(LONG, events.next()).await.unwrap().is_none());
    }
}

#[tokio::test]
async fn what_another_process_saves_is_delivered() {
    let folder = tempfile::tempdir().unwrap();
    let reader = stores::open(stores::sqlite(&folder)).await;
    // Two applications on one file know nothing of each other, as two processes do not.
    let writer = stores::open(stores::sqlite(&folder)).await;
    let mut events = reader.subscribe(Selection::after(0));
    let save = async {
        for _ in 0..3 {
            writer.save(&mut Account::open("Ann")).await.unwrap();
        }
    };
    let delivered = async {
        for position in 1..=3 {
            let event = timeout(LONG, events.try_next()).await.unwrap().unwrap().unwrap();
            assert_eq!(event.position(), position);
        }
    };
    tokio::join!(delivered, save);
}
