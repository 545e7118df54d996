//! The events of several aggregates in one `match`.

use es_application::prelude::*;
use futures_util::TryStreamExt as _;

use crate::{
    bank::{Account, AccountEvent, Name, NameEvent},
    counter::Counter,
    stores,
};

#[derive(Debug, PartialEq, EventSet)]
enum BankEvent {
    Account(Id<Account>, AccountEvent),
    Name(NameEvent),
}

/// What happened, in words.
fn told(event: &BankEvent) -> String {
    match event {
        BankEvent::Account(_, AccountEvent::Opened { owner }) => format!("{owner} opens an account"),
        BankEvent::Account(_, AccountEvent::Deposited { amount }) => format!("{amount} come"),
        BankEvent::Account(_, AccountEvent::Withdrawn { amount }) => format!("{amount} go"),
        BankEvent::Account(_, AccountEvent::Closed) => "an account is closed".to_owned(),
        BankEvent::Name(NameEvent::Taken { owner }) => format!("{owner} takes a name"),
    }
}

#[tokio::test]
async fn a_set_selects_and_decodes_the_events_of_its_aggregates_and_no_others() {
    for store in stores::all().await {
        let (mut account, mut name, mut counter) = (Account::open("Ann"), Name::take("Ann"), Counter::start());
        account.deposit(5);
        store.app.save((&mut account, &mut counter, &mut name)).await.unwrap();
        let selection = Selection::all().of::<BankEvent>();
        let log = store.app.notification_log();
        let mut said = Vec::new();
        for recorded in log.select(selection.clone()).await.unwrap() {
            let event = recorded.decode::<BankEvent>().unwrap().unwrap();
            if let BankEvent::Account(id, _) = &event {
                assert_eq!(*id, account.id());
            }
            said.push(told(&event));
        }
        assert_eq!(said, ["Ann opens an account", "5 come", "Ann takes a name"]);

        let everything = log.select(Selection::all()).await.unwrap();
        let decoded: Vec<_> = everything
            .iter()
            .map(|recorded| recorded.decode::<BankEvent>().unwrap())
            .collect();
        assert_eq!(
            decoded.iter().filter(|event| event.is_none()).count(),
            1,
            "the counter's is none of them"
        );

        let followed = store.app.subscribe(selection.limit(3));
        let followed: Vec<_> = followed.try_collect().await.unwrap();
        let positions: Vec<_> = followed.iter().map(Recorded::position).collect();
        assert_eq!(positions, [1, 2, 4]);
    }
}

#[tokio::test]
async fn a_decoded_event_has_position_time_metadata_and_the_aggregate() {
    for store in stores::all().await {
        let app = store.app.with_metadata(Metadata::new().with("user", "ann"));
        let mut account = Account::open("Ann");
        let recordings = app.save(&mut account).await.unwrap();
        let decoded = recordings[0].decode_all::<AccountEvent>().unwrap();
        let [event] = &decoded[..] else { panic!("{decoded:?}") };
        assert_eq!((event.position(), event.originator_version()), (1, 1));
        assert_eq!(
            (event.originator_id(), event.timestamp()),
            (account.id(), account.created_on())
        );
        assert_eq!(event.metadata().get("user"), Some("ann"));
    }
}
