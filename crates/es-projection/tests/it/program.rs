//! The programs that the documentation shows, on each database.

use std::{collections::BTreeMap, time::Duration};

use es_application::prelude::*;
use es_projection::{prelude::*, testing::given};
use sqlx::{Connection as _, PgConnection, SqliteConnection};

use crate::{
    school::{Dog, DogEvent, SchoolEvent, Trainer, TrainerEvent},
    world::{LONG, World, postgres, sqlite},
};

const SECOND: Duration = Duration::from_secs(1);

/// How many dogs know each trick.
struct TrickCounts;

impl Projection<SqliteConnection> for TrickCounts {
    type Events = DogEvent;
    const NAME: &str = "TrickCounts";

    async fn create(&self, db: &mut SqliteConnection) -> Result<(), BoxError> {
        sqlx::query("CREATE TABLE tricks (trick TEXT PRIMARY KEY, dogs INTEGER NOT NULL) STRICT")
            .execute(db)
            .await?;
        Ok(())
    }

    async fn project(&self, event: &Recorded<DogEvent>, db: &mut SqliteConnection) -> Result<(), BoxError> {
        match event.body() {
            DogEvent::Registered { .. } => {}
            DogEvent::TrickAdded { trick } => {
                sqlx::query("INSERT INTO tricks VALUES (?, 1) ON CONFLICT DO UPDATE SET dogs = dogs + 1")
                    .bind(trick)
                    .execute(db)
                    .await?;
            }
        }
        Ok(())
    }
}

impl Projection<PgConnection> for TrickCounts {
    type Events = DogEvent;
    const NAME: &str = "TrickCounts";

    async fn create(&self, db: &mut PgConnection) -> Result<(), BoxError> {
        sqlx::query("CREATE TABLE tricks (trick text PRIMARY KEY, dogs bigint NOT NULL)")
            .execute(db)
            .await?;
        Ok(())
    }

    async fn project(&self, event: &Recorded<DogEvent>, db: &mut PgConnection) -> Result<(), BoxError> {
        match event.body() {
            DogEvent::Registered { .. } => {}
            DogEvent::TrickAdded { trick } => {
                let count =
                    "INSERT INTO tricks AS t VALUES ($1, 1) ON CONFLICT (trick) DO UPDATE SET dogs = t.dogs + 1";
                sqlx::query(count).bind(trick).execute(db).await?;
            }
        }
        Ok(())
    }
}

/// Refuses dogs without a name.
struct Names;

impl Projection<SqliteConnection> for Names {
    type Events = DogEvent;
    const NAME: &str = "Names";

    async fn create(&self, db: &mut SqliteConnection) -> Result<(), BoxError> {
        sqlx::query("CREATE TABLE names (name TEXT NOT NULL CHECK (name <> '')) STRICT")
            .execute(db)
            .await?;
        Ok(())
    }

    async fn project(&self, event: &Recorded<DogEvent>, db: &mut SqliteConnection) -> Result<(), BoxError> {
        if let DogEvent::Registered { name } = event.body() {
            sqlx::query("INSERT INTO names VALUES (?)")
                .bind(name)
                .execute(db)
                .await?;
        }
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_program_of_the_documentation_runs_on_sqlite() -> Result<(), BoxError> {
    let World { app, views, .. } = &sqlite().await;
    let mut fido = Dog::register("Fido");
    app.save(&mut fido).await?;

    let counts = ProjectionRunner::new(views, TrickCounts).follow(app).start().await?;
    let added = app.execute(fido.id(), |dog| dog.add_trick("sit")).await?;
    counts.wait_for(added.position()).await?;
    let dogs: i64 = sqlx::query_scalar("SELECT dogs FROM tricks WHERE trick = ?")
        .bind("sit")
        .fetch_one(&mut *counts.read().await?)
        .await?;
    assert_eq!(dogs, 1);
    counts.rebuild().await?;
    let dogs: i64 = sqlx::query_scalar("SELECT dogs FROM tricks")
        .fetch_one(&mut *counts.read().await?)
        .await?;
    assert_eq!(dogs, 1);

    let names = ProjectionRunner::new(views, Names)
        .follow(app)
        .on_error(|failure| {
            if failure.attempts < 2 {
                Remedy::RetryAfter(SECOND / 100)
            } else {
                Remedy::SetAside
            }
        })
        .start()
        .await?;
    let saved = app.save(&mut Dog::register("")).await?;
    names.wait_for(saved.last().map(Recorded::position)).await?;
    assert_eq!(names.dead_letters().await?.len(), 1);
    counts.stop(LONG).await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_program_of_the_documentation_runs_on_postgres() -> Result<(), BoxError> {
    let Some(world) = postgres().await else { return Ok(()) };
    let World { app, views, .. } = &world;
    let mut fido = Dog::register("Fido");
    app.save(&mut fido).await?;
    let counts = ProjectionRunner::new(views, TrickCounts).follow(app).start().await?;
    let added = app.execute(fido.id(), |dog| dog.add_trick("sit")).await?;
    counts.wait_for(added.position()).await?;
    let count = "SELECT dogs FROM tricks WHERE trick = $1";
    let dogs: i64 = sqlx::query_scalar(count)
        .bind("sit")
        .fetch_one(&mut *counts.read().await?)
        .await?;
    assert_eq!(dogs, 1);
    let mut before = counts.read().await?;
    counts.rebuild().await?;
    let old: i64 = sqlx::query_scalar(count).bind("sit").fetch_one(&mut *before).await?;
    let dogs: i64 = sqlx::query_scalar(count)
        .bind("sit")
        .fetch_one(&mut *counts.read().await?)
        .await?;
    assert_eq!((old, dogs), (1, 1), "the old one can still be read");
    counts.stop(LONG).await?;
    Ok(())
}

#[tokio::test]
async fn a_projection_is_tested_in_a_database_in_memory() -> Result<(), BoxError> {
    let connection = SqliteConnection::connect("sqlite::memory:").await?;
    let given = given([
        DogEvent::Registered { name: "Fido".into() },
        DogEvent::TrickAdded { trick: "sit".into() },
        DogEvent::TrickAdded { trick: "sit".into() },
    ]);
    let mut db = given.project_into(connection, TrickCounts).await?;
    let rows: Vec<(String, i64)> = sqlx::query_as("SELECT * FROM tricks").fetch_all(&mut db).await?;
    assert_eq!(rows, [("sit".to_owned(), 2)]);
    Ok(())
}

/// Which members the school has, by name.
#[derive(Debug, Default, PartialEq)]
struct Roster {
    dogs: BTreeMap<Id<Dog>, String>,
    trainers: BTreeMap<Id<Trainer>, String>,
}

impl ReadModel for Roster {
    type Events = SchoolEvent;

    fn apply(&mut self, event: &Recorded<SchoolEvent>) {
        match event.body() {
            SchoolEvent::Dog(id, DogEvent::Registered { name }) => drop(self.dogs.insert(*id, name.clone())),
            SchoolEvent::Dog(_, DogEvent::TrickAdded { .. }) => {}
            SchoolEvent::Trainer(id, TrainerEvent::Hired { name }) => drop(self.trainers.insert(*id, name.clone())),
        }
    }
}

#[tokio::test]
async fn a_model_in_memory_follows_an_application_on_sqlite() -> Result<(), BoxError> {
    let World { app, .. } = &sqlite().await;
    let roster = InMemory::follow(Roster::default(), app);
    let (mut fido, mut ann) = (Dog::register("Fido"), Trainer::hire("Ann"));
    let saved = app.save((&mut fido, &mut ann)).await?;
    roster.wait_for(saved.last().map(Recorded::position)).await?;
    assert_eq!(roster.read().dogs[&fido.id()], "Fido");

    given([SchoolEvent::Dog(
        fido.id(),
        DogEvent::Registered { name: "Fido".into() },
    )])
    .project(Roster::default())
    .then(|roster| assert_eq!(roster.dogs.len(), 1));
    Ok(())
}
