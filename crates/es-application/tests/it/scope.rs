//! Clocks and ID sources of applications.

use es_application::prelude::*;
use es_domain::testing::Deterministic;

use crate::bank::{Account, Name};

async fn open() -> Application {
    let fixed = Deterministic::new();
    let builder = Application::builder("Bank").environment(Environment::new("Bank"));
    builder.clock(fixed.clone()).id_source(fixed).open().await.unwrap()
}

#[tokio::test]
async fn what_is_awaited_in_the_scope_has_fixed_times_and_ids() {
    let app = open().await;
    let account = app
        .in_scope(async {
            let mut account = Account::open("Ann");
            app.save(&mut account).await.unwrap();
            tokio::task::yield_now().await;
            account.deposit(10);
            app.save(&mut account).await.unwrap();
            account
        })
        .await;
    assert_eq!(account.id().to_string(), "00000000-0000-7000-8000-000000000001");
    assert_eq!(account.created_on().to_string(), "2000-01-01T00:00:00.000000Z");
    assert_eq!(account.modified_on().to_string(), "2000-01-01T00:00:01.000000Z");
    assert!(Account::open("Bob").created_on() > account.modified_on());
}

#[tokio::test]
async fn commands_have_the_times_of_the_application() {
    let app = open().await;
    let mut account = Account::open("Ann");
    app.save(&mut account).await.unwrap();
    app.execute(account.id(), |account| account.deposit(10)).await.unwrap();
    let copy = app.repository().get(account.id()).await.unwrap();
    assert_eq!(copy.modified_on().to_string(), "2000-01-01T00:00:00.000000Z");

    let id = Name::id_for("Ann");
    app.execute_or_create(id, || Name::take("Ann"), |_| ()).await.unwrap();
    let name = app.repository().get(id).await.unwrap();
    assert_eq!(name.created_on().to_string(), "2000-01-01T00:00:01.000000Z");
}
