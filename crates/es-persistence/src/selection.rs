//! Which events to read.

use es_domain::OriginatorId;

use crate::{EventSet, Topics};

/// A part of one aggregate's events, in the order of their versions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamSelection {
    originator_id: OriginatorId,
    after: u64,
    up_to: Option<u64>,
    descending: bool,
    limit: Option<usize>,
}

impl StreamSelection {
    /// Selects all events of the aggregate, first to last.
    #[must_use]
    pub const fn of(originator_id: OriginatorId) -> Self {
        Self {
            originator_id,
            after: 0,
            up_to: None,
            descending: false,
            limit: None,
        }
    }

    /// Selects only versions greater than `version`.
    #[must_use]
    pub fn after(self, version: u64) -> Self {
        Self { after: version, ..self }
    }

    /// Selects only versions less than or equal to `version`.
    #[must_use]
    pub fn up_to(self, version: u64) -> Self {
        Self {
            up_to: Some(version),
            ..self
        }
    }

    /// Reads the last event first.
    #[must_use]
    pub fn descending(self) -> Self {
        Self {
            descending: true,
            ..self
        }
    }

    /// Selects at most `limit` events; 0 selects nothing.
    #[must_use]
    pub fn limit(self, limit: usize) -> Self {
        Self {
            limit: Some(limit),
            ..self
        }
    }

    /// The aggregate whose events are selected.
    pub const fn originator_id(&self) -> &OriginatorId {
        &self.originator_id
    }

    /// The version below all that are selected.
    pub const fn lower(&self) -> u64 {
        self.after
    }

    /// The greatest version that may be selected.
    pub const fn upper(&self) -> Option<u64> {
        self.up_to
    }

    /// Returns `true` if the last event comes first.
    pub const fn is_descending(&self) -> bool {
        self.descending
    }

    /// The greatest number of events.
    pub const fn max_len(&self) -> Option<usize> {
        self.limit
    }
}

/// A part of the application's log, in the order of positions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    after: u64,
    up_to: Option<u64>,
    limit: Option<usize>,
    topics: Option<Topics>,
}

impl Selection {
    /// Selects the whole log.
    #[must_use]
    pub fn all() -> Self {
        Self::default()
    }

    /// Selects what comes after `position`; 0 is before the first event.
    #[must_use]
    pub fn after(position: u64) -> Self {
        Self {
            after: position,
            ..Self::default()
        }
    }

    /// Selects what begins at `position`.
    #[must_use]
    pub fn from(position: u64) -> Self {
        Self::after(position.saturating_sub(1))
    }

    /// Selects nothing beyond `position`.
    #[must_use]
    pub fn up_to(self, position: u64) -> Self {
        Self {
            up_to: Some(position),
            ..self
        }
    }

    /// Selects at most `limit` notifications, counted after topics were chosen; 0 selects nothing.
    #[must_use]
    pub fn limit(self, limit: usize) -> Self {
        Self {
            limit: Some(limit),
            ..self
        }
    }

    /// Selects only events whose topic is in `topics`. An empty set selects nothing.
    #[must_use]
    pub fn of_topics(self, topics: Topics) -> Self {
        Self {
            topics: Some(topics),
            ..self
        }
    }

    /// Selects only events that are stored under exactly one of `topics`. No topic selects nothing.
    ///
    /// A reader that stores its position selects whole families instead: see [`Topics`].
    #[must_use]
    pub fn topics<T: Into<String>>(self, topics: impl IntoIterator<Item = T>) -> Self {
        self.of_topics(Topics::exact(topics))
    }

    /// Selects the events of `S`, by whole families.
    ///
    /// A family also has the topics that lie deeper: with an aggregate `shop.Order`, the events of an aggregate
    /// `shop.Order.Line` are selected, too. [`Recorded::decode`](crate::Recorded::decode) returns `None` for them.
    #[must_use]
    pub fn of<S: EventSet>(self) -> Self {
        self.of_topics(S::topics())
    }

    /// Returns what is selected after a page that has reached the position `reached` and holds `taken` notifications, or
    /// `None` if nothing more can come.
    #[must_use]
    pub fn rest(self, reached: u64, taken: usize) -> Option<Self> {
        let limit = self.limit.map(|limit| limit.saturating_sub(taken));
        let is_over = limit == Some(0) || self.up_to.is_some_and(|upper| reached >= upper);
        (!is_over).then_some(Self {
            after: reached,
            limit,
            ..self
        })
    }

    /// The position before all that are selected.
    pub const fn lower(&self) -> u64 {
        self.after
    }

    /// The last position that may be selected.
    pub const fn upper(&self) -> Option<u64> {
        self.up_to
    }

    /// The greatest number of notifications.
    pub const fn max_len(&self) -> Option<usize> {
        self.limit
    }

    /// The topics that are selected; `None` if all are.
    pub const fn selected_topics(&self) -> Option<&Topics> {
        self.topics.as_ref()
    }

    /// Returns `true` if an event stored under `topic` is selected.
    pub fn has_topic(&self, topic: &str) -> bool {
        self.topics.as_ref().is_none_or(|topics| topics.contains(topic))
    }
}
