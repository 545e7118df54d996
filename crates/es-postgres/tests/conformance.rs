//! The behaviour that every recorder must show.

#[path = "support/server.rs"]
mod server;

use std::{error::Error, process::ExitCode};

use es_conformance::{Backend, FreshStore, Part};
use es_persistence::BoxFuture;

use self::server::{Server, fresh_schema};

struct Postgres(Option<Server>);

impl Backend for Postgres {
    fn name(&self) -> &'static str {
        "postgres"
    }

    fn supports(&self, part: Part) -> bool {
        part != Part::ContiguousPositions
    }

    fn fresh(&self) -> BoxFuture<'_, Result<FreshStore, Box<dyn Error + Send + Sync>>> {
        Box::pin(async {
            let server = self.0.clone().ok_or("there is no server")?;
            let schema = fresh_schema();
            let environment = server.environment("Conformance", &schema);
            let store = FreshStore::new(es_postgres::factory(), environment);
            Ok(store.removed_by(move || Box::pin(async move { server.drop_schema(&schema).await })))
        })
    }

    fn unavailable(&self) -> Option<String> {
        self.0
            .is_none()
            .then(|| "set ES_POSTGRES_URL, or use `cargo xtask integration`".to_owned())
    }
}

fn main() -> ExitCode {
    es_conformance::main(Postgres(Server::of_this_run()))
}
