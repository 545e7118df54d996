//! How a mapper is set.

use std::sync::Arc;

use super::{
    Mapper,
    chain::HashChain,
    layers::{Compression, Encryption, Layers, PlainStates},
};
use crate::{Compressor, Transcode, cipher::Cipher};

impl Mapper {
    /// Compresses states of at least `min_size` bytes, where it makes them smaller.
    ///
    /// A single event of some hundred bytes does not shrink, unless by a [dictionary](crate::ZstdDictionary).
    #[must_use]
    pub fn with_compressor(self, compressor: Arc<dyn Compressor>, min_size: usize) -> Self {
        self.with(|layers| layers.compression = Some(Compression { compressor, min_size }))
    }

    /// Reads what `compressor` has written: one of your own, or zstd with dictionaries. Those of this library are always
    /// there without.
    #[must_use]
    pub fn with_decompressor(self, compressor: Arc<dyn Compressor>) -> Self {
        self.with(|layers| layers.compressors.push(compressor))
    }

    /// Reads what `transcoder` has written, while another one writes. Those of this library are always there.
    #[must_use]
    pub fn with_transcoder_for_reading(self, transcoder: Arc<dyn Transcode>) -> Self {
        self.with(|layers| layers.transcoders.push(transcoder))
    }

    /// Encrypts states by `cipher`, and binds them to the name `application`: it must stay when the application is
    /// renamed.
    ///
    /// States that are not encrypted are refused from now on, lest whoever can write rows pass off their own;
    /// [`accepting_plain_states`](Self::accepting_plain_states) is for those that were there before.
    #[must_use]
    pub fn with_cipher(self, application: impl Into<Arc<str>>, cipher: Arc<dyn Cipher>) -> Self {
        let application = application.into();
        self.with(|layers| {
            layers.application = application;
            layers.encryption = Some(Encryption {
                cipher,
                plain_states: PlainStates::Refused,
            });
        })
    }

    /// Reads states that are not encrypted, too, where a cipher is set. It encrypts all that it writes nonetheless.
    #[must_use]
    pub fn accepting_plain_states(self) -> Self {
        self.with(|layers| {
            if let Some(encryption) = &mut layers.encryption {
                encryption.plain_states = PlainStates::Accepted;
            }
        })
    }

    /// Ties the events of an aggregate of the application `application` together by `chain`, where that is asked for.
    #[must_use]
    pub fn with_hash_chain(self, application: impl Into<Arc<str>>, chain: HashChain) -> Self {
        let application = application.into();
        self.with(|layers| {
            layers.application = application;
            layers.chain = Some(chain);
        })
    }

    /// Refuses states of more than `bytes` before compression and after decompression, in place of 8 MiB.
    #[must_use]
    pub fn with_max_state_size(self, bytes: usize) -> Self {
        self.with(|layers| layers.max_size = bytes)
    }

    fn with(mut self, set: impl FnOnce(&mut Layers)) -> Self {
        set(Arc::make_mut(&mut self.layers));
        self
    }
}
