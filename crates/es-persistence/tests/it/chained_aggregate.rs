//! Aggregates whose events are tied together.

use es_domain::{RootAccess as _, prelude::*};
use es_persistence::{ChainError, Environment, EventStore, EventStoreError, Mapper, PersistenceModules, StoredEvent};

use crate::{
    account::{Account, AccountEvent, chain_error, chained, keyed},
    fixture::KEY,
};

fn mapper() -> Mapper {
    chained(keyed(KEY))
}

/// Stores what is pending, as an application does.
async fn save(store: &EventStore, account: &mut Account) {
    let mut rows = Vec::new();
    let head = store.mapper().pending_to_stored(account, &mut rows).unwrap();
    drop(store.put(rows).await.unwrap());
    drop(account.collect_events());
    account.set_head(head.unwrap());
}

async fn load(store: &EventStore, id: Id<Account>) -> Result<Account, EventStoreError> {
    let mut account = None;
    store.catch_up(&id, &mut account, u64::MAX).await?;
    Ok(account.unwrap())
}

fn is_broken(error: &EventStoreError) -> bool {
    matches!(error, EventStoreError::Mapper(error) if chain_error(error) == ChainError::Broken)
}

async fn store() -> EventStore {
    let modules = PersistenceModules::memory_only();
    let environment = Environment::new("Bank");
    let datastore = modules.choose(&environment).unwrap().open(&environment).await.unwrap();
    EventStore::new(datastore.application_recorder().await.unwrap(), mapper())
}

#[tokio::test]
async fn the_chain_goes_on_from_save_to_save_and_from_load_to_save() {
    let store = store().await;
    let mut account = Account::open(10);
    account.book(-3);
    save(&store, &mut account).await;
    account.book(5);
    save(&store, &mut account).await;

    let mut loaded = load(&store, account.id()).await.unwrap();
    assert_eq!((loaded.balance, loaded.head()), (12, account.head()));
    loaded.book(1);
    save(&store, &mut loaded).await;
    let again = load(&store, account.id()).await.unwrap();
    assert_eq!((again.balance, again.version()), (13, 4));
    again.verify_head(loaded.head().unwrap()).unwrap();
    account.verify_head(loaded.head().unwrap()).unwrap_err();
}

#[tokio::test]
async fn events_after_a_snapshot_follow_its_head() {
    let store = store().await;
    let mut account = Account::open(10);
    save(&store, &mut account).await;
    let snapshot = account.clone();
    account.book(-3);
    save(&store, &mut account).await;

    let mut read = Some(snapshot.clone());
    store.catch_up(&account.id(), &mut read, u64::MAX).await.unwrap();
    assert_eq!(read.unwrap().head(), account.head());
    let mut wrong = snapshot;
    wrong.set_head(account.head().unwrap());
    let error = store
        .catch_up(&account.id(), &mut Some(wrong), u64::MAX)
        .await
        .unwrap_err();
    assert!(is_broken(&error), "{error:?}");
}

#[tokio::test]
async fn a_part_in_the_middle_is_read_without_verifying_and_one_from_the_beginning_is_verified() {
    let store = store().await;
    let mut account = Account::open(10);
    account.book(-3);
    let mut rows = Vec::new();
    store.mapper().pending_to_stored(&account, &mut rows).unwrap();
    rows[1].hash = rows[0].hash.clone();
    drop(store.put(rows).await.unwrap());

    let id = account.id();
    let events = store.get::<AccountEvent>(&id, |all| all.after(1)).await.unwrap();
    assert_eq!(events.len(), 1);
    let error = store.get::<AccountEvent>(&id, |all| all).await.unwrap_err();
    assert!(is_broken(&error), "{error:?}");
    let first = store.get::<AccountEvent>(&id, |all| all.up_to(1)).await.unwrap();
    assert_eq!(first.len(), 1);
}

#[tokio::test]
async fn a_chain_is_followed_over_more_events_than_one_page() {
    let store = store().await;
    let mut account = Account::open(10);
    for _ in 0..2_500 {
        account.book(1);
    }
    save(&store, &mut account).await;
    let loaded = load(&store, account.id()).await.unwrap();
    assert_eq!((loaded.balance, loaded.head()), (2_510, account.head()));
}

#[tokio::test]
async fn a_changed_amount_is_found_when_the_aggregate_is_loaded() {
    let store = store().await;
    let mut account = Account::open(10);
    let mut rows: Vec<StoredEvent> = Vec::new();
    account.book(-3);
    let head = store.mapper().pending_to_stored(&account, &mut rows).unwrap();
    assert_ne!(head, None);
    let minus = rows[1].state.windows(2).rposition(|window| window == b"-3").unwrap();
    rows[1].state[minus + 1] = b'1';
    drop(store.put(rows).await.unwrap());
    let error = load(&store, account.id()).await.unwrap_err();
    let EventStoreError::Mapper(error) = error else {
        panic!("{error:?}")
    };
    assert_eq!(
        (chain_error(&error), error.originator_version()),
        (ChainError::Broken, 2)
    );
}

#[test]
fn an_aggregate_whose_events_have_no_hashes_cannot_begin_a_chain() {
    let mut account = Account::open(10);
    drop(account.collect_events());
    account.book(1);
    let error = mapper().pending_to_stored(&account, &mut Vec::new()).unwrap_err();
    assert_eq!(chain_error(&error), ChainError::NotChained);
}
