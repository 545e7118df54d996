//! Commands.

use es_application::prelude::*;
use futures_util::future::try_join_all;

use crate::{
    bank::{Account, InsufficientFunds},
    stores,
};

#[tokio::test]
async fn a_command_is_carried_out_and_says_where_its_events_are() {
    for store in stores::all().await {
        let mut account = Account::open("Ann");
        store.app.save(&mut account).await.unwrap();
        store
            .app
            .execute(account.id(), |account| account.deposit(10))
            .await
            .unwrap();
        let executed = store
            .app
            .execute(account.id(), |account| account.withdraw(4))
            .await
            .unwrap();
        assert_eq!((executed.value(), executed.position()), (&6, Some(3)));
    }
}

#[tokio::test]
async fn the_commands_own_error_is_passed_on_and_nothing_is_saved() {
    for store in stores::all().await {
        let mut account = Account::open("Ann");
        store.app.save(&mut account).await.unwrap();
        let error = store
            .app
            .execute(account.id(), |account| account.withdraw(4))
            .await
            .unwrap_err();
        let ExecuteError::Command(error) = error else {
            panic!("{error}")
        };
        assert_eq!(error, InsufficientFunds { balance: 0 });
        assert_eq!(store.app.notification_log().max_position().await.unwrap(), Some(1));
    }
}

#[tokio::test]
async fn a_command_on_nothing_finds_nothing() {
    for store in stores::all().await {
        let executed = store
            .app
            .execute(Id::<Account>::new(), |account| account.deposit(1))
            .await;
        let error = ApplicationError::from(executed.unwrap_err());
        assert!(error.is_not_found(), "{error}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn those_who_collide_try_again_until_all_are_done() {
    for store in stores::all().await {
        let mut account = Account::open("Ann");
        store.app.save(&mut account).await.unwrap();
        let id = account.id();
        let commands = (0..10).map(|_| {
            let app = store.app.clone();
            tokio::spawn(async move {
                for _ in 0..5 {
                    app.execute(id, |account| account.deposit(1)).await?;
                }
                Ok::<_, ApplicationError>(())
            })
        });
        for outcome in try_join_all(commands).await.unwrap() {
            outcome.unwrap();
        }
        let account = store.app.repository().get(id).await.unwrap();
        assert_eq!((account.version(), account.balance()), (51, 50));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_command_that_always_meets_a_conflict_ends_with_it() {
    for store in stores::all().await {
        let mut account = Account::open("Ann");
        store.app.save(&mut account).await.unwrap();
        let id = account.id();
        let mut attempts = 0;
        let executed = store.app.execute(id, |loser| {
            attempts += 1;
            // Somebody else is always faster.
            let app = store.app.clone();
            std::thread::scope(|scope| {
                let save = scope.spawn(|| {
                    let runtime = tokio::runtime::Builder::new_current_thread()
                        .enable_all()
                        .build()
                        .unwrap();
                    let mut winner = loser.clone();
                    winner.deposit(100);
                    runtime.block_on(app.save(&mut winner)).unwrap();
                });
                save.join().unwrap();
            });
            loser.deposit(1);
        });
        let error = ApplicationError::from(executed.await.unwrap_err());
        assert!(error.conflict().is_some(), "{error}");
        assert_eq!(attempts, 20);
        assert_eq!(store.app.repository().get(id).await.unwrap().balance(), 2_000);
    }
}
