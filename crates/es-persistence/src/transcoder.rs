//! The formats of states: values to bytes and back.

mod checked;
mod difference;
mod error;
mod json;
#[cfg(feature = "messagepack")]
mod messagepack;
mod own;

use std::{fmt, marker::PhantomData, str::FromStr, sync::Arc};

use es_domain::State;
use serde::{Serialize, de::DeserializeSeed};

use self::checked::{Checked, Notes};
pub use self::{
    error::TranscoderError,
    own::{BoxError, Decode, Transcode},
};
use crate::StateFormat;

/// The format in which states are written.
///
/// JSON and MessagePack are dispatched statically. A format of your own implements [`Transcode`] and costs a virtual call
/// for each value in an event.
///
/// An event may hold every type that implements serde's traits; nothing has to be registered. A UUID, a decimal number, a
/// time or a value object of your own may have one form in text formats and another in compact formats:
///
/// ```
/// use es_persistence::Transcoder;
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Debug, PartialEq, Serialize, Deserialize)]
/// struct Money {
///     amount: u64,
///     currency: Currency,
/// }
///
/// #[derive(Debug, PartialEq, Serialize, Deserialize)]
/// enum Currency {
///     Eur,
///     Pln,
/// }
///
/// let price = Money { amount: 1_250, currency: Currency::Pln };
/// let bytes = Transcoder::Json.encode(&price)?;
/// assert_eq!(bytes, br#"{"amount":1250,"currency":"Pln"}"#);
/// let read = Transcoder::Json.decode(std::marker::PhantomData::<Money>, &bytes)?;
/// assert_eq!(read, price);
/// # Ok::<(), es_persistence::TranscoderError>(())
/// ```
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub enum Transcoder {
    /// JSON (RFC 8259): UTF-8, no white space, fields in the order of their definition.
    ///
    /// JSON has no NaN and no infinities, so these floats are refused. All other floats are read back exactly.
    #[default]
    Json,
    /// MessagePack. Fields are written with their names, so that events can evolve as with JSON. A value that is a text in
    /// JSON is the same text in MessagePack; the text of a UUID takes 18 bytes, and the text of a timestamp takes 10.
    /// Integers above 64 bits, UUIDs and timestamps are extensions (types 2 and 3, 1, and -1).
    #[cfg(feature = "messagepack")]
    MessagePack,
    /// A format of your own.
    Own(Arc<dyn Transcode>),
}

impl Transcoder {
    /// Returns the name of the format in messages.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Json => "JSON",
            #[cfg(feature = "messagepack")]
            Self::MessagePack => "MessagePack",
            Self::Own(own) => own.name(),
        }
    }

    /// Returns the first byte of states, or `None` for JSON, which has none.
    pub fn format(&self) -> Option<StateFormat> {
        match self {
            Self::Json => None,
            #[cfg(feature = "messagepack")]
            Self::MessagePack => Some(StateFormat::MESSAGE_PACK),
            Self::Own(own) => Some(own.format()),
        }
    }

    /// Writes `value` without the first byte of a state.
    ///
    /// # Errors
    ///
    /// [`TranscoderError`] if the format cannot express the value, such as NaN in JSON or a map whose keys are lists, or
    /// if the value is nested more than 127 levels deep.
    pub fn encode<T: Serialize + ?Sized>(&self, value: &T) -> Result<Vec<u8>, TranscoderError> {
        let mut bytes = Vec::with_capacity(CAPACITY);
        self.append(value, &mut bytes)?;
        Ok(bytes)
    }

    /// Writes `value` as a state, with its first byte.
    pub(crate) fn encode_state<T: Serialize + ?Sized>(&self, value: &T) -> Result<Encoded, TranscoderError> {
        let mut bytes = Vec::with_capacity(CAPACITY);
        bytes.extend(self.format().map(StateFormat::byte));
        let is_doubtful = self.append(value, &mut bytes)?;
        Ok(Encoded { bytes, is_doubtful })
    }

    /// Appends `value` to `bytes`. Returns `true` if only [`check_round_trip`](Self::check_round_trip) can tell whether the
    /// value can be read back.
    pub(crate) fn append<T: Serialize + ?Sized>(
        &self,
        value: &T,
        bytes: &mut Vec<u8>,
    ) -> Result<bool, TranscoderError> {
        let notes = Notes::new(!matches!(self, Self::Json));
        let value = Checked::new(value, &notes);
        let written = match self {
            Self::Json => serde_json::to_writer(bytes, &value).map_err(BoxError::from),
            #[cfg(feature = "messagepack")]
            Self::MessagePack => messagepack::encode(&value, bytes).map_err(BoxError::from),
            Self::Own(own) => own.encode(&value, bytes),
        };
        match written {
            Ok(()) => Ok(notes.is_doubtful()),
            Err(source) => Err(TranscoderError::encoding(self.name(), source).at(notes.field())),
        }
    }

    /// Reads a value with `seed` from the bytes of a state without the first byte.
    ///
    /// # Errors
    ///
    /// [`TranscoderError`] if the bytes are not exactly one such value.
    pub fn decode<'de, S: DeserializeSeed<'de>>(&self, seed: S, bytes: &'de [u8]) -> Result<S::Value, TranscoderError> {
        match self {
            Self::Json => json::decode(seed, bytes).map_err(TranscoderError::json),
            #[cfg(feature = "messagepack")]
            Self::MessagePack => {
                messagepack::decode(seed, bytes).map_err(|source| TranscoderError::decoding(self.name(), source.into()))
            }
            Self::Own(own) => {
                own::decode(own.as_ref(), seed, bytes).map_err(|source| TranscoderError::decoding(self.name(), source))
            }
        }
    }

    /// Reads a value with `seed`. If reading fails, it is repeated by way of a [`State`]: a state knows the field at which
    /// reading fails, and it reads numbers inside of tagged enums, which `serde_json` cannot if any crate of the program has
    /// turned on its feature `arbitrary_precision`.
    pub(crate) fn decode_thoroughly<S, T>(&self, seed: impl Fn() -> S, bytes: &[u8]) -> Result<T, TranscoderError>
    where
        S: for<'de> DeserializeSeed<'de, Value = T>,
    {
        let error = match self.decode(seed(), bytes) {
            Err(error) if !matches!(self, Self::Own(_)) => error,
            read => return read,
        };
        let Ok(state) = self.decode_state(bytes) else {
            return Err(error);
        };
        let read = seed().deserialize(state.into_deserializer(true));
        read.map_err(|by_state| error.at(by_state.field()))
    }

    /// Checks that `seed` reads `bytes` as the value that they were written from. The value that was read is written with
    /// `rewrite` and compared, apart from the order of maps and sets. Returns the value that was read.
    pub(crate) fn check_round_trip<S, T>(
        &self,
        bytes: &[u8],
        seed: impl Fn() -> S,
        rewrite: impl FnOnce(&T, &mut Vec<u8>) -> Result<(), TranscoderError>,
    ) -> Result<T, TranscoderError>
    where
        S: for<'de> DeserializeSeed<'de, Value = T>,
    {
        let read = self.decode_thoroughly(seed, bytes);
        let read = read.map_err(TranscoderError::into_encoding)?;
        let mut again = Vec::with_capacity(bytes.len());
        rewrite(&read, &mut again)?;
        if again == bytes {
            return Ok(read);
        }
        let (Ok(before), Ok(after)) = (self.decode_state(bytes), self.decode_state(&again)) else {
            // A user's own format may need the type for reading, so that the check ends here.
            return Ok(read);
        };
        let difference = difference::difference(&before, &after);
        difference.map_or(Ok(read), |path| Err(TranscoderError::changed(self.name(), &path)))
    }

    /// Reads a value without its type, as upcasters take it. Every value that an event can hold is read exactly.
    ///
    /// # Errors
    ///
    /// [`TranscoderError`] if the bytes are not exactly one value.
    pub fn decode_state(&self, bytes: &[u8]) -> Result<State, TranscoderError> {
        match self {
            Self::Json => json::decode_state(bytes).map_err(TranscoderError::json),
            #[cfg(feature = "messagepack")]
            Self::MessagePack => {
                messagepack::decode_state(bytes).map_err(|source| TranscoderError::decoding(self.name(), source.into()))
            }
            Self::Own(_) => self.decode(PhantomData::<State>, bytes),
        }
    }
}

/// The bytes of a value.
#[derive(Debug)]
pub(crate) struct Encoded {
    pub(crate) bytes: Vec<u8>,
    /// `true` if only [`check_round_trip`](Transcoder::check_round_trip) can tell whether the value can be read back.
    pub(crate) is_doubtful: bool,
}

/// The initial capacity in bytes. Most events fit in.
const CAPACITY: usize = 160;

/// The greatest depth of nested values, which is that of `serde_json`.
const MAX_DEPTH: usize = 127;

impl fmt::Display for Transcoder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A text is not the name of a transcoder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no transcoder has this name")]
pub struct UnknownTranscoder;

/// Parses a value of `TRANSCODER_TOPIC`: `json` or `messagepack`, in any case, or the Python library's name for JSON.
impl FromStr for Transcoder {
    type Err = UnknownTranscoder;

    fn from_str(text: &str) -> Result<Self, UnknownTranscoder> {
        match text.to_ascii_lowercase().as_str() {
            "json" | "eventsourcing.persistence:jsontranscoder" => Ok(Self::Json),
            #[cfg(feature = "messagepack")]
            "messagepack" => Ok(Self::MessagePack),
            _ => Err(UnknownTranscoder),
        }
    }
}
