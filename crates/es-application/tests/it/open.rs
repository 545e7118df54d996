//! What goes wrong at the start.

use std::error::Error as _;

use es_application::prelude::*;

use crate::{bank::Account, stores};

async fn refusal(environment: Environment) -> String {
    let builder = Application::builder("Bank")
        .environment(environment)
        .persistence([es_sqlite::factory()]);
    let error = builder.open().await.unwrap_err();
    let causes = std::iter::successors(error.source(), |cause| (*cause).source());
    let texts: Vec<_> = [error.to_string()]
        .into_iter()
        .chain(causes.map(ToString::to_string))
        .collect();
    texts.join(": ")
}

fn sqlite(path: &str) -> Environment {
    Environment::new("Bank")
        .with("PERSISTENCE_MODULE", "sqlite")
        .with("SQLITE_DBNAME", path)
}

#[tokio::test]
async fn an_unknown_store_is_refused_with_those_that_are_known() {
    let text = refusal(Environment::new("Bank").with("PERSISTENCE_MODULE", "mysql")).await;
    assert_eq!(
        text,
        "PERSISTENCE_MODULE is \"mysql\", which is not a store that this application was built with (memory, sqlite)"
    );
}

#[tokio::test]
async fn a_missing_or_wrong_setting_is_named() {
    let text = refusal(Environment::new("Bank").with("PERSISTENCE_MODULE", "sqlite")).await;
    assert!(text.starts_with("SQLITE_DBNAME is not set"), "{text}");
    let text = refusal(sqlite("x").with("BANK_SQLITE_LOCK_TIMEOUT", "soon")).await;
    assert_eq!(
        text,
        r#"BANK_SQLITE_LOCK_TIMEOUT is "soon", which is not a whole number of seconds up to 2147483"#
    );
    let text = refusal(sqlite("x").with("SQLITE_SYNCHRONOUS", "OFF")).await;
    assert_eq!(
        text,
        r#"SQLITE_SYNCHRONOUS is "OFF", which is not one of NORMAL, FULL, EXTRA"#
    );
    let text = refusal(sqlite("x").with("CREATE_TABLE", "perhaps")).await;
    assert!(text.starts_with(r#"CREATE_TABLE is "perhaps""#), "{text}");
}

#[tokio::test]
async fn a_missing_folder_is_named() {
    let text = refusal(sqlite("/no/such/folder/bank.sqlite")).await;
    assert!(
        text.ends_with("there is no folder /no/such/folder: make it first"),
        "{text}"
    );
}

#[tokio::test]
async fn a_folder_is_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let text = refusal(sqlite(folder.path().to_str().unwrap())).await;
    assert!(text.ends_with("is a folder: name a file in it"), "{text}");
}

#[tokio::test]
async fn a_file_that_is_no_database_is_refused_and_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bank.sqlite");
    std::fs::write(&path, "this is a shopping list, and a rather long one".repeat(100)).unwrap();
    let before = std::fs::read(&path).unwrap();
    let text = refusal(sqlite(path.to_str().unwrap())).await;
    assert!(
        text.contains("bank.sqlite: it is no SQLite database, or damaged"),
        "{text}"
    );
    assert_eq!(std::fs::read(&path).unwrap(), before);
}

#[tokio::test]
async fn a_file_that_may_not_be_written_refuses_saves() {
    let folder = tempfile::tempdir().unwrap();
    stores::open(stores::sqlite(&folder)).await.close().await;
    let uri = format!("file:{}?mode=ro", folder.path().join("bank.sqlite").display());
    let app = stores::open(sqlite(&uri)).await;
    let error = app.save(&mut Account::open("Ann")).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "SQLite could not store events: the store may not be written: (code: 8) attempt to write a readonly database"
    );
}

#[tokio::test]
async fn missing_tables_are_not_made_when_that_is_not_wanted() {
    let folder = tempfile::tempdir().unwrap();
    let environment = stores::sqlite(&folder).with("CREATE_TABLE", "no");
    let text = refusal(environment.clone()).await;
    let advice = "let CREATE_TABLE be yes once, or make it beforehand";
    assert!(text.contains("there is no file") && text.ends_with(advice), "{text}");
    let path = environment.get("SQLITE_DBNAME").unwrap();
    assert!(!std::path::Path::new(path).exists());
    std::fs::write(path, "").unwrap();
    let text = refusal(environment).await;
    let advice = "there are no tables of bank; let CREATE_TABLE be yes once, or make them beforehand";
    assert!(text.ends_with(advice), "{text}");
}

#[tokio::test]
async fn a_name_that_cannot_be_that_of_a_table_is_refused() {
    let builder = Application::builder("bank; DROP TABLE x").environment(sqlite(":memory:"));
    let error = builder.persistence([es_sqlite::factory()]).open().await.unwrap_err();
    assert!(matches!(error, ApplicationError::Name(_)), "{error}");
}

#[tokio::test]
async fn two_applications_share_a_file_and_know_nothing_of_each_other() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shared.sqlite");
    let open = async |name| {
        let environment = sqlite(path.to_str().unwrap());
        let builder = Application::builder(name)
            .environment(environment)
            .persistence([es_sqlite::factory()]);
        builder.open().await.unwrap()
    };
    let (bank, shop) = (open("Bank").await, open("Shop").await);
    let mut account = Account::open("Ann");
    bank.save(&mut account).await.unwrap();
    assert!(bank.repository().contains(account.id()).await.unwrap());
    assert!(!shop.repository().contains(account.id()).await.unwrap());
    assert_eq!(shop.save(&mut Account::open("Bob")).await.unwrap()[0].position(), 1);
}

/// The files under `folder` that this process has open.
#[cfg(target_os = "linux")]
fn open_files(folder: &std::path::Path) -> usize {
    let files = std::fs::read_dir("/proc/self/fd").unwrap().flatten();
    files
        .filter_map(|file| std::fs::read_link(file.path()).ok())
        .filter(|path| path.starts_with(folder))
        .count()
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn the_last_clone_that_is_dropped_closes_the_store() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().canonicalize().unwrap();
    let app = stores::open(stores::sqlite(&folder)).await;
    app.save(&mut Account::open("Ann")).await.unwrap();
    let clone = app.with_metadata(Metadata::new());
    drop(app);
    clone.save(&mut Account::open("Bob")).await.unwrap();
    assert!(open_files(&path) > 0);
    drop(clone);
    for _ in 0..500 {
        if open_files(&path) == 0 {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("{} files are still open", open_files(&path));
}
