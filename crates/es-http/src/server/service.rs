//! The service of one application.

use std::{fmt, sync::Arc, time::Duration};

use axum::{Router, http::request::Parts};
use es_persistence::{Capabilities, ReadableLog, RecorderError, Upstream};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, watch},
    time::{self, Instant},
};

use super::{AccessPolicy, Grant, Limits, access::OpenToEveryone, head::Head, problem::Problem, routes};

/// Lets others read the log of one application.
///
/// ```
/// # async fn run(app: es_persistence::Source) -> Result<(), Box<dyn std::error::Error>> {
/// use es_http::server::{self, LogService, Permission, Token, Tokens};
///
/// let tokens = Tokens::new();
/// let token = Token::generate()?;
/// tokens.admit(token.hash(), Permission::to_read("School").families(["Dog"]));
/// println!("give this to the consumer, it is not shown again: {}", token.reveal());
///
/// let school = LogService::new(&app, tokens);
/// let router: axum::Router = axum::Router::new().nest("/school", school.router());
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct LogService {
    shared: Arc<Shared>,
}

/// What all requests share.
pub(crate) struct Shared {
    pub(crate) name: Arc<str>,
    pub(crate) log: Arc<dyn ReadableLog>,
    pub(crate) limits: Limits,
    policy: Arc<dyn AccessPolicy>,
    head: Head,
    reads: Arc<Semaphore>,
    waiting: Arc<Semaphore>,
    closing: watch::Sender<bool>,
}

impl LogService {
    /// Serves the log of `upstream` to those whom `policy` admits.
    pub fn new(upstream: &impl Upstream, policy: impl AccessPolicy) -> Self {
        let (name, log) = (Arc::clone(upstream.name()), Arc::clone(upstream.log()));
        Self {
            shared: Arc::new(Shared::new(name, log, Arc::new(policy), Limits::default())),
        }
    }

    /// Serves the log of `upstream` to everybody who can reach the service, without authentication. It is for tests, and for
    /// networks in which everybody may read everything.
    pub fn open_to_everyone(upstream: &impl Upstream) -> Self {
        Self::new(upstream, OpenToEveryone)
    }

    /// Sets other limits. It is called before [`router`](Self::router).
    #[must_use]
    pub fn with_limits(self, limits: Limits) -> Self {
        let Shared { name, log, policy, .. } = &*self.shared;
        let shared = Shared::new(Arc::clone(name), Arc::clone(log), Arc::clone(policy), limits);
        Self {
            shared: Arc::new(shared),
        }
    }

    /// Makes the router, which can be nested at any path.
    pub fn router<S: Clone + Send + Sync + 'static>(&self) -> Router<S> {
        routes::router(Arc::clone(&self.shared))
    }

    /// Ends tails and answers waiting requests at once, so that the server can shut down; new ones get status 503. Other
    /// requests are still answered.
    pub fn close(&self) {
        self.shared.closing.send_replace(true);
    }
}

impl fmt::Debug for LogService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LogService")
            .field("name", &self.shared.name)
            .field("policy", &self.shared.policy)
            .field("limits", &self.shared.limits)
            .finish_non_exhaustive()
    }
}

impl Shared {
    fn new(name: Arc<str>, log: Arc<dyn ReadableLog>, policy: Arc<dyn AccessPolicy>, limits: Limits) -> Self {
        Self {
            name,
            head: Head::new(Arc::clone(&log)),
            log,
            policy,
            reads: Arc::new(Semaphore::new(limits.reads)),
            waiting: Arc::new(Semaphore::new(limits.waiting)),
            limits,
            closing: watch::Sender::new(false),
        }
    }

    pub(crate) fn capabilities(&self) -> Capabilities {
        self.log.capabilities()
    }

    /// Asks the policy what the sender of a request may read.
    pub(crate) async fn authorize(&self, request: &Parts) -> Result<Grant, Problem> {
        let asked = self.policy.authorize(request, &self.name);
        let decided = time::timeout(self.limits.read_time, asked).await;
        Ok(decided.ok().ok_or(Problem::Denied(super::Denial::Undecided))??)
    }

    /// Does what reads the log, within the limits of number and time. The permit is held until the answer is sent.
    pub(crate) async fn read<T>(
        &self,
        work: impl Future<Output = Result<T, RecorderError>>,
    ) -> Result<(T, OwnedSemaphorePermit), Problem> {
        let permit = Arc::clone(&self.reads).try_acquire_owned().ok().ok_or(Problem::Busy)?;
        let read = time::timeout(self.limits.read_time, work)
            .await
            .ok()
            .ok_or(Problem::Slow)?;
        let read = read.map_err(|error| Problem::of_store(&error, &self.name))?;
        Ok((read, permit))
    }

    /// Takes one of the places of requests that wait.
    pub(crate) fn place_to_wait(&self) -> Result<OwnedSemaphorePermit, Problem> {
        if *self.closing.borrow() {
            return Err(Problem::Closing);
        }
        Arc::clone(&self.waiting).try_acquire_owned().ok().ok_or(Problem::Busy)
    }

    /// Waits until the last position is as `is_it` says, the time is over, or the service shuts down.
    ///
    /// # Errors
    ///
    /// [`Problem`] when too many requests wait, and when the sender may no longer read.
    pub(crate) async fn wait(
        &self,
        request: &Parts,
        wait: Duration,
        is_it: impl Fn(u64) -> bool + Send + Sync,
    ) -> Result<(), Problem> {
        let _place = self.place_to_wait()?;
        let until = Instant::now() + wait.min(self.limits.wait);
        loop {
            let check = (Instant::now() + self.limits.recheck).min(until);
            if self.wait_until(check, &is_it).await != Waited::TimedOut || Instant::now() >= until {
                return Ok(());
            }
            self.authorize(request).await?;
        }
    }

    /// Waits until the last position is as `is_it` says, but not beyond `until`.
    pub(crate) async fn wait_until(&self, until: Instant, is_it: impl Fn(u64) -> bool + Send + Sync) -> Waited {
        let (mut head, mut closing) = (self.head.follow(), self.closing.subscribe());
        tokio::select! {
            _moved = head.wait_for(|last| last.is_some_and(&is_it)) => Waited::Moved,
            _closing = closing.wait_for(|closing| *closing) => Waited::Closing,
            () = time::sleep_until(until) => Waited::TimedOut,
        }
    }
}

/// How waiting has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Waited {
    Moved,
    Closing,
    TimedOut,
}
