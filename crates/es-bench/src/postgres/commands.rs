//! Whole commands, beside two statements by hand.

use std::{collections::BTreeSet, sync::Arc};

use es_application::Application;
use tokio_postgres::{Client, NoTls, Statement};
use uuid::Uuid;

use super::{Fixture, environment};
use crate::{
    AnyError,
    commands::{by_application, decide, fresh_dogs, in_tasks, per_round},
    measure::{Bench, Rounds},
};

/// The rows, and their numbers of tasks.
pub(super) const ALL: [(&str, usize); 3] = [
    ("postgres: whole command, 1 task", 1),
    ("postgres: whole command, 8 tasks", 8),
    ("postgres: whole command, 32 tasks", 32),
];

pub(super) async fn run(fixture: &Fixture, name: &str, tasks: usize) -> Result<(), AnyError> {
    let app = Application::builder("bench")
        .environment(environment(&fixture.url, super::SCHEMA).ok_or("the URL was read before")?)
        .persistence([es_postgres::factory()])
        .open()
        .await?;
    let hands = Hands::open(&fixture.url, tasks).await?;
    let (mut free, mut locked) = (Rounds::new(), Rounds::new());
    let mut opened = Opened::default();
    for round in Rounds::numbers() {
        let dogs = fresh_dogs(&*fixture.recorder, per_round(tasks)).await?;
        copy(fixture, &hands).await?;
        opened.look(&hands, round).await?;
        let ours = by_application(&app, &dogs, tasks).await?;
        opened.look(&hands, round).await?;
        free.add(round, 1, ours, hands.run(&dogs, false).await?);
        // A lock makes one of all tasks: a part of the dogs is enough.
        let few = &fresh_dogs(&*fixture.recorder, per_round(1)).await?;
        copy(fixture, &hands).await?;
        locked.add(round, 1, ours, hands.run(few, true).await?);
    }
    let (ours, theirs) = free.figures();
    Bench::row(
        name,
        ours,
        Some(("tokio-postgres, select and insert, a connection a task", theirs)),
    );
    let (ours, theirs) = locked.figures();
    Bench::row(
        name,
        ours,
        Some(("tokio-postgres, the table locked in a transaction", theirs)),
    );
    println!(
        "| {name}: connections opened after the first round | {} | | | |",
        opened.later
    );
    app.close().await;
    Ok(())
}

/// Copies what the dogs' table lacks into the plain one.
async fn copy(fixture: &Fixture, hands: &Hands) -> Result<(), AnyError> {
    let copy = "INSERT INTO es_bench.plain (originator_id, originator_version, topic, state) \
                SELECT originator_id, originator_version, topic, state FROM es_bench.bench_events \
                WHERE position > (SELECT coalesce(max(position), 0) FROM es_bench.copied) ON CONFLICT DO NOTHING; \
                INSERT INTO es_bench.copied SELECT max(position) FROM es_bench.bench_events";
    let create = "CREATE TABLE IF NOT EXISTS es_bench.copied (position bigint)";
    let client = &hands.0[0].client;
    client
        .batch_execute(&format!("SET client_min_messages = warning; {create}"))
        .await?;
    client.batch_execute(copy).await?;
    super::execute(&fixture.url, "VACUUM ANALYZE es_bench.plain, es_bench.bench_events").await
}

/// Which server processes have served the application, and how many of them came after the first round.
#[derive(Default)]
struct Opened {
    known: BTreeSet<i32>,
    later: usize,
}

impl Opened {
    async fn look(&mut self, hands: &Hands, round: usize) -> Result<(), AnyError> {
        let sql = "SELECT pid FROM pg_stat_activity WHERE application_name = 'bench'";
        for row in hands.0[0].client.query(sql, &[]).await? {
            let is_new = self.known.insert(row.get(0));
            self.later += usize::from(is_new && round > 0);
        }
        Ok(())
    }
}

/// A connection for each task.
struct Hands(Vec<Arc<Hand>>);

struct Hand {
    client: Client,
    select: Statement,
    insert: Statement,
}

impl Hands {
    async fn open(url: &str, tasks: usize) -> Result<Self, AnyError> {
        let mut hands = Vec::with_capacity(tasks);
        for _ in 0..tasks {
            hands.push(Arc::new(Hand::open(url).await?));
        }
        Ok(Self(hands))
    }

    async fn run(&self, dogs: &[Uuid], is_locking: bool) -> Result<crate::measure::Lap, AnyError> {
        let hands = self.0.clone();
        let command = move |task: usize, id| {
            let hand = Arc::clone(&hands[task]);
            async move { hand.command(id, is_locking).await }
        };
        in_tasks(dogs, self.0.len(), command).await
    }
}

impl Hand {
    async fn open(url: &str) -> Result<Self, AnyError> {
        let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
        tokio::spawn(connection);
        let select = "SELECT originator_version, topic, state FROM es_bench.plain WHERE originator_id = $1 \
                      ORDER BY originator_version";
        let insert = "INSERT INTO es_bench.plain (originator_id, originator_version, topic, state) \
                      VALUES ($1, $2, $3, $4)";
        Ok(Self {
            select: client.prepare(select).await?,
            insert: client.prepare(insert).await?,
            client,
        })
    }

    async fn command(&self, id: Uuid, is_locking: bool) -> Result<(), AnyError> {
        let rows = self.client.query(&self.select, &[&id]).await?;
        let last = rows.last().ok_or("the aggregate is not there")?;
        let (version, topic): (i64, &str) = (last.get(0), last.get(1));
        let state = decide(&rows.iter().map(|row| row.get(2)).collect::<Vec<_>>())?;
        if is_locking {
            let lock = "BEGIN; LOCK TABLE es_bench.plain IN EXCLUSIVE MODE";
            self.client.batch_execute(lock).await?;
        }
        self.client
            .execute(&self.insert, &[&id, &(version + 1), &topic, &state])
            .await?;
        if is_locking {
            self.client.batch_execute("COMMIT").await?;
        }
        Ok(())
    }
}
