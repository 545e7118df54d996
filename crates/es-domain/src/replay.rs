//! How an aggregate is brought back from its events.

use std::fmt;

use crate::{
    Aggregate, AggregateId, ApplyError, DomainEvent, Event, EventKind, OriginatorId, ReadEvent, Root, RootAccess as _,
    Timestamp, TriggerErrorKind, domain_event::IdOf, read_event::Bodies, root::RootReplaced,
};

/// An event does not follow from those before it.
#[derive(Debug, thiserror::Error)]
#[error("aggregate {aggregate} cannot be brought back: event {topic} of version {version} {kind}")]
pub struct ReplayError {
    /// The topic and the aggregate's own ID.
    aggregate: String,
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
    /// Returns the error without the cause that the event's own code gave, which may quote the event.
    #[must_use]
    pub fn without_cause(self) -> Self {
        let source = self.source.map(|source| match source {
            ApplyError::Refused(_) => ApplyError::refused("the cause is withheld: it may quote the event"),
            other => other,
        });
        Self { source, ..self }
    }

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
    events: impl IntoIterator<Item = impl Into<ReadEvent<A::Event>>>,
) -> Result<Option<A>, ReplayError> {
    let mut state = None;
    for event in events {
        event.into().mutate(&mut state)?;
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
        ReadEvent::from(self).mutate(state)
    }
}

impl<E: Event> ReadEvent<E> {
    /// Moves `state` on by this event: from nothing to a new aggregate, or from one version to the next. An event that is
    /// read as nothing moves the version of an aggregate on, and leaves nothing as nothing.
    ///
    /// # Errors
    ///
    /// [`ReplayError`] when the event belongs to another aggregate, is not the next version, comes after the end of
    /// the aggregate's life, or cannot be applied. The version of `state` is then as before.
    pub fn mutate(self, state: &mut Option<E::Aggregate>) -> Result<(), ReplayError> {
        match state {
            None => *state = self.mutate_nothing()?,
            Some(aggregate) => self.mutate_aggregate(aggregate)?,
        }
        Ok(())
    }

    fn mutate_nothing(self) -> Result<Option<E::Aggregate>, ReplayError> {
        let (first, rest, mut site) = self.split();
        if site.version != 1 {
            return Err(site.error(ReplayErrorKind::WrongVersion { expected: 1 }, None));
        }
        let Some(first) = first else { return Ok(None) };
        let root = Root::unborn(site.id.clone());
        let mut aggregate = site.create(first, root)?;
        site.apply_all(rest, &mut aggregate)?;
        aggregate.root_mut().advance(site.kind, site.timestamp);
        Ok(Some(aggregate))
    }

    fn mutate_aggregate(self, aggregate: &mut E::Aggregate) -> Result<(), ReplayError> {
        let (first, rest, mut site) = self.split();
        let root = aggregate.root();
        if let Err(kind) = site.follows(root) {
            return Err(site.error(kind, None));
        }
        let revives = root.is_discarded() && site.kind.is_some_and(EventKind::is_reviving);
        let mut bodies = first.into_iter().chain(rest);
        if revives && let Some(first) = bodies.next() {
            let root = Root::revived(site.id.clone(), root.version(), root.head(), site.timestamp);
            *aggregate = site.create(first, root)?;
        }
        site.apply_all(bodies, aggregate)?;
        aggregate.root_mut().advance(site.kind, site.timestamp);
        Ok(())
    }

    /// Returns the first body, the bodies after it, and all else.
    fn split(self) -> (Option<E>, std::vec::IntoIter<E>, Site<E>) {
        let (timestamp, version) = (self.stamp().timestamp(), self.originator_version());
        let (id, bodies) = self.into_id_and_bodies();
        let (first, rest) = match bodies {
            Bodies::One(body) => (Some(body), Vec::new().into_iter()),
            Bodies::Others(bodies) => {
                let mut bodies = bodies.into_iter();
                (bodies.next(), bodies)
            }
        };
        let site = Site {
            id,
            version,
            kind: first.as_ref().map(E::kind),
            timestamp,
        };
        (first, rest, site)
    }
}

/// An event without what happened.
struct Site<E: Event> {
    id: IdOf<E>,
    version: u64,
    /// The kind of the body that is being applied; `None` if the event is read as nothing.
    kind: Option<&'static EventKind>,
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

    /// Makes a new aggregate of the first body of the event, and gives it `root`.
    fn create(&self, body: E, mut root: Root<E::Aggregate>) -> Result<E::Aggregate, ReplayError> {
        let mut aggregate = match body.create() {
            Ok(aggregate) => aggregate,
            Err(error) => return Err(self.error(ReplayErrorKind::NotApplied, Some(error))),
        };
        if aggregate.root().refusal().is_some() {
            return Err(self.error(ReplayErrorKind::TriggersEvents, None));
        }
        root.enliven();
        *aggregate.root_mut() = root;
        Ok(aggregate)
    }

    /// Applies bodies that belong to the same event: the version does not move on between them.
    fn apply_all(&mut self, bodies: impl Iterator<Item = E>, aggregate: &mut E::Aggregate) -> Result<(), ReplayError> {
        let mut is_over = false;
        for body in bodies {
            let kind = body.kind();
            self.kind = Some(kind);
            if is_over {
                return Err(self.error(ReplayErrorKind::Discarded, None));
            }
            self.apply(body, aggregate)?;
            is_over = kind.is_discarding();
        }
        Ok(())
    }

    #[cold]
    fn error(&self, kind: ReplayErrorKind, source: Option<ApplyError>) -> ReplayError {
        ReplayError {
            aggregate: format!("{} {}", E::Aggregate::TOPIC, self.id),
            id: self.id.to_originator_id(),
            version: self.version,
            topic: self.kind.map_or("", EventKind::topic),
            kind,
            source,
        }
    }
}
