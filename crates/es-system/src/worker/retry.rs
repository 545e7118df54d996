//! Events that were set aside, and are tried again.

use es_persistence::{
    BoxError, OriginatorId, Recorded, RecorderError,
    views::{DeadLetter, Disposition},
};
use es_projection::__private::{chain, decode};
use futures_util::StreamExt as _;

use super::{
    Reaction,
    attempt::With,
    halt::{Halt, Unstored},
    session::{Session, topics},
};
use crate::letters::{Attempted, Letters};

/// What was read of the event of a letter.
type Reread<E> = Result<Vec<Recorded<E>>, BoxError>;

impl<R: Reaction> Session<R> {
    /// Looks at the letters: tries those again for which that was asked, and learns which aggregates have to wait.
    pub(super) async fn look_around(&mut self) -> Result<(), Halt> {
        self.parked.clear();
        for upstream in 0..self.tracks.len() {
            let mut letters = self.read_letters(upstream).await?;
            if letters.iter().any(|letter| letter.disposition == Disposition::Retry) {
                self.retry_all(upstream, &letters).await?;
                letters = self.read_letters(upstream).await?;
            }
            let waiting = letters
                .iter()
                .filter(|letter| letter.disposition != Disposition::Skipped);
            self.parked
                .extend(waiting.map(|letter| (upstream, letter.originator.clone())));
        }
        Ok(())
    }

    async fn read_letters(&self, upstream: usize) -> Result<Vec<DeadLetter>, Halt> {
        let shared = &*self.worker.shared;
        let key = shared.key(upstream);
        let letters = Letters::of(&shared.app, &key).await;
        Ok(letters.map_err(|error| shared.unable(error))?.all(&key))
    }

    /// Tries letters in order. Of each aggregate those are tried that come before the first that fails.
    async fn retry_all(&mut self, upstream: usize, letters: &[DeadLetter]) -> Result<(), Halt> {
        let mut blocked: Vec<&OriginatorId> = Vec::new();
        for letter in letters {
            let is_blocked = blocked.contains(&&letter.originator);
            let is_taken = match letter.disposition {
                Disposition::Skipped => true,
                Disposition::SetAside => false,
                Disposition::Retry if is_blocked => {
                    self.settle_letter(upstream, letter, Attempted::PutOff).await?;
                    false
                }
                Disposition::Retry => self.retry(upstream, letter).await?,
            };
            if !is_taken {
                blocked.push(&letter.originator);
            }
        }
        Ok(())
    }

    /// Tries the event of a letter again. Returns `false` if it has failed again.
    async fn retry(&mut self, upstream: usize, letter: &DeadLetter) -> Result<bool, Halt> {
        let outcome = match self.reread(upstream, letter).await? {
            Ok(events) => {
                let with = With {
                    settled: Some(letter.position),
                    ..With::default()
                };
                let events: Vec<_> = events.iter().collect();
                self.store(upstream, &events, with).await
            }
            Err(error) => Err(Unstored::Failed(error)),
        };
        match outcome {
            Ok(_) => Ok(true),
            Err(Unstored::Halted(halt)) => Err(halt),
            Err(Unstored::Failed(error) | Unstored::Conflict(error)) => {
                let failed = Attempted::Failed(chain(&*error));
                self.settle_letter(upstream, letter, failed).await?;
                Ok(false)
            }
        }
    }

    /// Notes what has become of a letter, without an effect.
    async fn settle_letter(&self, upstream: usize, letter: &DeadLetter, outcome: Attempted) -> Result<(), Halt> {
        let shared = &*self.worker.shared;
        let noting = async {
            let mut letters = Letters::of(&shared.app, &shared.key(upstream)).await?;
            letters.settle(letter.position, outcome);
            shared.app.save(&mut letters).await
        };
        noting.await.map_err(|error| shared.unable(error))?;
        Ok(())
    }

    /// Reads the event of a letter from its log and decodes it, with the upcasters of this program.
    async fn reread(&self, upstream: usize, letter: &DeadLetter) -> Result<Reread<R::Events>, RecorderError> {
        let upstream = &self.worker.shared.upstreams[upstream];
        let mut pages = upstream.pages(letter.position - 1, topics::<R>(), 1);
        let page = pages.next().await.transpose()?;
        let mut events = page.into_iter().flat_map(|page| page.events);
        match events.find(|event| event.event_id() == letter.event_id) {
            Some(event) => Ok(decode(&event)),
            None => Ok(Err("the log does not have the event any more".into())),
        }
    }
}
