//! Commands: read, decide, save, and again if another command was faster.

use std::{convert::Infallible, error, fmt, panic::AssertUnwindSafe, time::Duration};

use es_domain::{AggregateId, Outcome};
use tokio::{runtime::Handle, time::Instant};

use crate::{Application, ApplicationError, One, Recorded, Repository, Targets, command_record::Marking, targets};

/// How often a command is tried again after a conflict, and for how long.
///
/// Commands on one aggregate within one process wait for each other and do not conflict; these limits concern commands in
/// several processes, and saves beside commands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Retries {
    /// The greatest number of attempts, the first one included. Default: 20.
    pub attempts: u32,
    /// No attempt begins later than this after the first one. Default: 10 seconds.
    pub within: Duration,
}

impl Default for Retries {
    fn default() -> Self {
        Self {
            attempts: 20,
            within: Duration::from_secs(10),
        }
    }
}

impl Retries {
    /// Tries a command once.
    #[must_use]
    pub fn none() -> Self {
        Self::default().attempts(1)
    }

    /// Sets the greatest number of attempts, the first one included. 0 counts as 1.
    #[must_use]
    pub const fn attempts(self, attempts: u32) -> Self {
        Self { attempts, ..self }
    }

    /// Sets the time after which no further attempt begins.
    #[must_use]
    pub const fn within(self, within: Duration) -> Self {
        Self { within, ..self }
    }
}

/// The longest pause between two attempts.
const MAX_PAUSE: Duration = Duration::from_millis(50);

/// A command has been carried out.
#[derive(Clone, Debug)]
pub struct Executed<T> {
    value: T,
    recordings: Vec<Recorded>,
    is_repeated: bool,
}

impl<T> Executed<T> {
    /// Makes what a command that was carried out just now returns.
    pub(crate) const fn now(value: T, recordings: Vec<Recorded>) -> Self {
        Self {
            value,
            recordings,
            is_repeated: false,
        }
    }

    /// Makes what a command that was carried out before returns.
    pub(crate) const fn before(value: T, recordings: Vec<Recorded>) -> Self {
        Self {
            value,
            recordings,
            is_repeated: true,
        }
    }

    /// Returns the same with another value.
    pub(crate) fn map<U>(self, map: impl FnOnce(T) -> U) -> Executed<U> {
        Executed {
            value: map(self.value),
            recordings: self.recordings,
            is_repeated: self.is_repeated,
        }
    }

    /// Returns `true` if the command was carried out before under the same ID: see [`Application::once`].
    pub const fn is_repeated(&self) -> bool {
        self.is_repeated
    }

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

impl<E> ExecuteError<E> {
    /// Returns `true` if another command was faster, so that the next attempt may succeed. A conflict that says what holds the
    /// ID of a new aggregate would be the same at the next attempt.
    pub(crate) const fn is_race(&self) -> bool {
        match self {
            Self::Application(ApplicationError::Recorder(error)) => error.conflict().is_some(),
            _ => false,
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

/// Reads the aggregates of a command.
pub(crate) trait Read<M, T: Targets<M>>: Send {
    fn read(
        &mut self,
        repository: &Repository,
        targets: T,
    ) -> impl Future<Output = Result<T::Aggregates, ApplicationError>> + Send;
}

/// Reads aggregates that exist.
pub(crate) struct Existing;

impl<M, T: Targets<M>> Read<M, T> for Existing {
    fn read(
        &mut self,
        repository: &Repository,
        targets: T,
    ) -> impl Future<Output = Result<T::Aggregates, ApplicationError>> + Send {
        targets.get(repository)
    }
}

/// Makes the aggregate if it does not exist.
pub(crate) struct OrCreate<F>(pub(crate) F);

impl<I: AggregateId, F: FnMut() -> I::Aggregate + Send> Read<One, I> for OrCreate<F> {
    async fn read(&mut self, repository: &Repository, id: I) -> Result<I::Aggregate, ApplicationError> {
        match repository.get(id).await {
            Err(error) if error.is_not_found() => Ok((self.0)()),
            found => found,
        }
    }
}

/// Reads the aggregates, or makes them, decides and saves; again after a conflict.
pub(crate) async fn execute<M, T, R>(
    app: &Application,
    targets: T,
    mut read: impl Read<M, T>,
    mut command: impl FnMut(T::Borrowed<'_>) -> R + Send,
) -> Result<Executed<R::Value>, ExecuteError<R::Error>>
where
    T: Targets<M>,
    R: Outcome<Value: Send, Error: Send> + Send,
{
    check_runtime()?;
    let ids = targets::ids(&targets).map_err(|id| ApplicationError::Repeated { id })?;
    let _turn = app.turns().wait(&ids).await;
    let mut attempts = Attempts::of(app.retries());
    loop {
        let error = match attempt(app, targets.clone(), &mut read, &mut command, None).await {
            Ok(executed) => return Ok(executed),
            Err(error) => error,
        };
        if !error.is_race() || !attempts.pause().await {
            return Err(error);
        }
    }
}

/// Reads the aggregates, or makes them, decides and saves once.
pub(crate) async fn attempt<M, T, R>(
    app: &Application,
    targets: T,
    read: &mut impl Read<M, T>,
    mut command: impl FnMut(T::Borrowed<'_>) -> R + Send,
    marking: Option<&Marking>,
) -> Result<Executed<R::Value>, ExecuteError<R::Error>>
where
    T: Targets<M>,
    R: Outcome<Value: Send, Error: Send> + Send,
{
    let mut aggregates = read.read(app.repository(), targets).await?;
    let outcome = app.scope().run(|| command(T::borrow(&mut aggregates)));
    let value = outcome.into_result().map_err(ExecuteError::Command)?;
    let recordings = app.save_marked(T::borrow(&mut aggregates), marking).await?;
    Ok(Executed::now(value, recordings))
}

/// Says at once that a runtime is missing, and not only when there is a conflict.
pub(crate) fn check_runtime() -> Result<(), ApplicationError> {
    if Handle::try_current().is_err() {
        return Err(ApplicationError::NoRuntime);
    }
    let timer = std::panic::catch_unwind(AssertUnwindSafe(|| drop(tokio::time::sleep(Duration::ZERO))));
    timer.map_err(|_no_timer| ApplicationError::NoRuntime)
}

/// The attempts of one command.
#[derive(Debug)]
pub struct Attempts {
    retries: Retries,
    begun: Instant,
    made: u32,
}

impl Attempts {
    /// Begins a command of `app`.
    ///
    /// # Errors
    ///
    /// [`ApplicationError::NoRuntime`] if there is no runtime with a timer.
    pub fn of_command(app: &Application) -> Result<Self, ApplicationError> {
        check_runtime()?;
        Ok(Self::of(app.retries()))
    }

    pub(crate) fn of(retries: Retries) -> Self {
        Self {
            retries,
            begun: Instant::now(),
            made: 1,
        }
    }

    /// Waits before the next attempt, or returns `false` if there is none.
    pub async fn pause(&mut self) -> bool {
        if self.made >= self.retries.attempts || self.begun.elapsed() >= self.retries.within {
            return false;
        }
        tokio::time::sleep(pause(self.made)).await;
        self.made += 1;
        true
    }
}

/// A pause of random length, longer after each attempt, so that those who have met do not meet again.
fn pause(attempt: u32) -> Duration {
    let longest = MAX_PAUSE.min(Duration::from_micros(250) * (1 << attempt.min(10)));
    longest.mul_f64(fastrand::f64())
}
