//! Commands that are carried out once under an ID.

use es_application::prelude::*;
use futures_util::future::join_all;
use uuid::Uuid;

use crate::{
    bank::{Account, AccountEvent, InsufficientFunds, Name},
    stores,
};

async fn account(app: &Application, balance: i64) -> Id<Account> {
    let mut account = Account::open("Ann");
    account.deposit(balance);
    app.save(&mut account).await.unwrap();
    account.id()
}

async fn balance(app: &Application, id: Id<Account>) -> i64 {
    app.repository().get(id).await.unwrap().balance()
}

/// Positions, IDs and bodies: what tells one event from another.
fn facts(recordings: &[Recorded]) -> Vec<(u64, Uuid, AccountEvent)> {
    let fact = |recorded: &Recorded| {
        let body = recorded.decode().unwrap().unwrap();
        (recorded.position(), recorded.event_id(), body)
    };
    recordings.iter().map(fact).collect()
}

#[tokio::test]
async fn a_repeat_changes_nothing_and_returns_the_first_events() {
    for store in stores::all().await {
        let app = &store.app;
        let (ann, bob) = (account(app, 10).await, account(app, 0).await);
        let transfer = async || {
            let command = app.once("transfer-1");
            let executed = command.execute((ann, bob), |(ann, bob)| {
                bob.deposit(7);
                ann.withdraw(7)
            });
            executed.await.unwrap()
        };
        let first = transfer().await;
        assert_eq!((first.value(), first.is_repeated()), (&Some(3), false));
        assert_eq!(first.recordings().len(), 2);
        // Other events come, so that the same command would be refused now.
        app.execute(ann, |ann| ann.withdraw(3)).await.unwrap();
        let again = transfer().await;
        assert_eq!((again.value(), again.is_repeated()), (&None, true));
        assert_eq!(facts(again.recordings()), facts(first.recordings()));
        assert_eq!((balance(app, ann).await, balance(app, bob).await), (0, 7));
    }
}

#[tokio::test]
async fn another_application_on_the_same_file_returns_the_first_events() {
    let folder = tempfile::tempdir().unwrap();
    let app = stores::open(stores::sqlite(&folder)).await;
    let id = account(&app, 10).await;
    let first = app.once("7").execute(id, |account| account.deposit(1)).await.unwrap();
    app.close().await;
    let app = stores::open(stores::sqlite(&folder)).await;
    let again = app.once(7).execute(id, |account| account.deposit(1)).await.unwrap();
    assert_eq!(facts(again.recordings()), facts(first.recordings()));
    let found = app.once("7").recordings().await.unwrap().unwrap();
    assert_eq!(facts(&found), facts(first.recordings()));
    assert!(app.once("8").recordings().await.unwrap().is_none());
}

#[tokio::test]
async fn a_save_of_new_aggregates_is_repeated_with_the_ids_of_the_first() {
    for store in stores::all().await {
        let (mut first, mut again) = (Account::open("Ann"), Account::open("Ann"));
        let saved = store.app.once("open-1").save(&mut first).await.unwrap();
        assert!(!saved.is_repeated() && first.pending_events().is_empty());
        let repeated = store.app.once("open-1").save(&mut again).await.unwrap();
        assert!(repeated.is_repeated());
        assert_eq!(facts(repeated.recordings()), facts(saved.recordings()));
        assert_eq!(*repeated.recordings()[0].originator(), first.id().to_originator_id());
        assert_eq!(again.pending_events().len(), 1);
        assert!(!store.app.repository().contains(again.id()).await.unwrap());
    }
}

#[tokio::test]
async fn an_aggregate_that_is_made_on_demand_is_made_once() {
    for store in stores::all().await {
        let take = async || {
            let command = store.app.once("take-ann");
            let create = || Name::take("Ann");
            let executed = command.execute_or_create(Name::id_for("Ann"), create, |_| {});
            executed.await.unwrap()
        };
        let (first, again) = (take().await, take().await);
        assert_eq!((first.is_repeated(), again.is_repeated()), (false, true));
        assert_eq!(again.position(), first.position());
    }
}

#[tokio::test]
async fn a_command_without_events_is_recorded_and_one_that_fails_is_not() {
    for store in stores::all().await {
        let id = account(&store.app, 0).await;
        let deposit = async |when: i64| {
            let command = store.app.once("fill-up");
            let executed = command.execute(id, |account| {
                if account.balance() >= when {
                    account.deposit(100);
                }
            });
            executed.await.unwrap()
        };
        assert!(deposit(50).await.recordings().is_empty());
        store.app.execute(id, |account| account.deposit(60)).await.unwrap();
        let again = deposit(50).await;
        assert!(again.is_repeated() && again.recordings().is_empty());
        assert_eq!(balance(&store.app, id).await, 60);

        let withdraw = async || {
            store
                .app
                .once("withdraw")
                .execute(id, |account| account.withdraw(70))
                .await
        };
        let ExecuteError::Command(error) = withdraw().await.unwrap_err() else {
            panic!("there is too little")
        };
        assert_eq!(error, InsufficientFunds { balance: 60 });
        store.app.execute(id, |account| account.deposit(10)).await.unwrap();
        assert_eq!(withdraw().await.unwrap().value(), &Some(0));
    }
}

#[tokio::test]
async fn the_record_is_in_the_log_and_readers_of_aggregates_do_not_see_it() {
    for store in stores::all().await {
        let app = &store.app;
        let id = account(app, 1).await;
        let done = app
            .once("deposit")
            .execute(id, |account| account.deposit(2))
            .await
            .unwrap();
        let metadata = done.recordings()[0].read_metadata().unwrap();
        assert_eq!(metadata.get("command_id"), Some("deposit"));
        assert_eq!(done.recordings().len(), 1);

        let section = app.notification_log().section("1,10").await.unwrap();
        let topics: Vec<_> = section.items().iter().map(Recorded::topic).collect();
        let expected = [
            "Account.Opened",
            "Account.Deposited",
            "Account.Deposited",
            "es.Command.Done",
        ];
        assert_eq!(topics, expected);
        let record = &section.items()[3];
        assert_eq!(record.originator().to_string(), "es.Command:deposit");
        assert!(record.decode::<AccountEvent>().unwrap().is_none());
        assert_eq!(app.repository().ids::<Account>(0, 10).await.unwrap().ids, [id]);
    }
}

#[tokio::test]
async fn an_id_that_is_used_for_other_aggregates_is_refused() {
    for store in stores::all().await {
        let (ann, bob) = (account(&store.app, 1).await, account(&store.app, 1).await);
        let deposit = async |id: Id<Account>| {
            store
                .app
                .once("payment-7")
                .execute(id, |account| account.deposit(1))
                .await
        };
        deposit(ann).await.unwrap();
        let error = ApplicationError::from(deposit(bob).await.unwrap_err());
        assert_eq!(
            error.to_string(),
            format!(
                "command \"payment-7\" was carried out before, and not on aggregate {bob}: give each command an ID of its own"
            )
        );
        assert_eq!(balance(&store.app, bob).await, 1);
    }
}

#[tokio::test]
async fn an_id_that_no_store_could_keep_is_refused_before_anything_is_asked() {
    let app = stores::open(Environment::new("Bank")).await;
    for id in ["", "a\0b", &"x".repeat(256)] {
        let error = app.once(id).save(&mut Account::open("Ann")).await.unwrap_err();
        assert!(matches!(error, ApplicationError::CommandId { .. }), "{error}");
        assert!(error.to_string().contains("use a text of 1 to 255 bytes"), "{error}");
    }
    app.once("x".repeat(255)).save(&mut Account::open("Ann")).await.unwrap();
}

/// While the command decides, another caller carries it out: what the command then decides is not what counts.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_decides_while_another_carries_it_out_returns_the_events_of_the_other() {
    for refuses in [false, true] {
        let folder = tempfile::tempdir().unwrap();
        let (slow, quick) = (
            stores::open(stores::sqlite(&folder)).await,
            stores::open(stores::sqlite(&folder)).await,
        );
        let id = account(&slow, 10).await;
        let withdraw = |account: &mut Account| account.withdraw(10);
        let (mut runs, mut first) = (0, None);
        let (command, other) = (slow.once("w"), quick.once("w"));
        let executed = command.execute(id, |account| {
            runs += 1;
            let other = other.execute(id, withdraw);
            let other = tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(other));
            first.get_or_insert(other.unwrap());
            if refuses {
                return Err(InsufficientFunds { balance: 0 });
            }
            account.withdraw(10)
        });
        let executed = executed.await.unwrap();
        assert!(executed.is_repeated() && runs == 1);
        assert_eq!(facts(executed.recordings()), facts(first.unwrap().recordings()));
        assert_eq!(balance(&slow, id).await, 0);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn fifty_callers_of_one_command_at_once_carry_it_out_once() {
    for store in stores::all().await {
        let id = account(&store.app, 0).await;
        let callers = (0..50).map(async |number: u32| {
            let command = store.app.once("deposit");
            if number.is_multiple_of(2) {
                command
                    .execute(id, |account| account.deposit(1))
                    .await
                    .unwrap()
                    .position()
            } else {
                let mut account = store.app.repository().get(id).await.unwrap();
                account.deposit(1);
                command.save(&mut account).await.unwrap().position()
            }
        });
        let positions = join_all(callers).await;
        assert!(
            positions.iter().all(|position| *position == positions[0]),
            "{positions:?}"
        );
        assert_eq!(balance(&store.app, id).await, 1);
    }
}
