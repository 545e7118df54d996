//! Saving events of one row each.

use std::{error::Error, sync::Arc, time::Instant};

use es_persistence::StoredEvent;
use futures_util::future::try_join_all;

use super::{Fixture, hand};
use crate::{
    dog,
    measure::{Bench, Lap, Rounds},
};

const SAVES: usize = 500;
const WRITERS: usize = 32;
const SAVES_OF_MANY: usize = 100;

type AnyError = Box<dyn Error + Send + Sync>;

pub(super) async fn one_writer(bench: &Bench) -> Result<(), Box<dyn Error>> {
    const NAME: &str = "sqlite: save one event, 1 writer";
    if !bench.wants(NAME) {
        return Ok(());
    }
    let fixture = Fixture::open().await?;
    let mut connection = hand::connect(&fixture.path()).await?;
    let mut rounds = Rounds::new();
    for round in Rounds::numbers() {
        let start = Instant::now();
        for event in dog::rows(SAVES)? {
            fixture.recorder.insert_events(vec![event]).await?;
        }
        let ours = Lap::since(start);
        let start = Instant::now();
        for event in dog::rows(SAVES)? {
            hand::insert(&mut connection, &event).await?;
        }
        rounds.add(round, SAVES, ours, Lap::since(start));
    }
    let (ours, theirs) = rounds.figures();
    Bench::row(NAME, ours, Some(("sqlx, by hand, one connection", theirs)));
    fixture.datastore.close().await;
    Ok(())
}

pub(super) async fn many_writers(bench: &Bench) -> Result<(), Box<dyn Error>> {
    const NAME: &str = "sqlite: save one event, 32 writers";
    if !bench.wants(NAME) {
        return Ok(());
    }
    let fixture = Fixture::open().await?;
    let pool = hand::pool(&fixture.path(), 10).await?;
    let merging = Arc::new(hand::Merging::start(hand::connect(&fixture.path()).await?));
    let (mut pooled, mut merged) = (Rounds::new(), Rounds::new());
    for round in Rounds::numbers() {
        let recorder = Arc::clone(&fixture.recorder);
        let ours = together(move |event| {
            let recorder = Arc::clone(&recorder);
            async move { Ok(recorder.insert_events(vec![event]).await.map(drop)?) }
        });
        let ours = ours.await?;
        let by_pool = together(|event| {
            let pool = pool.clone();
            async move { Ok(hand::insert(&pool, &event).await?) }
        });
        let by_merging = together(|event| {
            let merging = Arc::clone(&merging);
            async move { merging.insert(event).await }
        });
        pooled.add(round, WRITERS * SAVES_OF_MANY, ours, by_pool.await?);
        merged.add(round, WRITERS * SAVES_OF_MANY, ours, by_merging.await?);
    }
    let (ours, by_pool) = pooled.figures();
    Bench::row(NAME, ours, Some(("sqlx, a pool of 10, a commit each", by_pool)));
    let (ours, by_merging) = merged.figures();
    Bench::row(NAME, ours, Some(("sqlx, a merging writer by hand", by_merging)));
    fixture.datastore.close().await;
    Ok(())
}

/// Times tasks that each save the events of a dog of their own, one by one.
async fn together<F>(save: impl Fn(StoredEvent) -> F + Clone + Send) -> Result<Lap, Box<dyn Error>>
where
    F: Future<Output = Result<(), AnyError>> + Send + 'static,
{
    let dogs: Vec<_> = (0..WRITERS)
        .map(|_| dog::rows(SAVES_OF_MANY))
        .collect::<Result<_, _>>()?;
    let start = Instant::now();
    let writers = dogs.into_iter().map(|events| {
        let saves: Vec<_> = events.into_iter().map(&save).collect();
        tokio::spawn(async move {
            for save in saves {
                save.await?;
            }
            Ok::<_, AnyError>(())
        })
    });
    for written in try_join_all(writers).await? {
        written.map_err(|error| error as Box<dyn Error>)?;
    }
    Ok(Lap::since(start))
}
