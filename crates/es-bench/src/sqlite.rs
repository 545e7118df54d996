//! The recorder on a SQLite file, beside the same statements by hand on the same schema.

mod commands;
mod hand;
mod read;
mod write;

use std::sync::Arc;

use es_persistence::{ApplicationRecorder, Datastore, Environment};
use tempfile::TempDir;

use crate::{AnyError, measure::Bench};

pub(crate) async fn run(bench: &mut Bench) -> Result<(), AnyError> {
    commands::run(bench).await?;
    write::one_writer(bench).await?;
    write::many_writers(bench).await?;
    read::streams(bench).await?;
    read::log(bench).await
}

/// A file with our tables, which is gone when this is dropped.
struct Fixture {
    folder: TempDir,
    datastore: Arc<dyn Datastore>,
    recorder: Arc<dyn ApplicationRecorder>,
}

impl Fixture {
    async fn open() -> Result<Self, AnyError> {
        // On the disk that the program is built on: a temporary folder may be in memory.
        let folder = tempfile::tempdir_in(".")?;
        let path = folder
            .path()
            .join("bench.sqlite")
            .to_str()
            .ok_or("the path is no Unicode")?
            .to_owned();
        let environment = Environment::new("bench").with("SQLITE_DBNAME", path);
        let datastore = es_sqlite::factory().open(&environment).await?;
        let recorder = datastore.application_recorder().await?;
        Ok(Self {
            folder,
            datastore,
            recorder,
        })
    }

    fn path(&self) -> std::path::PathBuf {
        self.folder.path().join("bench.sqlite")
    }
}
