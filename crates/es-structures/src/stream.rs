//! The stream of a log: an aggregate without a state.

use es_domain::{Aggregate, ApplyError, Event, EventKind, Id, Root, RootAccess, TriggerError};
use serde::{Deserialize, Serialize};

use crate::Entry;

/// Entries that are to be appended to a log: an aggregate that is saved as others are, alone or together with them.
#[derive(Debug)]
pub struct Stream<T: Entry> {
    root: Root<Self>,
}

/// An entry as an event of its stream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(bound = "T: Entry")]
pub enum StreamEvent<T> {
    /// The entry was appended.
    Logged {
        /// The entry.
        entry: T,
    },
}

impl<T: Entry> Stream<T> {
    /// Returns the stream `id` after its entry `version`, with `entry` pending. Nothing is read: an older or later version
    /// than the last one is a conflict when the stream is saved.
    pub(crate) fn after(id: Id<Self>, version: u64, entry: T) -> Result<Self, TriggerError> {
        let event = StreamEvent::Logged { entry };
        if version == 0 {
            return Self::create(id, event);
        }
        let mut stream = Self {
            root: Root::continued(id, version),
        };
        stream.trigger(event)?;
        Ok(stream)
    }
}

impl<T: Entry> Aggregate for Stream<T> {
    type Id = Id<Self>;
    type Event = StreamEvent<T>;
    const TOPIC: &'static str = T::STREAM;

    fn root(&self) -> &Root<Self> {
        &self.root
    }
}

impl<T: Entry> RootAccess for Stream<T> {
    fn root_mut(&mut self) -> &mut Root<Self> {
        &mut self.root
    }
}

impl<T: Entry> Event for StreamEvent<T> {
    type Aggregate = Stream<T>;

    const KINDS: &'static [EventKind] = &[EventKind::new("Logged", T::TOPIC)];

    fn kind(&self) -> &'static EventKind {
        &Self::KINDS[0]
    }

    fn create(self) -> Result<Stream<T>, ApplyError> {
        Ok(Stream { root: Root::default() })
    }

    fn apply(self, _: &mut Stream<T>) -> Result<(), ApplyError> {
        Ok(())
    }
}
