//! The recorder in memory.

use std::time::Instant;

use es_persistence::{AggregateRecorder as _, MemoryRecorder};

use crate::{
    AnyError, dog,
    measure::{Bench, Lap, Rounds},
};

const SAVES: usize = 20_000;

pub(crate) async fn run(bench: &mut Bench) -> Result<(), AnyError> {
    const NAME: &str = "memory: save one event";
    if !bench.wants(NAME) {
        return Ok(());
    }
    let mut rounds = Rounds::new();
    for round in Rounds::numbers() {
        let saves = dog::rows(SAVES)?;
        let recorder = MemoryRecorder::new();
        let start = Instant::now();
        for event in saves {
            recorder.insert_events(vec![event]).await?;
        }
        let lap = Lap::since(start);
        rounds.add(round, SAVES, lap, lap);
    }
    Bench::row(NAME, rounds.figures().0, None);
    Ok(())
}
