//! What people do with the letters of a follower.

use es_application::ApplicationError;
use es_persistence::views::{DeadLetter, Disposition};

use super::Shared;
use crate::{FollowerError, letters::Letters};

impl Shared {
    /// All letters, by log and position.
    pub(crate) async fn dead_letters(&self) -> Result<Vec<DeadLetter>, FollowerError> {
        let mut all = Vec::new();
        for upstream in 0..self.upstreams.len() {
            let key = self.key(upstream);
            let letters = Letters::of(&self.app, &key).await;
            all.extend(letters.map_err(|error| self.failed(error))?.all(&key));
        }
        Ok(all)
    }

    /// Asks for another attempt of all events that are set aside.
    pub(crate) async fn ask_for_retries(&self) -> Result<(), FollowerError> {
        for upstream in 0..self.upstreams.len() {
            let id = Letters::id_of(&self.key(upstream));
            let asked = self.app.execute(id, |letters: &mut Letters| letters.ask_all());
            match asked.await.map_err(ApplicationError::from) {
                Ok(_) => {}
                Err(error) if error.is_not_found() => {}
                Err(error) => return Err(self.failed(error)),
            }
        }
        Ok(())
    }

    /// The letters that are left once all attempts have been made that were asked for, or `None` if some were not made yet.
    pub(crate) async fn letters_left(&self) -> Result<Option<Vec<DeadLetter>>, FollowerError> {
        let letters = self.dead_letters().await?;
        let is_pending = |letter: &DeadLetter| letter.disposition == Disposition::Retry;
        Ok((!letters.iter().any(is_pending)).then_some(letters))
    }

    /// Passes over an event that is set aside.
    pub(crate) async fn skip(&self, letter: &DeadLetter) -> Result<bool, FollowerError> {
        let position = letter.position;
        let skipped = self.app.execute(Letters::id_of(&letter.key), |letters: &mut Letters| {
            Ok::<_, std::convert::Infallible>(letters.skip_letter(position))
        });
        match skipped.await.map_err(ApplicationError::from) {
            Ok(skipped) => Ok(skipped.into_value()),
            Err(error) if error.is_not_found() => Ok(false),
            Err(error) => Err(self.failed(error)),
        }
    }

    fn failed(&self, error: ApplicationError) -> FollowerError {
        FollowerError::Application {
            name: std::sync::Arc::clone(&self.name),
            source: std::sync::Arc::new(error),
        }
    }
}
