//! Verifying what is stored.

mod damage;
mod walk;

use std::{fmt, future::IntoFuture, pin::Pin};

use es_domain::Aggregate;
use es_persistence::{EventSet, MapperError, Recorded, RecorderError, Selection, Topics};

use self::walk::Walk;
pub use self::{
    damage::{Damage, DamageKind},
    walk::Verified,
};
use crate::Application;

/// A check of the whole log, made by [`Application::verify`]: await it, or set options first.
#[must_use = "await it"]
pub struct Verification {
    app: Application,
    after: u64,
    known: Vec<Known>,
    remembered: usize,
    on_progress: Option<Box<dyn FnMut(Progress) + Send>>,
}

/// How far a verification has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Progress {
    /// The position up to which all events have been verified.
    pub position: u64,
    /// The last position that will be verified.
    pub last: u64,
    /// How many events have been verified.
    pub events: u64,
}

/// A log that has not been verified.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VerifyError {
    /// The log is damaged.
    #[error(transparent)]
    Damaged(#[from] Damage),
    /// The log cannot be read, for another reason than damage.
    #[error(transparent)]
    Recorder(#[from] RecorderError),
}

/// A type of aggregate whose events are decoded.
#[derive(Clone, Debug)]
struct Known {
    topics: Topics,
    is_chained: bool,
    decode: fn(&Recorded) -> Result<(), MapperError>,
}

/// How many aggregates a verification remembers, unless the program says otherwise.
const REMEMBERED: usize = 50_000;

impl Application {
    /// Verifies the whole log: that every event can be read, follows the event before it in its aggregate, and is linked to it
    /// where the aggregate has a hash chain. Returns an error that names the first damaged event.
    ///
    /// Neither the log nor subscriptions verify hash chains, as they read the events of many aggregates, or a part of them;
    /// [`Repository::get`](crate::Repository::get) does. A verification reads the log once, page by page, and its memory does
    /// not grow with the log.
    ///
    /// ```
    /// # use es_application::prelude::*;
    /// # use es_domain::prelude::*;
    /// # #[derive(Aggregate, Clone, Debug, Default)]
    /// # #[aggregate(hash_chain)]
    /// # pub struct Ledger { root: Root<Self> }
    /// # #[events]
    /// # impl Ledger {
    /// #     #[event(Begun)]
    /// #     pub fn begin() -> Self { Self::default() }
    /// # }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let app = Application::builder("Books").open().await?;
    /// # app.save(&mut Ledger::begin()).await?;
    /// let verified = app.verify().knowing::<Ledger>().on_progress(|at| println!("{} of {}", at.position, at.last)).await?;
    /// assert_eq!((verified.events, verified.linked), (1, 1));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Two kinds of damage are not found. If the last events of an aggregate were removed, or all of them, this is found only on
    /// a store whose positions have no holes. If all links of an aggregate were removed, this is found only for types that were
    /// named by [`knowing`](Verification::knowing). Snapshots are verified when they are read, not here.
    pub fn verify(&self) -> Verification {
        Verification {
            app: self.clone(),
            after: 0,
            known: Vec::new(),
            remembered: REMEMBERED,
            on_progress: None,
        }
    }
}

impl Verification {
    /// Decodes the events of `A` as its type reads them, and refuses events without a link if `A` has a hash chain.
    ///
    /// Events of other types are decoded without their type, which shows damage but no missing upcaster.
    pub fn knowing<A: Aggregate>(mut self) -> Self {
        self.known.push(Known {
            topics: <A::Event as EventSet>::topics(),
            is_chained: A::HASH_CHAIN,
            decode: |recorded| recorded.decode_event::<A::Event>().map(drop),
        });
        self
    }

    /// Begins after `position`: where an earlier verification has ended, say. Links are verified with the events before them.
    pub fn after(self, position: u64) -> Self {
        Self {
            after: position,
            ..self
        }
    }

    /// Calls `on_progress` after each page.
    pub fn on_progress(self, on_progress: impl FnMut(Progress) + Send + 'static) -> Self {
        Self {
            on_progress: Some(Box::new(on_progress)),
            ..self
        }
    }

    /// Sets how many aggregates are remembered: 50,000 without this call, in about 10 MB. For an event of an aggregate that is
    /// not remembered, the event before it is read once more. 0 counts as 1.
    pub fn remember(self, aggregates: usize) -> Self {
        Self {
            remembered: aggregates,
            ..self
        }
    }

    async fn run(mut self) -> Result<Verified, VerifyError> {
        let store = self.app.store();
        let last = store.recorder().max_position().await?.unwrap_or(0);
        let mut walk = Walk::new(store, &self.known, self.after, self.remembered);
        let mut next = Some(Selection::after(self.after).up_to(last));
        while let Some(selection) = next {
            let reached = walk.page(&selection).await?;
            next = selection
                .clone()
                .rest(reached, 0)
                .filter(|_| reached > selection.lower());
            if let Some(on_progress) = &mut self.on_progress {
                let (position, events) = (reached, walk.verified().events);
                on_progress(Progress { position, last, events });
            }
            tokio::task::yield_now().await;
        }
        Ok(walk.verified())
    }
}

/// # Errors
///
/// [`VerifyError::Damaged`] at the first damaged event; [`VerifyError::Recorder`] when the log cannot be read.
///
/// # Cancel safety
///
/// Verifying changes nothing; the future may be dropped.
impl IntoFuture for Verification {
    type Output = Result<Verified, VerifyError>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

impl fmt::Debug for Verification {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verification")
            .field("app", &self.app)
            .field("after", &self.after)
            .field("known", &self.known.len())
            .finish_non_exhaustive()
    }
}
