//! Passwords that a provider gives, for each connection anew.

use std::{
    future,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::{Duration, Instant},
};

use es_persistence::{BoxFuture, Datastore, DatastoreError, Environment, EnvironmentError, RecorderErrorKind};
use es_postgres::{Account, NoPassword, PasswordProvider, factory_with};
use sqlx::{Connection as _, PgConnection};

use crate::{
    report,
    server::Server,
    store::{APPLICATION, chain, event, id, open, rows, with_schema},
};

/// Has passwords that change, and counts how often it is asked.
#[derive(Clone, Debug, Default)]
struct Vault {
    password: Arc<Mutex<String>>,
    asked: Arc<AtomicUsize>,
}

impl Vault {
    fn of(password: &str) -> Self {
        let vault = Self::default();
        vault.keep(password);
        vault
    }

    fn keep(&self, password: &str) {
        password.clone_into(&mut self.password.lock().unwrap());
    }

    fn asked(&self) -> usize {
        self.asked.load(SeqCst)
    }
}

impl PasswordProvider for Vault {
    fn password<'a>(&'a self, account: &'a Account) -> BoxFuture<'a, Result<String, NoPassword>> {
        assert!(!account.user().is_empty() && account.port() > 0);
        self.asked.fetch_add(1, SeqCst);
        let password = self.password.lock().unwrap().clone();
        Box::pin(future::ready(Ok(password)))
    }
}

/// Gives none, in one of the ways there are.
#[derive(Clone, Copy)]
enum Broken {
    Fails,
    Hangs,
    Panics,
}

impl PasswordProvider for Broken {
    fn password<'a>(&'a self, _account: &'a Account) -> BoxFuture<'a, Result<String, NoPassword>> {
        match self {
            Self::Fails => Box::pin(future::ready(Err("the vault is sealed".into()))),
            Self::Hangs => Box::pin(future::pending()),
            Self::Panics => panic!("the vault has exploded"),
        }
    }
}

/// Settings that lead nowhere.
fn nowhere() -> Environment {
    Environment::new(APPLICATION)
        .with("POSTGRES_HOST", "127.0.0.1")
        .with("POSTGRES_PORT", "1")
        .with("POSTGRES_DBNAME", "dogs")
        .with("POSTGRES_USER", "handler")
        .with("POSTGRES_CONNECT_TIMEOUT", "1")
}

async fn fault_of_opening(store: &dyn Datastore) -> DatastoreError {
    let error = store.application_recorder().await.unwrap_err();
    let DatastoreError::Recorder(recorder) = &error else {
        panic!("{error}")
    };
    assert_eq!(*recorder.kind(), RecorderErrorKind::Unavailable);
    error
}

#[tokio::test]
async fn a_provider_without_a_password_is_named_in_the_error_and_in_time() {
    for (provider, cause) in [
        (Broken::Fails, "handler@127.0.0.1:1/dogs: see that"),
        (Broken::Fails, ": the vault is sealed"),
        (Broken::Hangs, "POSTGRES_CONNECT_TIMEOUT"),
        (Broken::Panics, "has panicked"),
    ] {
        let store = factory_with(provider).open(&nowhere()).await.unwrap();
        let begun = Instant::now();
        let text = chain(&fault_of_opening(&*store).await);
        assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
        assert!(text.contains("the password provider") && text.contains(cause), "{text}");
    }
}

#[tokio::test]
async fn a_password_that_was_given_is_never_shown() {
    let factory = factory_with(Vault::of("swordfish"));
    let store = factory.open(&nowhere()).await.unwrap();
    let error = fault_of_opening(&*store).await;
    for text in [
        format!("{factory:?}"),
        format!("{store:?}"),
        format!("{error:?}"),
        chain(&error),
    ] {
        assert!(!text.contains("swordfish"), "{text}");
    }
}

#[tokio::test]
async fn the_name_of_a_function_is_refused_where_there_is_no_provider() {
    let environment = nowhere().with("POSTGRES_GET_PASSWORD_TOPIC", "dogs.vault:get_password");
    let error = open(&environment).await.unwrap_err();
    let DatastoreError::Environment(EnvironmentError::Invalid { key, allowed, .. }) = &error else {
        panic!("{error}")
    };
    assert_eq!(key, "POSTGRES_GET_PASSWORD_TOPIC");
    assert!(allowed.contains("es_postgres::factory_with"), "{error}");
    factory_with(Vault::default()).open(&environment).await.unwrap();
}

/// A role that may log in and use the application's tables, and the settings that lead to it, with a wrong password.
async fn role(server: &Server, schema: &str) -> (String, Environment) {
    let role = format!("role_{schema}");
    let ddl = es_postgres::schema::ddl(schema, APPLICATION).unwrap();
    server.execute(&ddl).await;
    server
        .execute(&format!("CREATE ROLE {role} LOGIN PASSWORD 'first'"))
        .await;
    let grants = es_postgres::schema::grants(schema, APPLICATION, &role).unwrap();
    server.execute(&grants).await;
    let environment = server
        .environment(APPLICATION, schema)
        .with("POSTGRES_USER", &role)
        .with("POSTGRES_PASSWORD", "wrong")
        .with("CREATE_TABLE", "n");
    (role, environment)
}

/// Whether the server asks for passwords where the tests connect from.
async fn asks_for_passwords(server: &Server, role: &str) -> bool {
    let url = format!("postgres://{role}:wrong@{}:{}/", server.host, server.port);
    PgConnection::connect(&url).await.is_err()
}

#[test]
fn each_connection_has_the_password_of_its_time() {
    with_schema(|server, schema| async move {
        let (role, environment) = role(&server, &schema).await;
        if asks_for_passwords(&server, &role).await {
            follow_password(&server, &role, environment).await;
        } else {
            report(format_args!("ignored: the server trusts whoever connects"));
        }
        server.drop_schema(&schema).await;
        server.execute(&format!("DROP ROLE {role}")).await;
    });
}

async fn follow_password(server: &Server, role: &str, environment: Environment) {
    let vault = Vault::of("first");
    let store = factory_with(vault.clone()).open(&environment).await.unwrap();
    let recorder = store.application_recorder().await.unwrap();
    let wakeup = recorder.wakeup();
    assert_eq!(recorder.insert_events(vec![event(&id(), 1)]).await.unwrap(), [1]);

    server.execute(&format!("ALTER ROLE {role} PASSWORD 'second'")).await;
    vault.keep("second");
    let mut connection = server.connect().await;
    let links = format!("SELECT 1 FROM pg_stat_activity WHERE usename = '{role}' AND application_name = 'Dogs'");
    let end = links.replace("SELECT 1", "SELECT pg_terminate_backend(pid)");
    rows(&mut connection, &end).await;
    let asked = vault.asked();
    assert_eq!(recorder.insert_events(vec![event(&id(), 1)]).await.unwrap(), [2]);
    // That of the save, and that which listens.
    while rows(&mut connection, &links).await.len() < 2 {
        recorder.insert_events(vec![event(&id(), 1)]).await.unwrap();
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(vault.asked() >= asked + 2, "{} after {asked}", vault.asked());

    vault.keep("first");
    rows(&mut connection, &end).await;
    let error = recorder.max_position().await.unwrap_err();
    assert_eq!(*error.kind(), RecorderErrorKind::Unavailable);
    assert!(chain(&error).contains("28P01"), "{}", chain(&error));
    drop(wakeup);
    store.close().await;
}
