//! A projection that writes down each event, by any connection, and fails on demand.

use std::{
    collections::{BTreeMap, BTreeSet},
    future::Future,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use es_projection::prelude::*;
use sqlx::{PgConnection, SqliteConnection};

use crate::school::DogEvent;

/// What the projection needs of a database.
pub(crate) trait Tables: Send + 'static {
    fn make(&mut self) -> impl Future<Output = Result<(), BoxError>> + Send;
    fn write(&mut self, position: u64, text: &str) -> impl Future<Output = Result<(), BoxError>> + Send;
    /// All lines, in the order of positions.
    fn lines(&mut self) -> impl Future<Output = Result<Vec<(u64, String)>, BoxError>> + Send;
    /// The tricks and how many dogs know each.
    fn counts(&mut self) -> impl Future<Output = Result<BTreeMap<String, u64>, BoxError>> + Send;
}

/// The tables in memory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Book {
    lines: BTreeMap<u64, String>,
    counts: BTreeMap<String, u64>,
}

impl Tables for Book {
    async fn make(&mut self) -> Result<(), BoxError> {
        Ok(())
    }

    async fn write(&mut self, position: u64, text: &str) -> Result<(), BoxError> {
        if self.lines.insert(position, text.to_owned()).is_some() {
            return Err(format!("position {position} is written twice").into());
        }
        *self.counts.entry(text.to_owned()).or_default() += 1;
        Ok(())
    }

    async fn lines(&mut self) -> Result<Vec<(u64, String)>, BoxError> {
        Ok(self.lines.clone().into_iter().collect())
    }

    async fn counts(&mut self) -> Result<BTreeMap<String, u64>, BoxError> {
        Ok(self.counts.clone())
    }
}

impl Tables for SqliteConnection {
    async fn make(&mut self) -> Result<(), BoxError> {
        sqlx::raw_sql(
            "CREATE TABLE lines (position INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT;
             CREATE TABLE counts (text TEXT PRIMARY KEY, count INTEGER NOT NULL) STRICT;",
        )
        .execute(self)
        .await?;
        Ok(())
    }

    async fn write(&mut self, position: u64, text: &str) -> Result<(), BoxError> {
        let insert = sqlx::query("INSERT INTO lines VALUES (?, ?)")
            .bind(position.cast_signed())
            .bind(text);
        insert.execute(&mut *self).await?;
        let count = "INSERT INTO counts VALUES (?, 1) ON CONFLICT DO UPDATE SET count = count + 1";
        sqlx::query(count).bind(text).execute(self).await?;
        Ok(())
    }

    async fn lines(&mut self) -> Result<Vec<(u64, String)>, BoxError> {
        let lines = sqlx::query_as("SELECT position, text FROM lines ORDER BY position")
            .fetch_all(self)
            .await?;
        Ok(lines
            .into_iter()
            .map(|(position, text): (i64, _)| (position.cast_unsigned(), text))
            .collect())
    }

    async fn counts(&mut self) -> Result<BTreeMap<String, u64>, BoxError> {
        let counts = sqlx::query_as("SELECT text, count FROM counts").fetch_all(self).await?;
        Ok(counts
            .into_iter()
            .map(|(text, count): (_, i64)| (text, count.cast_unsigned()))
            .collect())
    }
}

impl Tables for PgConnection {
    async fn make(&mut self) -> Result<(), BoxError> {
        sqlx::raw_sql(
            "CREATE TABLE lines (position bigint PRIMARY KEY, text text NOT NULL);
             CREATE TABLE counts (text text PRIMARY KEY, count bigint NOT NULL);",
        )
        .execute(self)
        .await?;
        Ok(())
    }

    async fn write(&mut self, position: u64, text: &str) -> Result<(), BoxError> {
        let insert = sqlx::query("INSERT INTO lines VALUES ($1, $2)")
            .bind(position.cast_signed())
            .bind(text);
        insert.execute(&mut *self).await?;
        let count = "INSERT INTO counts AS c VALUES ($1, 1) ON CONFLICT (text) DO UPDATE SET count = c.count + 1";
        sqlx::query(count).bind(text).execute(self).await?;
        Ok(())
    }

    async fn lines(&mut self) -> Result<Vec<(u64, String)>, BoxError> {
        let lines = sqlx::query_as("SELECT position, text FROM lines ORDER BY position")
            .fetch_all(self)
            .await?;
        Ok(lines
            .into_iter()
            .map(|(position, text): (i64, _)| (position.cast_unsigned(), text))
            .collect())
    }

    async fn counts(&mut self) -> Result<BTreeMap<String, u64>, BoxError> {
        let counts = sqlx::query_as("SELECT text, count FROM counts").fetch_all(self).await?;
        Ok(counts
            .into_iter()
            .map(|(text, count): (_, i64)| (text, count.cast_unsigned()))
            .collect())
    }
}

/// Writes down names and tricks. A clone shares what it fails on and what it has seen.
#[derive(Clone, Debug, Default)]
pub(crate) struct Journal {
    inner: Arc<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    poison: Mutex<BTreeSet<&'static str>>,
    projected: AtomicUsize,
    batches: Mutex<Vec<usize>>,
}

impl Journal {
    /// A journal that fails on these texts.
    pub(crate) fn failing_on(texts: impl IntoIterator<Item = &'static str>) -> Self {
        let journal = Self::default();
        journal.poison().extend(texts);
        journal
    }

    fn poison(&self) -> MutexGuard<'_, BTreeSet<&'static str>> {
        self.inner.poison.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Fails on nothing any more.
    pub(crate) fn heal(&self) {
        self.poison().clear();
    }

    /// How often an event was given to it.
    pub(crate) fn projected(&self) -> usize {
        self.inner.projected.load(Ordering::SeqCst)
    }

    /// How many events each batch had.
    pub(crate) fn batches(&self) -> Vec<usize> {
        self.inner.batches.lock().unwrap().clone()
    }

    fn check(&self, text: &str) -> Result<(), BoxError> {
        let is_poison = self.poison().contains(text);
        assert!(!is_poison || text != "panic", "the journal panics on purpose");
        if is_poison {
            return Err(format!("{text} is refused").into());
        }
        Ok(())
    }
}

impl<T: Tables> Projection<T> for Journal {
    type Events = DogEvent;
    const NAME: &str = "Journal";

    async fn create(&self, tables: &mut T) -> Result<(), BoxError> {
        tables.make().await
    }

    async fn project(&self, event: &Recorded<DogEvent>, tables: &mut T) -> Result<(), BoxError> {
        self.inner.projected.fetch_add(1, Ordering::SeqCst);
        let (DogEvent::Registered { name: text } | DogEvent::TrickAdded { trick: text }) = event.body();
        // It writes first: what is written has to be rolled back.
        tables.write(event.position(), text).await?;
        self.check(text)
    }

    async fn project_all(&self, events: &[Recorded<DogEvent>], tables: &mut T) -> Result<(), BoxError> {
        self.inner.batches.lock().unwrap().push(events.len());
        for event in events {
            self.project(event, tables).await?;
        }
        Ok(())
    }
}
