//! What has been decided and stored.

use es_persistence::Recorded;

/// The events of a decision that are stored.
#[derive(Clone, Debug)]
pub struct Decided<E> {
    events: Vec<E>,
    recordings: Vec<Recorded>,
}

impl<E> Decided<E> {
    pub(crate) const fn new(events: Vec<E>, recordings: Vec<Recorded>) -> Self {
        Self { events, recordings }
    }

    /// The events of the decision; none if nothing was to be stored.
    pub fn events(&self) -> &[E] {
        &self.events
    }

    /// Returns the events of the decision.
    pub fn into_events(self) -> Vec<E> {
        self.events
    }

    /// The events as they are in the log, and behind them those of the aggregates that were saved with them.
    pub fn recordings(&self) -> &[Recorded] {
        &self.recordings
    }

    /// The position of the last event, for whoever waits until it has been processed; `None` if nothing was to be stored.
    pub fn position(&self) -> Option<u64> {
        self.recordings.last().map(Recorded::position)
    }
}
