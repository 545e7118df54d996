//! What keeps mistakes from opening, and what is said about them in the first line.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicU32, Ordering},
};

use es_application::prelude::*;
use es_persistence::{Variable, cipher::create_key};
use tempfile::TempDir;
use tracing::{Event, Level, Metadata as EventMetadata, Subscriber, field, span};

use crate::{
    bank::Account,
    server::{Server, fresh_schema},
    stores,
};

async fn open(name: &str, environment: Environment) -> Result<Application, ApplicationError> {
    let builder = Application::builder(name).environment(environment);
    let builder = builder.persistence([es_sqlite::factory(), es_postgres::factory()]);
    builder.open().await
}

/// The first line about an application that does not open.
async fn refusal(environment: Environment) -> String {
    open("Bank", environment).await.unwrap_err().to_string()
}

fn sqlite(path: &str) -> Environment {
    let environment = Environment::new("Bank").with("PERSISTENCE_MODULE", "sqlite");
    environment.with("SQLITE_DBNAME", path)
}

fn postgres() -> Environment {
    let settings = [
        ("PERSISTENCE_MODULE", "postgres"),
        ("POSTGRES_HOST", "127.0.0.1"),
        ("POSTGRES_DBNAME", "bank"),
        ("POSTGRES_USER", "ann"),
    ];
    let with = |environment: Environment, (key, value): (&str, &str)| environment.with(key, value);
    settings.into_iter().fold(Environment::new("Bank"), with)
}

/// A sound environment on the store that reads `key`.
fn reading(key: &str) -> Environment {
    if key.starts_with("POSTGRES_") {
        postgres()
    } else {
        sqlite(":memory:")
    }
}

#[tokio::test]
async fn an_empty_value_means_the_same_for_every_variable() {
    for variable in Environment::VARIABLES {
        let name = variable.name();
        let empty = format!("{name} is empty: give it a value, or remove it");
        for blank in ["", "  "] {
            let environment = reading(name).with(name, blank);
            if name == "SQLITE_VIEWS" {
                let error = es_sqlite::views(&environment).unwrap_err();
                assert_eq!(error.to_string(), empty);
            } else {
                assert_eq!(refusal(environment).await, empty);
            }
        }
        if !["PERSISTENCE_MODULE", "SQLITE_VIEWS"].contains(&name) {
            let own = format!("BANK_{name}");
            let text = refusal(reading(name).with(&own, "")).await;
            assert_eq!(text, format!("{own} is empty: give it a value, or remove it"));
        }
    }
}

#[tokio::test]
async fn an_odd_value_is_refused_by_every_variable_that_is_no_free_text() {
    let free = [
        "SALT_FOR_DATA_INTEGRITY",
        "GENESIS_HASH",
        "APPLICATION_IDENTITY",
        "INFRASTRUCTURE_FACTORY",
        "FACTORY_TOPIC",
        "SQLITE_DBNAME",
        "SQLITE_VIEWS",
        "POSTGRES_DBNAME",
        "POSTGRES_HOST",
        "POSTGRES_USER",
        "POSTGRES_PASSWORD",
        "POSTGRES_SCHEMA",
    ];
    let variables = Environment::VARIABLES.iter().map(Variable::name);
    for name in variables.filter(|name| !free.contains(name)) {
        // The variable that is named is the one that was set.
        let own = format!("BANK_{name}");
        let text = refusal(reading(name).with(&own, "perhaps")).await;
        let (plain, secret) = (format!("{own} is \"perhaps\""), format!("{own} is \"***\""));
        assert!(text.starts_with(&plain) || text.starts_with(&secret), "{text}");
    }
    let text = refusal(sqlite(":memory:").with("STATE_MAX_SIZE", "0")).await;
    assert_eq!(text, "STATE_MAX_SIZE is \"0\", which is not a number of bytes above 0");
}

#[tokio::test]
async fn the_first_line_tells_what_keeps_a_file_from_opening() {
    let folder = TempDir::new().unwrap();
    let at = |name: &str| folder.path().join(name).display().to_string();
    let path = at("no/bank.sqlite");
    let text = refusal(sqlite(&path)).await;
    let missing = format!("there is no folder {}: make it first", at("no"));
    assert!(
        text.starts_with("SQLite could not be opened: ") && text.ends_with(&missing),
        "{text}"
    );

    std::fs::write(at("list"), "milk and bread, and a few more things".repeat(100)).unwrap();
    let text = refusal(sqlite(&at("list"))).await;
    assert!(
        text.contains("list: it is no SQLite database, or damaged: name another file"),
        "{text}"
    );

    stores::open(stores::sqlite(&folder)).await.close().await;
    let environment = stores::sqlite(&folder).with("SQLITE_LOCK_TIMEOUT", "0");
    let app = stores::open(environment.clone()).await;
    let mut other = locked(&environment).await;
    let text = app.save(&mut Account::open("Ann")).await.unwrap_err().to_string();
    assert!(
        text.starts_with("SQLite could not store events: ") && text.contains("locked"),
        "{text}"
    );
    sqlx::query("ROLLBACK").execute(&mut other).await.unwrap();
    let closed = app.clone();
    app.close().await;
    let text = closed.save(&mut Account::open("Ann")).await.unwrap_err().to_string();
    assert_eq!(text, "SQLite could not store events: the store is closed");
}

/// A connection that keeps others from writing.
async fn locked(environment: &Environment) -> sqlx::SqliteConnection {
    use sqlx::ConnectOptions as _;

    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(environment.get("SQLITE_DBNAME").unwrap());
    let mut connection = options.connect().await.unwrap();
    sqlx::query("BEGIN IMMEDIATE").execute(&mut connection).await.unwrap();
    connection
}

#[tokio::test]
async fn the_first_line_tells_what_keeps_a_server_from_opening() {
    let nowhere = postgres().with("POSTGRES_PORT", "1");
    let text = refusal(nowhere).await;
    assert!(text.contains("it cannot be reached: see that it runs"), "{text}");
    let Some(server) = Server::of_this_run() else { return };
    let right = server.environment("Bank", "public");
    let text = refusal(right.clone().with("POSTGRES_PASSWORD", "not this one")).await;
    assert!(
        text.contains("it refuses the account: see POSTGRES_USER and POSTGRES_PASSWORD"),
        "{text}"
    );
    assert!(!text.contains("not this one"), "{text}");
    let text = refusal(right.clone().with("POSTGRES_DBNAME", "no_such_database")).await;
    assert!(
        text.contains("it has no such database: make it, or see POSTGRES_DBNAME"),
        "{text}"
    );
    let schema = fresh_schema();
    let text = refusal(server.environment("Bank", &schema).with("CREATE_TABLE", "no")).await;
    assert!(
        text.contains("the tables are missing: apply what es_postgres::schema::ddl prints"),
        "{text}"
    );
}

#[tokio::test]
async fn the_first_line_about_an_event_tells_a_wrong_key_from_damage() {
    let folder = TempDir::new().unwrap();
    let with = |key: &str| stores::sqlite(&folder).with("CIPHER_KEY", key);
    let (first, second) = (create_key(32).unwrap(), create_key(32).unwrap());
    let app = stores::open(with(&first)).await;
    let mut account = Account::open("Ann");
    app.save(&mut account).await.unwrap();
    app.close().await;
    let told = async |environment| {
        let app = stores::open(environment).await;
        app.repository().get(account.id()).await.unwrap_err().to_string()
    };
    let text = told(with(&second)).await;
    assert!(text.contains("CIPHER_KEY has another key under this ID"), "{text}");
    let text = told(with(&format!("2:{}", &*second))).await;
    assert!(
        text.contains("was encrypted with key 1, which is not in CIPHER_KEY"),
        "{text}"
    );
    let text = told(stores::sqlite(&folder)).await;
    assert!(text.contains("there is no key to read it"), "{text}");
}

#[tokio::test]
async fn one_rule_holds_for_the_names_of_applications_on_all_stores() {
    let folder = TempDir::new().unwrap();
    let environments = [
        Environment::new(""),
        sqlite(":memory:"),
        stores::sqlite(&folder),
        postgres(),
    ];
    for environment in environments {
        for (name, advice) in [
            ("my-app", "\"my_app\" would do"),
            ("", "at most 48"),
            ("1st", "at most 48"),
        ] {
            let error = open(name, environment.clone()).await.unwrap_err();
            assert!(matches!(error, ApplicationError::Name(_)), "{error}");
            assert!(error.to_string().ends_with(advice), "{error}");
        }
    }
    // Names that differ only in case are one name.
    let (one, other) = (
        open("One", stores::sqlite(&folder)).await.unwrap(),
        open("ONE", stores::sqlite(&folder)).await.unwrap(),
    );
    let mut account = Account::open("Ann");
    one.save(&mut account).await.unwrap();
    assert!(other.repository().contains(account.id()).await.unwrap());
}

#[tokio::test]
async fn what_must_be_durable_or_encrypted_does_not_open_otherwise() {
    let folder = TempDir::new().unwrap();
    let durable = |environment: Environment| environment.with("REQUIRE_DURABLE", "y");
    let text = refusal(durable(Environment::new("Bank"))).await;
    assert!(
        text.starts_with("REQUIRE_DURABLE is set, and what the store \"memory\" keeps is gone"),
        "{text}"
    );
    let text = refusal(durable(sqlite(":memory:"))).await;
    assert!(text.contains("\"sqlite\""), "{text}");
    stores::open(durable(stores::sqlite(&folder))).await;

    let encrypted = |environment: Environment| environment.with("REQUIRE_ENCRYPTED", "y");
    let key = create_key(32).unwrap();
    let text = refusal(encrypted(Environment::new("Bank"))).await;
    assert_eq!(
        text,
        "REQUIRE_ENCRYPTED is set, and states would be written plain: set CIPHER_KEY, and let CIPHER_TOPIC not be none"
    );
    let ended = Environment::new("Bank")
        .with("CIPHER_KEY", &*key)
        .with("CIPHER_TOPIC", "none");
    assert_eq!(refusal(encrypted(ended)).await, text);
    stores::open(encrypted(Environment::new("Bank").with("CIPHER_KEY", &*key))).await;
}

/// Keeps the warnings of this thread.
struct Warnings(Arc<Mutex<Vec<String>>>);

impl Subscriber for Warnings {
    fn enabled(&self, metadata: &EventMetadata<'_>) -> bool {
        *metadata.level() <= Level::WARN
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut text = String::new();
        event.record(&mut |field: &field::Field, value: &dyn std::fmt::Debug| {
            if field.name() == "message" {
                text = format!("{value:?}");
            }
        });
        self.0.lock().unwrap().push(text);
    }

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}

#[tokio::test]
async fn settings_of_a_store_that_was_not_chosen_are_a_warning() {
    let warnings = Arc::new(Mutex::new(Vec::new()));
    let _guard = tracing::subscriber::set_default(Warnings(Arc::clone(&warnings)));
    stores::open(Environment::new("Bank")).await;
    stores::open(sqlite(":memory:")).await;
    let chosen = Environment::new("Bank").with("PERSISTENCE_MODULE", "memory");
    stores::open(chosen.with("SQLITE_DBNAME", "bank.sqlite")).await;
    assert_eq!(*warnings.lock().unwrap(), [""; 0]);
    stores::open(Environment::new("Bank").with("BANK_SQLITE_DBNAME", "bank.sqlite")).await;
    let warnings = warnings.lock().unwrap();
    assert!(warnings[0].starts_with("SQLITE_DBNAME is set and PERSISTENCE_MODULE is not: events are kept in memory"));
}

#[tokio::test]
async fn hooks_are_told_of_each_save_and_cannot_break_one() {
    let (count, positions) = (Arc::new(AtomicU32::new(0)), Arc::new(Mutex::new(Vec::new())));
    let settings = |environment| environment;
    let stores = stores::all_with(settings, |builder| {
        let (count, positions) = (Arc::clone(&count), Arc::clone(&positions));
        let builder = builder.after_save(|_| panic!("this hook is broken"));
        builder.after_save(move |events| {
            count.fetch_add(1, Ordering::Relaxed);
            positions.lock().unwrap().extend(events.iter().map(Recorded::position));
        })
    });
    for store in stores.await {
        count.store(0, Ordering::Relaxed);
        let mut account = Account::open("Ann");
        account.deposit(1);
        let saved = store.app.save(&mut account).await.unwrap();
        store.app.save(&mut account).await.unwrap();
        let executed = store
            .app
            .execute(account.id(), |account| account.deposit(1))
            .await
            .unwrap();
        let once = store
            .app
            .once("1")
            .execute(account.id(), |account| account.deposit(1))
            .await
            .unwrap();
        store
            .app
            .once("1")
            .execute(account.id(), |account| account.deposit(1))
            .await
            .unwrap();
        let all = saved.iter().chain(executed.recordings()).chain(once.recordings());
        let expected: Vec<_> = all.map(Recorded::position).collect();
        assert_eq!(std::mem::take(&mut *positions.lock().unwrap()), expected);
        assert_eq!(count.load(Ordering::Relaxed), 3);
    }
}
