//! Tests without a database.

use es_application::prelude::*;
use es_projection::{Projection, ReadModel, prelude::BoxError, testing::given};

use crate::{
    journal::{Book, Journal, Tables as _},
    school::{Dog, DogEvent, SchoolEvent, Trainer, TrainerEvent},
};

fn registered(name: &str) -> DogEvent {
    DogEvent::Registered { name: name.to_owned() }
}

fn added(trick: &str) -> DogEvent {
    DogEvent::TrickAdded {
        trick: trick.to_owned(),
    }
}

/// What a model has been told.
#[derive(Debug, Default, PartialEq)]
struct Seen(Vec<(u64, u64, bool)>);

impl ReadModel for Seen {
    type Events = SchoolEvent;

    fn apply(&mut self, event: &Recorded<SchoolEvent>) {
        let is_dog = matches!(event.body(), SchoolEvent::Dog(..));
        self.0.push((event.position(), event.originator_version(), is_dog));
    }
}

#[test]
fn positions_are_counted_and_versions_for_each_aggregate() {
    let (fido, ann) = (Id::<Dog>::new(), Id::<Trainer>::new());
    given([
        SchoolEvent::Dog(fido, registered("Fido")),
        SchoolEvent::Trainer(ann, TrainerEvent::Hired { name: "Ann".into() }),
        SchoolEvent::Dog(fido, added("sit")),
    ])
    .project(Seen::default())
    .expect(Seen(vec![(1, 1, true), (2, 1, false), (3, 2, true)]));
}

#[test]
fn events_can_be_given_with_the_ids_of_their_aggregates() {
    let (fido, rex) = (Id::<Dog>::new(), Id::<Dog>::new());
    let given = given([
        (fido, registered("Fido")),
        (rex, registered("Rex")),
        (fido, added("sit")),
    ]);
    let versions: Vec<_> = given.events().iter().map(Recorded::originator_version).collect();
    assert_eq!(versions, [1, 1, 2]);
    assert_eq!(given.events()[2].originator_id(), fido);
}

#[tokio::test]
async fn a_projection_is_tested_by_any_connection() -> Result<(), BoxError> {
    let given = given([registered("Fido"), added("sit"), added("sit")]);
    let mut book = given.project_into(Book::default(), Journal::default()).await?;
    assert_eq!(book.counts().await?["sit"], 2);
    Ok(())
}

#[tokio::test]
async fn a_projection_that_folds_alike_passes() -> Result<(), BoxError> {
    let given = given([registered("Fido"), added("sit"), added("jump"), added("sit")]);
    let rows = async |book: &mut Book| book.lines().await;
    given
        .check_every_prefix(Journal::default(), async || Ok(Book::default()), rows)
        .await
}

/// A projection whose batches forget the first event.
struct Forgetful;

impl Projection<Book> for Forgetful {
    type Events = DogEvent;
    const NAME: &str = "Forgetful";

    async fn create(&self, _: &mut Book) -> Result<(), BoxError> {
        Ok(())
    }

    async fn project(&self, event: &Recorded<DogEvent>, book: &mut Book) -> Result<(), BoxError> {
        book.write(event.position(), "event").await
    }

    async fn project_all(&self, events: &[Recorded<DogEvent>], book: &mut Book) -> Result<(), BoxError> {
        for event in events.iter().skip(usize::from(events.len() > 2)) {
            self.project(event, book).await?;
        }
        Ok(())
    }
}

#[tokio::test]
#[should_panic(expected = "after 3 events, a batch of 0 and one of 3 give other rows than one by one")]
async fn a_projection_that_does_not_fold_alike_is_found_out() {
    let given = given([registered("Fido"), added("sit"), added("jump"), added("sit")]);
    let rows = async |book: &mut Book| book.lines().await;
    let checked = given.check_every_prefix(Forgetful, async || Ok(Book::default()), rows);
    checked.await.unwrap();
}
