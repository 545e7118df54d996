//! One transaction: events, letters and the position together.

use std::panic::AssertUnwindSafe;

use es_persistence::{
    BoxError, EventSet as _, Operation, OriginatorId, Recorded, RecorderError, RecorderErrorKind,
    views::{DeadLetter, ViewTransaction},
};
use futures_util::FutureExt as _;
use tokio::time::sleep;

use super::{halt::Halt, session::Session};
use crate::{
    Projection,
    feed::{Mark, panicked},
};

/// Why a transaction has stored nothing.
#[derive(Debug)]
pub(super) enum Unstored {
    /// The projection has failed, and the connection is sound.
    Failed(BoxError),
    /// Something else is in the way.
    Halted(Halt),
}

/// The name of the store in errors.
const STORE: &str = "the store of read models";

/// What the error of a letter says that was set aside for the sake of order.
const BEHIND: &str = "an earlier event of the aggregate is set aside";

impl<P: Projection<C>, C: Send + 'static> Session<'_, P, C> {
    /// Projects events and stores the position in one transaction. Events of aggregates that have events set aside are set
    /// aside, too.
    pub(super) async fn attempt(
        &mut self,
        upstream: usize,
        events: &[Recorded<P::Events>],
        mark: Mark,
    ) -> Result<(), Unstored> {
        let mut transaction = self.begin().await?;
        let is_parked = |event: &Recorded<P::Events>| self.is_parked(upstream, event.originator());
        let mut letters = Vec::new();
        for events in events.chunk_by(|one, next| is_parked(one) == is_parked(next)) {
            if is_parked(&events[0]) {
                letters.extend(
                    events
                        .iter()
                        .map(|event| self.letter(upstream, event).with_error(BEHIND, 0)),
                );
            } else if let Err(error) = self.write(&mut *transaction, events).await? {
                transaction.rollback().await?;
                return Err(Unstored::Failed(error));
            }
        }
        letters.dedup_by_key(|letter| letter.position);
        if !letters.is_empty() {
            transaction.set_aside(letters).await?;
        }
        self.commit(transaction, upstream, mark).await
    }

    pub(super) async fn begin(&self) -> Result<Box<dyn ViewTransaction<C>>, RecorderError> {
        self.worker.shared.views.store().begin(&self.lease).await
    }

    /// Lets the projection write, and keeps the lease as long as that takes.
    pub(super) async fn write(
        &self,
        transaction: &mut dyn ViewTransaction<C>,
        events: &[Recorded<P::Events>],
    ) -> Result<Result<(), BoxError>, Halt> {
        let projected = self.worker.projection.project_all(events, transaction.connection());
        tokio::select! {
            projected = AssertUnwindSafe(projected).catch_unwind() => {
                Ok(projected.unwrap_or_else(|panic| Err(panicked(&*panic))))
            }
            lost = self.keep_lease() => Err(lost),
        }
    }

    /// Renews the lease until another instance has it. A renewal that fails otherwise is tried again: the commit decides.
    async fn keep_lease(&self) -> Halt {
        loop {
            sleep(self.lease.claim.ttl / 3).await;
            if let Err(error) = self.worker.shared.views.store().renew(&self.lease).await
                && matches!(error.kind(), RecorderErrorKind::Fenced(_))
            {
                return Halt::Lost;
            }
        }
    }

    async fn commit(
        &mut self,
        transaction: Box<dyn ViewTransaction<C>>,
        upstream: usize,
        mark: Mark,
    ) -> Result<(), Unstored> {
        let shared = &*self.worker.shared;
        let checkpoint = shared.checkpoint(upstream, mark, &P::Events::topics(), &self.lease);
        match transaction.commit(vec![checkpoint]).await {
            Ok(()) => {}
            // A constraint that is checked at the end of the transaction, say.
            Err(error) if *error.kind() == RecorderErrorKind::Invalid => return Err(Unstored::Failed(error.into())),
            Err(error) => return Err(error.into()),
        }
        self.tracks[upstream].stored = mark.position;
        shared.meter.advance(self.part, upstream, mark.position, &self.start);
        Ok(())
    }

    /// Stores a position up to which nothing is to be projected.
    pub(super) async fn store_mark(&mut self, upstream: usize, mark: Mark) -> Result<(), Halt> {
        let transaction = self.begin().await?;
        self.commit(transaction, upstream, mark).await.map_err(Halt::from)
    }

    /// Stores letters together with the position.
    pub(super) async fn store_letters(
        &mut self,
        upstream: usize,
        letters: Vec<DeadLetter>,
        mark: Mark,
    ) -> Result<(), Unstored> {
        let mut transaction = self.begin().await?;
        transaction.set_aside(letters).await?;
        self.commit(transaction, upstream, mark).await
    }

    pub(super) fn is_parked(&self, upstream: usize, originator: &OriginatorId) -> bool {
        !self.parked.is_empty() && self.parked.contains(&(upstream, originator.clone()))
    }

    pub(super) fn letter<E>(&self, upstream: usize, event: &Recorded<E>) -> DeadLetter {
        let key = self.worker.shared.key(upstream);
        let originator = event.originator().clone();
        DeadLetter::new(key, event.position(), event.event_id(), originator).with_topic(event.topic())
    }
}

/// Where nothing was projected, nothing but the store can have failed.
impl From<Unstored> for Halt {
    fn from(unstored: Unstored) -> Self {
        match unstored {
            Unstored::Halted(halt) => halt,
            Unstored::Failed(error) => Self::Store(
                RecorderError::new(STORE, Operation::WriteView, RecorderErrorKind::Invalid).with_source(error),
            ),
        }
    }
}

impl From<Halt> for Unstored {
    fn from(halt: Halt) -> Self {
        Self::Halted(halt)
    }
}

impl From<RecorderError> for Unstored {
    fn from(error: RecorderError) -> Self {
        Self::Halted(error.into())
    }
}
