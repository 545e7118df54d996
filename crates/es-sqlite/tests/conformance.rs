//! The store in a SQLite file shows every behaviour of a recorder.

use std::{error::Error, process::ExitCode};

use es_conformance::{Backend, FreshStore, Part};
use es_persistence::{BoxFuture, Environment};
use tempfile::TempDir;

struct SqliteFile;

impl Backend for SqliteFile {
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

fn main() -> ExitCode {
    es_conformance::main(SqliteFile)
}
