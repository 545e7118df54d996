//! Values to bytes and back.

mod error;
mod messagepack;
mod own;

use std::{fmt, str::FromStr, sync::Arc};

use serde::{Serialize, de::DeserializeSeed};

pub use self::{
    error::TranscoderError,
    own::{BoxError, Decode, Transcode},
};
use crate::StateFormat;

/// The form in which the states of events are written.
///
/// The two of this library are dispatched statically. One of your own is a [`Transcode`], and costs a virtual call for
/// each value in an event.
///
/// What can be in an event is what `serde` can write: there is nothing to register. A UUID, a decimal number, a time or a
/// value object of your own has one form in text formats and may have another in compact ones:
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
    /// JSON has no NaN and no infinity: such an `f64` is written as `null`, which is no `f64`. All others come back to the
    /// last bit.
    #[default]
    Json,
    /// MessagePack: fields by name, so that events can change as with JSON; UUIDs are 16 bytes, timestamps a number.
    MessagePack,
    /// Another form.
    Own(Arc<dyn Transcode>),
}

impl Transcoder {
    /// Its name in messages.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Json => "JSON",
            Self::MessagePack => "MessagePack",
            Self::Own(own) => own.name(),
        }
    }

    /// What states begin with, or `None` for JSON.
    pub fn format(&self) -> Option<StateFormat> {
        match self {
            Self::Json => None,
            Self::MessagePack => Some(StateFormat::MESSAGE_PACK),
            Self::Own(own) => Some(own.format()),
        }
    }

    /// Writes `value`, without the state's first byte.
    ///
    /// # Errors
    ///
    /// [`TranscoderError`] when the format cannot express the value, such as a map whose keys are no texts in JSON.
    pub fn encode<T: Serialize + ?Sized>(&self, value: &T) -> Result<Vec<u8>, TranscoderError> {
        let mut bytes = Vec::with_capacity(CAPACITY);
        self.append(value, &mut bytes)?;
        Ok(bytes)
    }

    /// Writes `value` as a state, behind `room` bytes for others and what the format begins with.
    pub(crate) fn encode_state<T: Serialize + ?Sized>(
        &self,
        value: &T,
        room: usize,
    ) -> Result<Vec<u8>, TranscoderError> {
        let mut bytes = Vec::with_capacity(CAPACITY + room);
        bytes.resize(room, 0);
        bytes.extend(self.format().map(StateFormat::byte));
        self.append(value, &mut bytes)?;
        Ok(bytes)
    }

    fn append<T: Serialize + ?Sized>(&self, value: &T, bytes: &mut Vec<u8>) -> Result<(), TranscoderError> {
        let fail = |source| TranscoderError::encoding(self.name(), source);
        match self {
            Self::Json => serde_json::to_writer(bytes, value).map_err(|source| fail(source.into())),
            Self::MessagePack => messagepack::encode(value, bytes).map_err(|source| fail(source.into())),
            Self::Own(own) => own.encode(&value, bytes).map_err(fail),
        }
    }

    /// Reads what `seed` describes, from bytes without the state's first one.
    ///
    /// # Errors
    ///
    /// [`TranscoderError`] when the bytes are not the whole of one such value.
    pub fn decode<'de, S: DeserializeSeed<'de>>(&self, seed: S, bytes: &'de [u8]) -> Result<S::Value, TranscoderError> {
        match self {
            Self::Json => decode_json(seed, bytes),
            Self::MessagePack => {
                messagepack::decode(seed, bytes).map_err(|source| TranscoderError::decoding(self.name(), source.into()))
            }
            Self::Own(own) => {
                own::decode(own.as_ref(), seed, bytes).map_err(|source| TranscoderError::decoding(self.name(), source))
            }
        }
    }
}

/// Most events fit in.
const CAPACITY: usize = 160;

fn decode_json<'de, S: DeserializeSeed<'de>>(seed: S, bytes: &'de [u8]) -> Result<S::Value, TranscoderError> {
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value = seed.deserialize(&mut reader).map_err(TranscoderError::json)?;
    reader.end().map_err(TranscoderError::json)?;
    Ok(value)
}

impl fmt::Display for Transcoder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A text names none of the transcoders of this library.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no transcoder has this name")]
pub struct UnknownTranscoder;

/// Reads the values of `TRANSCODER_TOPIC`: `json` and `messagepack`, in any case, and the reference's name for JSON.
impl FromStr for Transcoder {
    type Err = UnknownTranscoder;

    fn from_str(text: &str) -> Result<Self, UnknownTranscoder> {
        match text.to_ascii_lowercase().as_str() {
            "json" | "eventsourcing.persistence:jsontranscoder" => Ok(Self::Json),
            "messagepack" => Ok(Self::MessagePack),
            _ => Err(UnknownTranscoder),
        }
    }
}
