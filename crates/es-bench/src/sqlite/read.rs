//! Reading streams and the log, undecoded.

use std::{hint::black_box, time::Instant};

use es_persistence::{OriginatorId, Selection, StreamSelection};
use rusqlite::OpenFlags;

use super::{Fixture, hand};
use crate::{
    AnyError, dog,
    measure::{Bench, Lap, Rounds},
};

const DOGS: usize = 2_000;
const EVENTS: usize = 10;
const PAGE: usize = 500;

pub(super) async fn streams(bench: &Bench) -> Result<(), AnyError> {
    const NAME: &str = "sqlite: read a stream of 10 events";
    if !bench.wants(NAME) {
        return Ok(());
    }
    let (fixture, ids) = filled().await?;
    let mut connection = hand::connect(&fixture.path()).await?;
    let mut rounds = Rounds::new();
    for round in Rounds::numbers() {
        let start = Instant::now();
        for id in &ids {
            black_box(fixture.recorder.select_events(StreamSelection::of(id.clone())).await?);
        }
        let ours = Lap::since(start);
        let start = Instant::now();
        for id in ids.iter().filter_map(OriginatorId::as_uuid) {
            black_box(hand::read_stream(&mut connection, id.as_bytes()).await?);
        }
        rounds.add(round, DOGS, ours, Lap::since(start));
    }
    let (ours, theirs) = rounds.figures();
    Bench::row(NAME, ours, Some(("sqlx, by hand, one connection", theirs)));
    fixture.datastore.close().await;
    Ok(())
}

pub(super) async fn log(bench: &Bench) -> Result<(), AnyError> {
    const NAME: &str = "sqlite: scan the log, pages of 500";
    if !bench.wants(NAME) {
        return Ok(());
    }
    let (fixture, _) = filled().await?;
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = rusqlite::Connection::open_with_flags(fixture.path(), flags)?;
    let mut rounds = Rounds::new();
    for round in Rounds::numbers() {
        let start = Instant::now();
        let mut last = 0;
        loop {
            let page = fixture
                .recorder
                .select_notifications(Selection::after(last).limit(PAGE))
                .await?;
            if page.reached == last {
                break;
            }
            last = page.reached;
            black_box(page);
        }
        let ours = Lap::since(start);
        let start = Instant::now();
        scan(&connection)?;
        rounds.add(round, DOGS * EVENTS, ours, Lap::since(start));
    }
    let (ours, theirs) = rounds.figures();
    Bench::row(NAME, ours, Some(("rusqlite, by hand, one thread", theirs)));
    fixture.datastore.close().await;
    Ok(())
}

fn scan(connection: &rusqlite::Connection) -> Result<(), rusqlite::Error> {
    let sql = "SELECT position, originator_id, originator_version, topic, state FROM bench_events \
               WHERE position > ?1 ORDER BY position LIMIT ?2";
    let mut last = 0_i64;
    loop {
        let mut statement = connection.prepare_cached(sql)?;
        let mut rows = statement.query((last, 500))?;
        let mut page: Vec<LogRow> = Vec::with_capacity(500);
        while let Some(row) = rows.next()? {
            page.push((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?));
        }
        let Some(end) = page.last() else { return Ok(()) };
        last = end.0;
        black_box(page);
    }
}

/// A row of the log.
type LogRow = (i64, [u8; 16], i64, String, Vec<u8>);

/// A file with the events of many dogs, and their IDs.
async fn filled() -> Result<(Fixture, Vec<OriginatorId>), AnyError> {
    let fixture = Fixture::open().await?;
    let mut ids = Vec::with_capacity(DOGS);
    for _ in 0..DOGS / 100 {
        let mut events = Vec::with_capacity(100 * EVENTS);
        for _ in 0..100 {
            let rows = dog::rows(EVENTS)?;
            ids.push(rows[0].originator_id.clone());
            events.extend(rows);
        }
        fixture.recorder.insert_events(events).await?;
    }
    Ok((fixture, ids))
}
