//! Events that were set aside, and are tried again.

use es_persistence::{
    BoxError, EventSet as _, OriginatorId, RecorderError,
    views::{DeadLetter, Disposition},
};
use futures_util::StreamExt as _;

use super::{
    attempt::Unstored,
    halt::Halt,
    opening::{index_of, parked},
    session::Session,
};
use crate::{Projection, feed::decode, remedy::chain};

impl<P: Projection<C>, C: Send + 'static> Session<'_, P, C> {
    /// Looks at the letters: tries those again for which that was asked, and learns which aggregates have to wait.
    pub(super) async fn look_around(&mut self) -> Result<(), Halt> {
        let letters = self.letters().await?;
        let asked: Vec<_> = letters.iter().filter(|letter| is(letter, Disposition::Retry)).collect();
        let mut tried: Vec<&OriginatorId> = Vec::new();
        for letter in &asked {
            if !tried.contains(&&letter.originator) {
                tried.push(&letter.originator);
                let sequence = letters.iter().filter(|other| other.originator == letter.originator);
                self.retry_in_order(sequence.collect()).await?;
            }
        }
        let left = if asked.is_empty() {
            letters
        } else {
            self.letters().await?
        };
        self.parked = parked(&self.worker.shared, &left);
        Ok(())
    }

    async fn letters(&self) -> Result<Vec<DeadLetter>, RecorderError> {
        let shared = &*self.worker.shared;
        let letters = shared.views.store().dead_letters(self.lease.generation.clone()).await?;
        let own = letters
            .into_iter()
            .filter(|letter| *letter.key.consumer == *shared.name);
        Ok(own.collect())
    }

    /// Tries the letters of one aggregate, up to the first that fails or for which that was not asked. The others wait again.
    async fn retry_in_order(&mut self, letters: Vec<&DeadLetter>) -> Result<(), Halt> {
        let mut has_failed = false;
        for letter in letters {
            match letter.disposition {
                Disposition::Skipped => {}
                Disposition::SetAside => has_failed = true,
                Disposition::Retry if has_failed => {
                    let store = self.worker.shared.views.store();
                    let generation = self.lease.generation.clone();
                    store.dispose(generation, letter, Disposition::SetAside).await?;
                }
                Disposition::Retry => has_failed = !self.retry(letter).await?,
            }
        }
        Ok(())
    }

    /// Tries the event of a letter again. Returns `false` if it has failed again.
    async fn retry(&mut self, letter: &DeadLetter) -> Result<bool, Halt> {
        let outcome = match self.reread(letter).await? {
            Ok(events) => self.take_back(letter, &events).await,
            Err(error) => Err(Unstored::Failed(error)),
        };
        match outcome {
            Ok(()) => Ok(true),
            Err(Unstored::Halted(halt)) => Err(halt),
            Err(Unstored::Failed(error)) => {
                let letter = letter.clone().with_error(chain(&*error), letter.attempts + 1);
                let mut transaction = self.begin().await?;
                transaction
                    .set_aside(vec![letter.with_disposition(Disposition::SetAside)])
                    .await?;
                transaction.commit(Vec::new()).await?;
                Ok(false)
            }
        }
    }

    /// Projects the event and removes its letter.
    async fn take_back(
        &self,
        letter: &DeadLetter,
        events: &[es_persistence::Recorded<P::Events>],
    ) -> Result<(), Unstored> {
        let mut transaction = self.begin().await?;
        if let Err(error) = self.write(&mut *transaction, events).await? {
            transaction.rollback().await?;
            return Err(Unstored::Failed(error));
        }
        transaction.settle(letter).await?;
        transaction.commit(Vec::new()).await?;
        Ok(())
    }

    /// Reads the event of a letter from its log and decodes it, with the upcasters of this program.
    async fn reread(
        &self,
        letter: &DeadLetter,
    ) -> Result<Result<Vec<es_persistence::Recorded<P::Events>>, BoxError>, RecorderError> {
        let shared = &*self.worker.shared;
        let Some(upstream) = index_of(shared, letter) else {
            let missing = format!("{:?} is not followed any more", letter.key.upstream);
            return Ok(Err(missing.into()));
        };
        let mut pages = shared.upstreams[upstream].pages(letter.position - 1, P::Events::topics(), 1);
        let page = pages.next().await.transpose()?;
        let mut events = page.into_iter().flat_map(|page| page.events);
        match events.find(|event| event.event_id() == letter.event_id) {
            Some(event) => Ok(decode(&event)),
            None => Ok(Err("the log does not have the event any more".into())),
        }
    }
}

fn is(letter: &DeadLetter, disposition: Disposition) -> bool {
    letter.disposition == disposition
}
