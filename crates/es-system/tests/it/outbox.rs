//! Effects outside of the system.

use std::sync::{Arc, Mutex};

use es_persistence::TrackingKey;
use es_system::{DeliveryKey, Disposition, RunnerSettings, State, prelude::*};

use crate::{
    school::{Dog, DogEvent, dog},
    world::{LONG, SHORT, World, on_every_database, on_every_store, system},
};

/// A post office that may be closed for somebody.
#[derive(Clone, Default)]
pub(crate) struct Mails {
    sent: Arc<Mutex<Vec<(String, String)>>>,
    refused: Arc<Mutex<Option<String>>>,
    tried: Arc<Mutex<Vec<String>>>,
}

impl Outbox for Mails {
    type Events = DogEvent;
    const NAME: &str = "Mails";

    async fn deliver(&self, event: &Recorded<DogEvent>, key: &DeliveryKey) -> Result<(), BoxError> {
        let DogEvent::Registered { name } = event.body() else {
            return Ok(());
        };
        self.tried.lock().unwrap().push(name.clone());
        if self.refused.lock().unwrap().as_ref() == Some(name) {
            return Err("the post office is closed".into());
        }
        self.sent.lock().unwrap().push((name.clone(), key.to_string()));
        Ok(())
    }
}

on_every_store! {
    each_event_is_delivered_in_order_with_its_own_key,
    a_delivery_that_fails_is_set_aside_and_the_others_go_on,
}

mod shared {
    use super::*;

    on_every_database! { one_worker_delivers_and_another_goes_on_where_it_stopped }

    async fn one_worker_delivers_and_another_goes_on_where_it_stopped(world: World) -> Result<(), BoxError> {
        let mails = Mails::default();
        let start = async || {
            let mut system = system();
            let dogs = system.application("DogSchool");
            let outbox = system.outbox(dogs, mails.clone());
            let settings = RunnerSettings::default().lease(SHORT);
            let runner = TaskRunner::start_with(system, world.environment.clone(), settings).await?;
            Ok::<_, BoxError>((runner, dogs, outbox))
        };
        let (first, dogs, outbox) = start().await?;
        let (_, position) = dog(first.application(dogs), "Fido", &[]).await;
        first.wait_for(outbox, dogs, position).await?;
        let (second, others_dogs, others_outbox) = start().await?;
        let mut status = second.watch(others_outbox);
        status.wait_for(|status| matches!(status.state, State::Standby)).await?;
        let (_, position) = dog(second.application(others_dogs), "Rex", &[]).await;
        second.wait_for(others_outbox, others_dogs, position).await?;
        first.stop(LONG).await?;
        let (_, position) = dog(second.application(others_dogs), "Bob", &[]).await;
        second.wait_for(others_outbox, others_dogs, position).await?;
        let sent: Vec<_> = mails
            .sent
            .lock()
            .unwrap()
            .iter()
            .map(|(name, _)| name.clone())
            .collect();
        assert_eq!(sent, ["Fido", "Rex", "Bob"]);
        second.stop(LONG).await?;
        Ok(())
    }
}

async fn each_event_is_delivered_in_order_with_its_own_key(world: World) -> Result<(), BoxError> {
    let mails = Mails::default();
    let mut system = system();
    let dogs = system.application("DogSchool");
    let outbox = system.outbox(dogs, mails.clone());
    let school = TaskRunner::start(system, world.environment.clone()).await?;
    let app = school.application(dogs);
    let (mut fido, mut rex) = (Dog::register("Fido"), Dog::register("Rex"));
    let saved = app.save((&mut fido, &mut rex)).await?;
    school.wait_for(outbox, dogs, saved[1].position()).await?;
    let keys = saved.iter().map(|event| event.event_id().to_string());
    let expected: Vec<_> = ["Fido", "Rex"].map(str::to_owned).into_iter().zip(keys).collect();
    assert_eq!(*mails.sent.lock().unwrap(), expected);
    // The position is kept in the application's own tables.
    let recorder = app.process_recorder().await?;
    let tracking = recorder.last_tracking(TrackingKey::new("Mails", "DogSchool"));
    assert_eq!(tracking.await?.unwrap().position, 2);
    school.stop(LONG).await?;
    Ok(())
}

async fn a_delivery_that_fails_is_set_aside_and_the_others_go_on(world: World) -> Result<(), BoxError> {
    let mails = Mails::default();
    *mails.refused.lock().unwrap() = Some("Fido".to_owned());
    let mut system = system();
    let dogs = system.application("DogSchool");
    let outbox = system.outbox(dogs, mails.clone());
    system.on_error(outbox, |failure| {
        if failure.attempts < 3 {
            Remedy::RetryAfter(std::time::Duration::ZERO)
        } else {
            Remedy::SetAside
        }
    });
    let school = TaskRunner::start(system, world.environment.clone()).await?;
    let app = school.application(dogs);
    dog(app, "Fido", &[]).await;
    let (_, position) = dog(app, "Rex", &[]).await;
    school.wait_for(outbox, dogs, position).await?;
    assert_eq!(*mails.tried.lock().unwrap(), ["Fido", "Fido", "Fido", "Rex"]);
    let letters = school.dead_letters(outbox).await?;
    assert_eq!(
        (letters.len(), letters[0].attempts, letters[0].disposition),
        (1, 3, Disposition::SetAside)
    );

    *mails.refused.lock().unwrap() = None;
    assert_eq!(school.retry_dead_letters(outbox).await?, []);
    let sent: Vec<_> = mails
        .sent
        .lock()
        .unwrap()
        .iter()
        .map(|(name, _)| name.clone())
        .collect();
    assert_eq!(sent, ["Rex", "Fido"]);
    school.stop(LONG).await?;
    Ok(())
}
