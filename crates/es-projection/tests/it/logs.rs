//! Logs that were rewound, and several logs.

use std::sync::{Arc, Mutex};

use es_application::prelude::*;
use es_persistence::{
    BoxFuture, Capabilities, LogPage, Mapper, ReadableLog, RecorderError, Source, Upstream as _, Wakeup,
};
use es_projection::{ProjectionError, ProjectionRunner, WaitError, prelude::BoxError};

use crate::{
    journal::{Journal, Tables},
    school::dog,
    world::{LONG, World, app, eventually, on_every_store, texts},
};

on_every_store! {
    a_restored_backup_is_noticed_at_the_start,
    a_restored_backup_is_noticed_while_it_runs,
    several_logs_are_followed_each_with_its_position,
}

/// A log that another one takes the place of, as after a restore.
#[derive(Clone, Debug)]
struct Switchable(Arc<Mutex<Arc<dyn ReadableLog>>>);

impl Switchable {
    fn new(app: &Application) -> Self {
        Self(Arc::new(Mutex::new(Arc::clone(app.log()))))
    }

    fn switch(&self, app: &Application) {
        *self.0.lock().unwrap() = Arc::clone(app.log());
    }

    fn log(&self) -> Arc<dyn ReadableLog> {
        Arc::clone(&self.0.lock().unwrap())
    }

    fn source(&self) -> Source {
        let mapper = Mapper::from_environment(&Environment::new("School")).unwrap();
        Source::new("School", Arc::new(self.clone()), mapper)
    }
}

impl ReadableLog for Switchable {
    fn select_notifications(&self, selection: Selection) -> BoxFuture<'_, Result<LogPage, RecorderError>> {
        let log = self.log();
        Box::pin(async move { log.select_notifications(selection).await })
    }

    fn max_position(&self) -> BoxFuture<'_, Result<Option<u64>, RecorderError>> {
        let log = self.log();
        Box::pin(async move { log.max_position().await })
    }

    fn wakeup(&self) -> Wakeup {
        self.log().wakeup().at_least_every(std::time::Duration::from_millis(10))
    }

    fn capabilities(&self) -> Capabilities {
        self.log().capabilities()
    }
}

fn rewound(waited: Result<(), WaitError>) -> (u64, uuid::Uuid, Option<uuid::Uuid>) {
    match waited {
        Err(WaitError::Projection(ProjectionError::LogRewound {
            position, seen, found, ..
        })) => (position, seen, found),
        other => panic!("it was to be noticed: {other:?}"),
    }
}

async fn a_restored_backup_is_noticed_at_the_start<C: Tables>(world: World<C>) -> Result<(), BoxError> {
    dog(&world.app, "Fido", &["sit"]).await;
    let running = world.runner(&Journal::default()).start().await?;
    running.wait_for(2).await?;
    running.stop(LONG).await?;
    let seen = world.app.subscribe(Selection::after(1));
    let seen = futures_util::StreamExt::take(seen, 1);
    let seen: Vec<_> = futures_util::TryStreamExt::try_collect(seen).await?;

    // The log of the same name has other events there, and more of them.
    let restored = app().await;
    let (_, _) = dog(&restored, "Rex", &["sit", "jump"]).await;
    let running = ProjectionRunner::new(&world.views, Journal::default())
        .follow(&restored)
        .start()
        .await?;
    let (position, expected, found) = rewound(running.wait_for_at_most(3, LONG).await);
    assert_eq!((position, expected), (2, seen[0].event_id()));
    assert!(found.is_some_and(|found| found != expected));
    assert_eq!(
        texts(&running).await?,
        ["Fido", "sit"],
        "nothing was passed over in silence"
    );
    Ok(())
}

async fn a_restored_backup_is_noticed_while_it_runs<C: Tables>(world: World<C>) -> Result<(), BoxError> {
    let log = Switchable::new(&world.app);
    let source = log.source();
    let runner = ProjectionRunner::new(&world.views, Journal::default());
    let running = runner.follow(&source).start().await?;
    dog(&world.app, "Fido", &["sit"]).await;
    running.wait_for_at_most(2, LONG).await?;

    let restored = app().await;
    dog(&restored, "Rex", &["sit", "jump"]).await;
    log.switch(&restored);
    let (position, _, found) = rewound(running.wait_for_at_most(3, LONG).await);
    assert_eq!(position, 2);
    assert!(found.is_some());
    assert_eq!(texts(&running).await?, ["Fido", "sit"]);

    // A rebuild is the remedy that the message names.
    running.rebuild().await?;
    running.resume();
    eventually(async || running.wait_for(3).await.is_ok()).await;
    assert_eq!(texts(&running).await?, ["Rex", "sit", "jump"]);
    Ok(())
}

/// Counts the texts of several logs.
struct Counts;

impl<C: Tables> es_projection::Projection<C> for Counts {
    type Events = crate::school::DogEvent;
    const NAME: &str = "Counts";

    async fn create(&self, tables: &mut C) -> Result<(), BoxError> {
        tables.make().await
    }

    async fn project(&self, event: &Recorded<crate::school::DogEvent>, tables: &mut C) -> Result<(), BoxError> {
        let crate::school::DogEvent::Registered { name } = event.body() else {
            return Ok(());
        };
        let shift = if name == "Kitty" { 1000 } else { 0 };
        tables.write(event.position() + shift, name).await
    }
}

async fn several_logs_are_followed_each_with_its_position<C: Tables>(world: World<C>) -> Result<(), BoxError> {
    let other = Application::builder("Shelter").environment(Environment::new("Shelter"));
    let other = other.open().await?;
    dog(&world.app, "Fido", &["sit"]).await;
    dog(&other, "Kitty", &[]).await;
    let runner = ProjectionRunner::new(&world.views, Counts);
    let running = runner.follow(&world.app).follow(&other).start().await?;
    running.caught_up().await?;
    running.wait_for_in("Shelter", 1).await?;
    let (_, position) = dog(&world.app, "Rex", &[]).await;
    running.wait_for_in("School", position).await?;
    assert_eq!(
        running.read().await?.counts().await?.into_keys().collect::<Vec<_>>(),
        ["Fido", "Kitty", "Rex"]
    );
    let status = world.views.status("Counts").await?.remove(0);
    let positions: Vec<_> = status.checkpoints.iter().map(|one| one.tracking.position).collect();
    assert_eq!(positions, [3, 1]);
    Ok(())
}
