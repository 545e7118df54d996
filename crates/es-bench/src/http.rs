//! The log over HTTP: a server and its clients in one process, over the loopback interface.

mod idle;

use std::{
    hint::black_box,
    sync::Arc,
    time::{Duration, Instant},
};

use es_http::{
    client::RemoteLog,
    server::{LogService, Permission, Server, Token, Tokens},
};
use es_persistence::{
    AggregateRecorder as _, MemoryRecorder, ReadableLog, Selection, Source, StoredEvent, Subscription,
};
use futures_util::StreamExt as _;
use tokio::{net::TcpListener, task::JoinHandle};

use crate::{
    AnyError, dog,
    measure::{Bench, Lap, Rounds},
};

pub(crate) async fn run(bench: &Bench) -> Result<(), AnyError> {
    pages(bench).await?;
    tail(bench).await?;
    idle::tails(bench).await
}

/// A log in memory and a server of it; dropped, the server ends.
struct Fixture {
    recorder: Arc<MemoryRecorder>,
    base: String,
    token: Token,
    task: JoinHandle<()>,
}

impl Drop for Fixture {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Fixture {
    async fn open() -> Result<Self, AnyError> {
        let recorder = Arc::new(MemoryRecorder::new());
        let log: Arc<dyn ReadableLog> = Arc::<MemoryRecorder>::clone(&recorder);
        let (tokens, token) = (Tokens::new(), Token::generate()?);
        tokens.admit(token.hash(), Permission::to_read("bench"));
        let service = LogService::new(&Source::new("bench", log, es_persistence::Mapper::default()), tokens);
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let base = format!("http://{}", listener.local_addr()?);
        let server = Server::new(listener, service.router());
        let task = tokio::spawn(server.run(std::future::pending()));
        Ok(Self {
            recorder,
            base,
            token,
            task,
        })
    }

    fn log(&self) -> Result<RemoteLog, AnyError> {
        Ok(RemoteLog::builder(&self.base).token(self.token.reveal()).build()?)
    }
}

async fn pages(bench: &Bench) -> Result<(), AnyError> {
    const NAME: &str = "http: read the log, pages of 1,000";
    const EVENTS: usize = 50_000;
    if !bench.wants(NAME) {
        return Ok(());
    }
    let fixture = Fixture::open().await?;
    for _ in 0..EVENTS / 100 {
        fixture.recorder.insert_events(dog::rows(100)?).await?;
    }
    let remote = fixture.log()?;
    let mut rounds = Rounds::new();
    for round in Rounds::numbers() {
        let start = Instant::now();
        read(&remote).await?;
        let ours = Lap::since(start);
        let start = Instant::now();
        read(&*fixture.recorder).await?;
        rounds.add(round, EVENTS, ours, Lap::since(start));
    }
    let (ours, theirs) = rounds.figures();
    Bench::row(NAME, ours, Some(("the log in memory itself", theirs)));
    Ok(())
}

async fn read(log: &dyn ReadableLog) -> Result<(), AnyError> {
    let mut last = 0;
    loop {
        let page = log.select_notifications(Selection::after(last).limit(1_000)).await?;
        if page.reached == last {
            return Ok(());
        }
        last = page.reached;
        black_box(page);
    }
}

/// From the call that saves an event to the moment at which a subscription has it.
async fn tail(bench: &Bench) -> Result<(), AnyError> {
    const NAME: &str = "http: from a save to a remote subscription, median";
    if !bench.wants(NAME) {
        return Ok(());
    }
    let fixture = Fixture::open().await?;
    let local: Arc<dyn ReadableLog> = Arc::<MemoryRecorder>::clone(&fixture.recorder);
    let remote = Arc::new(fixture.log()?);
    let mut rounds = Rounds::new();
    for round in Rounds::numbers() {
        let ours = delivery(&fixture, Arc::<RemoteLog>::clone(&remote)).await?;
        let theirs = delivery(&fixture, Arc::clone(&local)).await?;
        rounds.add(round, 1, ours, theirs);
    }
    let (ours, theirs) = rounds.figures();
    Bench::row(NAME, ours, Some(("a subscription in the process", theirs)));
    Ok(())
}

/// The median time of some deliveries.
async fn delivery(fixture: &Fixture, log: Arc<dyn ReadableLog>) -> Result<Lap, AnyError> {
    const SAVES: usize = 100;
    let last = fixture.recorder.max_position().await?.unwrap_or(0);
    let mut events = Subscription::new(log, Selection::after(last));
    let mut laps = Vec::with_capacity(SAVES);
    for (event, pause) in dog::rows(SAVES)?.into_iter().zip([3, 4, 5].into_iter().cycle()) {
        // The subscription is waiting when the event is saved.
        let waiting = tokio::spawn(async move {
            let event = events.next().await;
            (event, Instant::now(), events)
        });
        tokio::time::sleep(Duration::from_millis(pause)).await;
        let start = save(fixture, event).await?;
        let (event, seen, rest) = waiting.await?;
        black_box(event.ok_or("the subscription has ended")??);
        events = rest;
        laps.push(seen.duration_since(start));
    }
    laps.sort_unstable();
    Ok(Lap::of(laps[SAVES / 2]))
}

async fn save(fixture: &Fixture, event: StoredEvent) -> Result<Instant, AnyError> {
    let start = Instant::now();
    fixture.recorder.insert_events(vec![event]).await?;
    Ok(start)
}
