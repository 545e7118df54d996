//! The values inside of newtypes of IDs.

use std::{error::Error, fmt, hash, sync::Arc};

use uuid::Uuid;

use crate::{Aggregate, AggregateId, FreshId, Id, OriginatorId, id_source};

/// The value inside of an ID with `#[derive(AggregateId)]`: a UUID or a text.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the value of an ID",
    label = "neither a UUID nor a text",
    note = "an ID is a newtype over `Uuid`, `String`, `Arc<str>` or `Box<str>`"
)]
pub trait IdValue: Clone + Eq + hash::Hash + fmt::Display + fmt::Debug + Send + Sync + 'static {
    /// Returns the value of an aggregate that has not been created.
    fn nil() -> Self;

    /// Returns the value as the ID of a stream, without the topic of an aggregate.
    fn to_originator_id(&self) -> OriginatorId;

    /// Returns the value of a stored ID, or `None` if the ID is of the other kind.
    fn from_originator_id(id: &OriginatorId) -> Option<Self>;

    /// Reads a value from a text.
    ///
    /// # Errors
    ///
    /// [`ParseIdError`] if the text is not such a value, is empty or contains the character NUL.
    fn parse(text: &str) -> Result<Self, ParseIdError>;
}

/// A text is not an ID.
#[derive(Clone, Debug)]
pub struct ParseIdError {
    text: String,
    source: Option<uuid::Error>,
}

impl ParseIdError {
    pub(crate) fn no_uuid(text: &str, source: uuid::Error) -> Self {
        let (text, source) = (text.to_owned(), Some(source));
        Self { text, source }
    }

    fn no_text(text: &str) -> Self {
        let (text, source) = (text.to_owned(), None);
        Self { text, source }
    }
}

impl fmt::Display for ParseIdError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = &self.text;
        match &self.source {
            Some(_) => write!(f, "{text:?} is not a UUID"),
            None => write!(f, "{text:?} is not an ID: it is empty or contains NUL"),
        }
    }
}

impl Error for ParseIdError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_ref().map(|source| source as _)
    }
}

impl IdValue for Uuid {
    fn nil() -> Self {
        Self::nil()
    }

    fn to_originator_id(&self) -> OriginatorId {
        OriginatorId::Uuid(*self)
    }

    fn from_originator_id(id: &OriginatorId) -> Option<Self> {
        id.as_uuid()
    }

    fn parse(text: &str) -> Result<Self, ParseIdError> {
        text.parse().map_err(|source| ParseIdError::no_uuid(text, source))
    }
}

macro_rules! text {
    ($($ty:ty)*) => {$(
        impl IdValue for $ty {
            fn nil() -> Self {
                "".into()
            }

            fn to_originator_id(&self) -> OriginatorId {
                OriginatorId::from(&**self)
            }

            fn from_originator_id(id: &OriginatorId) -> Option<Self> {
                id.as_text().map(Into::into)
            }

            fn parse(text: &str) -> Result<Self, ParseIdError> {
                if text.is_empty() || text.contains('\0') {
                    return Err(ParseIdError::no_text(text));
                }
                Ok(text.into())
            }
        }
    )*};
}

text! { String Arc<str> Box<str> }

/// An ID with `#[derive(AggregateId)]`.
pub trait NewtypeId: Sized {
    /// The type of the value.
    type Value: IdValue;

    /// `true` if a text is stored without the topic of the aggregate.
    const IS_BARE: bool;

    /// Makes the ID with this value.
    fn from_value(value: Self::Value) -> Self;

    /// Returns the value.
    fn value(&self) -> &Self::Value;
}

/// The relation of an ID to its aggregate, which `#[aggregate(id = …)]` declares.
pub trait Identifies {
    /// The type of the aggregate.
    type Aggregate;
}

/// The type that `#[aggregate(id = …)]` names. It detects an `Id` under another name, for which the compiler's own message
/// would only say that [`Identifies`] cannot be implemented.
#[derive(Debug)]
pub struct Named<I>(std::marker::PhantomData<I>);

impl<A> Named<Id<A>> {
    /// The value for an `Id`.
    pub const IS_OWN: bool = false;
}

/// All other types.
pub trait NamedOwn {
    /// `true` if the ID is a type of the user's own.
    const IS_OWN: bool = true;
}

impl<I> NamedOwn for Named<I> {}

#[diagnostic::do_not_recommend]
impl<I> AggregateId for I
where
    I: NewtypeId + Identifies<Aggregate: Aggregate<Id = I>>,
    I: Clone + Eq + hash::Hash + fmt::Debug + fmt::Display,
    I: serde::Serialize + serde::de::DeserializeOwned + Send + Sync + 'static,
{
    type Aggregate = <I as Identifies>::Aggregate;

    fn nil() -> Self {
        Self::from_value(I::Value::nil())
    }

    fn to_originator_id(&self) -> OriginatorId {
        match self.value().to_originator_id() {
            OriginatorId::Text(text) if !I::IS_BARE => OriginatorId::of_text::<I::Aggregate>(&text),
            id => id,
        }
    }

    fn from_originator_id(id: &OriginatorId) -> Option<Self> {
        let value = match id {
            OriginatorId::Text(_) if !I::IS_BARE => {
                let text = id.text_of::<<I as Identifies>::Aggregate>()?;
                I::Value::from_originator_id(&text.into())
            }
            id => I::Value::from_originator_id(id),
        };
        value.map(Self::from_value)
    }
}

#[diagnostic::do_not_recommend]
impl<I: AggregateId + NewtypeId<Value = Uuid>> FreshId for I {
    fn fresh() -> Self {
        Self::from_value(id_source::next_id())
    }
}
