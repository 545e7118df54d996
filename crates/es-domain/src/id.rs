//! Typed IDs of aggregates.

use std::{cmp, fmt, hash, marker::PhantomData, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::DeserializeOwned};
use uuid::Uuid;

use crate::{Aggregate, OriginatorId, ParseIdError, id_source};

/// The ID of one type of aggregate.
///
/// Most aggregates have an [`Id`]. For a type of your own, over a UUID or a text, write `#[derive(AggregateId)]` on the type
/// and `#[aggregate(id = …)]` on the aggregate. The compiler refuses the ID of another type of aggregate.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not the ID of an aggregate",
    label = "not an ID",
    note = "an ID is `Id<Self>`, or a newtype with `#[derive(AggregateId)]` that `#[aggregate(id = …)]` names"
)]
pub trait AggregateId:
    Clone + Eq + hash::Hash + fmt::Debug + fmt::Display + Serialize + DeserializeOwned + Send + Sync + 'static
{
    /// The type of the aggregate.
    type Aggregate: Aggregate<Id = Self>;

    /// Returns the ID of an aggregate that has not been created.
    fn nil() -> Self;

    /// Returns the ID of the aggregate's stream in stores.
    ///
    /// An implementation by hand over a text returns [`OriginatorId::of_text`], so that another type of aggregate with the
    /// same text has another stream.
    fn to_originator_id(&self) -> OriginatorId;

    /// Returns the ID of the aggregate with this stream, or `None` if the stream is not one of such an aggregate: its ID
    /// is a text where a UUID is wanted, or the text of another type of aggregate.
    fn from_originator_id(id: &OriginatorId) -> Option<Self>;
}

/// An ID that can be generated.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be made from nothing",
    label = "no fresh `{Self}` for a new aggregate",
    note = "say which ID a new aggregate gets: `#[event(Name, id = …)]`"
)]
pub trait FreshId: AggregateId {
    /// Makes an ID that no other aggregate has.
    fn fresh() -> Self;
}

/// A UUID that identifies an aggregate of type `A`.
///
/// ```
/// use es_domain::prelude::*;
///
/// # #[derive(Aggregate, Clone, Debug, Default)]
/// # pub struct Dog { root: Root<Self> }
/// # #[events]
/// # impl Dog {
/// #     #[event(Registered)]
/// #     pub fn register() -> Self { Self::default() }
/// # }
/// let id: Id<Dog> = "0192f0c1-2345-7abc-8def-0123456789ab".parse()?;
/// assert_eq!(id.to_string(), "0192f0c1-2345-7abc-8def-0123456789ab");
/// # Ok::<(), es_domain::ParseIdError>(())
/// ```
pub struct Id<A: ?Sized> {
    uuid: Uuid,
    aggregate: PhantomData<fn() -> A>,
}

impl<A: ?Sized> Id<A> {
    /// Makes an ID that no other aggregate has: a UUID of version 7, unless [`with_id_source`](crate::with_id_source)
    /// says otherwise.
    #[expect(clippy::new_without_default, reason = "every call makes another ID")]
    #[must_use]
    pub fn new() -> Self {
        Self::from_uuid(id_source::next_id())
    }

    /// Makes the ID that `name` has in `namespace`, always the same one: a UUID of version 5 (RFC 9562).
    ///
    /// An aggregate whose ID comes from a name exists once for each name, because a second one is a conflict when it
    /// is saved.
    #[must_use]
    pub fn named(namespace: Uuid, name: &str) -> Self {
        Self::from_uuid(Uuid::new_v5(&namespace, name.as_bytes()))
    }

    /// Makes the ID of an `A` from `uuid`.
    #[must_use]
    pub const fn from_uuid(uuid: Uuid) -> Self {
        Self {
            uuid,
            aggregate: PhantomData,
        }
    }

    /// Returns the UUID without the aggregate's type.
    pub const fn uuid(self) -> Uuid {
        self.uuid
    }
}

impl<A: Aggregate<Id = Self>> AggregateId for Id<A> {
    type Aggregate = A;

    fn nil() -> Self {
        Self::from_uuid(Uuid::nil())
    }

    fn to_originator_id(&self) -> OriginatorId {
        OriginatorId::Uuid(self.uuid)
    }

    fn from_originator_id(id: &OriginatorId) -> Option<Self> {
        id.as_uuid().map(Self::from_uuid)
    }
}

impl<A: Aggregate<Id = Self>> FreshId for Id<A> {
    fn fresh() -> Self {
        Self::new()
    }
}

impl<A: ?Sized> From<Uuid> for Id<A> {
    fn from(uuid: Uuid) -> Self {
        Self::from_uuid(uuid)
    }
}

impl<A: ?Sized> From<Id<A>> for Uuid {
    fn from(id: Id<A>) -> Self {
        id.uuid
    }
}

impl<A: ?Sized> FromStr for Id<A> {
    type Err = ParseIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.parse() {
            Ok(uuid) => Ok(Self::from_uuid(uuid)),
            Err(source) => Err(ParseIdError::no_uuid(text, source)),
        }
    }
}

// Written by hand, because derived implementations would require the same of `A`.

impl<A: ?Sized> Clone for Id<A> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<A: ?Sized> Copy for Id<A> {}

impl<A: ?Sized> PartialEq for Id<A> {
    fn eq(&self, other: &Self) -> bool {
        self.uuid == other.uuid
    }
}

impl<A: ?Sized> Eq for Id<A> {}

impl<A: ?Sized> PartialOrd for Id<A> {
    fn partial_cmp(&self, other: &Self) -> Option<cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl<A: ?Sized> Ord for Id<A> {
    fn cmp(&self, other: &Self) -> cmp::Ordering {
        self.uuid.cmp(&other.uuid)
    }
}

impl<A: ?Sized> hash::Hash for Id<A> {
    fn hash<H: hash::Hasher>(&self, state: &mut H) {
        self.uuid.hash(state);
    }
}

impl<A: ?Sized> fmt::Display for Id<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.uuid, f)
    }
}

impl<A: ?Sized> fmt::Debug for Id<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.uuid, f)
    }
}

impl<A: ?Sized> Serialize for Id<A> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.uuid.serialize(serializer)
    }
}

impl<'de, A: ?Sized> Deserialize<'de> for Id<A> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Uuid::deserialize(deserializer).map(Self::from_uuid)
    }
}
