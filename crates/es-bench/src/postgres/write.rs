//! Saving events of one row each in one process.

use std::{sync::Arc, time::Instant};

use sqlx::{Connection as _, PgConnection};

use super::{
    Fixture,
    hand::{self, Way},
};
use crate::{
    AnyError, dog,
    measure::{Bench, Lap, Rounds},
    writers::together,
};

pub(super) const ONE: &str = "postgres: save one event, 1 writer";
pub(super) const MANY: &str = "postgres: save one event, 32 writers";

const SAVES: usize = 500;
const WRITERS: usize = 32;
const SAVES_OF_MANY: usize = 100;

pub(super) async fn one_writer(fixture: &Fixture) -> Result<(), AnyError> {
    for way in Way::ALL {
        let mut connection = PgConnection::connect(&fixture.url).await?;
        let mut rounds = Rounds::new();
        for round in Rounds::numbers() {
            let start = Instant::now();
            for event in dog::rows(SAVES)? {
                fixture.recorder.insert_events(vec![event]).await?;
            }
            let ours = Lap::since(start);
            let start = Instant::now();
            for event in dog::rows(SAVES)? {
                way.insert(&mut connection, &event).await?;
            }
            rounds.add(round, SAVES, ours, Lap::since(start));
        }
        let (ours, theirs) = rounds.figures();
        Bench::row(ONE, ours, Some((way.name(), theirs)));
    }
    Ok(())
}

pub(super) async fn many_writers(fixture: &Fixture) -> Result<(), AnyError> {
    let pool = hand::pool(&fixture.url, 32).await?;
    for way in Way::ALL {
        let mut rounds = Rounds::new();
        for round in Rounds::numbers() {
            let recorder = Arc::clone(&fixture.recorder);
            let ours = together(WRITERS, SAVES_OF_MANY, move |event| {
                let recorder = Arc::clone(&recorder);
                async move { Ok(recorder.insert_events(vec![event]).await.map(drop)?) }
            });
            let ours = ours.await?;
            let by_hand = together(WRITERS, SAVES_OF_MANY, |event| {
                let pool = pool.clone();
                async move { Ok(way.insert(&mut *pool.acquire().await?, &event).await?) }
            });
            rounds.add(round, WRITERS * SAVES_OF_MANY, ours, by_hand.await?);
        }
        let (ours, theirs) = rounds.figures();
        Bench::row(MANY, ours, Some((way.name(), theirs)));
    }
    pool.close().await;
    Ok(())
}
