//! `cargo xtask bench`: the benchmarks, in release mode.

use crate::compile;
use crate::error::Error;
use crate::postgres::{Server, URL_VARIABLE};
use crate::program;

/// What the names of the benchmarks that need a server begin with.
const POSTGRES: &str = "postgres";

/// Runs es-bench with `arguments` as they are.
pub(crate) fn run(arguments: &[String]) -> Result<(), Error> {
    if arguments.first().is_some_and(|first| first == "compile") {
        return compile::run();
    }
    let server = server(arguments.first())?;
    let mut cargo = program::cargo();
    cargo.args(["run", "--release", "-p", "es-bench", "--"]).args(arguments);
    if let Some(server) = &server {
        cargo.env(URL_VARIABLE, server.url());
    }
    program::run(&mut cargo)
}

/// Starts PostgreSQL when `filter` lets through what is measured there; says why not, when it cannot be had.
fn server(filter: Option<&String>) -> Result<Option<Server>, Error> {
    match filter {
        Some(filter) if filter.starts_with(POSTGRES) => Server::start().map(Some),
        Some(_) => Ok(None),
        None => match Server::start() {
            Ok(server) => Ok(Some(server)),
            Err(error @ Error::NoServer { .. }) => {
                eprintln!("xtask: PostgreSQL is not measured: {}", error.chain());
                Ok(None)
            }
            Err(error) => Err(error),
        },
    }
}
