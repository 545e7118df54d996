//! Saving together with how far another log was processed.

use std::{fmt, sync::Arc};

use es_persistence::{Notification, ProcessRecorder, RecorderError, StoredEvent, Tracking};

use crate::{Application, ApplicationError, Changes, Recorded};

/// How far another log was processed, and the recorder that stores it.
pub(crate) struct Processed {
    recorder: Arc<dyn ProcessRecorder>,
    tracking: Tracking,
}

impl Processed {
    /// Stores events together with the tracking.
    pub(crate) async fn insert(&self, events: Vec<StoredEvent>) -> Result<Vec<Notification>, RecorderError> {
        let tracking = self.tracking.clone();
        let positions = self.recorder.insert_events_with_tracking(events.clone(), tracking);
        let numbered = positions.await?.into_iter().zip(events);
        Ok(numbered
            .map(|(position, event)| Notification::new(position, event))
            .collect())
    }
}

impl Application {
    /// Returns the recorder that keeps how far this application has processed the logs of others.
    ///
    /// # Errors
    ///
    /// [`ApplicationError::Recorder`] when the tables cannot be used.
    ///
    /// # Cancel safety
    ///
    /// The future may be dropped: it makes tables at most that are not there.
    pub async fn process_recorder(&self) -> Result<Arc<dyn ProcessRecorder>, ApplicationError> {
        Ok(self.datastore().process_recorder().await?)
    }

    /// Saves the pending events of aggregates as [`save`](Self::save) does, and in the same transaction how far the log was
    /// processed that they come of. Nothing pending stores the tracking alone.
    ///
    /// It is what applications are made of that follow others: an event is processed once, also when the process is killed.
    ///
    /// ```
    /// # use es_application::prelude::*;
    /// # use es_domain::prelude::*;
    /// # use es_persistence::{RecorderErrorKind, Tracking};
    /// # #[derive(Aggregate, Clone, Debug, Default, Serialize, Deserialize)]
    /// # pub struct Counter { root: Root<Self> }
    /// # #[events]
    /// # impl Counter {
    /// #     #[event(Started)]
    /// #     pub fn start() -> Self { Self::default() }
    /// # }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), ApplicationError> {
    /// # let app = Application::builder("Counters").open().await?;
    /// let mut counter = Counter::start();
    /// app.save_with_tracking(&mut counter, Tracking::new("DogSchool", 7)).await?;
    ///
    /// let again = app.save_with_tracking(&mut Counter::start(), Tracking::new("DogSchool", 7)).await;
    /// assert!(matches!(
    ///     again,
    ///     Err(ApplicationError::Recorder(error)) if matches!(error.kind(), RecorderErrorKind::AlreadyTracked(_))
    /// ));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`save`](Self::save). [`ApplicationError::Recorder`] with the kind
    /// [`AlreadyTracked`](es_persistence::RecorderErrorKind::AlreadyTracked) when the log was processed so far before, and with
    /// [`Fenced`](es_persistence::RecorderErrorKind::Fenced) when another instance has taken over; nothing is stored then.
    ///
    /// # Cancel safety
    ///
    /// A future that is dropped before it is ready leaves all of it stored or nothing.
    pub async fn save_with_tracking(
        &self,
        changes: impl Changes,
        tracking: Tracking,
    ) -> Result<Vec<Recorded>, ApplicationError> {
        let recorder = self.process_recorder().await?;
        self.store_changes(changes, None, Some(Processed { recorder, tracking }))
            .await
    }
}

impl fmt::Debug for Processed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Processed")
            .field("tracking", &self.tracking)
            .finish_non_exhaustive()
    }
}
