//! Stored states of older versions.

pub(crate) mod outcome;

use std::{error, fmt};

use crate::State;

/// Turns a state of one version into one of the next.
///
/// A function `fn(State) -> State`, or `fn(State) -> Result<State, E>`, becomes one by `upcast(…)` in `#[event]` or
/// `#[aggregate]`. By hand: `|state| Ok(registered_v1_to_v2(state))`.
pub type Upcaster = fn(State) -> Result<State, Cause>;

/// Why an upcaster or a retired event cannot read a state.
pub type Cause = Box<dyn error::Error + Send + Sync>;

/// A stored state cannot be brought up to date.
#[derive(Debug)]
pub struct UpcastError {
    topic: String,
    version: u32,
    source: Cause,
}

impl UpcastError {
    /// What was stored.
    pub fn topic(&self) -> &str {
        &self.topic
    }

    /// The version whose upcaster refused.
    pub const fn version(&self) -> u32 {
        self.version
    }
}

impl fmt::Display for UpcastError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { topic, version, .. } = self;
        write!(
            f,
            "the state of {topic:?} cannot be brought up to date from version {version}"
        )
    }
}

impl error::Error for UpcastError {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        Some(&*self.source)
    }
}

/// The version of what is written: one more than there are steps up to it.
pub(crate) fn version(upcasters: &[Upcaster]) -> u32 {
    u32::try_from(upcasters.len()).map_or(u32::MAX, |steps| steps.saturating_add(1))
}

/// Brings `state` from `version` up to date, step by step. A state that is newer than all steps stays as it is.
pub(crate) fn upcast(
    upcasters: &[Upcaster],
    topic: &str,
    version: u32,
    mut state: State,
) -> Result<State, UpcastError> {
    for (version, upcaster) in (1..).zip(upcasters).skip_while(|(step, _)| *step < version) {
        state = upcaster(state).map_err(|source| UpcastError {
            topic: topic.to_owned(),
            version,
            source,
        })?;
    }
    Ok(state)
}

/// An event that is stored and that an aggregate has no more: it is read as others, as one or as several.
///
/// So events are split, and several kinds of events become one kind. `#[events(retired("Dog.Moved" = read_moved))]` says
/// so, where `read_moved` is a function from a [`State`] to a list of events, or to a `Result` of one.
pub struct RetiredEvent<E> {
    topic: &'static str,
    read: fn(State) -> Result<Vec<E>, Cause>,
}

impl<E> RetiredEvent<E> {
    /// What was stored under `topic` is read by `read`, which returns at least one event.
    pub const fn new(topic: &'static str, read: fn(State) -> Result<Vec<E>, Cause>) -> Self {
        Self { topic, read }
    }

    /// The topic under which it was stored.
    pub const fn topic(&self) -> &'static str {
        self.topic
    }

    /// Reads a state that was stored in this version.
    ///
    /// # Errors
    ///
    /// [`UpcastError`] when the function refuses, or returns no event.
    pub fn read(&self, state: State, version: u32) -> Result<Vec<E>, UpcastError> {
        let events = (self.read)(state).and_then(|events| {
            if events.is_empty() {
                return Err("a retired event is read as one event or more".into());
            }
            Ok(events)
        });
        events.map_err(|source| UpcastError {
            topic: self.topic.to_owned(),
            version,
            source,
        })
    }
}

impl<E> fmt::Debug for RetiredEvent<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("RetiredEvent").field(&self.topic).finish()
    }
}
