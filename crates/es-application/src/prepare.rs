//! Saving in a transaction of the user's own.

use std::{collections::VecDeque, fmt};

use es_domain::EventHash;
use es_persistence::{Notification, RecorderError, StoredEvent};

use crate::{Application, ApplicationError, Changes, Recorded, command_record::Marking, save::Stored};

/// Pending events that are ready to be stored, by [`Application::prepare`].
///
/// The aggregates are borrowed, so that they cannot change meanwhile. A value that is dropped has changed nothing: the events
/// are still pending.
#[must_use = "call `stored` after the commit: until then the events are pending"]
pub struct Prepared<'a, C> {
    app: &'a Application,
    changes: C,
    marking: Option<&'a Marking>,
    events: Vec<StoredEvent>,
    heads: VecDeque<Option<EventHash>>,
}

impl<'a, C: Changes> Prepared<'a, C> {
    /// Prepares the events of `changes`, and the record of the command after them if there is a `marking`.
    pub(crate) fn new(
        app: &'a Application,
        mut changes: C,
        marking: Option<&'a Marking>,
    ) -> Result<Self, ApplicationError> {
        let (mut events, mut heads) = (Vec::new(), VecDeque::new());
        changes.add_metadata(app.metadata());
        changes.encode(app.store().mapper(), &mut events, &mut heads)?;
        if let Some(marking) = marking {
            marking.record(app, &mut events)?;
        }
        Ok(Self {
            app,
            changes,
            marking,
            events,
            heads,
        })
    }

    /// Returns the rows, for `insert_in` of the store.
    pub fn events(&self) -> Vec<StoredEvent> {
        self.events.clone()
    }

    /// Takes the events out of the aggregates, after the transaction was committed. `positions` are what `insert_in` has
    /// returned.
    ///
    /// If it is not called after a commit, the events stay pending, and the next save of the aggregates is a conflict. No
    /// snapshot is taken, whatever the interval.
    ///
    /// # Panics
    ///
    /// When there are not as many positions as events: they are those of another call.
    pub fn stored(mut self, positions: Vec<u64>) -> Vec<Recorded> {
        assert_eq!(
            positions.len(),
            self.events.len(),
            "there is one position for each event"
        );
        let events = std::mem::take(&mut self.events);
        // This call stores nothing, so a snapshot that is due now is left out: the save that completes the next interval
        // takes one.
        drop(self.take_events());
        let numbered = positions.into_iter().zip(events);
        self.app
            .told(numbered.map(|(position, event)| Notification::new(position, event)))
    }

    /// Prepares the changes anew after a save that has failed, if a new aggregate among them can follow a discarded one.
    ///
    /// # Errors
    ///
    /// `error` if the save has failed for another reason, or an error that says what holds the ID.
    pub(crate) async fn revived(mut self, error: RecorderError) -> Result<Self, ApplicationError> {
        let is_revived = match error.conflict() {
            Some(conflict) => self.changes.revive(self.app.repository(), conflict).await?,
            None => false,
        };
        if is_revived {
            Self::new(self.app, self.changes, self.marking)
        } else {
            Err(error.into())
        }
    }

    /// Returns what is to be done after the events were stored: they leave the aggregates, and copies go into the cache.
    pub(crate) fn take_events(&mut self) -> Stored<'_> {
        let repository = self.app.repository();
        let mut stored = Stored {
            heads: std::mem::take(&mut self.heads),
            cache: repository.cache(),
            snapshots: repository.snapshots(),
            due: Vec::new(),
        };
        self.changes.saved(&mut stored);
        stored
    }

    pub(crate) fn rows(&mut self) -> Vec<StoredEvent> {
        std::mem::take(&mut self.events)
    }
}

impl<C> fmt::Debug for Prepared<'_, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Prepared")
            .field("events", &self.events.len())
            .finish_non_exhaustive()
    }
}
