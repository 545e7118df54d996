//! The record of a command that is carried out once.

use es_domain::prelude::*;
use es_persistence::{OriginatorId, StoredEvent, StreamSelection};
use uuid::Uuid;

use crate::{Application, ApplicationError};

/// The greatest length of the ID of a command, in bytes.
pub(crate) const MAX_COMMAND_ID: usize = 255;

/// The ID under which a command is carried out once.
#[derive(AggregateId, Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) struct CommandId(String);

/// What a command has changed. It is stored in the same transaction as the events of the command, after them.
///
/// It has a stream of its own, with one event: that nothing can be stored twice at version 1 is what makes sure that a command
/// is carried out once, on every store. It is not `Clone`, so that no cache keeps it.
#[derive(Aggregate, Debug, Default)]
#[aggregate(id = CommandId, topic = "es.Command")]
pub(crate) struct CommandRecord {
    root: Root<Self>,
    parts: Vec<Part>,
}

#[events(vis = pub(crate))]
impl CommandRecord {
    #[event(Done, id = id.clone())]
    fn done(id: CommandId, parts: Vec<Part>) -> Self {
        Self {
            parts,
            ..Self::default()
        }
    }

    /// Returns what the command has changed and read.
    pub(crate) fn parts(&self) -> &[Part] {
        &self.parts
    }
}

/// Events of one aggregate that belong to a command; none of an aggregate that the command has only read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Part {
    stream: Stream,
    /// The version before the events.
    after: u64,
    events: u64,
}

/// The ID of an aggregate, whatever its type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Stream {
    Uuid(Uuid),
    Text(String),
}

impl CommandId {
    /// # Errors
    ///
    /// [`ApplicationError::CommandId`] if no store could keep it.
    pub(crate) fn new(id: String) -> Result<Self, ApplicationError> {
        if id.is_empty() || id.len() > MAX_COMMAND_ID || id.contains('\0') {
            let id = id.chars().take(40).collect();
            return Err(ApplicationError::CommandId { id });
        }
        Ok(Self(id))
    }
}

impl Part {
    fn of(row: &StoredEvent) -> Self {
        Self {
            stream: Stream::of(&row.originator_id),
            after: row.originator_version - 1,
            events: 1,
        }
    }

    fn of_target(id: &OriginatorId) -> Self {
        Self {
            stream: Stream::of(id),
            after: 0,
            events: 0,
        }
    }

    /// Counts the event in `row` if it follows.
    fn takes(&mut self, row: &StoredEvent) -> bool {
        let follows = self.after + self.events + 1 == row.originator_version;
        let is_taken = follows && self.is_of(&row.originator_id);
        self.events += u64::from(is_taken);
        is_taken
    }

    pub(crate) fn is_of(&self, id: &OriginatorId) -> bool {
        match (&self.stream, id) {
            (Stream::Uuid(own), OriginatorId::Uuid(other)) => own == other,
            (Stream::Text(own), OriginatorId::Text(other)) => **own == **other,
            _ => false,
        }
    }

    pub(crate) const fn events(&self) -> u64 {
        self.events
    }

    pub(crate) fn selection(&self) -> StreamSelection {
        let id = match &self.stream {
            Stream::Uuid(uuid) => OriginatorId::from(*uuid),
            Stream::Text(text) => OriginatorId::from(&**text),
        };
        StreamSelection::of(id)
            .after(self.after)
            .up_to(self.after + self.events)
    }
}

impl Stream {
    fn of(id: &OriginatorId) -> Self {
        match id {
            OriginatorId::Uuid(uuid) => Self::Uuid(*uuid),
            OriginatorId::Text(text) => Self::Text(text.to_string()),
        }
    }
}

/// Under which ID a save is recorded, and about which aggregates its command is, as far as that is known before.
#[derive(Debug)]
pub(crate) struct Marking {
    pub(crate) id: CommandId,
    pub(crate) targets: Vec<OriginatorId>,
}

impl Marking {
    /// Adds the row of the record to the rows of the command's events.
    pub(crate) fn record(&self, app: &Application, rows: &mut Vec<StoredEvent>) -> Result<(), ApplicationError> {
        let parts = self.parts(rows);
        let mut record = app.scope().run(|| CommandRecord::done(self.id.clone(), parts));
        record.add_metadata(app.metadata());
        app.store().mapper().pending_to_stored(&record, rows)?;
        Ok(())
    }

    fn parts(&self, rows: &[StoredEvent]) -> Vec<Part> {
        let mut parts: Vec<Part> = Vec::new();
        for row in rows {
            if !parts.last_mut().is_some_and(|part| part.takes(row)) {
                parts.push(Part::of(row));
            }
        }
        for id in &self.targets {
            if !parts.iter().any(|part| part.is_of(id)) {
                parts.push(Part::of_target(id));
            }
        }
        parts
    }
}
