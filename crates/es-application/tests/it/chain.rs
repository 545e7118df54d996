//! Aggregates whose events are tied together by hashes.

use es_application::prelude::*;
use es_domain::prelude::*;
use es_persistence::MapperErrorKind;

use crate::stores;

/// A book in which nothing is changed without being noticed.
#[derive(Aggregate, Clone, Debug, Default, PartialEq)]
#[aggregate(hash_chain)]
struct Ledger {
    root: Root<Self>,
    entries: Vec<String>,
}

#[events(derive(PartialEq))]
impl Ledger {
    #[event(Begun)]
    fn begin() -> Self {
        Self::default()
    }

    #[event(Entered)]
    fn enter(&mut self, entry: &str) {
        self.entries.push(entry.to_owned());
    }
}

#[tokio::test]
async fn the_head_goes_on_from_save_to_save_and_is_verified_on_loading() {
    for store in stores::all().await {
        let mut ledger = Ledger::begin();
        ledger.enter("one");
        store.app.save(&mut ledger).await.unwrap();
        let first = ledger.head().unwrap();
        ledger.enter("two");
        store.app.save(&mut ledger).await.unwrap();
        assert_ne!(ledger.head(), Some(first));

        let copy = store.app.repository().get(ledger.id()).await.unwrap();
        assert_eq!(copy, ledger);
        copy.verify_head(ledger.head().unwrap()).unwrap();
        store
            .app
            .execute(ledger.id(), |ledger| ledger.enter("three"))
            .await
            .unwrap();
        let copy = store.app.repository().get(ledger.id()).await.unwrap();
        assert_eq!(copy.entries, ["one", "two", "three"]);
    }
}

#[tokio::test]
async fn a_changed_event_is_found_when_the_aggregate_is_loaded() {
    let folder = tempfile::tempdir().unwrap();
    let app = stores::open(stores::sqlite(&folder)).await;
    let mut ledger = Ledger::begin();
    ledger.enter("I owe 10");
    ledger.enter("I owe 20");
    app.save(&mut ledger).await.unwrap();
    app.close().await;

    let forge = async |connection: &mut sqlx::SqliteConnection| {
        let sql =
            "UPDATE bank_events SET state = CAST(replace(CAST(state AS TEXT), '10', '90') AS BLOB) WHERE position = 2";
        sqlx::query(sql).execute(connection).await.map(drop)
    };
    es_sqlite::maintain(&stores::sqlite(&folder), forge).await.unwrap();
    let app = stores::open(stores::sqlite(&folder)).await;
    let error = app.repository().get(ledger.id()).await.unwrap_err();
    let ApplicationError::Mapper(error) = error else {
        panic!("{error}")
    };
    assert!(matches!(error.kind(), MapperErrorKind::Chain(_)), "{error}");
    assert_eq!((error.topic(), error.originator_version()), ("Ledger.Entered", 2));
}
