//! Aggregates whose events are tied together.

use std::sync::Arc;

use es_domain::{RootAccess as _, prelude::*};
use es_persistence::{
    ChainError, Environment, EventStore, EventStoreError, HashChain, Mapper, MapperErrorKind, PersistenceModules,
    StoredEvent,
};

use crate::fixture::KEY;

#[derive(Aggregate, Clone, Debug, Default, Serialize, Deserialize)]
#[aggregate(hash_chain)]
struct Account {
    root: Root<Self>,
    balance: i64,
}

#[events]
impl Account {
    #[event(Opened)]
    fn open(balance: i64) -> Self {
        Self {
            balance,
            ..Self::default()
        }
    }

    #[event(Booked)]
    fn book(&mut self, amount: i64) {
        self.balance += amount;
    }
}

fn mapper() -> Mapper {
    let ring = KEY.parse().unwrap();
    Mapper::default().with_hash_chain("Bank", HashChain::keyed(&ring))
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
    let (events, head) = store.get_after::<AccountEvent>(&id, None, |all| all).await?;
    let mut account = Account::replay(events).unwrap().unwrap();
    account.set_head(head.unwrap());
    Ok(account)
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
    let snapshot = account.head();
    account.book(-3);
    save(&store, &mut account).await;

    let id = account.id();
    let get = |head| store.get_after::<AccountEvent>(&id, head, |all| all.gt(1));
    let (events, head) = get(snapshot).await.unwrap();
    assert_eq!((events.len(), head), (1, account.head()));
    let error = get(account.head()).await.unwrap_err();
    let EventStoreError::Mapper(error) = error else {
        panic!("{error:?}")
    };
    assert!(matches!(error.kind(), MapperErrorKind::Chain(ChainError::Broken)));
    // Without a head, nothing can be verified, and there is none.
    let (events, head) = get(None).await.unwrap();
    assert_eq!((events.len(), head), (1, None));
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
    assert!(matches!(error.kind(), MapperErrorKind::Chain(ChainError::Broken)));
    assert_eq!(error.originator_version(), 2);
}

#[test]
fn an_aggregate_whose_events_have_no_hashes_cannot_begin_a_chain() {
    let mut account = Account::open(10);
    drop(account.collect_events());
    account.book(1);
    let error = mapper().pending_to_stored(&account, &mut Vec::new()).unwrap_err();
    assert!(
        matches!(error.kind(), MapperErrorKind::Chain(ChainError::NotChained)),
        "{error:?}"
    );
    let plain = Arc::new(Mapper::default());
    let error = plain.pending_to_stored(&Account::open(1), &mut Vec::new()).unwrap_err();
    assert!(
        matches!(error.kind(), MapperErrorKind::Chain(ChainError::NoChain)),
        "{error:?}"
    );
}
