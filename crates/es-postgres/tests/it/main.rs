//! What only this store does, and what it does when the server fails.
#![expect(clippy::unwrap_used, reason = "in a test, a panic is the answer")]

#[path = "../support/cluster.rs"]
mod cluster;
#[path = "../support/proxy.rs"]
mod proxy;
#[path = "../support/server.rs"]
mod server;
#[path = "../support/store.rs"]
mod store;

mod columns;
mod cuts;
mod damage;
mod drops;
mod encryption;
mod forms;
mod log;
mod names;
mod opening;
mod passwords;
mod pool;
mod pooler;
mod runtimes;
mod statements;
mod tags;
mod tails;
mod terminations;
mod tracking;
mod transactions;
mod wakeups;

/// Says what a test has measured, to whoever runs it with `--nocapture`.
#[expect(clippy::print_stderr, reason = "figures are for people")]
fn report(figures: std::fmt::Arguments<'_>) {
    eprintln!("{figures}");
}
