//! The settings of a mapper.

use std::sync::Arc;

use super::HashChain;
use crate::{Compressor, Transcode, Transcoder, cipher::Cipher};

/// How a [`Mapper`](super::Mapper) turns events into bytes.
///
/// Whatever these settings are, a mapper reads what this library writes under any others, as long as it is given the keys:
/// each state says by its first byte what was done to it.
///
/// ```
/// use es_persistence::{Mapper, MapperConfig, Transcoder};
///
/// let mapper = Mapper::new(MapperConfig { transcoder: Transcoder::MessagePack, ..MapperConfig::default() });
/// # let _ = mapper;
/// ```
#[derive(Clone, Debug)]
pub struct MapperConfig {
    /// The identity of the application: ciphertexts and hash chains are bound to it. It stays when the application is renamed.
    pub application: Arc<str>,
    /// Writes bodies and metadata. Default: JSON.
    pub transcoder: Transcoder,
    /// Transcoders of your own that are only read with, because another one writes.
    pub more_transcoders: Vec<Arc<dyn Transcode>>,
    /// Makes states smaller. Default: none.
    pub compression: Option<Compression>,
    /// Compressors that are only read with: your own, or zstd with dictionaries. Plain zlib and zstd are always read.
    pub more_compressors: Vec<Arc<dyn Compressor>>,
    /// Encrypts bodies and metadata. Default: none.
    pub encryption: Option<Encryption>,
    /// Links the events of aggregates that ask for it. Default: SHA-256 without a key.
    pub chain: HashChain,
    /// The greatest size of a state in bytes, before compression and after decompression. Default: 8 MiB.
    pub max_state_size: usize,
}

/// How states are compressed.
#[derive(Clone, Debug)]
pub struct Compression {
    /// The compressor that writes.
    pub compressor: Arc<dyn Compressor>,
    /// States of fewer bytes are not compressed. A single event of some hundred bytes does not shrink, unless by a
    /// [dictionary](crate::ZstdDictionary).
    pub min_size: usize,
}

/// How states are encrypted.
#[derive(Clone, Debug)]
pub struct Encryption {
    /// The cipher.
    pub cipher: Arc<dyn Cipher>,
    /// What is encrypted, and what is accepted.
    pub mode: EncryptionMode,
}

/// What is encrypted when it is written, and what is accepted when it is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EncryptionMode {
    /// Everything is encrypted, and states that are not encrypted are refused: somebody who can write rows could pass off
    /// states of their own.
    Required,
    /// Everything is encrypted from now on. States from before are read as they are.
    Begun,
    /// Nothing is encrypted any more. States from before are decrypted.
    Ended,
}

/// 8 MiB.
const MAX_STATE_SIZE: usize = 8 * 1024 * 1024;

impl Default for MapperConfig {
    fn default() -> Self {
        Self {
            application: Arc::from(""),
            transcoder: Transcoder::Json,
            more_transcoders: Vec::new(),
            compression: None,
            more_compressors: Vec::new(),
            encryption: None,
            chain: HashChain::unkeyed(),
            max_state_size: MAX_STATE_SIZE,
        }
    }
}
