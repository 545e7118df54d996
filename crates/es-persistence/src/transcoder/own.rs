//! Formats that users write.

use std::{error, fmt};

use serde::de::DeserializeSeed;

use crate::StateFormat;

/// An error of a user's code.
pub type BoxError = Box<dyn error::Error + Send + Sync>;

/// A format that users write, beside JSON and MessagePack.
///
/// ```
/// use es_persistence::{BoxError, Decode, StateFormat, Transcode, Transcoder, erased_serde};
///
/// /// JSON with line breaks.
/// #[derive(Debug)]
/// struct Pretty;
///
/// impl Transcode for Pretty {
///     fn name(&self) -> &'static str {
///         "pretty JSON"
///     }
///
///     fn format(&self) -> StateFormat {
///         StateFormat::own(0).expect("0 is below 16")
///     }
///
///     fn encode(&self, value: &dyn erased_serde::Serialize, bytes: &mut Vec<u8>) -> Result<(), BoxError> {
///         Ok(serde_json::to_writer_pretty(bytes, value)?)
///     }
///
///     fn decode<'de>(&self, bytes: &'de [u8], read: Decode<'_, 'de>) -> Result<(), BoxError> {
///         let mut reader = serde_json::Deserializer::from_slice(bytes);
///         read(&mut <dyn erased_serde::Deserializer<'_>>::erase(&mut reader))?;
///         Ok(reader.end()?)
///     }
/// }
///
/// let transcoder = Transcoder::Own(std::sync::Arc::new(Pretty));
/// assert_eq!(transcoder.encode(&[1])?, b"[\n  1\n]");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait Transcode: fmt::Debug + Send + Sync + 'static {
    /// The name of the format in messages.
    fn name(&self) -> &'static str;

    /// The first byte of states in this format. The other methods neither write nor read it.
    fn format(&self) -> StateFormat;

    /// Appends `value` to `bytes`.
    ///
    /// # Errors
    ///
    /// If the format cannot express the value.
    fn encode(&self, value: &dyn erased_serde::Serialize, bytes: &mut Vec<u8>) -> Result<(), BoxError>;

    /// Calls `read` once with a deserializer of `bytes`.
    ///
    /// # Errors
    ///
    /// The error of `read`, or an error if the bytes are not exactly one value.
    fn decode<'de>(&self, bytes: &'de [u8], read: Decode<'_, 'de>) -> Result<(), BoxError>;
}

/// Reads the value from a deserializer.
pub type Decode<'a, 'de> =
    &'a mut dyn FnMut(&mut dyn erased_serde::Deserializer<'de>) -> Result<(), erased_serde::Error>;

pub(super) fn decode<'de, S: DeserializeSeed<'de>>(
    transcoder: &dyn Transcode,
    seed: S,
    bytes: &'de [u8],
) -> Result<S::Value, BoxError> {
    let (mut seed, mut value) = (Some(seed), None);
    transcoder.decode(bytes, &mut |reader| {
        if let Some(seed) = seed.take() {
            value = Some(seed.deserialize(reader)?);
        }
        Ok(())
    })?;
    value.ok_or_else(|| "the transcoder has read nothing".into())
}
