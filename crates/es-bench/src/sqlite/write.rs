//! Saving events of one row each.

use std::{sync::Arc, time::Instant};

use super::{Fixture, hand};
use crate::{
    AnyError, dog,
    measure::{Bench, Lap, Rounds},
    writers::together,
};

const SAVES: usize = 500;
const WRITERS: usize = 32;
const SAVES_OF_MANY: usize = 100;

pub(super) async fn one_writer(bench: &Bench) -> Result<(), AnyError> {
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

pub(super) async fn many_writers(bench: &Bench) -> Result<(), AnyError> {
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
        let ours = together(WRITERS, SAVES_OF_MANY, move |event| {
            let recorder = Arc::clone(&recorder);
            async move { Ok(recorder.insert_events(vec![event]).await.map(drop)?) }
        });
        let ours = ours.await?;
        let by_pool = together(WRITERS, SAVES_OF_MANY, |event| {
            let pool = pool.clone();
            async move { Ok(hand::insert(&pool, &event).await?) }
        });
        let by_merging = together(WRITERS, SAVES_OF_MANY, |event| {
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
