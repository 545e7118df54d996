//! Metadata that an application puts on what it saves.

use es_application::prelude::*;

use crate::{
    bank::{Account, AccountEvent},
    stores,
};

#[tokio::test]
async fn what_an_application_knows_of_a_request_is_on_all_that_it_saves() {
    for store in stores::all().await {
        let request = store
            .app
            .with_metadata(Metadata::new().correlation_id("request-7").with("user", "ann"));
        let mut account = Account::open("Ann");
        request.save(&mut account).await.unwrap();
        let robot = request.with_metadata(Metadata::new().with("user", "robot"));
        robot.execute(account.id(), |account| account.deposit(1)).await.unwrap();
        store
            .app
            .execute(account.id(), |account| account.deposit(1))
            .await
            .unwrap();

        let log = store.app.notification_log().section("1,10").await.unwrap();
        let events = log
            .items()
            .iter()
            .map(|item| item.decode_event::<AccountEvent>().unwrap().unwrap());
        let users: Vec<_> = events
            .map(|event| event.metadata().get("user").map(str::to_owned))
            .collect();
        assert_eq!(users, [Some("ann".to_owned()), Some("robot".to_owned()), None]);
        let first = log.items()[0].decode_event::<AccountEvent>().unwrap().unwrap();
        assert_eq!(first.metadata().get("correlation_id"), Some("request-7"));
    }
}
