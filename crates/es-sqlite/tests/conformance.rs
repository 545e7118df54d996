//! The store in SQLite shows every behaviour of a recorder, in a file and in memory.

use std::{error::Error, process::ExitCode, sync::Arc};

use es_conformance::{Backend, FreshStore, Part};
use es_persistence::{BoxFuture, Environment};
use tempfile::TempDir;

/// A file in a folder of its own.
struct InFile;

/// A database that is gone when it is closed.
struct InMemory;

impl Backend for InFile {
    fn name(&self) -> &'static str {
        "sqlite"
    }

    fn supports(&self, _: Part) -> bool {
        true
    }

    fn fresh(&self) -> BoxFuture<'_, Result<FreshStore, Box<dyn Error + Send + Sync>>> {
        Box::pin(async {
            let folder = TempDir::new()?;
            let file = folder.path().join("events.sqlite").display().to_string();
            let environment = Environment::new("Conformance").with("SQLITE_DBNAME", file);
            Ok(FreshStore::new(es_sqlite::factory(), environment).kept_in(folder))
        })
    }
}

impl Backend for InMemory {
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
    let backends: [Arc<dyn Backend>; 2] = [Arc::new(InFile), Arc::new(InMemory)];
    es_conformance::main_of_all(backends)
}
