//! Stored states of older versions.

pub(crate) mod outcome;

use std::{error, fmt};

use crate::State;

/// Turns the state of one version into the state of the next version.
///
/// `upcast(…)` in `#[event]` or `#[aggregate]` makes one of a function `fn(State) -> State` or
/// `fn(State) -> Result<State, E>`. By hand: `|state| Ok(registered_v1_to_v2(state))`.
pub type Upcaster = fn(State) -> Result<State, Cause>;

/// The error of an upcaster, or of the function that reads a retired event.
pub type Cause = Box<dyn error::Error + Send + Sync>;

/// A stored state cannot be brought up to date.
#[derive(Debug)]
pub struct UpcastError {
    topic: String,
    version: u32,
    source: Cause,
}

impl UpcastError {
    /// The topic of the event or of the aggregate whose state it is.
    pub fn topic(&self) -> &str {
        &self.topic
    }

    /// The version of the state that the upcaster refused.
    pub const fn version(&self) -> u32 {
        self.version
    }

    /// Returns the error without its cause, which may quote the state.
    #[must_use]
    pub fn without_source(self) -> Self {
        let source = "the cause is withheld: it may quote the state".into();
        Self { source, ..self }
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

/// An event that is stored and that an aggregate has no more: it is read as the events that took its place, or as nothing.
///
/// So events are split, several kinds of events become one kind, and kinds are given up. In
/// `#[events(retired("Dog.Moved" = read_moved, "Dog.Sneezed"))]`, `read_moved` is a function from a [`State`], or from a
/// `State` and the version (`u32`) in which it was stored, to a list of events, or to a `Result` of one. `Dog.Sneezed`, for
/// which no function is given, is read as nothing.
pub struct RetiredEvent<E> {
    topic: &'static str,
    read: fn(State, u32) -> Result<Vec<E>, Cause>,
}

impl<E> RetiredEvent<E> {
    /// Reads what was stored under `topic` by `read`, which gets the state and the version in which it was stored.
    pub const fn new(topic: &'static str, read: fn(State, u32) -> Result<Vec<E>, Cause>) -> Self {
        Self { topic, read }
    }

    /// Reads what was stored under `topic` as nothing.
    pub const fn dropped(topic: &'static str) -> Self {
        Self::new(topic, |_, _| Ok(Vec::new()))
    }

    /// The topic under which the event was stored.
    pub const fn topic(&self) -> &'static str {
        self.topic
    }

    /// Reads a state that was stored in this version. Returns no events if the event was dropped.
    ///
    /// # Errors
    ///
    /// [`UpcastError`] if the function refuses.
    pub fn read(&self, state: State, version: u32) -> Result<Vec<E>, UpcastError> {
        (self.read)(state, version).map_err(|source| UpcastError {
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
