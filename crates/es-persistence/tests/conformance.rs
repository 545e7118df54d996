//! The store in memory shows every behaviour of a recorder.

use std::{error::Error, process::ExitCode};

use es_conformance::{Backend, FreshStore, Part};
use es_persistence::{BoxFuture, Environment};

struct Memory;

impl Backend for Memory {
    fn name(&self) -> &'static str {
        "memory"
    }

    fn supports(&self, part: Part) -> bool {
        !matches!(part, Part::Durability | Part::Sharing)
    }

    fn fresh(&self) -> BoxFuture<'_, Result<FreshStore, Box<dyn Error + Send + Sync>>> {
        Box::pin(async {
            Ok(FreshStore::new(
                es_persistence::memory(),
                Environment::new("Conformance"),
            ))
        })
    }
}

fn main() -> ExitCode {
    es_conformance::main(Memory)
}
