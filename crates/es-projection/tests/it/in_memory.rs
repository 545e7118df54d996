//! Models in memory.

use std::time::Duration;

use es_application::prelude::*;
use es_projection::{InMemory, ProjectionError, ReadModel, WaitError, prelude::BoxError};

use crate::{
    school::{Dog, DogEvent, SchoolEvent, Trainer, TrainerEvent, dog},
    world::{LONG, app},
};

/// The names of all members of the school.
#[derive(Debug, Default, PartialEq)]
struct Names(Vec<String>);

impl ReadModel for Names {
    type Events = SchoolEvent;

    fn apply(&mut self, event: &Recorded<SchoolEvent>) {
        match event.body() {
            SchoolEvent::Dog(_, DogEvent::Registered { name })
            | SchoolEvent::Trainer(_, TrainerEvent::Hired { name }) => {
                assert!(name != "panic", "the model panics on purpose");
                self.0.push(name.clone());
            }
            SchoolEvent::Dog(_, DogEvent::TrickAdded { .. }) => {}
        }
    }
}

#[tokio::test]
async fn a_model_in_memory_is_built_from_the_log_and_follows_it() -> Result<(), BoxError> {
    let app = app().await;
    dog(&app, "Fido", &["sit"]).await;
    let names = InMemory::follow(Names::default(), &app);
    let saved = app.save((&mut Dog::register("Rex"), &mut Trainer::hire("Ann"))).await?;
    names.wait_for(saved.last().map(Recorded::position)).await?;
    assert_eq!(names.read().0, ["Fido", "Rex", "Ann"]);
    assert_eq!(names.position()?, 4);
    let waited = names.wait_for_at_most(5, Duration::from_millis(10)).await;
    assert!(
        matches!(waited, Err(WaitError::TimedOut { wanted: 5, reached: 4 })),
        "{waited:?}"
    );
    names.stop(LONG).await?;
    Ok(())
}

#[tokio::test]
async fn a_model_that_panics_stops_and_says_at_which_event() -> Result<(), BoxError> {
    let app = app().await;
    dog(&app, "Fido", &[]).await;
    dog(&app, "panic", &[]).await;
    let names = InMemory::follow(Names::default(), &app);
    let waited = names.wait_for(2).await;
    let Err(WaitError::Projection(ProjectionError::Stopped { source, .. })) = waited else {
        panic!("{waited:?}")
    };
    assert_eq!(source.position, 2);
    assert_eq!(source.error.to_string(), "panicked: the model panics on purpose");
    assert_eq!(names.read().0, ["Fido"]);
    Ok(())
}
