//! Running one case.

use std::{any::Any, panic::AssertUnwindSafe, sync::Arc, time::Duration};

use futures_util::FutureExt as _;
use libtest_mimic::{Completion, Failed, Trial};
use tokio::{runtime, time};

use crate::{Backend, Outcome, cases::Case, fixture::Fixture};

/// How often a case may wait for as long as the backend allows.
const WAITS: u32 = 3;

/// How long tasks that a failed case has left behind may take to notice.
const LEFT_BEHIND: Duration = Duration::from_secs(2);

/// The case as a line of the test's output.
pub(crate) fn trial(backend: &Arc<dyn Backend>, case: &'static Case) -> Trial {
    let name = format!("{}::{}", backend.name(), case.name);
    let is_ignored = obstacle(&**backend, case).is_some();
    let backend = Arc::clone(backend);
    let run = move || match run(&*backend, case) {
        Outcome::Passed => Ok(Completion::Completed),
        Outcome::Ignored(why) => Ok(Completion::ignored_with(why)),
        Outcome::Failed(why) => Err(Failed::from(why)),
    };
    Trial::ignorable_test(name, run).with_ignored_flag(is_ignored)
}

/// Runs `case` on a fresh store.
pub(crate) fn run(backend: &dyn Backend, case: &Case) -> Outcome {
    if let Some(why) = obstacle(backend, case) {
        return Outcome::Ignored(why);
    }
    let runtime = match runtime::Builder::new_multi_thread()
        .worker_threads(4)
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => return Outcome::Failed(format!("no runtime: {error}")),
    };
    let ended = runtime.block_on(run_on_fresh(backend, case));
    runtime.shutdown_timeout(LEFT_BEHIND);
    match ended {
        Ok(()) => Outcome::Passed,
        Err(why) => Outcome::Failed(why),
    }
}

fn obstacle(backend: &dyn Backend, case: &Case) -> Option<String> {
    let missing = || case.needs.iter().find(|part| !backend.supports(**part));
    backend
        .unavailable()
        .or_else(|| Some(format!("{} has no {:?}", backend.name(), missing()?)))
}

async fn run_on_fresh(backend: &dyn Backend, case: &Case) -> Result<(), String> {
    let fresh = Fixture::new(backend).await;
    let (fixture, remove) = fresh.map_err(|error| format!("there is no fresh store: {error}"))?;
    let limit = backend.patience() * WAITS;
    let run = AssertUnwindSafe((case.run)(&fixture)).catch_unwind();
    let ended = match time::timeout(limit, run).await {
        Ok(ended) => ended.map_err(text),
        Err(_elapsed) => Err(format!("it has not ended in {limit:?}")),
    };
    // A store that cannot be closed is a fault of its own, but never hides the first one.
    let closed = AssertUnwindSafe(fixture.close()).catch_unwind().await.map_err(text);
    drop(fixture);
    remove().await;
    ended.and(closed)
}

/// What a panic said; its place was printed when it happened.
fn text(panic: Box<dyn Any + Send>) -> String {
    match panic.downcast::<String>() {
        Ok(text) => *text,
        Err(panic) => panic
            .downcast_ref::<&str>()
            .map_or_else(|| "it panicked".to_owned(), |text| (*text).to_owned()),
    }
}
