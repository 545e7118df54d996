//! The builds of a read model.

use std::{fmt, sync::Arc};

/// A read model: the name of its projection, and the version of the code that builds it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub struct ViewName {
    /// The name of the projection.
    pub name: Arc<str>,
    /// The version of the projection. Each version has tables of its own.
    pub version: u32,
}

/// One build of a read model, with tables of its own.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub struct GenerationId {
    /// The read model.
    pub view: ViewName,
    /// The number of the build, from 1 on.
    pub number: u32,
}

/// A build of a read model, and what it is used for.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Generation {
    /// The build.
    pub id: GenerationId,
    /// What the build is used for.
    pub state: GenerationState,
    /// `true` if readers that ask by name alone get this generation: the live one of the version that was published
    /// last.
    pub is_current: bool,
}

/// What a build of a read model is used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum GenerationState {
    /// It has not caught up yet. It is read only while its version has no live generation.
    Building,
    /// It serves the readers of its version. A version has at most one live generation.
    Live,
    /// It was live, and can be switched back to until it is removed.
    Retired,
}

impl ViewName {
    /// Names a version of a read model.
    pub fn new(name: impl Into<Arc<str>>, version: u32) -> Self {
        Self {
            name: name.into(),
            version,
        }
    }

    /// Names a build of this read model.
    pub const fn generation(self, number: u32) -> GenerationId {
        GenerationId { view: self, number }
    }

    /// Returns the generation that serves the readers of this version: the live one, or else the first one, which is being
    /// built.
    pub fn serving<'a>(&self, generations: &'a [Generation]) -> Option<&'a Generation> {
        let own = || generations.iter().filter(|generation| generation.id.view == *self);
        own()
            .find(|generation| generation.state == GenerationState::Live)
            .or_else(|| {
                own()
                    .filter(|generation| generation.state == GenerationState::Building)
                    .min_by_key(|generation| generation.id.number)
            })
    }
}

impl Generation {
    /// Puts a build and its state together.
    pub const fn new(id: GenerationId, state: GenerationState, is_current: bool) -> Self {
        Self { id, state, is_current }
    }
}

impl GenerationState {
    /// Returns the word that stores keep.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Building => "building",
            Self::Live => "live",
            Self::Retired => "retired",
        }
    }

    /// Returns the state that a store keeps as `word`, or `None` if there is none.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Building, Self::Live, Self::Retired]
            .into_iter()
            .find(|state| state.as_str() == word)
    }
}

impl fmt::Display for ViewName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} version {}", self.name, self.version)
    }
}

impl fmt::Display for GenerationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} generation {}", self.view, self.number)
    }
}
