//! What is done to a state, layer by layer: transcoded, compressed, encrypted, and all of it back again.

use std::{
    ops::Deref,
    sync::{Arc, LazyLock},
};

use es_domain::EventHash;
use serde::{Serialize, de::DeserializeSeed};

use super::{
    MapperErrorKind, StateFormat,
    chain::{self, ChainError, HashChain},
};
use crate::{
    Compressor, Transcode, Transcoder, Zlib, Zstd,
    cipher::{Cipher, Plaintext, SealContext},
};

/// How states are written, and all the ways in which they can be read.
#[derive(Clone, Debug)]
pub(super) struct Layers {
    /// What encryption and chains bind states to.
    pub(super) application: Arc<str>,
    pub(super) transcoder: Transcoder,
    /// Transcoders of others that are there for reading.
    pub(super) transcoders: Vec<Arc<dyn Transcode>>,
    pub(super) chain: Option<HashChain>,
    pub(super) compression: Option<Compression>,
    /// Compressors that are there for reading, beside those of this library as they are by default.
    pub(super) compressors: Vec<Arc<dyn Compressor>>,
    pub(super) encryption: Option<Encryption>,
    pub(super) max_size: usize,
}

#[derive(Clone, Debug)]
pub(super) struct Compression {
    pub(super) compressor: Arc<dyn Compressor>,
    pub(super) min_size: usize,
}

#[derive(Clone, Debug)]
pub(super) struct Encryption {
    pub(super) cipher: Arc<dyn Cipher>,
    pub(super) plain_states: PlainStates,
}

/// What becomes of a state that is not encrypted, where others are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PlainStates {
    Refused,
    Accepted,
}

/// How large a state may be by default, uncompressed.
const MAX_SIZE: usize = 8 * 1024 * 1024;

/// What reads states that others than the chosen compressor have written.
static ZLIB: LazyLock<Zlib> = LazyLock::new(Zlib::default);
static ZSTD: LazyLock<Zstd> = LazyLock::new(Zstd::default);

impl Layers {
    pub(super) fn new(transcoder: Transcoder) -> Self {
        Self {
            application: Arc::from(""),
            transcoder,
            transcoders: Vec::new(),
            chain: None,
            compression: None,
            compressors: Vec::new(),
            encryption: None,
            max_size: MAX_SIZE,
        }
    }

    /// Turns a value into a state; one that is tied to the event before it if that one's hash is given.
    pub(super) fn write<T: Serialize + ?Sized>(
        &self,
        context: &SealContext<'_>,
        head: Option<&mut EventHash>,
        value: &T,
    ) -> Result<Vec<u8>, MapperErrorKind> {
        let plain = self.transcode(context, head, value)?;
        match &self.encryption {
            None => self.compress(plain),
            Some(encryption) => {
                let plain = Plaintext::from(self.compress(plain)?);
                Ok(encryption.cipher.seal(context, &plain)?)
            }
        }
    }

    fn transcode<T: Serialize + ?Sized>(
        &self,
        context: &SealContext<'_>,
        head: Option<&mut EventHash>,
        value: &T,
    ) -> Result<Vec<u8>, MapperErrorKind> {
        let room = head.as_ref().map_or(0, |_| chain::PREFIX_LEN);
        let mut plain = self
            .transcoder
            .encode_state(value, room)
            .map_err(|source| MapperErrorKind::Encoding(self.withhold(source)))?;
        if plain.len() > self.max_size {
            return Err(MapperErrorKind::TooLarge {
                size: plain.len(),
                limit: self.max_size,
            });
        }
        if let Some(head) = head {
            self.chain()?.seal(context, head, &mut plain);
        }
        Ok(plain)
    }

    pub(super) fn read<'de, S: DeserializeSeed<'de>>(
        &self,
        seed: S,
        plain: &'de [u8],
    ) -> Result<S::Value, MapperErrorKind> {
        let plain = chain::without_chain(plain)?;
        let decoded = match StateFormat::of(plain) {
            None => Transcoder::Json.decode(seed, plain),
            Some(format) => self.transcoder_of(format)?.decode(seed, &plain[1..]),
        };
        decoded.map_err(|source| MapperErrorKind::Decoding(self.withhold(source)))
    }

    /// What was transcoded, and chained if it was, out of the other layers.
    pub(super) fn open<'a>(&self, context: &SealContext<'_>, state: &'a [u8]) -> Result<Plain<'a>, MapperErrorKind> {
        let opened = self.decrypt(context, state)?;
        match StateFormat::of(&opened).and_then(|format| self.compressor_of(format)) {
            None => Ok(opened),
            Some(compressor) => {
                let plain = compressor.decompress(&opened[1..], self.max_size)?;
                Ok(Plain::Opened(plain.into()))
            }
        }
    }

    /// The chain, which must be there.
    pub(super) fn chain(&self) -> Result<&HashChain, ChainError> {
        self.chain.as_ref().ok_or(ChainError::NoChain)
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
            drop(Plaintext::from(plain));
        }
        Ok(compressed)
    }

    fn decrypt<'a>(&self, context: &SealContext<'_>, state: &'a [u8]) -> Result<Plain<'a>, MapperErrorKind> {
        let format = StateFormat::of(state);
        match &self.encryption {
            Some(encryption) if format == Some(encryption.cipher.format()) => {
                Ok(Plain::Opened(encryption.cipher.open(context, state)?))
            }
            Some(encryption) if encryption.plain_states == PlainStates::Refused => Err(MapperErrorKind::NotEncrypted),
            Some(_) | None if format == Some(StateFormat::ENCRYPTED) => Err(MapperErrorKind::Encrypted),
            Some(_) | None => Ok(Plain::Stored(state)),
        }
    }

    fn compressor_of(&self, format: StateFormat) -> Option<&dyn Compressor> {
        let chosen = self.compression.iter().map(|chosen| &chosen.compressor);
        let mut given = chosen.chain(&self.compressors).map(AsRef::as_ref);
        given
            .find(|compressor| compressor.format() == format)
            .or_else(|| match format {
                StateFormat::ZLIB => Some(&*ZLIB as &dyn Compressor),
                StateFormat::ZSTD => Some(&*ZSTD),
                _ => None,
            })
    }

    fn transcoder_of(&self, format: StateFormat) -> Result<Transcoder, MapperErrorKind> {
        if format == StateFormat::MESSAGE_PACK {
            return Ok(Transcoder::MessagePack);
        }
        if self.transcoder.format() == Some(format) {
            return Ok(self.transcoder.clone());
        }
        let own = self.transcoders.iter().find(|own| own.format() == format);
        own.map(|own| Transcoder::Own(Arc::clone(own)))
            .ok_or(MapperErrorKind::UnknownFormat(format))
    }

    /// Where states are confidential, no error quotes them.
    fn withhold(&self, error: crate::TranscoderError) -> crate::TranscoderError {
        if self.encryption.is_some() {
            error.without_content()
        } else {
            error
        }
    }
}

/// A state as it was transcoded.
pub(super) enum Plain<'a> {
    Stored(&'a [u8]),
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
