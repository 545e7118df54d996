//! Deserialization of snapshots of any version.

use std::{fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, Error, IgnoredAny, MapAccess, Visitor},
};

use super::Snapshot;
use crate::{Aggregate, State, upcast};

impl<'de, A: Aggregate + DeserializeOwned> Deserialize<'de> for Snapshot<A> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let visitor = SnapshotVisitor {
            is_human_readable: deserializer.is_human_readable(),
            aggregate: PhantomData,
        };
        let aggregate = deserializer.deserialize_struct("Snapshot", &["version", "state"], visitor)?;
        Ok(Self { aggregate })
    }
}

struct SnapshotVisitor<A> {
    is_human_readable: bool,
    aggregate: PhantomData<A>,
}

#[derive(Deserialize)]
#[serde(field_identifier, rename_all = "snake_case")]
enum Field {
    Version,
    State,
    #[serde(other)]
    Unknown,
}

/// A state as it was read.
enum Read<A> {
    UpToDate(A),
    Older(State),
}

impl<'de, A: Aggregate + DeserializeOwned> Visitor<'de> for SnapshotVisitor<A> {
    type Value = A;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with the state of an aggregate")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<A, M::Error> {
        let (mut version, mut read) = (None, None);
        while let Some(field) = map.next_key()? {
            match field {
                Field::Version => version = Some(map.next_value()?),
                // A state of a newer version can be read if fields were only added.
                Field::State if Snapshot::<A>::class_version() <= version.unwrap_or(1) => {
                    read = Some(Read::UpToDate(map.next_value()?));
                }
                Field::State => read = Some(Read::Older(map.next_value()?)),
                Field::Unknown => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        match read.ok_or_else(|| Error::missing_field("state"))? {
            Read::UpToDate(aggregate) => Ok(aggregate),
            Read::Older(state) => {
                let state = upcast::upcast(A::UPCASTERS, A::TOPIC, version.unwrap_or(1), state);
                let state = state.map_err(|error| Error::custom(chain(&error)))?;
                A::deserialize(state.into_deserializer(self.is_human_readable)).map_err(Error::custom)
            }
        }
    }
}

/// Returns the text of the error with its causes, because the error of a format holds only a text.
fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    let causes: Vec<String> = causes.map(ToString::to_string).collect();
    causes.join(": ")
}
