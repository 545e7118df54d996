//! Transcoders of others.

use std::{error, fmt};

use serde::de::DeserializeSeed;

use crate::StateFormat;

/// A cause that another's code has given.
pub type BoxError = Box<dyn error::Error + Send + Sync>;

/// Writes and reads values in a form that this library does not have.
///
/// ```
/// use es_persistence::{BoxError, Decode, StateFormat, Transcode, Transcoder, erased_serde};
///
/// /// JSON for eyes.
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
    /// Its name in messages.
    fn name(&self) -> &'static str;

    /// What states in this form begin with; it is not among the bytes that the other methods write and read.
    fn format(&self) -> StateFormat;

    /// Writes `value` behind what is in `bytes`.
    ///
    /// # Errors
    ///
    /// When the form cannot express the value.
    fn encode(&self, value: &dyn erased_serde::Serialize, bytes: &mut Vec<u8>) -> Result<(), BoxError>;

    /// Calls `read` once, with a deserializer of `bytes`.
    ///
    /// # Errors
    ///
    /// Those of `read`, and when the bytes are not the whole of one value.
    fn decode<'de>(&self, bytes: &'de [u8], read: Decode<'_, 'de>) -> Result<(), BoxError>;
}

/// Takes the value out of a deserializer.
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
