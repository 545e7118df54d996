//! How events come about.

use crate::{
    Aggregate, AggregateId, ApplyError, Event, Outcome, Root,
    root::{Begun, RootReplaced},
};

/// An event cannot be triggered.
#[derive(Clone, Debug, thiserror::Error)]
#[error("event {event} of aggregate {aggregate} cannot be triggered: {kind}")]
pub struct TriggerError {
    aggregate: String,
    event: &'static str,
    kind: TriggerErrorKind,
    #[source]
    source: Option<std::sync::Arc<dyn std::error::Error + Send + Sync>>,
}

/// Two errors are equal if they tell of the same event of the same aggregate and the same reason.
impl PartialEq for TriggerError {
    fn eq(&self, other: &Self) -> bool {
        (&self.aggregate, self.event, self.kind) == (&other.aggregate, other.event, other.kind)
    }
}

impl Eq for TriggerError {}

/// Why an event cannot be triggered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TriggerErrorKind {
    /// No initial event has created the aggregate.
    #[error("the aggregate has not been created; call the method of an initial event first")]
    NotCreated,
    /// The aggregate's life has ended.
    #[error("the aggregate is discarded")]
    Discarded,
    /// The body of another event is running: it would be triggered again at each replay.
    #[error("an event is being applied; trigger both from a method that is no event")]
    WithinEvent,
    /// The aggregate exists, and only a new one starts with this event.
    #[error("only a new aggregate starts with it")]
    Initial,
    /// No aggregate starts with this event.
    #[error("no aggregate starts with it")]
    NotInitial,
    /// The event's own code has put another [`Root`] in the place of the aggregate's, as `*self = Self::default()` does;
    /// the pending events were in it and are lost.
    #[error("its own code replaces the aggregate's root; change the other fields one by one")]
    RootReplaced,
    /// The event's own code returned an error, which is the source.
    #[error("its own code refuses it")]
    Refused,
}

impl TriggerError {
    pub(crate) fn new<I: AggregateId>(id: &I, event: &'static str, kind: TriggerErrorKind) -> Self {
        let aggregate = format!("{} {id}", <I::Aggregate as Aggregate>::TOPIC);
        Self {
            aggregate,
            event,
            kind,
            source: None,
        }
    }

    fn from_apply<I: AggregateId>(id: &I, event: &'static str, error: ApplyError) -> Self {
        let (kind, source) = match error {
            ApplyError::Initial => (TriggerErrorKind::Initial, None),
            ApplyError::NotInitial => (TriggerErrorKind::NotInitial, None),
            ApplyError::Refused(cause) => (TriggerErrorKind::Refused, Some(cause.into())),
        };
        Self {
            source,
            ..Self::new(id, event, kind)
        }
    }

    /// Why.
    pub const fn kind(&self) -> TriggerErrorKind {
        self.kind
    }
}

pub(crate) fn create<A: Aggregate>(id: A::Id, event: A::Event) -> Result<A, TriggerError> {
    let topic = event.kind().topic();
    match event.clone().create() {
        Ok(aggregate) => Ok(born(aggregate, id, event)),
        Err(error) => Err(TriggerError::from_apply(&id, topic, error)),
    }
}

/// Gives a new aggregate its identity and its first pending event.
pub(crate) fn born<A: Aggregate>(mut aggregate: A, id: A::Id, event: A::Event) -> A {
    let refusal = aggregate.root().refusal().cloned();
    let root = aggregate.root_mut();
    *root = Root::unborn(id);
    root.record(event);
    // The body of an initial event that calls other event methods has been told so; it must not be forgotten.
    if let Some(error) = refusal {
        root.refuse(error);
    }
    aggregate
}

/// Applies `event` by the aggregate's own code, and records it.
pub(crate) fn trigger<A: Aggregate>(aggregate: &mut A, event: A::Event) -> Result<(), TriggerError> {
    let topic = event.kind().topic();
    let body = event.clone();
    let Err(error) = run(aggregate, event, |aggregate| body.apply(aggregate))? else {
        return Ok(());
    };
    if let ApplyError::Refused(_) = error {
        aggregate.root_mut().set_tainted(true);
    }
    Err(TriggerError::from_apply(aggregate.root().id(), topic, error))
}

/// Runs `body`, which is the effect of `event`, and records the event if the body has succeeded. Returns the outcome of
/// the body, or why it did not run.
pub(crate) fn run<A: Aggregate, R: Outcome<Value = ()>>(
    aggregate: &mut A,
    event: A::Event,
    body: impl FnOnce(&mut A) -> R,
) -> Result<Result<(), R::Error>, TriggerError> {
    let topic = event.kind().topic();
    let begun = begin(aggregate, topic)?;
    let outcome = body(aggregate).into_result();
    let ended = end(aggregate, begun, topic);
    if outcome.is_ok() {
        ended?;
        aggregate.root_mut().record(event);
    }
    Ok(outcome)
}

/// Says that the body of an event begins to run, unless none may now. An event inside of another is a mistake of the
/// aggregate's author, and the root keeps it.
fn begin<A: Aggregate>(aggregate: &mut A, topic: &'static str) -> Result<Begun<A>, TriggerError> {
    let root = aggregate.root_mut();
    if let Err(kind) = root.begin() {
        let error = TriggerError::new(root.id(), topic, kind);
        if kind == TriggerErrorKind::WithinEvent {
            root.refuse(error.clone());
        }
        return Err(error);
    }
    let (id, version) = (root.id().clone(), root.version());
    Ok(Begun { id, version })
}

/// Looks after the body of an event. If the body has replaced the root, the root keeps that, because the pending events
/// are lost and the aggregate must not be saved.
fn end<A: Aggregate>(aggregate: &mut A, begun: Begun<A>, topic: &'static str) -> Result<(), TriggerError> {
    let root = aggregate.root_mut();
    let Err(RootReplaced) = root.end(begun.version) else {
        return Ok(());
    };
    *root = Root::remains(begun.id, begun.version);
    let error = TriggerError::new(root.id(), topic, TriggerErrorKind::RootReplaced);
    root.refuse(error.clone());
    Err(error)
}

pub(crate) fn trigger_all<A: Aggregate>(
    aggregate: &mut A,
    events: impl IntoIterator<Item = A::Event>,
) -> Result<(), TriggerError> {
    let mut events = events.into_iter();
    let triggered = events.try_for_each(|event| trigger(aggregate, event));
    if let Err(error) = &triggered {
        aggregate.root_mut().refuse(error.clone());
    }
    triggered
}
