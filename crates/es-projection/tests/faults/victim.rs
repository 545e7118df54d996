//! The process that is killed.

use std::{
    env,
    process::{Child, Command, Stdio},
    time::Duration,
};

use es_application::prelude::*;
use es_projection::{ProjectionRunner, Views, prelude::BoxError};

use crate::{
    journal::{Journal, Tables},
    school::dog,
};

/// The environment variable that starts this program as a victim.
const ORDER: &str = "ES_PROJECTION_VICTIM";

/// So long does a process that was killed keep others waiting.
pub(crate) const LEASE: Duration = Duration::from_millis(60);

pub(crate) fn is_asked_for() -> bool {
    env::var_os(ORDER).is_some()
}

/// Starts a victim that works with these settings until it is killed.
pub(crate) fn start(settings: &[(&str, String)]) -> Child {
    let mut command = Command::new(env::current_exe().unwrap());
    command.env(ORDER, "1").stdout(Stdio::null()).stderr(Stdio::null());
    for (key, value) in settings {
        command.env(key, value);
    }
    command.spawn().unwrap()
}

/// Works until it is killed.
pub(crate) fn run() -> ! {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build();
    let environment = Environment::from_process("School");
    let outcome = runtime.unwrap().block_on(async {
        let app = open(&environment).await;
        match environment.get("PERSISTENCE_MODULE") {
            Some("sqlite") => work(&app, &es_sqlite::views(&environment)?).await,
            _ => work(&app, &es_postgres::views(&environment)?).await,
        }
    });
    panic!("a victim works for ever: {outcome:?}");
}

pub(crate) async fn open(environment: &Environment) -> Application {
    let builder = Application::builder("School").environment(environment.clone());
    let builder = builder.persistence([es_sqlite::factory(), es_postgres::factory()]);
    builder.open().await.unwrap()
}

async fn work<C: Tables>(app: &Application, views: &Views<C>) -> Result<(), BoxError> {
    let runner = ProjectionRunner::new(views, Journal::default()).follow(app);
    let running = runner.lease(LEASE).batch(7).start().await?;
    let save = async {
        loop {
            dog(app, "Fido", &["sit", "jump", "roll over"]).await;
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    let rebuild = async {
        loop {
            tokio::time::sleep(Duration::from_millis(20)).await;
            if running.rebuild().await.is_ok() {
                remove_retired(views).await;
            }
        }
    };
    tokio::join!(save, rebuild).0
}

/// Keeps the number of generations small. What is in use is not removed.
async fn remove_retired<C: Tables>(views: &Views<C>) {
    for status in views.status("Journal").await.unwrap_or_default() {
        if status.generation.state == es_projection::GenerationState::Retired {
            let _in_use = views.remove(status.generation.id).await;
        }
    }
}
