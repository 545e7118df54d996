//! Saving events of one row each in several processes.

use std::{
    env,
    io::{self, BufRead as _, BufReader, Write as _},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    sync::Arc,
    time::Instant,
};

use super::{
    Fixture,
    hand::{self, Way},
};
use crate::{
    AnyError,
    measure::{Bench, Lap, Rounds},
    writers::together,
};

pub(super) const MANY: &str = "postgres: save one event, 8 processes of 4 writers";

/// The argument that makes this program one of the processes.
pub(crate) const WRITER: &str = "--postgres-writer";

const PROCESSES: usize = 8;
const WRITERS: usize = 4;
const SAVES: usize = 100;

pub(super) async fn many_writers(fixture: &Fixture) -> Result<(), AnyError> {
    let mut processes: Vec<_> = (0..PROCESSES).map(|_| Process::start()).collect::<Result<_, _>>()?;
    for way in Way::ALL {
        let mut rounds = Rounds::new();
        for round in Rounds::numbers() {
            let ours = all(&mut processes, "store")?;
            rounds.add(
                round,
                PROCESSES * WRITERS * SAVES,
                ours,
                all(&mut processes, way.word())?,
            );
        }
        let (ours, theirs) = rounds.figures();
        Bench::row(MANY, ours, Some((way.name(), theirs)));
    }
    let written = fixture.recorder.max_position().await?;
    assert!(written.is_some(), "the processes have written nothing");
    processes.into_iter().try_for_each(Process::end)
}

/// Times a round of all processes at once.
fn all(processes: &mut [Process], word: &str) -> Result<Lap, AnyError> {
    let start = Instant::now();
    for process in &mut *processes {
        writeln!(process.orders, "{word}")?;
    }
    for process in processes {
        process.hear("done")?;
    }
    Ok(Lap::since(start))
}

impl Way {
    const fn word(self) -> &'static str {
        match self {
            Self::Unordered => "unordered",
            Self::Locked => "locked",
        }
    }
}

/// A process that writes when it is told to.
struct Process {
    child: Child,
    orders: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Process {
    fn start() -> Result<Self, AnyError> {
        let mut command = Command::new(env::current_exe()?);
        command.arg(WRITER).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn()?;
        let (orders, answers) = child.stdin.take().zip(child.stdout.take()).ok_or("no pipes")?;
        let mut process = Self {
            child,
            orders,
            answers: BufReader::new(answers),
        };
        process.hear("ready")?;
        Ok(process)
    }

    fn hear(&mut self, expected: &str) -> Result<(), AnyError> {
        let mut line = String::new();
        self.answers.read_line(&mut line)?;
        if line.trim_end() == expected {
            return Ok(());
        }
        Err(format!("a writing process says {line:?} instead of {expected:?}").into())
    }

    fn end(self) -> Result<(), AnyError> {
        let Self { mut child, orders, .. } = self;
        drop(orders);
        child.wait()?;
        Ok(())
    }
}

/// Writes a round for each line of the standard input, in the way that it names, and says when it is done.
pub(crate) fn write_as_told() -> Result<(), AnyError> {
    let runtime = tokio::runtime::Runtime::new()?;
    let url = env::var("ES_POSTGRES_URL")?;
    let fixture = runtime.block_on(Fixture::open(&url))?;
    let pool = runtime.block_on(hand::pool(&url, 4))?;
    println!("ready");
    for line in io::stdin().lock().lines() {
        let line = line?;
        match Way::ALL.into_iter().find(|way| way.word() == line) {
            None => runtime.block_on(together(WRITERS, SAVES, |event| {
                let recorder = Arc::clone(&fixture.recorder);
                async move { Ok(recorder.insert_events(vec![event]).await.map(drop)?) }
            }))?,
            Some(way) => runtime.block_on(together(WRITERS, SAVES, |event| {
                let pool = pool.clone();
                async move { Ok(way.insert(&mut *pool.acquire().await?, &event).await?) }
            }))?,
        };
        println!("done");
    }
    runtime.block_on(fixture.datastore.close());
    Ok(())
}
