//! Commands and collections, saved and found again.

use es_domain::Aggregate as _;
use es_structures::{Collection, Command, CommandBody, NotInCollection};
use serde::{Deserialize, Serialize};

use crate::stores;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct CreateReservation {
    order: String,
}

impl CommandBody for CreateReservation {
    const TOPIC: &'static str = "CreateReservation";
    const ISSUED: &'static str = "CreateReservation.Issued";
    const DONE: &'static str = "CreateReservation.Done";
}

#[tokio::test]
async fn a_command_is_recorded_and_done_once() {
    for (app, _folder) in stores::all().await {
        let order = "7".to_owned();
        let mut command = Command::issue(CreateReservation { order }).unwrap();
        app.save(&mut command).await.unwrap();
        assert!(!app.repository().get(command.id()).await.unwrap().is_done());
        app.execute(command.id(), |command| command.done()).await.unwrap();
        let again = app.execute(command.id(), |command| command.done()).await.unwrap();
        assert!(again.recordings().is_empty());
        let found = app.repository().get(command.id()).await.unwrap();
        assert!(found.is_done());
        assert_eq!(found.body().order, "7");
        assert_eq!(found.version(), 2);
    }
}

#[tokio::test]
async fn a_collection_is_found_again_with_its_items_until_it_is_discarded() {
    for (app, _folder) in stores::all().await {
        let mut guests = Collection::create();
        guests.add("Bob");
        guests.add("Ann");
        guests.remove("Bob").unwrap();
        let item = "Bob".to_owned();
        assert_eq!(guests.remove("Bob"), Err(NotInCollection { item }));
        assert!(!guests.add("Ann"));
        assert_eq!(guests.version(), 4);
        app.save(&mut guests).await.unwrap();
        let found = app.repository().get(guests.id()).await.unwrap();
        assert_eq!(found.items().collect::<Vec<_>>(), ["Ann"]);
        guests.discard();
        app.save(&mut guests).await.unwrap();
        assert!(app.repository().get(guests.id()).await.unwrap_err().is_not_found());
    }
}
