//! The stores that tests can be narrowed to.

use crate::error::Error;

/// The word for no narrowing.
const EVERY: &str = "all";

/// Where events are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Store {
    Memory,
    Sqlite,
    Postgres,
}

impl Store {
    const ALL: [Self; 3] = [Self::Memory, Self::Sqlite, Self::Postgres];

    /// Reads the value of `--store`; `all` is no single store.
    pub(super) fn parse(text: &str) -> Result<Option<Self>, Error> {
        if text == EVERY {
            return Ok(None);
        }
        let store = Self::ALL.into_iter().find(|store| store.name() == text);
        match store {
            Some(store) => Ok(Some(store)),
            None => Err(Error::Usage(format!(
                "no store is called `{text}`, there are: {}",
                Self::names()
            ))),
        }
    }

    /// Returns what `--store` takes.
    pub(super) fn names() -> String {
        let mut names = Self::ALL.map(Self::name).to_vec();
        names.push(EVERY);
        names.join(", ")
    }

    /// Returns the crates whose tests do not run when only `chosen` is asked for.
    pub(super) fn excluded(chosen: Option<Self>) -> impl Iterator<Item = &'static str> {
        Self::ALL
            .into_iter()
            .filter(move |store| chosen.is_some_and(|chosen| chosen != *store))
            .filter_map(Self::package)
    }

    /// Returns the crate of the store; the one in memory has none of its own.
    pub(super) fn package(self) -> Option<&'static str> {
        match self {
            Self::Memory => None,
            Self::Sqlite => Some("es-sqlite"),
            Self::Postgres => Some("es-postgres"),
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Memory => "memory",
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
        }
    }
}
