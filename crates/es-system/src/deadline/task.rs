//! Meeting deadlines by the clock of the machine.

use std::{sync::Arc, time::Duration};

use es_application::Application;
use es_domain::{Clock as _, SystemClock, Timestamp};
use es_persistence::Upstream as _;
use es_projection::__private::chain;
use tokio::{sync::watch, time::timeout};

use super::Deadlines;
use crate::status::Meter;

/// The longest pause while something waits: so soon is it noticed that the clock was set.
const LONGEST: Duration = Duration::from_secs(1);

/// The pause while nothing waits. A stored event ends it.
const IDLE: Duration = Duration::from_mins(1);

/// The pause after an error.
const AFTER_ERROR: Duration = Duration::from_millis(500);

/// Meets deadlines until it is told to stop.
pub(crate) async fn run(
    app: Application,
    mut deadlines: Box<dyn Deadlines>,
    meter: Arc<Meter>,
    mut stop: watch::Receiver<bool>,
) {
    // It comes before the first look, so that nothing is missed between the two.
    let mut wakeup = app.log().wakeup();
    while !*stop.borrow() {
        let pause = turn(&app, &mut *deadlines, &meter).await;
        tokio::select! {
            _woken_or_time = timeout(pause, wakeup.wait()) => {}
            // Without a sender there is nobody left to work for.
            _stopped = stop.changed() => {}
        }
    }
}

/// Meets what is due, and returns for how long to wait then.
async fn turn(app: &Application, deadlines: &mut dyn Deadlines, meter: &Meter) -> Duration {
    let turning = async {
        deadlines.update().await?;
        while deadlines.expire_next(SystemClock.now()).await? {}
        Ok::<_, crate::DeadlineError>(())
    };
    match turning.await {
        Ok(()) => until(deadlines.next()),
        Err(error) => {
            tracing::warn!(
                application = app.name(),
                error = chain(&error),
                "a deadline cannot be met"
            );
            meter.report(&chain(&error));
            AFTER_ERROR
        }
    }
}

fn until(next: Option<Timestamp>) -> Duration {
    let Some(next) = next else { return IDLE };
    let left = next.as_micros().saturating_sub(SystemClock.now().as_micros());
    Duration::from_micros(u64::try_from(left).unwrap_or(0)).min(LONGEST)
}
