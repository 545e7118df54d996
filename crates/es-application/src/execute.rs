//! Commands: read, decide, save, and again when somebody else was faster.

use std::{convert::Infallible, error, fmt, time::Duration};

use es_domain::{AggregateId, Outcome};

use crate::{Application, ApplicationError, Recorded};

/// How often a command is tried in all.
const ATTEMPTS: u32 = 20;

/// The longest pause before a further attempt.
const MAX_PAUSE: Duration = Duration::from_millis(50);

/// A command has been carried out.
#[derive(Clone, Debug)]
pub struct Executed<T> {
    value: T,
    recordings: Vec<Recorded>,
}

impl<T> Executed<T> {
    /// What the command returned.
    pub const fn value(&self) -> &T {
        &self.value
    }

    /// What the command returned, taken out.
    pub fn into_value(self) -> T {
        self.value
    }

    /// The events that it has triggered, as they are in the log; none when it triggered none.
    pub fn recordings(&self) -> &[Recorded] {
        &self.recordings
    }

    /// The position of the last event that it has triggered.
    pub fn position(&self) -> Option<u64> {
        self.recordings.last().map(Recorded::position)
    }
}

/// A command has not been carried out.
#[derive(Debug)]
pub enum ExecuteError<E> {
    /// The command itself refuses.
    Command(E),
    /// The aggregate cannot be read or saved.
    Application(ApplicationError),
}

impl<E: fmt::Display> fmt::Display for ExecuteError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Command(error) => error.fmt(f),
            Self::Application(error) => error.fmt(f),
        }
    }
}

impl<E: error::Error + 'static> error::Error for ExecuteError<E> {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match self {
            Self::Command(error) => error.source(),
            Self::Application(error) => error.source(),
        }
    }
}

impl<E> From<ApplicationError> for ExecuteError<E> {
    fn from(error: ApplicationError) -> Self {
        Self::Application(error)
    }
}

impl From<ExecuteError<Infallible>> for ApplicationError {
    fn from(error: ExecuteError<Infallible>) -> Self {
        match error {
            ExecuteError::Command(never) => match never {},
            ExecuteError::Application(error) => error,
        }
    }
}

pub(crate) async fn execute<I: AggregateId, R: Outcome>(
    app: &Application,
    id: I,
    mut command: impl FnMut(&mut I::Aggregate) -> R + Send,
) -> Result<Executed<R::Value>, ExecuteError<R::Error>> {
    let mut attempt = 1;
    loop {
        let mut aggregate = app.repository().get(id.clone()).await?;
        let value = command(&mut aggregate).into_result().map_err(ExecuteError::Command)?;
        match app.save(&mut aggregate).await {
            Ok(recordings) => return Ok(Executed { value, recordings }),
            Err(error) if error.conflict().is_some() && attempt < ATTEMPTS => {
                tokio::time::sleep(pause(attempt)).await;
                attempt += 1;
            }
            Err(error) => return Err(error.into()),
        }
    }
}

/// A random time that may be twice as long at each further attempt, so that those who collide do not meet again.
fn pause(attempt: u32) -> Duration {
    let longest = MAX_PAUSE.min(Duration::from_micros(250) * (1 << attempt.min(10)));
    longest.mul_f64(fastrand::f64())
}
