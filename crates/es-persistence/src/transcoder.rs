//! Values to bytes and back.

use std::fmt;

use serde::{Serialize, de::DeserializeSeed};

/// The form in which the states of events are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Transcoder {
    /// JSON (RFC 8259): UTF-8, no white space, fields in the order of their definition.
    #[default]
    Json,
}

/// A value cannot be written, or bytes cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("{transcoder}: {source}")]
pub struct TranscoderError {
    transcoder: Transcoder,
    source: serde_json::Error,
}

impl Transcoder {
    /// Writes `value`.
    ///
    /// # Errors
    ///
    /// [`TranscoderError`] when the format cannot express the value, such as a map whose keys are no texts in JSON.
    pub fn encode<T: Serialize + ?Sized>(self, value: &T) -> Result<Vec<u8>, TranscoderError> {
        let mut bytes = Vec::with_capacity(128);
        match self {
            Self::Json => serde_json::to_writer(&mut bytes, value).map_err(|source| self.error(source))?,
        }
        Ok(bytes)
    }

    /// Reads what `seed` describes.
    ///
    /// # Errors
    ///
    /// [`TranscoderError`] when the bytes are not the whole of one such value.
    pub fn decode<'de, S: DeserializeSeed<'de>>(self, seed: S, bytes: &'de [u8]) -> Result<S::Value, TranscoderError> {
        match self {
            Self::Json => {
                let mut reader = serde_json::Deserializer::from_slice(bytes);
                let value = seed.deserialize(&mut reader).map_err(|source| self.error(source))?;
                reader.end().map_err(|source| self.error(source))?;
                Ok(value)
            }
        }
    }

    const fn error(self, source: serde_json::Error) -> TranscoderError {
        TranscoderError {
            transcoder: self,
            source,
        }
    }
}

impl fmt::Display for Transcoder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Json => f.write_str("JSON"),
        }
    }
}
