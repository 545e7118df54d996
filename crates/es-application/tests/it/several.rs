//! Commands about several aggregates, and about ones that may not exist.

use std::sync::atomic::{AtomicU32, Ordering};

use es_application::prelude::*;
use futures_util::future::join_all;

use crate::{
    bank::{Account, InsufficientFunds, Name},
    stores,
};

/// Accounts with these balances.
async fn accounts<const N: usize>(app: &Application, balances: [i64; N]) -> [Id<Account>; N] {
    let mut accounts = balances.map(|balance| {
        let mut account = Account::open("Ann");
        account.deposit(balance);
        account
    });
    app.save(accounts.iter_mut().collect::<Vec<_>>()).await.unwrap();
    accounts.map(|account| account.id())
}

async fn balance(app: &Application, id: Id<Account>) -> i64 {
    app.repository().get(id).await.unwrap().balance()
}

#[tokio::test]
async fn a_tuple_of_aggregates_of_different_types_is_changed_in_one_save() {
    for store in stores::all().await {
        let [account] = accounts(&store.app, [10]).await;
        store.app.save(&mut Name::take("Ann")).await.unwrap();
        let executed = store.app.execute((account, Name::id_for("Ann")), |(account, name)| {
            account.withdraw(i64::try_from(name.owner().len()).unwrap())
        });
        let executed = executed.await.unwrap();
        assert_eq!((executed.value(), executed.recordings().len()), (&7, 1));
        assert_eq!(balance(&store.app, account).await, 7);
    }
}

#[tokio::test]
async fn a_list_of_aggregates_is_changed_in_one_save() {
    for store in stores::all().await {
        let ids = accounts(&store.app, [10, 20, 30]).await;
        let executed = store.app.execute(ids.to_vec(), |mut accounts| {
            for account in &mut accounts {
                account.deposit(1);
            }
        });
        let positions: Vec<_> = executed
            .await
            .unwrap()
            .recordings()
            .iter()
            .map(Recorded::position)
            .collect();
        // The events of one save are neighbours.
        assert_eq!(positions, [positions[0], positions[0] + 1, positions[0] + 2]);
        for (id, expected) in ids.into_iter().zip([11, 21, 31]) {
            assert_eq!(balance(&store.app, id).await, expected);
        }
    }
}

#[tokio::test]
async fn nothing_is_saved_of_any_when_the_command_refuses() {
    for store in stores::all().await {
        let [ann, bob] = accounts(&store.app, [10, 0]).await;
        let refused = store.app.execute((ann, bob), |(ann, bob)| {
            bob.deposit(25);
            ann.withdraw(25)
        });
        let ExecuteError::Command(error) = refused.await.unwrap_err() else {
            panic!("the command refuses")
        };
        assert_eq!(error, InsufficientFunds { balance: 10 });
        assert_eq!(balance(&store.app, bob).await, 0);
    }
}

#[tokio::test]
async fn an_aggregate_that_is_named_twice_is_an_error_that_names_it() {
    for store in stores::all().await {
        let [ann] = accounts(&store.app, [10]).await;
        let mut runs = 0;
        let refused = store.app.execute((ann, ann), |_| runs += 1).await.unwrap_err();
        let error = ApplicationError::from(refused);
        assert!(matches!(&error, ApplicationError::Repeated { id } if *id == ann.to_originator_id()));
        assert_eq!(
            error.to_string(),
            format!("the command names aggregate {ann} twice: name each aggregate once")
        );
        store.app.execute(vec![ann, ann], |_| runs += 1).await.unwrap_err();
        assert_eq!(runs, 0);
    }
}

#[tokio::test]
async fn a_command_about_one_that_is_missing_changes_none() {
    for store in stores::all().await {
        let [ann] = accounts(&store.app, [10]).await;
        let missing = Id::<Account>::new();
        let refused = store.app.execute((ann, missing), |(ann, _)| ann.deposit(1)).await;
        assert!(ApplicationError::from(refused.unwrap_err()).is_not_found());
        assert_eq!(balance(&store.app, ann).await, 10);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_hundred_commands_on_one_aggregate_at_once_all_succeed() {
    for store in stores::all().await {
        let [id] = accounts(&store.app, [0]).await;
        let commands = (0..200).map(|_| {
            let app = store.app.clone();
            tokio::spawn(async move { app.execute(id, |account| account.deposit(1)).await })
        });
        for outcome in join_all(commands).await {
            outcome.unwrap().unwrap();
        }
        assert_eq!(balance(&store.app, id).await, 200);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn commands_that_name_the_same_aggregates_in_other_orders_do_not_wait_for_each_other() {
    for store in stores::all().await {
        let [ann, bob] = accounts(&store.app, [1_000, 1_000]).await;
        let commands = (0..40).map(|number| {
            let app = store.app.clone();
            let (from, to) = if number % 2 == 0 { (ann, bob) } else { (bob, ann) };
            tokio::spawn(async move {
                let moved = app.execute((from, to), |(from, to)| {
                    from.withdraw(1)?;
                    to.deposit(1);
                    Ok::<_, InsufficientFunds>(())
                });
                moved.await.unwrap()
            })
        });
        for outcome in join_all(commands).await {
            assert_eq!(outcome.unwrap().recordings().len(), 2);
        }
        assert_eq!(balance(&store.app, ann).await + balance(&store.app, bob).await, 2_000);
    }
}

#[tokio::test]
async fn an_aggregate_that_does_not_exist_is_made_and_then_found() {
    for store in stores::all().await {
        let id = Name::id_for("Ann");
        let first = store.app.execute_or_create(id, || Name::take("Ann"), |_| ()).await;
        assert_eq!(first.unwrap().recordings().len(), 1);
        let made = AtomicU32::new(0);
        let take = || {
            made.fetch_add(1, Ordering::Relaxed);
            Name::take("Ann")
        };
        let second = store.app.execute_or_create(id, take, |_| ()).await;
        assert!(second.unwrap().recordings().is_empty());
        assert_eq!(made.into_inner(), 0);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_processes_that_make_one_aggregate_at_once_make_it_once() {
    let folder = tempfile::tempdir().unwrap();
    for round in 0..10 {
        let apps = [
            stores::open(stores::sqlite(&folder)).await,
            stores::open(stores::sqlite(&folder)).await,
        ];
        let owner = format!("owner {round}");
        let id = Name::id_for(&owner);
        let makers = (0..8).map(|number: usize| {
            let (app, owner) = (apps[number % 2].clone(), owner.clone());
            tokio::spawn(async move { app.execute_or_create(id, || Name::take(&owner), |_| ()).await })
        });
        let mut made = 0;
        for outcome in join_all(makers).await {
            made += outcome.unwrap().unwrap().recordings().len();
        }
        assert_eq!(made, 1);
    }
}

#[test]
fn a_command_without_a_runtime_or_without_its_timer_is_an_error_at_once() {
    let builder = || Application::builder("Bank").environment(Environment::new("Bank"));
    let mut runs = 0;
    let mut command = async || {
        let app = builder().open().await.unwrap();
        let mut account = Account::open("Ann");
        app.save(&mut account).await.unwrap();
        app.execute(account.id(), |account| {
            runs += 1;
            account.deposit(1);
        })
        .await
    };
    let error = futures_executor(command()).unwrap_err();
    assert!(matches!(error, ExecuteError::Application(ApplicationError::NoRuntime)));
    assert!(error.to_string().contains("enable_all"), "{error}");
    let timerless = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let error = timerless.block_on(command()).unwrap_err();
    assert!(matches!(error, ExecuteError::Application(ApplicationError::NoRuntime)));
    assert_eq!(runs, 0);
}

/// Polls a future that never waits.
fn futures_executor<T>(future: impl Future<Output = T>) -> T {
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    match std::pin::pin!(future).poll(&mut context) {
        std::task::Poll::Ready(value) => value,
        std::task::Poll::Pending => panic!("the store in memory never waits"),
    }
}
