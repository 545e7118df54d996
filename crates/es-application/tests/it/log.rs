//! The log in sections.

use es_application::prelude::*;

use crate::{
    bank::{Account, AccountEvent, NameEvent},
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
