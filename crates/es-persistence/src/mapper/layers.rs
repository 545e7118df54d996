//! The layers of a state: transcoded, then compressed, then encrypted.

#[cfg(any(feature = "zlib", feature = "zstd"))]
use std::sync::LazyLock;
use std::{fmt::Debug, ops::Deref, sync::Arc};

use es_domain::{StateError, UpcastError};
use serde::{
    Serialize,
    de::{DeserializeOwned, DeserializeSeed},
};

use super::{
    Compression, EncryptionMode, MapperConfig, MapperErrorKind, StateFormat,
    body::{UntypedSeed, UntypedState},
    lost::{self, Lost},
    variant::{VariantFields, VariantSeed},
};
use crate::{
    Compressor, Transcoder, TranscoderError,
    cipher::{KeyId, Plaintext, SealContext},
    transcoder::Encoded,
};

#[cfg(feature = "zlib")]
static ZLIB: LazyLock<crate::Zlib> = LazyLock::new(crate::Zlib::default);
#[cfg(feature = "zstd")]
static ZSTD: LazyLock<crate::Zstd> = LazyLock::new(crate::Zstd::default);

impl MapperConfig {
    /// Writes `value` as a state.
    pub(super) fn write<T: Serialize + ?Sized>(
        &self,
        context: &SealContext<'_>,
        value: &T,
    ) -> Result<Vec<u8>, MapperErrorKind> {
        let Encoded { bytes, .. } = self.transcode(value)?;
        self.seal(context, bytes)
    }

    /// Writes the body of an event as a state. Where it is doubtful that the body can be read back, it is read back; in
    /// builds with debug assertions every body is.
    pub(super) fn write_body<E: Debug + Serialize + DeserializeOwned>(
        &self,
        context: &SealContext<'_>,
        fields: &VariantFields<'_, E>,
    ) -> Result<Vec<u8>, MapperErrorKind> {
        let Encoded { bytes, is_doubtful } = self.transcode(fields)?;
        if is_doubtful || cfg!(debug_assertions) {
            let checked = self.check_body(fields, &bytes);
            checked.map_err(|source| MapperErrorKind::Encoding(self.withhold(source)))?;
        }
        self.seal(context, bytes)
    }

    fn check_body<E: Debug + Serialize + DeserializeOwned>(
        &self,
        fields: &VariantFields<'_, E>,
        plain: &[u8],
    ) -> Result<(), TranscoderError> {
        let VariantFields { body, name } = *fields;
        let transcoder = &self.transcoder;
        let state = &plain[usize::from(transcoder.format().is_some())..];
        let seed = || VariantSeed::<E>::new(name);
        let read = transcoder.check_round_trip(state, seed, |body, bytes| {
            transcoder.append(&VariantFields { body, name }, bytes).map(drop)
        })?;
        lost::check(body, &read).map_err(|Lost(field)| TranscoderError::changed(transcoder.name(), field.as_slice()))
    }

    fn transcode<T: Serialize + ?Sized>(&self, value: &T) -> Result<Encoded, MapperErrorKind> {
        let encoded = self.transcoder.encode_state(value);
        let encoded = encoded.map_err(|source| MapperErrorKind::Encoding(self.withhold(source)))?;
        let (size, limit) = (encoded.bytes.len(), self.max_state_size);
        if size > limit {
            return Err(MapperErrorKind::TooLarge { size, limit });
        }
        Ok(encoded)
    }

    fn seal(&self, context: &SealContext<'_>, plain: Vec<u8>) -> Result<Vec<u8>, MapperErrorKind> {
        match self.encryption.as_ref().filter(|own| own.mode != EncryptionMode::Ended) {
            None => self.compress(plain),
            Some(encryption) => {
                let plain = Plaintext::from(self.compress(plain)?);
                Ok(encryption.cipher.seal(context, &plain)?)
            }
        }
    }

    fn compress(&self, plain: Vec<u8>) -> Result<Vec<u8>, MapperErrorKind> {
        let Some(Compression { compressor, min_size }) = &self.compression else {
            return Ok(plain);
        };
        if plain.len() < *min_size {
            return Ok(plain);
        }
        let mut compressed = Vec::with_capacity(plain.len());
        compressed.push(compressor.format().byte());
        compressor.compress(&plain, &mut compressed)?;
        if compressed.len() >= plain.len() {
            return Ok(plain);
        }
        if self.encryption.is_some() {
            // The buffer is wiped.
            drop(Plaintext::from(plain));
        }
        Ok(compressed)
    }

    /// Reads a state by `seed`.
    pub(super) fn read<S, T>(&self, context: &SealContext<'_>, state: &[u8], seed: S) -> Result<T, MapperErrorKind>
    where
        S: for<'de> DeserializeSeed<'de, Value = T> + Copy,
    {
        let plain = self.open(context, state)?;
        self.decode(&plain, || seed)
    }

    /// Decrypts and decompresses.
    pub(super) fn open<'a>(&self, context: &SealContext<'_>, state: &'a [u8]) -> Result<Plain<'a>, MapperErrorKind> {
        let opened = self.decrypt(context, state)?;
        match StateFormat::of(&opened).and_then(|format| self.compressor_of(format)) {
            None => Ok(opened),
            Some(compressor) => {
                let plain = compressor.decompress(&opened[1..], self.max_state_size)?;
                Ok(Plain::Opened(plain.into()))
            }
        }
    }

    fn decrypt<'a>(&self, context: &SealContext<'_>, state: &'a [u8]) -> Result<Plain<'a>, MapperErrorKind> {
        let format = StateFormat::of(state);
        match &self.encryption {
            Some(encryption) if format == Some(encryption.cipher.format()) => {
                Ok(Plain::Opened(encryption.cipher.open(context, state)?))
            }
            Some(_) | None if format == Some(StateFormat::ENCRYPTED) => {
                Err(MapperErrorKind::Encrypted { key: key_of(state) })
            }
            Some(encryption) if encryption.mode == EncryptionMode::Required => Err(MapperErrorKind::NotEncrypted),
            Some(_) | None => Ok(Plain::Stored(state)),
        }
    }

    /// Reads what `seed` describes, out of a state without compression and encryption.
    pub(super) fn decode<S, T>(&self, plain: &[u8], seed: impl Fn() -> S) -> Result<T, MapperErrorKind>
    where
        S: for<'de> DeserializeSeed<'de, Value = T>,
    {
        let (transcoder, bytes) = self.reader_of(plain)?;
        let decoded = transcoder.decode_thoroughly(seed, bytes);
        decoded.map_err(|source| MapperErrorKind::Decoding(self.withhold(source)))
    }

    /// Reads a state without its type, as upcasters take it.
    pub(super) fn decode_untyped(&self, plain: &[u8]) -> Result<UntypedState, MapperErrorKind> {
        let (transcoder, bytes) = self.reader_of(plain)?;
        let decoded = match transcoder {
            Transcoder::Own(_) => transcoder.decode(UntypedSeed, bytes),
            ours => ours.decode_state(bytes).map(UntypedState::readable),
        };
        decoded.map_err(|source| MapperErrorKind::Decoding(self.withhold(source)))
    }

    /// Returns the transcoder that wrote a state, and the bytes without the state's first byte.
    fn reader_of<'a>(&self, plain: &'a [u8]) -> Result<(Transcoder, &'a [u8]), MapperErrorKind> {
        match StateFormat::of(plain) {
            None => Ok((Transcoder::Json, plain)),
            Some(format) => Ok((self.transcoder_of(format)?, &plain[1..])),
        }
    }

    fn compressor_of(&self, format: StateFormat) -> Option<&dyn Compressor> {
        let chosen = self.compression.iter().map(|chosen| &chosen.compressor);
        let mut given = chosen.chain(&self.more_compressors).map(AsRef::as_ref);
        given
            .find(|compressor| compressor.format() == format)
            .or_else(|| match format {
                #[cfg(feature = "zlib")]
                StateFormat::ZLIB => Some(&*ZLIB as &dyn Compressor),
                #[cfg(feature = "zstd")]
                StateFormat::ZSTD => Some(&*ZSTD),
                _ => None,
            })
    }

    fn transcoder_of(&self, format: StateFormat) -> Result<Transcoder, MapperErrorKind> {
        #[cfg(feature = "messagepack")]
        if format == StateFormat::MESSAGE_PACK {
            return Ok(Transcoder::MessagePack);
        }
        if self.transcoder.format() == Some(format) {
            return Ok(self.transcoder.clone());
        }
        let own = self.more_transcoders.iter().find(|own| own.format() == format);
        own.map(|own| Transcoder::Own(Arc::clone(own)))
            .ok_or(MapperErrorKind::UnknownFormat(format))
    }

    /// Takes what an error may quote of a state out of it, where states are confidential.
    fn withhold(&self, error: TranscoderError) -> TranscoderError {
        if self.encryption.is_some() {
            error.without_content()
        } else {
            error
        }
    }

    /// Returns `true` if errors must not quote states.
    pub(crate) const fn is_confidential(&self) -> bool {
        self.encryption.is_some()
    }

    /// The error of an upcaster. What it quotes is taken out where states are confidential.
    pub(super) fn upcasting(&self, error: UpcastError) -> MapperErrorKind {
        MapperErrorKind::Upcasting(if self.encryption.is_some() {
            error.without_source()
        } else {
            error
        })
    }

    /// The error of a state that was brought up to date and still cannot be read.
    pub(super) fn outdated(&self, error: StateError) -> MapperErrorKind {
        let error = TranscoderError::decoding("the state that the upcasters made", error.into());
        MapperErrorKind::Decoding(self.withhold(error))
    }
}

/// Returns the ID of the key that `state` says it was encrypted with: format, suite, flags and the ID are in front.
fn key_of(state: &[u8]) -> Option<KeyId> {
    match state {
        [_, _, _, a, b, c, d, ..] => Some(KeyId(u32::from_be_bytes([*a, *b, *c, *d]))),
        _ => None,
    }
}

/// A state without compression and encryption.
pub(super) enum Plain<'a> {
    /// It had neither.
    Stored(&'a [u8]),
    /// It had one of them.
    Opened(Plaintext),
}

impl Deref for Plain<'_> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::Stored(bytes) => bytes,
            Self::Opened(bytes) => bytes,
        }
    }
}
