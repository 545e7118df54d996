//! Whole commands, beside two statements by hand.

use es_application::Application;
use es_persistence::Environment;
use sqlx::{Executor as _, Row as _, SqlitePool};
use uuid::Uuid;

use super::{Fixture, hand};
use crate::{
    AnyError,
    commands::{by_application, decide, fresh_dogs, in_tasks, per_round},
    measure::{Bench, Rounds},
};

/// The rows, and their numbers of tasks.
const ALL: [(&str, usize); 3] = [
    ("sqlite: whole command, 1 task", 1),
    ("sqlite: whole command, 8 tasks", 8),
    ("sqlite: whole command, 32 tasks", 32),
];

pub(super) async fn run(bench: &Bench) -> Result<(), AnyError> {
    for (name, tasks) in ALL {
        if bench.wants(name) {
            measure(name, tasks).await?;
        }
    }
    Ok(())
}

async fn measure(name: &str, tasks: usize) -> Result<(), AnyError> {
    let fixture = Fixture::open().await?;
    let path = fixture.path().to_str().ok_or("the path is no Unicode")?.to_owned();
    let app = Application::builder("bench")
        .environment(
            Environment::new("bench")
                .with("PERSISTENCE_MODULE", "sqlite")
                .with("SQLITE_DBNAME", path),
        )
        .persistence([es_sqlite::factory()])
        .open()
        .await?;
    // Of the same application, in a file of its own: two programs that write one file wait for each other.
    let beside = Fixture::open().await?;
    let pool = hand::pool(&beside.path(), 10).await?;
    pool.execute(
        "CREATE TABLE plain (position INTEGER PRIMARY KEY, originator_id BLOB NOT NULL, \
         originator_version INTEGER NOT NULL, topic TEXT NOT NULL, state BLOB NOT NULL, \
         UNIQUE (originator_id, originator_version)) STRICT",
    )
    .await?;
    let mut rounds = Rounds::new();
    for round in Rounds::numbers() {
        let dogs = fresh_dogs(&*fixture.recorder, per_round(tasks)).await?;
        let ours = by_application(&app, &dogs, tasks).await?;
        // The disk makes a commit each of all tasks: a part of the dogs is enough.
        let few = fresh_plain_dogs(&beside, &pool, per_round(1)).await?;
        let command = {
            let pool = pool.clone();
            move |_task, id| command(pool.clone(), id)
        };
        rounds.add(round, 1, ours, in_tasks(&few, tasks, command).await?);
    }
    let (ours, theirs) = rounds.figures();
    Bench::row(name, ours, Some(("sqlx, select and insert, a pool of 10", theirs)));
    app.close().await;
    fixture.datastore.close().await;
    pool.close().await;
    beside.datastore.close().await;
    Ok(())
}

/// Stores dogs in the plain table, in the form of our rows.
async fn fresh_plain_dogs(beside: &Fixture, pool: &SqlitePool, len: usize) -> Result<Vec<Uuid>, AnyError> {
    let dogs = fresh_dogs(&*beside.recorder, len).await?;
    let copy = "INSERT INTO plain (originator_id, originator_version, topic, state) \
                SELECT originator_id, originator_version, topic, state FROM bench_events \
                WHERE originator_id NOT IN (SELECT originator_id FROM plain)";
    pool.execute(copy).await?;
    Ok(dogs)
}

async fn command(pool: SqlitePool, id: Uuid) -> Result<(), AnyError> {
    let select =
        "SELECT originator_version, topic, state FROM plain WHERE originator_id = ? ORDER BY originator_version";
    let id = id.as_bytes().as_slice();
    let rows = sqlx::query(select).bind(id).fetch_all(&pool).await?;
    let last = rows.last().ok_or("the aggregate is not there")?;
    let (version, topic): (i64, String) = (last.try_get(0)?, last.try_get(1)?);
    let states = rows
        .iter()
        .map(|row| row.try_get(2))
        .collect::<Result<Vec<&[u8]>, _>>()?;
    let state = decide(&states)?;
    let insert = "INSERT INTO plain (originator_id, originator_version, topic, state) VALUES (?, ?, ?, ?)";
    let insert = sqlx::query(insert).bind(id).bind(version + 1).bind(topic).bind(state);
    insert.execute(&pool).await?;
    Ok(())
}
