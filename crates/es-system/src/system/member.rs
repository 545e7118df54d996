//! What a system consists of.

use std::{sync::Arc, time::Duration};

use es_application::{Application, ApplicationBuilder};
use es_persistence::Upstream;
use es_projection::{Failure, Remedy};

use crate::{
    deadline::Deadlines,
    worker::{Follower, OnError, Reaction, Shared, Worker},
};

/// A member of a system.
pub(super) struct Member {
    pub(super) name: Arc<str>,
    pub(super) kind: Kind,
    pub(super) on_error: OnError,
    pub(super) changes: Vec<Arc<Change>>,
    pub(super) deadlines: Vec<Watch>,
}

/// A change of how an application is opened.
pub(super) type Change = dyn Fn(ApplicationBuilder) -> ApplicationBuilder + Send + Sync;

/// Begins to watch the deadlines of an application.
pub(super) type Watch = fn(&Application) -> Box<dyn Deadlines>;

pub(super) enum Kind {
    Application,
    Process(Box<dyn Make>),
    /// An outbox, and the index of its application.
    Outbox(Box<dyn Make>, usize),
    /// A log from elsewhere.
    Upstream(Arc<dyn Upstream>),
}

/// Makes a follower, whose events only it knows.
pub(super) trait Make: Send + Sync {
    fn make(&self, shared: Shared) -> Arc<dyn Follower>;
}

impl<R: Reaction> Make for Arc<R> {
    fn make(&self, shared: Shared) -> Arc<dyn Follower> {
        Arc::new(Worker {
            reaction: Self::clone(self),
            shared: Arc::new(shared),
        })
    }
}

impl Member {
    pub(super) fn new(name: &str, kind: Kind) -> Self {
        let on_error: OnError = match kind {
            Kind::Outbox(..) => Arc::new(back_off),
            _ => Arc::new(Remedy::by_default),
        };
        Self {
            name: name.into(),
            kind,
            on_error,
            changes: Vec::new(),
            deadlines: Vec::new(),
        }
    }
}

impl Kind {
    pub(super) fn process(policy: impl Reaction) -> Self {
        Self::Process(Box::new(Arc::new(policy)))
    }

    pub(super) fn outbox(delivery: impl Reaction, host: usize) -> Self {
        Self::Outbox(Box::new(Arc::new(delivery)), host)
    }

    /// Returns `true` if the system opens an application for it.
    pub(super) const fn is_application(&self) -> bool {
        matches!(self, Self::Application | Self::Process(_))
    }

    /// What makes the follower, if it is one.
    pub(super) fn follower(&self) -> Option<&dyn Make> {
        match self {
            Self::Process(make) | Self::Outbox(make, _) => Some(&**make),
            Self::Application | Self::Upstream(_) => None,
        }
    }
}

/// How often a delivery is tried before it is set aside.
const DELIVERIES: u32 = 10;

/// The longest pause between two deliveries.
const LONGEST: Duration = Duration::from_mins(5);

/// What is done about a delivery that fails, if the system says nothing else.
fn back_off(failure: &Failure) -> Remedy {
    if failure.attempts >= DELIVERIES {
        return Remedy::SetAside;
    }
    let pause = Duration::from_millis(250) * 3_u32.pow(failure.attempts.saturating_sub(1));
    Remedy::RetryAfter(pause.min(LONGEST))
}
