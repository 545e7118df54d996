//! Reading streams and the log, undecoded.

use std::{hint::black_box, time::Instant};

use es_persistence::{Selection, StoredEvent, StreamSelection};
use sqlx::{Connection as _, PgConnection, Row as _};

use super::{Fixture, hand};
use crate::{
    AnyError, dog,
    measure::{Bench, Lap, Rounds},
};

pub(super) const STREAM: &str = "postgres: read a stream of 10 events";
pub(super) const LOG: &str = "postgres: scan the log, pages of 500";

const DOGS: usize = 2_000;
const EVENTS: usize = 10;
const PAGE: usize = 500;

pub(super) async fn streams(fixture: &Fixture) -> Result<(), AnyError> {
    let firsts = fill(fixture).await?;
    let mut connection = PgConnection::connect(&fixture.url).await?;
    let mut rounds = Rounds::new();
    for round in Rounds::numbers() {
        let start = Instant::now();
        for event in &firsts {
            let stream = StreamSelection::of(event.originator_id.clone());
            black_box(fixture.recorder.select_events(stream).await?);
        }
        let ours = Lap::since(start);
        let start = Instant::now();
        for event in &firsts {
            black_box(hand::read_stream(&mut connection, event).await?);
        }
        rounds.add(round, DOGS, ours, Lap::since(start));
    }
    let (ours, theirs) = rounds.figures();
    Bench::row(STREAM, ours, Some(("sqlx, by hand, one connection", theirs)));
    Ok(())
}

pub(super) async fn log(fixture: &Fixture) -> Result<(), AnyError> {
    fill(fixture).await?;
    let mut connection = PgConnection::connect(&fixture.url).await?;
    let mut rounds = Rounds::new();
    for round in Rounds::numbers() {
        let start = Instant::now();
        let mut last = 0;
        loop {
            let selection = Selection::after(last).limit(PAGE);
            let page = fixture.recorder.select_notifications(selection).await?;
            if page.reached == last {
                break;
            }
            last = page.reached;
            black_box(page);
        }
        let ours = Lap::since(start);
        let start = Instant::now();
        scan(&mut connection).await?;
        rounds.add(round, DOGS * EVENTS, ours, Lap::since(start));
    }
    let (ours, theirs) = rounds.figures();
    Bench::row(LOG, ours, Some(("sqlx, by hand, one connection", theirs)));
    Ok(())
}

async fn scan(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    let mut last = 0;
    loop {
        let rows = hand::read_page(connection, last, PAGE).await?;
        let Some(end) = rows.last() else { return Ok(()) };
        last = end.try_get(0)?;
        let page: Vec<LogRow> = rows.iter().map(sqlx::FromRow::from_row).collect::<Result<_, _>>()?;
        black_box(page);
    }
}

/// A row of the log.
type LogRow = (i64, sqlx::types::Uuid, i64, String, Vec<u8>);

/// Stores the events of many dogs in both tables, and returns the first event of each.
async fn fill(fixture: &Fixture) -> Result<Vec<StoredEvent>, AnyError> {
    let mut firsts = Vec::with_capacity(DOGS);
    for _ in 0..DOGS / 100 {
        let dogs = (0..100).map(|_| dog::rows(EVENTS)).collect::<Result<Vec<_>, _>>()?;
        firsts.extend(dogs.iter().map(|dog| dog[0].clone()));
        fixture.recorder.insert_events(dogs.concat()).await?;
    }
    let copy = "INSERT INTO es_bench.plain SELECT position, originator_id, originator_version, topic, state \
                FROM es_bench.bench_events; ANALYZE es_bench.plain, es_bench.bench_events";
    super::execute(&fixture.url, copy).await?;
    Ok(firsts)
}
