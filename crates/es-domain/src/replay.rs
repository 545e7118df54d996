//! How an aggregate is brought back from its events.

use std::fmt;

use crate::{
    Aggregate, AggregateId, ApplyError, DomainEvent, Event, EventKind, OriginatorId, Root, Timestamp, TriggerErrorKind,
    domain_event::More, root::RootReplaced,
};

/// An event does not follow from those before it.
#[derive(Debug, thiserror::Error)]
#[error("aggregate {aggregate} {id} cannot be brought back: event {topic} of version {version} {kind}")]
pub struct ReplayError {
    aggregate: &'static str,
    id: OriginatorId,
    version: u64,
    topic: &'static str,
    kind: ReplayErrorKind,
    #[source]
    source: Option<ApplyError>,
}

/// Why an event does not follow.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReplayErrorKind {
    /// It happened to another aggregate.
    WrongOriginator {
        /// The aggregate that was being brought back.
        expected: OriginatorId,
    },
    /// An event is missing before it, or it came twice.
    WrongVersion {
        /// The version that had to come next.
        expected: u64,
    },
    /// The event before it ended the aggregate's life.
    Discarded,
    /// Events of the same aggregate were triggered by its body.
    TriggersEvents,
    /// Its body puts another [`Root`] in the place of the aggregate's, as `*self = Self::default()` does.
    RootReplaced,
    /// It cannot be applied: the source says why.
    NotApplied,
}

impl fmt::Display for ReplayErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::WrongOriginator { expected } => write!(f, "is not of aggregate {expected}"),
            Self::WrongVersion { expected } => {
                write!(f, "stands where version {expected} was expected")
            }
            Self::Discarded => f.write_str("comes after the end of the aggregate's life"),
            Self::TriggersEvents => f.write_str("has a body that triggers other events"),
            Self::RootReplaced => f.write_str("has a body that replaces the aggregate's root"),
            Self::NotApplied => f.write_str("cannot be applied"),
        }
    }
}

impl ReplayError {
    /// Why.
    pub const fn kind(&self) -> &ReplayErrorKind {
        &self.kind
    }

    /// The aggregate that the event belongs to.
    pub const fn originator_id(&self) -> &OriginatorId {
        &self.id
    }

    /// The event's version.
    pub const fn originator_version(&self) -> u64 {
        self.version
    }

    /// The event's topic.
    pub const fn topic(&self) -> &'static str {
        self.topic
    }
}

pub(crate) fn replay<A: Aggregate>(
    events: impl IntoIterator<Item = DomainEvent<A::Event>>,
) -> Result<Option<A>, ReplayError> {
    let mut state = None;
    for event in events {
        event.mutate(&mut state)?;
    }
    Ok(state.filter(|aggregate: &A| !aggregate.root().is_discarded()))
}

impl<E: Event> DomainEvent<E> {
    /// Moves `state` on by this event: from nothing to a new aggregate, or from one version to the next.
    ///
    /// # Errors
    ///
    /// [`ReplayError`] when the event belongs to another aggregate, is not the next version, comes after the end of
    /// the aggregate's life, or cannot be applied. The version of `state` is then as before.
    pub fn mutate(self, state: &mut Option<E::Aggregate>) -> Result<(), ReplayError> {
        match state {
            None => *state = Some(self.mutate_nothing()?),
            Some(aggregate) => self.mutate_aggregate(aggregate)?,
        }
        Ok(())
    }

    fn mutate_nothing(self) -> Result<E::Aggregate, ReplayError> {
        let (body, more, mut site) = self.split();
        if site.version != 1 {
            return Err(site.error(ReplayErrorKind::WrongVersion { expected: 1 }, None));
        }
        let mut aggregate = match body.create() {
            Ok(aggregate) => aggregate,
            Err(error) => return Err(site.error(ReplayErrorKind::NotApplied, Some(error))),
        };
        if aggregate.root().refusal().is_some() {
            return Err(site.error(ReplayErrorKind::TriggersEvents, None));
        }
        let root = aggregate.root_mut();
        *root = Root::unborn(site.id.clone());
        root.enliven();
        site.apply_more(more, &mut aggregate)?;
        aggregate.root_mut().advance(site.kind, site.timestamp);
        Ok(aggregate)
    }

    fn mutate_aggregate(self, aggregate: &mut E::Aggregate) -> Result<(), ReplayError> {
        let (body, more, mut site) = self.split();
        if let Err(kind) = site.follows(aggregate.root()) {
            return Err(site.error(kind, None));
        }
        site.apply(body, aggregate)?;
        site.apply_more(more, aggregate)?;
        aggregate.root_mut().advance(site.kind, site.timestamp);
        Ok(())
    }

    fn split(self) -> (E, Option<Box<More<E>>>, Site<E>) {
        let (kind, timestamp, version) = (self.kind(), self.timestamp(), self.originator_version());
        let (id, body, more) = self.into_id_and_bodies();
        let site = Site {
            id,
            version,
            kind,
            timestamp,
        };
        (body, more, site)
    }
}

/// An event without what happened.
struct Site<E: Event> {
    id: <E::Aggregate as Aggregate>::Id,
    version: u64,
    kind: &'static EventKind,
    timestamp: Timestamp,
}

impl<E: Event> Site<E> {
    fn follows(&self, root: &Root<E::Aggregate>) -> Result<(), ReplayErrorKind> {
        if self.id != *root.id() {
            return Err(ReplayErrorKind::WrongOriginator {
                expected: root.id().to_originator_id(),
            });
        }
        if self.version != root.version() + 1 {
            return Err(ReplayErrorKind::WrongVersion {
                expected: root.version() + 1,
            });
        }
        Ok(())
    }

    #[inline]
    fn apply(&self, body: E, aggregate: &mut E::Aggregate) -> Result<(), ReplayError> {
        let root = aggregate.root_mut();
        let version = root.version();
        match root.begin() {
            Ok(()) => {}
            Err(TriggerErrorKind::Discarded) => return Err(self.error(ReplayErrorKind::Discarded, None)),
            Err(_) => return Err(self.error(ReplayErrorKind::NotApplied, None)),
        }
        let applied = body.apply(aggregate);
        let root = aggregate.root_mut();
        if let Err(RootReplaced) = root.end(version) {
            *root = Root::remains(self.id.clone(), version);
            return Err(self.error(ReplayErrorKind::RootReplaced, None));
        }
        if let Err(error) = applied {
            return Err(self.error(ReplayErrorKind::NotApplied, Some(error)));
        }
        if root.refusal().is_some() {
            return Err(self.error(ReplayErrorKind::TriggersEvents, None));
        }
        Ok(())
    }

    /// Applies what belongs to the same event; the version does not move on between.
    fn apply_more(&mut self, more: Option<Box<More<E>>>, aggregate: &mut E::Aggregate) -> Result<(), ReplayError> {
        let Some(more) = more else { return Ok(()) };
        for body in more.0 {
            let is_over = self.kind.is_discarding();
            self.kind = body.kind();
            if is_over {
                return Err(self.error(ReplayErrorKind::Discarded, None));
            }
            self.apply(body, aggregate)?;
        }
        Ok(())
    }

    #[cold]
    fn error(&self, kind: ReplayErrorKind, source: Option<ApplyError>) -> ReplayError {
        ReplayError {
            aggregate: E::Aggregate::TOPIC,
            id: self.id.to_originator_id(),
            version: self.version,
            topic: self.kind.topic(),
            kind,
            source,
        }
    }
}
