//! The store in SQLite's memory shows every behaviour of a recorder that is gone with its process.

use std::{error::Error, process::ExitCode};

use es_conformance::{Backend, FreshStore, Part};
use es_persistence::{BoxFuture, Environment};

struct SqliteMemory;

impl Backend for SqliteMemory {
    fn name(&self) -> &'static str {
        "sqlite_memory"
    }

    fn supports(&self, part: Part) -> bool {
        !matches!(part, Part::Durability | Part::Sharing)
    }

    fn fresh(&self) -> BoxFuture<'_, Result<FreshStore, Box<dyn Error + Send + Sync>>> {
        Box::pin(async {
            let environment = Environment::new("Conformance").with("SQLITE_DBNAME", ":memory:");
            Ok(FreshStore::new(es_sqlite::factory(), environment))
        })
    }
}

fn main() -> ExitCode {
    es_conformance::main(SqliteMemory)
}
