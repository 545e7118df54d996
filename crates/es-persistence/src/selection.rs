//! Which events to read.

use std::sync::Arc;

use es_domain::OriginatorId;

/// A part of one aggregate's events, in the order of their versions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamSelection {
    originator_id: OriginatorId,
    gt: u64,
    lte: Option<u64>,
    descending: bool,
    limit: Option<usize>,
}

impl StreamSelection {
    /// All events of the aggregate, first to last.
    #[must_use]
    pub const fn of(originator_id: OriginatorId) -> Self {
        Self {
            originator_id,
            gt: 0,
            lte: None,
            descending: false,
            limit: None,
        }
    }

    /// Only versions greater than `version`.
    #[must_use]
    pub fn gt(self, version: u64) -> Self {
        Self { gt: version, ..self }
    }

    /// Only versions less than or equal to `version`.
    #[must_use]
    pub fn lte(self, version: u64) -> Self {
        Self {
            lte: Some(version),
            ..self
        }
    }

    /// Last to first.
    #[must_use]
    pub fn descending(self) -> Self {
        Self {
            descending: true,
            ..self
        }
    }

    /// At most `limit` events; 0 selects nothing.
    #[must_use]
    pub fn limit(self, limit: usize) -> Self {
        Self {
            limit: Some(limit),
            ..self
        }
    }

    /// The aggregate whose events these are.
    pub const fn originator_id(&self) -> &OriginatorId {
        &self.originator_id
    }

    /// The version below all that are selected.
    pub const fn lower(&self) -> u64 {
        self.gt
    }

    /// The greatest version that may be selected.
    pub const fn upper(&self) -> Option<u64> {
        self.lte
    }

    /// Whether the last comes first.
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
    topics: Arc<[String]>,
}

impl Selection {
    /// The whole log.
    #[must_use]
    pub fn all() -> Self {
        Self::default()
    }

    /// What comes after `position`; 0 is before the first event.
    #[must_use]
    pub fn after(position: u64) -> Self {
        Self {
            after: position,
            ..Self::default()
        }
    }

    /// What begins at `position`.
    #[must_use]
    pub fn from(position: u64) -> Self {
        Self::after(position.saturating_sub(1))
    }

    /// Nothing beyond `position`.
    #[must_use]
    pub fn up_to(self, position: u64) -> Self {
        Self {
            up_to: Some(position),
            ..self
        }
    }

    /// At most `limit` notifications, counted after `topics` has chosen; 0 selects nothing.
    #[must_use]
    pub fn limit(self, limit: usize) -> Self {
        Self {
            limit: Some(limit),
            ..self
        }
    }

    /// Only events that are stored under one of `topics`; none at all means every topic.
    #[must_use]
    pub fn topics<T: Into<String>>(self, topics: impl IntoIterator<Item = T>) -> Self {
        Self {
            topics: topics.into_iter().map(Into::into).collect(),
            ..self
        }
    }

    /// The same after `position`, with another limit.
    pub(crate) fn moved_to(self, position: u64, limit: Option<usize>) -> Self {
        Self {
            after: position,
            limit,
            ..self
        }
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

    /// The topics that are selected; empty when all are.
    pub fn selected_topics(&self) -> &[String] {
        &self.topics
    }

    /// Whether an event stored under `topic` is selected.
    pub fn has_topic(&self, topic: &str) -> bool {
        self.topics.is_empty() || self.topics.iter().any(|selected| selected == topic)
    }
}
