//! The log in sections.

use std::sync::Arc;

use es_application::prelude::*;

use crate::{
    bank::{Account, AccountEvent, NameEvent},
    odd_store::OddStore,
    stores,
};

async fn with_two_events(app: &Application) {
    let mut account = Account::open("Ann");
    account.deposit(10);
    app.save(&mut account).await.unwrap();
}

#[tokio::test]
async fn sections_say_what_they_hold_and_what_comes_next() {
    for store in stores::all().await {
        with_two_events(&store.app).await;
        let log = store.app.notification_log();
        for (asked, id, next_id) in [
            ("1,10", Some("1,2"), None),
            ("1,2", Some("1,2"), Some("3,4")),
            ("2,2", Some("2,2"), Some("3,3")),
            ("3,10", None, None),
            ("0,5", Some("1,2"), None),
            ("5,1", None, None),
            ("-3,2", Some("1,2"), Some("3,4")),
        ] {
            let section = log.section(asked).await.unwrap();
            assert_eq!((section.id(), section.next_id()), (id, next_id), "{asked}");
        }
        let error = log.section("x").await.unwrap_err();
        assert_eq!(
            error.to_string(),
            r#"section "x" is not two positions with a comma between them, such as 1,10"#
        );
    }
}

#[tokio::test]
async fn a_section_is_never_larger_than_the_section_size() {
    for store in stores::all().await {
        let mut account = Account::open("Ann");
        for _ in 0..24 {
            account.deposit(1);
        }
        store.app.save(&mut account).await.unwrap();
        let log = store.app.notification_log();
        let section = log.section("1,1000").await.unwrap();
        assert_eq!((section.id(), section.next_id()), (Some("1,10"), Some("11,20")));
        let section = log.with_section_size(20).section("21,40").await.unwrap();
        assert_eq!((section.id(), section.next_id()), (Some("21,25"), None));
    }
}

#[tokio::test]
async fn what_is_recorded_is_decoded_as_what_it_is_and_as_nothing_else() {
    for store in stores::all().await {
        with_two_events(&store.app).await;
        let section = store.app.notification_log().section("1,10").await.unwrap();
        let opened = &section.items()[0];
        assert_eq!(
            opened.decode::<AccountEvent>().unwrap(),
            Some(AccountEvent::Opened {
                owner: "Ann".to_owned()
            })
        );
        assert_eq!(opened.decode::<NameEvent>().unwrap(), None);
        let event = opened.decode_event::<AccountEvent>().unwrap().unwrap();
        assert_eq!(event.originator_id().to_originator_id(), *opened.originator());
        assert_eq!(event.originator_version(), 1);
    }
}

#[tokio::test]
async fn a_selection_chooses_by_topic_and_bound() {
    for store in stores::all().await {
        with_two_events(&store.app).await;
        with_two_events(&store.app).await;
        let select = async |selection| {
            let found = store.app.notification_log().select(selection).await.unwrap();
            found.iter().map(Recorded::position).collect::<Vec<_>>()
        };
        assert_eq!(select(Selection::all().topics(["Account.Deposited"])).await, [2, 4]);
        assert_eq!(select(Selection::after(2).topics(Account::topics())).await, [3, 4]);
        assert_eq!(select(Selection::from(2).up_to(3)).await, [2, 3]);
        assert_eq!(select(Selection::all().limit(0)).await, [0_u64; 0]);
    }
}

#[tokio::test]
async fn sections_of_a_log_with_holes_have_no_more_than_was_asked_for_and_lead_on() {
    let store = OddStore {
        gap: 7,
        ..OddStore::default()
    };
    let environment = Environment::new("Bank").with("PERSISTENCE_MODULE", "odd");
    let builder = Application::builder("Bank").environment(environment);
    let app = builder.persistence([Arc::new(store) as Arc<_>]).open().await.unwrap();
    // The events are at 7, 14, 21 and 28.
    with_two_events(&app).await;
    with_two_events(&app).await;
    let log = app.notification_log();
    for (asked, id, next_id) in [
        ("1,10", Some("7,7"), Some("11,20")),
        ("11,20", Some("14,14"), Some("21,30")),
        ("1,3", None, Some("4,6")),
        ("21,30", Some("21,28"), None),
        ("29,38", None, None),
        ("7,7", Some("7,7"), Some("8,8")),
        ("1,2", None, Some("3,4")),
        ("5,1", None, None),
    ] {
        let section = log.section(asked).await.unwrap();
        assert_eq!((section.id(), section.next_id()), (id, next_id), "{asked}");
    }
    for size in [1, 2, 3, 10] {
        let (log, mut found) = (log.clone().with_section_size(size), Vec::new());
        let mut next = Some(format!("1,{size}"));
        while let Some(id) = next {
            let section = log.section(&id).await.unwrap();
            assert!(section.items().len() as u64 <= size);
            found.extend(section.items().iter().map(Recorded::position));
            next = section.next_id().filter(|_| found.len() < 4).map(str::to_owned);
        }
        assert_eq!(found, [7, 14, 21, 28], "{size}");
    }
}
