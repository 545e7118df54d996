//! Putting together how a projection runs.

use std::{fmt, sync::Arc, time::Duration};

use es_persistence::{
    Upstream,
    views::{ViewName, Views},
};
use tokio::sync::{Notify, watch};

use crate::{
    Failure, Projection, ProjectionError, Remedy, Running,
    meter::Meter,
    worker::{Settings, Shared, Worker},
};

/// Puts together how a projection runs.
///
/// ```
/// # use std::{collections::BTreeMap, time::Duration};
/// # use es_application::prelude::*;
/// # use es_domain::prelude::*;
/// use es_projection::prelude::*;
/// # #[derive(Aggregate, Clone, Debug, Default, Serialize, Deserialize)]
/// # pub struct Dog { root: Root<Self> }
/// # #[events]
/// # impl Dog {
/// #     #[event(Registered)]
/// #     pub fn register(name: &str) -> Self { Self::default() }
/// # }
/// # struct Names;
/// # impl Projection<Vec<String>> for Names {
/// #     type Events = DogEvent;
/// #     const NAME: &str = "Names";
/// #     async fn create(&self, _: &mut Vec<String>) -> Result<(), BoxError> { Ok(()) }
/// #     async fn project(&self, event: &Recorded<DogEvent>, names: &mut Vec<String>) -> Result<(), BoxError> {
/// #         let DogEvent::Registered { name } = event.body();
/// #         names.push(name.clone());
/// #         Ok(())
/// #     }
/// # }
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), BoxError> {
/// # let app = Application::builder("School").environment(Environment::new("School")).open().await?;
/// // `es_sqlite::views(&environment)?` or `es_postgres::views(&environment)?` for tables.
/// let views = es_projection::views::memory_views();
/// let names = ProjectionRunner::new(&views, Names)
///     .follow(&app)
///     .on_error(|failure| if failure.attempts < 3 { Remedy::RetryAfter(Duration::from_secs(1)) } else { Remedy::SetAside })
///     .start()
///     .await?;
///
/// let saved = app.save(&mut Dog::register("Fido")).await?;
/// names.wait_for(saved.last().map(Recorded::position)).await?;
/// assert_eq!(*names.read().await?, ["Fido"]);
/// names.stop(Duration::from_secs(5)).await?;
/// # Ok(())
/// # }
/// ```
#[must_use = "call `start`"]
pub struct ProjectionRunner<P, C> {
    projection: P,
    views: Views<C>,
    upstreams: Vec<Arc<dyn Upstream>>,
    settings: Settings,
}

/// How long a lease lasts by default.
const LEASE: Duration = Duration::from_secs(10);

/// The shortest lease: instances need time to renew it.
const SHORTEST_LEASE: Duration = Duration::from_millis(30);

/// How many events one transaction takes at most by default.
const BATCH: usize = 2000;

impl<P: Projection<C>, C: Send + 'static> ProjectionRunner<P, C> {
    /// Begins with a projection and the database that keeps its read model.
    pub fn new(views: &Views<C>, projection: P) -> Self {
        Self {
            projection,
            views: views.clone(),
            upstreams: Vec::new(),
            settings: Settings {
                on_error: Arc::new(Remedy::by_default),
                lease: LEASE,
                batch: BATCH,
            },
        }
    }

    /// Follows an application. The read model may be in another database than its events, and of another kind.
    ///
    /// Several applications may be followed, each with a position of its own. Their events come in the order of each log; the
    /// order between two logs is not the same each time.
    pub fn follow(mut self, upstream: &(impl Upstream + Clone)) -> Self {
        self.upstreams.push(Arc::new(upstream.clone()));
        self
    }

    /// Says what is done about an event that fails. By default it is tried five times within a second, then the projection
    /// stops.
    ///
    /// A batch that fails is repeated event by event before this is asked, so that the failure names the event at fault. A
    /// panic of the projection is a failure, too. A lost connection is not: the batch is repeated as long as it takes.
    pub fn on_error(self, policy: impl Fn(&Failure) -> Remedy + Send + Sync + 'static) -> Self {
        let on_error = Arc::new(policy);
        Self {
            settings: Settings {
                on_error,
                ..self.settings
            },
            ..self
        }
    }

    /// Says how long it takes at most until another instance takes over when this one has died: 10 seconds by default, 30
    /// milliseconds at least.
    ///
    /// The lease is renewed by each commit, and every third of its time.
    pub fn lease(self, lease: Duration) -> Self {
        let lease = lease.max(SHORTEST_LEASE);
        Self {
            settings: Settings { lease, ..self.settings },
            ..self
        }
    }

    /// Says how many events one transaction takes at most: 2000 by default, 1 at least.
    pub fn batch(self, events: usize) -> Self {
        let batch = events.max(1);
        Self {
            settings: Settings { batch, ..self.settings },
            ..self
        }
    }

    /// Starts the projection in a task: it takes the lease when no other instance has it, makes its tables when they are not
    /// there, works through the log and then follows it. [`Running::wait_for`] waits until it has come far enough.
    ///
    /// # Errors
    ///
    /// [`ProjectionError::NoUpstream`] and [`ProjectionError::SameUpstream`] when it cannot run as it was put together,
    /// [`ProjectionError::Recorder`] when the database of read models cannot be used. What happens later is in the
    /// [status](Running::status).
    ///
    /// # Cancel safety
    ///
    /// A future that is dropped has started nothing.
    pub async fn start(self) -> Result<Running<C>, ProjectionError> {
        let name = P::NAME;
        for (index, upstream) in self.upstreams.iter().enumerate() {
            if self.upstreams[..index]
                .iter()
                .any(|other| other.name() == upstream.name())
            {
                let upstream = Arc::clone(upstream.name());
                return Err(ProjectionError::SameUpstream { name, upstream });
            }
        }
        if self.upstreams.is_empty() {
            return Err(ProjectionError::NoUpstream { name });
        }
        let shared = Arc::new(Shared {
            name,
            view: ViewName::new(name, P::VERSION),
            views: self.views,
            upstreams: self.upstreams,
            settings: self.settings,
            meter: Meter::new(),
            stop: watch::Sender::new(false),
            poke: Notify::new(),
        });
        // A name or a database that cannot be used is told here and not in the task.
        shared.serving().await.map_err(|error| shared.failed(error))?;
        let worker = Arc::new(Worker {
            projection: self.projection,
            shared: Arc::clone(&shared),
        });
        let task = tokio::spawn(Arc::clone(&worker).run());
        Ok(Running::new(shared, worker, task))
    }
}

impl<P, C> fmt::Debug for ProjectionRunner<P, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProjectionRunner").finish_non_exhaustive()
    }
}
