//! Projections and subscriptions follow a remote log as they follow a local one.

use std::{sync::Arc, time::Duration};

use es_application::prelude::*;
use es_http::server::Limits;
use es_persistence::{ReadableLog as _, RecorderErrorKind, Subscription};
use es_projection::{BoxError, Projection, ProjectionRunner, Views};
use futures_util::{StreamExt as _, TryStreamExt as _};
use sqlx::{PgConnection, SqliteConnection};
use tokio::{net::TcpListener, time::timeout};

use crate::{
    school::{DogEvent, dog, trainer},
    served::{LONG, Served, serve, source},
    world::{World, app, on_every_store},
};

on_every_store! {
    a_projection_follows_a_remote_application,
    a_subscription_delivers_what_is_there_and_what_comes,
    everything_that_is_stored_arrives,
}

/// What the projection needs of a database.
pub(crate) trait Rows: Send + 'static {
    fn make(&mut self) -> impl Future<Output = Result<(), BoxError>> + Send;
    fn add(&mut self, position: u64, text: &str) -> impl Future<Output = Result<(), BoxError>> + Send;
    fn all(&mut self) -> impl Future<Output = Result<Vec<String>, BoxError>> + Send;
}

/// The rows in memory.
#[derive(Clone, Debug, Default)]
pub(crate) struct Names(Vec<(u64, String)>);

impl Rows for Names {
    async fn make(&mut self) -> Result<(), BoxError> {
        Ok(())
    }

    async fn add(&mut self, position: u64, text: &str) -> Result<(), BoxError> {
        if self.0.last().is_some_and(|(last, _)| *last >= position) {
            return Err(format!("position {position} comes twice or late").into());
        }
        self.0.push((position, text.to_owned()));
        Ok(())
    }

    async fn all(&mut self) -> Result<Vec<String>, BoxError> {
        Ok(self.0.iter().map(|(_, text)| text.clone()).collect())
    }
}

/// The statements are the same on both databases, but for the names of parameters.
macro_rules! rows_in_a_table {
    ($connection:ty, $insert:literal) => {
        impl Rows for $connection {
            async fn make(&mut self) -> Result<(), BoxError> {
                let table = "CREATE TABLE names (position BIGINT PRIMARY KEY, text TEXT NOT NULL)";
                sqlx::query(table).execute(self).await?;
                Ok(())
            }

            async fn add(&mut self, position: u64, text: &str) -> Result<(), BoxError> {
                let insert = sqlx::query($insert).bind(position.cast_signed()).bind(text);
                insert.execute(self).await?;
                Ok(())
            }

            async fn all(&mut self) -> Result<Vec<String>, BoxError> {
                let rows = sqlx::query_scalar("SELECT text FROM names ORDER BY position");
                Ok(rows.fetch_all(self).await?)
            }
        }
    };
}

rows_in_a_table!(SqliteConnection, "INSERT INTO names VALUES (?, ?)");
rows_in_a_table!(PgConnection, "INSERT INTO names VALUES ($1, $2)");

/// Writes down names and tricks.
pub(crate) struct Journal;

impl<C: Rows> Projection<C> for Journal {
    type Events = DogEvent;
    const NAME: &str = "Journal";

    async fn create(&self, rows: &mut C) -> Result<(), BoxError> {
        rows.make().await
    }

    async fn project(&self, event: &Recorded<DogEvent>, rows: &mut C) -> Result<(), BoxError> {
        let text = match event.body() {
            DogEvent::Registered { name } => name,
            DogEvent::TrickAdded { trick } => trick,
        };
        rows.add(event.position(), text).await
    }
}

pub(crate) fn runner<C: Rows>(views: &Views<C>, log: &es_persistence::Source) -> ProjectionRunner<Journal, C> {
    ProjectionRunner::new(views, Journal)
        .follow(log)
        .lease(Duration::from_secs(2))
}

async fn a_projection_follows_a_remote_application<C: Rows>(world: World<C>) {
    let served = Served::of(&world.app).await;
    dog(&world.app, "Fido", &["sit"]).await;
    trainer(&world.app, "Ann").await;
    let running = runner(&world.views, &served.source()).start().await.unwrap();
    let position = dog(&world.app, "Rex", &["roll over", "fetch"]).await;
    running.wait_for_at_most(position, LONG).await.unwrap();
    let texts = running.read().await.unwrap().all().await.unwrap();
    assert_eq!(texts, ["Fido", "sit", "Rex", "roll over", "fetch"]);
    running.stop(LONG).await.unwrap();

    // A program that is started again goes on where the last one has ended.
    let position = dog(&world.app, "Bob", &[]).await;
    let running = runner(&world.views, &served.source()).start().await.unwrap();
    running.wait_for_at_most(position, LONG).await.unwrap();
    let texts = running.read().await.unwrap().all().await.unwrap();
    assert_eq!(texts.last().map(String::as_str), Some("Bob"));
    assert_eq!(texts.len(), 6);
    running.stop(LONG).await.unwrap();
}

async fn a_subscription_delivers_what_is_there_and_what_comes<C: Rows>(world: World<C>) {
    let served = Served::of(&world.app).await;
    dog(&world.app, "Fido", &["sit"]).await;
    let remote = Subscription::new(Arc::new(served.log()), Selection::after(0).of::<DogEvent>());
    let mut remote = remote.map(|event| event.unwrap().event.topic.into_owned());
    let first: Vec<_> = timeout(LONG, remote.by_ref().take(2).collect()).await.unwrap();
    assert_eq!(first, ["Dog.Registered", "Dog.TrickAdded"]);
    for name in ["Rex", "Bob", "Tim"] {
        trainer(&world.app, "Ann").await;
        dog(&world.app, name, &[]).await;
        assert_eq!(timeout(LONG, remote.next()).await.unwrap().unwrap(), "Dog.Registered");
    }
}

async fn everything_that_is_stored_arrives<C: Rows>(world: World<C>) {
    let app = world.app.with_metadata(Metadata::new().with("user", "ann"));
    for number in 0..40 {
        dog(&app, &format!("Dog {number}"), &["sit", "roll over"]).await;
    }
    let served = Served::with(&world.app, Limits::default().page_len(7), |permission| permission).await;
    let follow = |log: Arc<dyn es_persistence::ReadableLog>| {
        Subscription::new(log, Selection::after(0).limit(120)).try_collect::<Vec<_>>()
    };
    let local = follow(Arc::clone(es_persistence::Upstream::log(&world.app)))
        .await
        .unwrap();
    let remote = follow(Arc::new(served.log())).await.unwrap();
    assert_eq!(local.len(), 120);
    assert_eq!(remote, local, "every column of every row");
    assert_eq!(
        served.log().max_position().await.unwrap(),
        local.last().map(|last| last.position)
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_comes_back_is_read_on() {
    let app = app().await;
    let served = Served::of(&app).await;
    let mut events = Subscription::new(Arc::new(served.log()), Selection::after(0));
    dog(&app, "Fido", &["sit"]).await;
    for position in 1..=2 {
        assert_eq!(
            timeout(LONG, events.next()).await.unwrap().unwrap().unwrap().position,
            position
        );
    }
    served.task.abort();
    dog(&app, "Rex", &[]).await;
    let next = tokio::spawn(async move { events.next().await });
    let listener = loop {
        // The socket is free when the task has ended.
        match TcpListener::bind(served.address).await {
            Ok(listener) => break listener,
            Err(_in_use) => tokio::task::yield_now().await,
        }
    };
    let task = serve(listener, &served.service);
    let next = timeout(LONG, next).await.unwrap().unwrap();
    assert_eq!(next.unwrap().unwrap().position, 3);
    task.abort();
}

#[tokio::test]
async fn a_server_that_is_not_there_is_an_error_that_may_pass() {
    let app = app().await;
    let served = Served::of(&app).await;
    let log = served.builder().patience(Duration::ZERO).build().unwrap();
    served.task.abort();
    let error = loop {
        match log.max_position().await {
            // The task is aborted at its next await.
            Ok(_) => tokio::task::yield_now().await,
            Err(error) => break error,
        }
    };
    assert_eq!(*error.kind(), RecorderErrorKind::Unavailable);
    assert!(error.is_retryable());
    assert_eq!(
        error.to_string(),
        "the remote log could not read the last position: the store cannot be reached or is locked: the server cannot be reached, \
         or the connection was cut"
    );
}

#[tokio::test]
async fn a_log_can_be_passed_on() {
    let app = app().await;
    dog(&app, "Fido", &["sit"]).await;
    let first = Served::of(&app).await;
    let second = Served::of(&first.source()).await;
    let mut events = Subscription::new(Arc::new(second.log()), Selection::after(0));
    for position in 1..=2 {
        assert_eq!(
            timeout(LONG, events.next()).await.unwrap().unwrap().unwrap().position,
            position
        );
    }
    dog(&app, "Rex", &[]).await;
    assert_eq!(
        timeout(LONG, events.next()).await.unwrap().unwrap().unwrap().position,
        3
    );
    let _same_mapper = source(second.log());
}
