//! Saving and finding again.

use es_application::prelude::*;
use es_persistence::{Conflict, RecorderErrorKind};

use crate::{
    bank::{Account, AccountEvent, Name},
    stores,
};

#[tokio::test]
async fn what_is_saved_is_found_again_and_the_events_leave_the_aggregate() {
    for store in stores::all().await {
        let mut account = Account::open("Ann");
        account.deposit(10);
        let recordings = store.app.save(&mut account).await.unwrap();
        assert_eq!(recordings.iter().map(Recorded::position).collect::<Vec<_>>(), [1, 2]);
        assert_eq!(
            recordings[1].decode::<AccountEvent>().unwrap(),
            Some(AccountEvent::Deposited { amount: 10 })
        );
        assert_eq!(account.pending_events(), []);

        let copy = store.app.repository().get(account.id()).await.unwrap();
        assert_eq!(copy, account);
    }
}

#[tokio::test]
async fn nothing_pending_saves_nothing() {
    for store in stores::all().await {
        let mut account = Account::open("Ann");
        store.app.save(&mut account).await.unwrap();
        assert!(store.app.save(&mut account).await.unwrap().is_empty());
        assert_eq!(store.app.notification_log().max_position().await.unwrap(), Some(1));
    }
}

#[tokio::test]
async fn aggregates_of_different_types_are_saved_together_or_not_at_all() {
    for store in stores::all().await {
        let (mut ann, mut name) = (Account::open("Ann"), Name::take("Ann"));
        let recordings = store.app.save((&mut ann, &mut name)).await.unwrap();
        let topics: Vec<_> = recordings.iter().map(Recorded::topic).collect();
        assert_eq!(topics, ["Account.Opened", "Name.Taken"]);

        let (mut second, mut same_name) = (Account::open("Ann"), Name::take("Ann"));
        let error = store.app.save((&mut second, &mut same_name)).await.unwrap_err();
        let originator_id = Name::id_for("Ann").to_originator_id();
        assert_eq!(
            error.conflict(),
            Some(&Conflict {
                originator_id,
                version: 1,
                last_version: 1
            })
        );
        assert!(!store.app.repository().contains(second.id()).await.unwrap());
        assert_eq!(store.app.notification_log().max_position().await.unwrap(), Some(2));
        assert_eq!(
            store.app.repository().get(Name::id_for("Ann")).await.unwrap().owner(),
            "Ann"
        );
    }
}

#[tokio::test]
async fn several_aggregates_of_one_type_are_saved_together() {
    for store in stores::all().await {
        let mut accounts = [Account::open("Ann"), Account::open("Bob"), Account::open("Cid")];
        let recordings = store.app.save(accounts.iter_mut().collect::<Vec<_>>()).await.unwrap();
        assert_eq!(recordings.len(), 3);
        for account in &accounts {
            assert!(store.app.repository().contains(account.id()).await.unwrap());
        }
    }
}

#[tokio::test]
async fn after_a_conflict_the_events_are_still_pending() {
    for store in stores::all().await {
        let mut account = Account::open("Ann");
        store.app.save(&mut account).await.unwrap();
        let mut stale = account.clone();
        account.deposit(1);
        store.app.save(&mut account).await.unwrap();

        stale.deposit(2);
        let error = store.app.save(&mut stale).await.unwrap_err();
        let originator_id = account.id().to_originator_id();
        assert_eq!(
            error.conflict(),
            Some(&Conflict {
                originator_id,
                version: 2,
                last_version: 2
            })
        );
        assert_eq!(stale.pending_events().len(), 1);
        assert_eq!(store.app.repository().get(account.id()).await.unwrap().balance(), 1);
    }
}

#[tokio::test]
async fn an_aggregate_with_a_refused_event_is_not_saved() {
    for store in stores::all().await {
        let mut account = Account::open("Ann");
        account.close();
        account.deposit(1);
        let error = store.app.save(&mut account).await.unwrap_err();
        assert!(matches!(error, ApplicationError::Trigger(_)), "{error}");
        assert!(error.to_string().contains("discarded"), "{error}");
        assert_eq!(store.app.notification_log().max_position().await.unwrap(), None);
    }
}

#[tokio::test]
async fn earlier_versions_can_be_read_and_unknown_ones_are_the_latest() {
    for store in stores::all().await {
        let mut account = Account::open("Ann");
        for _ in 0..4 {
            account.deposit(10);
        }
        store.app.save(&mut account).await.unwrap();
        let repository = store.app.repository();
        for (version, balance) in [(1, 0), (2, 10), (5, 40), (6, 40), (u64::MAX, 40)] {
            let copy = repository.get_at(account.id(), version).await.unwrap();
            assert_eq!((copy.version(), copy.balance()), (version.min(5), balance));
        }
        assert!(repository.get_at(account.id(), 0).await.unwrap_err().is_not_found());
    }
}

#[tokio::test]
async fn what_is_not_there_is_not_found_and_named() {
    for store in stores::all().await {
        let id = Id::<Account>::new();
        assert!(!store.app.repository().contains(id).await.unwrap());
        let error = store.app.repository().get(id).await.unwrap_err();
        assert!(error.is_not_found());
        assert_eq!(error.to_string(), format!("there is no Account {id}"));
    }
}

#[tokio::test]
async fn a_discarded_aggregate_is_not_found_but_its_past_is() {
    for store in stores::all().await {
        let mut account = Account::open("Ann");
        account.deposit(10);
        account.close();
        store.app.save(&mut account).await.unwrap();
        let repository = store.app.repository();
        assert!(!repository.contains(account.id()).await.unwrap());
        assert!(repository.get(account.id()).await.unwrap_err().is_not_found());
        assert_eq!(repository.get_at(account.id(), 2).await.unwrap().balance(), 10);
    }
}

#[tokio::test]
async fn a_long_life_is_read_whole() {
    for store in stores::all().await {
        let mut account = Account::open("Ann");
        for _ in 0..2_500 {
            account.deposit(1);
        }
        store.app.save(&mut account).await.unwrap();
        let copy = store.app.repository().get(account.id()).await.unwrap();
        assert_eq!((copy.version(), copy.balance()), (2_501, 2_500));
    }
}

#[tokio::test]
async fn a_closed_application_refuses_saves_and_stores_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let app = stores::open(stores::sqlite(&folder)).await;
    let clone = app.clone();
    app.close().await;
    let error = clone.save(&mut Account::open("Ann")).await.unwrap_err();
    let ApplicationError::Recorder(error) = error else {
        panic!("{error}")
    };
    assert_eq!(error.kind(), &RecorderErrorKind::Closed);

    let app = stores::open(stores::sqlite(&folder)).await;
    assert_eq!(app.notification_log().max_position().await.unwrap(), None);
}
