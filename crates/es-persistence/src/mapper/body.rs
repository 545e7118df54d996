//! Bodies of events, of this version and of older ones.

use es_domain::{Event, EventKind, RetiredEvent, State};
use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, DeserializeSeed},
};

use super::{MapperConfig, MapperErrorKind, variant::VariantSeed};

/// The meaning of a topic for an aggregate.
#[derive(Debug)]
pub(super) enum Known<E: Event> {
    /// Events of this kind.
    Kind(&'static EventKind),
    /// Events that are read as others.
    Retired(&'static RetiredEvent<E>),
}

impl<E: Event> Known<E> {
    pub(super) fn of_topic(topic: &str) -> Option<Self> {
        let kind = E::kind_of_topic(topic).map(Self::Kind);
        kind.or_else(|| E::retired_of_topic(topic).map(Self::Retired))
    }

    /// Reads what was stored in `version`.
    pub(super) fn read(&self, config: &MapperConfig, plain: &[u8], version: u16) -> Result<Bodies<E>, MapperErrorKind> {
        let version = u32::from(version);
        match self {
            Self::Kind(kind) => read_kind(config, plain, kind, version).map(Bodies::One),
            Self::Retired(retired) => {
                let UntypedState { state, .. } = config.decode_untyped(plain)?;
                let bodies = retired.read(state, version);
                bodies.map(Bodies::Others).map_err(|error| config.upcasting(error))
            }
        }
    }
}

/// What happened.
pub(super) enum Bodies<E> {
    One(E),
    Others(Vec<E>),
}

/// Reads a body that was stored in `version`.
pub(super) fn read_kind<E: DeserializeOwned>(
    config: &MapperConfig,
    plain: &[u8],
    kind: &EventKind,
    version: u32,
) -> Result<E, MapperErrorKind> {
    if kind.version() <= version {
        read_current(config, plain, kind, version)
    } else {
        read_older(config, plain, kind, version)
    }
}

/// Reads a body of this version, or of a newer one to which only fields were added.
fn read_current<E: DeserializeOwned>(
    config: &MapperConfig,
    plain: &[u8],
    kind: &EventKind,
    stored: u32,
) -> Result<E, MapperErrorKind> {
    let known = kind.version();
    config
        .decode(plain, || VariantSeed::new(kind.name()))
        .map_err(|error| match error {
            MapperErrorKind::Decoding(source) if known < stored => {
                MapperErrorKind::NewerVersion { stored, known, source }
            }
            error => error,
        })
}

fn read_older<E: DeserializeOwned>(
    config: &MapperConfig,
    plain: &[u8],
    kind: &EventKind,
    version: u32,
) -> Result<E, MapperErrorKind> {
    let UntypedState {
        state,
        is_human_readable,
    } = config.decode_untyped(plain)?;
    let state = kind.upcast(version, state).map_err(|error| config.upcasting(error))?;
    let body = VariantSeed::new(kind.name()).deserialize(state.into_deserializer(is_human_readable));
    body.map_err(|error| config.outdated(error))
}

/// A state without a type, and the kind of format that it was read from.
pub(super) struct UntypedState {
    pub(super) state: State,
    pub(super) is_human_readable: bool,
}

impl UntypedState {
    /// Makes a state that was read from a format that humans can read, or that has the same texts.
    pub(super) const fn readable(state: State) -> Self {
        Self {
            state,
            is_human_readable: true,
        }
    }
}

/// Reads a state from another's format.
pub(super) struct UntypedSeed;

impl<'de> DeserializeSeed<'de> for UntypedSeed {
    type Value = UntypedState;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<UntypedState, D::Error> {
        let is_human_readable = deserializer.is_human_readable();
        let state = State::deserialize(deserializer)?;
        Ok(UntypedState {
            state,
            is_human_readable,
        })
    }
}
