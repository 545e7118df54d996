//! Verifying a whole log.

use std::sync::{Arc, Mutex};

use es_application::{Damage, DamageKind, VerifyError, prelude::*};
use es_domain::prelude::*;
use es_persistence::{ChainError, MapperErrorKind, cipher::create_key};
use sqlx::AssertSqlSafe;
use tempfile::TempDir;

use crate::{
    bank::Account,
    server::{Server, fresh_schema},
    stores,
};

#[derive(Aggregate, Clone, Debug, Default)]
#[aggregate(hash_chain)]
struct Ledger {
    root: Root<Self>,
    entries: Vec<String>,
}

#[events]
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

/// The same stored aggregate before it had a hash chain.
mod before {
    use es_domain::prelude::*;

    #[derive(Aggregate, Clone, Debug, Default)]
    #[aggregate(topic = "Ledger")]
    pub(super) struct Unchained {
        root: Root<Self>,
        entries: Vec<String>,
    }

    #[events(vis = pub(super))]
    impl Unchained {
        #[event(Begun)]
        pub(super) fn begin() -> Self {
            Self::default()
        }

        #[event(Entered)]
        pub(super) fn enter(&mut self, entry: &str) {
            self.entries.push(entry.to_owned());
        }
    }
}

use before::Unchained;

/// Saves three ledgers and an account whose events alternate:
///
/// | position | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 | 10 | 11 | 12 |
/// |---|---|---|---|---|---|---|---|---|---|---|---|---|
/// | event | A1 | B1 | C1 | account 1 | A2 | B2 | C2 | account 2 | A3 | B3 | C3 | account 3 |
async fn fill(app: &Application) {
    let mut ledgers = [Ledger::begin(), Ledger::begin(), Ledger::begin()];
    let mut account = Account::open("Ann");
    for round in 0..3 {
        for ledger in &mut ledgers {
            app.save(&mut *ledger).await.unwrap();
            ledger.enter(&format!("entry {round}"));
        }
        app.save(&mut account).await.unwrap();
        account.deposit(round);
    }
}

fn key() -> String {
    create_key(32).unwrap().to_string()
}

/// The ways to link events: no key, a salt, a key, and a ring of keys of which the first writes.
fn ways() -> Vec<Vec<(&'static str, String)>> {
    let ring = format!("2:{},1:{}", key(), key());
    vec![
        vec![],
        vec![("SALT_FOR_DATA_INTEGRITY", "a pinch".to_owned())],
        vec![("HASH_CHAIN_KEY", key())],
        vec![("HASH_CHAIN_KEY", ring)],
    ]
}

fn settings(folder: &TempDir, way: &[(&'static str, String)]) -> Environment {
    let environment = stores::sqlite(folder);
    let with = |environment: Environment, (key, value): &(&'static str, String)| environment.with(*key, value);
    way.iter().fold(environment, with)
}

/// A file that was filled, and its settings.
struct Filled {
    way: Vec<(&'static str, String)>,
    folder: TempDir,
}

impl Filled {
    async fn new(way: &[(&'static str, String)]) -> Self {
        let (way, folder) = (way.to_vec(), tempfile::tempdir().unwrap());
        let app = stores::open(settings(&folder, &way)).await;
        fill(&app).await;
        app.verify().knowing::<Ledger>().knowing::<Account>().await.unwrap();
        app.close().await;
        Self { way, folder }
    }

    /// Alters a copy of the file, and returns what a verification finds; the types are known.
    async fn found(&self, sql: &str) -> Damage {
        let folder = tempfile::tempdir().unwrap();
        let environment = settings(&folder, &self.way);
        let file = |folder: &TempDir| folder.path().join("bank.sqlite");
        std::fs::copy(file(&self.folder), file(&folder)).unwrap();
        alter(&environment, sql).await;
        damage(&stores::open(environment).await).await
    }
}

/// Alters a file that was filled, and returns what a verification finds.
async fn found(way: &[(&'static str, String)], sql: &str) -> Damage {
    Filled::new(way).await.found(sql).await
}

/// Changes rows behind the back of the library.
async fn alter(environment: &Environment, sql: &str) {
    let change = async |connection: &mut sqlx::SqliteConnection| {
        sqlx::raw_sql(AssertSqlSafe(sql.to_owned()))
            .execute(connection)
            .await
            .map(drop)
    };
    es_sqlite::maintain(environment, change).await.unwrap();
}

async fn damage(app: &Application) -> Damage {
    let expect_damage = |outcome| match outcome {
        Err(VerifyError::Damaged(damage)) => damage,
        other => panic!("there is damage: {other:?}"),
    };
    let found = expect_damage(app.verify().knowing::<Ledger>().knowing::<Account>().await);
    // What is remembered makes no difference, but for the order.
    if !matches!(found.kind(), DamageKind::OutOfOrder) {
        let forgetful = app.verify().knowing::<Ledger>().knowing::<Account>().remember(1);
        assert_eq!(expect_damage(forgetful.await).to_string(), found.to_string());
    }
    found
}

fn chain_error(damage: &Damage) -> ChainError {
    match damage.kind() {
        DamageKind::Event(error) => match error.kind() {
            MapperErrorKind::Chain(error) => *error,
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_sound_log_is_counted_on_every_store() {
    for store in stores::all().await {
        fill(&store.app).await;
        let mut account = Account::open("Bob");
        for amount in 0..600 {
            account.deposit(amount);
        }
        store.app.once("many").save(&mut account).await.unwrap();
        for verification in [
            store.app.verify(),
            store.app.verify().knowing::<Ledger>().knowing::<Account>(),
            store.app.verify().remember(1),
        ] {
            let reports = Arc::new(Mutex::new(Vec::new()));
            let told = Arc::clone(&reports);
            let verification = verification.on_progress(move |progress| told.lock().unwrap().push(progress));
            let verified = verification.await.unwrap();
            assert_eq!((verified.events, verified.linked), (614, 9));
            let last = store.app.notification_log().max_position().await.unwrap().unwrap();
            let reports = std::mem::take(&mut *reports.lock().unwrap());
            assert_eq!((verified.position, reports.last().unwrap().position), (last, last));
            assert!(reports.len() >= 3 && reports.iter().all(|report| report.last == last));
            assert!(reports.is_sorted_by(|a, b| a.position < b.position && a.events < b.events));
        }
        // A later verification begins where this one has ended.
        let last = store.app.notification_log().max_position().await.unwrap().unwrap();
        assert_eq!(store.app.verify().after(last).await.unwrap().events, 0);
        assert_eq!(store.app.verify().after(last - 1).await.unwrap().events, 1);
    }
}

#[tokio::test]
async fn every_alteration_of_a_chained_event_is_found_at_its_position_in_each_way_of_linking() {
    let alterations = [
        r#"SET state = CAST('{"entry":"entry 9"}' AS BLOB)"#,
        "SET topic = 'Ledger.Begun', state = CAST('{}' AS BLOB)",
        "SET timestamp = timestamp + 1",
        "SET schema_version = 2",
        "SET metadata = CAST('{\"user\":\"eve\"}' AS BLOB)",
        "SET event_id = x'0190b3c0700070008000000000000001'",
        "SET hash = (SELECT hash FROM bank_events WHERE position = 7)",
    ];
    for way in ways() {
        let filled = Filled::new(&way).await;
        for alteration in alterations {
            let damage = filled
                .found(&format!("UPDATE bank_events {alteration} WHERE position = 6"))
                .await;
            assert_eq!(
                (damage.position(), damage.originator_version()),
                (6, Some(2)),
                "{alteration}: {damage}"
            );
            assert_eq!(chain_error(&damage), ChainError::Broken, "{alteration}");
            assert!(
                damage
                    .to_string()
                    .starts_with("the log is damaged at position 6: event \"Ledger."),
                "{damage}"
            );
        }
        let damage = filled
            .found("UPDATE bank_events SET hash = NULL WHERE position = 6")
            .await;
        assert_eq!((damage.position(), chain_error(&damage)), (6, ChainError::Interrupted));
    }
}

#[tokio::test]
async fn the_first_of_several_damaged_events_is_named_whatever_its_aggregate() {
    let damage = found(&[], "UPDATE bank_events SET timestamp = 1 WHERE position IN (5, 7, 11)").await;
    assert_eq!((damage.position(), damage.topic()), (5, Some("Ledger.Entered")));
    // The store cannot read a row of the same page, which comes later.
    let damage = found(
        &[],
        "UPDATE bank_events SET timestamp = 1 WHERE position = 7; UPDATE bank_events SET event_id = x'00' WHERE position = 9",
    )
    .await;
    assert_eq!((damage.position(), chain_error(&damage)), (7, ChainError::Broken));
    let damage = found(&[], "UPDATE bank_events SET event_id = x'00' WHERE position = 9").await;
    assert!(
        matches!((damage.position(), damage.kind()), (9, DamageKind::Row(_))),
        "{damage}"
    );
}

#[tokio::test]
async fn what_was_removed_or_moved_is_found() {
    let damage = found(&[], "DELETE FROM bank_events WHERE position = 6").await;
    assert!(
        matches!((damage.position(), damage.kind()), (6, DamageKind::MissingPosition)),
        "{damage}"
    );
    assert_eq!(
        damage.to_string(),
        "the log is damaged at position 6: its event is missing; restore it from a backup"
    );
    // The hole is closed by moving what follows.
    let close = "DELETE FROM bank_events WHERE position = 6;
        UPDATE bank_events SET position = position - 1 WHERE position > 6";
    let damage = found(&[], close).await;
    assert!(
        matches!(
            (damage.position(), damage.kind()),
            (9, DamageKind::MissingVersion { version: 2 })
        ),
        "{damage}"
    );
    let swap = "UPDATE bank_events SET position = 100 WHERE position = 4;
        UPDATE bank_events SET position = 4 WHERE position = 8;
        UPDATE bank_events SET position = 8 WHERE position = 100";
    let damage = found(&[], swap).await;
    assert_eq!(
        (damage.position(), damage.topic()),
        (8, Some("Account.Opened")),
        "{damage}"
    );
}

#[tokio::test]
async fn an_event_that_is_not_chained_has_to_be_readable() {
    let broken = "UPDATE bank_events SET state = CAST('{\"amount\":' AS BLOB) WHERE position = 8";
    let damage = found(&[], broken).await;
    assert_eq!((damage.position(), damage.originator_version()), (8, Some(2)));
    let way = [("CIPHER_KEY", key())];
    let flipped = "UPDATE bank_events
        SET state = CAST(substr(state, 1, length(state) - 4) || x'00000000' AS BLOB) WHERE position = 8";
    let damage = found(&way, flipped).await;
    let DamageKind::Event(error) = damage.kind() else {
        panic!("{damage}")
    };
    assert!(matches!(error.kind(), MapperErrorKind::Cipher(_)), "{damage}");
}

#[tokio::test]
async fn an_aggregate_whose_links_are_all_removed_is_found_by_its_type() {
    let folder = tempfile::tempdir().unwrap();
    let environment = stores::sqlite(&folder);
    let app = stores::open(environment.clone()).await;
    fill(&app).await;
    app.close().await;
    alter(&environment, "UPDATE bank_events SET hash = NULL").await;
    let app = stores::open(environment).await;
    assert_eq!(app.verify().await.unwrap().linked, 0);
    let damage = damage(&app).await;
    assert_eq!((damage.position(), chain_error(&damage)), (1, ChainError::NotChained));
}

#[tokio::test]
async fn a_wrong_key_is_told_from_damage() {
    let folder = tempfile::tempdir().unwrap();
    let ring = |id: u32| vec![("HASH_CHAIN_KEY", format!("{id}:{}", key()))];
    let app = stores::open(settings(&folder, &ring(1))).await;
    fill(&app).await;
    app.close().await;
    let app = stores::open(settings(&folder, &ring(2))).await;
    let damage = damage(&app).await;
    let expected = ChainError::UnknownKey(es_persistence::cipher::KeyId(1));
    assert_eq!((damage.position(), chain_error(&damage)), (1, expected));
}

#[tokio::test]
async fn a_chain_that_begins_later_is_verified_with_the_events_before_it() {
    let folder = tempfile::tempdir().unwrap();
    let environment = stores::sqlite(&folder);
    let accepting = environment.clone().with("HASH_CHAIN_ACCEPT", "unchained");
    // Before: the type has no hash chain.
    let app = stores::open(environment.clone()).await;
    let (mut first, mut second) = (Unchained::begin(), Unchained::begin());
    first.enter("one");
    app.save((&mut first, &mut second)).await.unwrap();
    assert_eq!(app.verify().await.unwrap().linked, 0);
    // The attribute was added: events stored before it are accepted, and the chain begins with the next one.
    app.close().await;
    let app = stores::open(accepting.clone()).await;
    let id: Id<Ledger> = first.id().to_string().parse().unwrap();
    app.execute(id, |ledger| ledger.enter("two")).await.unwrap();
    app.execute(id, |ledger| ledger.enter("three")).await.unwrap();
    for remembered in [1, 100] {
        let verified = app.verify().knowing::<Ledger>().remember(remembered).await.unwrap();
        assert_eq!((verified.events, verified.linked), (5, 2));
    }
    app.close().await;
    // Without the setting the first event without a link is named, also where the type is not known.
    let app = stores::open(environment.clone()).await;
    for verification in [app.verify(), app.verify().remember(1), app.verify().knowing::<Ledger>()] {
        let VerifyError::Damaged(damage) = verification.await.unwrap_err() else {
            panic!("there is damage")
        };
        assert_eq!((damage.position(), chain_error(&damage)), (1, ChainError::NotChained));
    }
    app.close().await;
    // The links cover the events before them.
    alter(&environment, "UPDATE bank_events SET timestamp = 1 WHERE position = 2").await;
    let app = stores::open(accepting).await;
    let damage = damage(&app).await;
    assert_eq!((damage.position(), chain_error(&damage)), (4, ChainError::Broken));
}

#[tokio::test]
async fn an_altered_row_is_found_on_postgres_where_positions_have_holes() {
    let Some(server) = Server::of_this_run() else { return };
    let schema = fresh_schema();
    let app = stores::open(server.environment("Bank", &schema)).await;
    fill(&app).await;
    let seventh = app.notification_log().select(Selection::all()).await.unwrap()[6].position();
    let alter = format!(
        "ALTER TABLE {schema}.bank_events DISABLE TRIGGER stay;
         UPDATE {schema}.bank_events SET topic = 'Ledger.Begun', state = '{{}}' WHERE position = {seventh}"
    );
    server.execute(&alter).await;
    let damage = damage(&app).await;
    assert_eq!((damage.position(), chain_error(&damage)), (seventh, ChainError::Broken));
    let remove = format!("DELETE FROM {schema}.bank_events WHERE position = {seventh}");
    server.execute(&remove).await;
    let damage = self::damage(&app).await;
    assert!(
        matches!(damage.kind(), DamageKind::MissingVersion { version: 2 }),
        "{damage}"
    );
    app.close().await;
    server.drop_schema(&schema).await;
}
