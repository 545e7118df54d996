//! Benchmarks: what the library costs, beside what the same work costs by hand in the same run.
//!
//! `cargo xtask bench [FILTER]` runs those whose name contains `FILTER`. Figures of one run may be compared with each
//! other, those of different machines or runs may not. Those of PostgreSQL need a server at `ES_POSTGRES_URL`.

#![expect(clippy::print_stdout, reason = "the figures are printed")]

mod commands;
mod dog;
mod domain;
mod http;
mod measure;
mod memory;
mod postgres;
mod protected;
mod sqlite;
mod system;
mod writers;

use std::{env, fs};

use self::measure::{Bench, Row};

/// An error of any part.
type AnyError = Box<dyn std::error::Error + Send + Sync>;

fn main() -> Result<(), AnyError> {
    let filter = env::args().nth(1).unwrap_or_default();
    if filter == postgres::WRITER {
        return postgres::write_as_told();
    }
    println!("load before: {}", load());
    println!("{}", Row::HEAD);
    let mut bench = Bench::new(filter);
    domain::run(&mut bench)?;
    protected::run(&bench)?;
    let runtime = tokio::runtime::Runtime::new()?;
    // In a task, as the handlers of a server are.
    runtime.block_on(runtime.spawn(async move {
        memory::run(&mut bench).await?;
        sqlite::run(&mut bench).await?;
        http::run(&bench).await?;
        postgres::run(&bench).await?;
        system::run(&bench).await
    }))??;
    println!("load after: {}", load());
    Ok(())
}

/// How busy the machine has been in the last minute, where it says so.
fn load() -> String {
    let text = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split_whitespace().next().unwrap_or("unknown").to_owned()
}
