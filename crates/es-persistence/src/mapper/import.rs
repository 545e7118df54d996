//! Events of a database of the Python library `eventsourcing`, version 9.
//!
//! Its rows have the same columns as ours, and other bytes in the state. A [`PythonImporter`] reads them; what has been
//! read is stored anew, by the mapper of the application. It is an import and not a second way of reading: nothing in
//! this library takes a state for one of Python's when something else has failed.
//!
//! ```
//! use es_domain::prelude::*;
//! use es_persistence::{Mapper, OriginatorId, import::{PythonImporter, PythonRow}};
//! # #[derive(Aggregate, Clone, Debug, Default, Serialize, Deserialize)]
//! # struct Dog {
//! #     root: Root<Self>,
//! #     name: String,
//! # }
//! # #[events]
//! # impl Dog {
//! #     #[event(Registered)]
//! #     fn register(name: &str) -> Self {
//! #         Self { name: name.to_owned(), ..Self::default() }
//! #     }
//! # }
//!
//! let row = PythonRow {
//!     originator_id: OriginatorId::Uuid("b5aaabf7-4d7b-4a50-8bd6-6e2d7e1d0ab9".parse()?),
//!     originator_version: 1,
//!     topic: "dogschool.domain:Dog.Registered".to_owned(),
//!     state: br#"{"timestamp":{"_type_":"datetime_iso","_data_":"2024-01-02T03:04:05+00:00"},"name":"Fido","originator_topic":"dogschool.domain:Dog"}"#.to_vec(),
//! };
//!
//! let importer = PythonImporter::new();
//! let imported = importer.read(&row)?;
//! let event = imported.to_event::<DogEvent>()?;
//! assert!(matches!(event.bodies(), [DogEvent::Registered { name }] if name == "Fido"));
//!
//! let stored = imported.to_stored(&Mapper::default())?;
//! assert_eq!(stored.topic, "Dog.Registered");
//! assert_eq!(stored.state, br#"{"name":"Fido"}"#);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod error;
mod event;
mod json;
mod row;

use std::{collections::BTreeMap, fmt};

use serde_json::Value;

pub use self::{
    error::{ImportError, ImportErrorKind},
    event::ImportedEvent,
    row::PythonRow,
};
#[cfg(feature = "encryption")]
use crate::cipher::LegacyPythonCipher;
use crate::{BoxError, cipher::Plaintext};
#[cfg(feature = "zlib")]
use crate::{Compressor as _, Zlib};

/// Turns what a transcoding of Python has encoded into the JSON that a field of ours is read from.
pub type Transcoding = fn(Value) -> Result<Value, BoxError>;

/// Reads rows that the Python library has stored.
///
/// It knows the transcodings that an application there has by itself: `uuid_hex` becomes the UUID's usual text,
/// `decimal_str` and `datetime_iso` stay texts.
pub struct PythonImporter {
    #[cfg(feature = "encryption")]
    cipher: Option<LegacyPythonCipher>,
    #[cfg(feature = "zlib")]
    zlib: Option<Zlib>,
    transcodings: BTreeMap<String, Transcoding>,
    topics: BTreeMap<String, String>,
}

/// How large a state may be when it is decompressed.
#[cfg(feature = "zlib")]
const MAX_SIZE: usize = 64 * 1024 * 1024;

impl Default for PythonImporter {
    fn default() -> Self {
        Self::new()
    }
}

impl PythonImporter {
    /// Reads states that are neither compressed nor encrypted.
    #[must_use]
    pub fn new() -> Self {
        let known: [(_, Transcoding); 3] = [
            ("uuid_hex", json::uuid_hex),
            ("decimal_str", json::text),
            ("datetime_iso", json::text),
        ];
        Self {
            #[cfg(feature = "encryption")]
            cipher: None,
            #[cfg(feature = "zlib")]
            zlib: None,
            transcodings: known.map(|(name, transcoding)| (name.to_owned(), transcoding)).into(),
            topics: BTreeMap::new(),
        }
    }

    /// Decrypts states first: `CIPHER_KEY` was set there. All of them are encrypted then.
    #[cfg(feature = "encryption")]
    #[must_use]
    pub fn with_cipher(self, cipher: LegacyPythonCipher) -> Self {
        Self {
            cipher: Some(cipher),
            ..self
        }
    }

    /// Decompresses states, after decrypting: `COMPRESSOR_TOPIC` was set there. All of them are compressed then.
    #[cfg(feature = "zlib")]
    #[must_use]
    pub fn with_zlib(self) -> Self {
        Self {
            zlib: Some(Zlib::default()),
            ..self
        }
    }

    /// Reads what a transcoding of the application's own has written under `name`.
    #[must_use]
    pub fn with_transcoding(mut self, name: impl Into<String>, transcoding: Transcoding) -> Self {
        self.transcodings.insert(name.into(), transcoding);
        self
    }

    /// Takes events of the topic `python` for those of our topic `topic`. Without this, our topic is what stands behind
    /// the colon: `Dog.Registered` of `dogschool.domain:Dog.Registered`.
    #[must_use]
    pub fn with_topic(mut self, python: impl Into<String>, topic: impl Into<String>) -> Self {
        self.topics.insert(python.into(), topic.into());
        self
    }

    /// Reads a row.
    ///
    /// # Errors
    ///
    /// [`ImportError`] when the state cannot be decrypted, decompressed or read, has a value of a transcoding that is
    /// not there, or lacks the timestamp.
    pub fn read(&self, row: &PythonRow) -> Result<ImportedEvent, ImportError> {
        let is_confidential = self.is_confidential();
        self.read_state(row)
            .and_then(|state| ImportedEvent::new(row, self.topic(&row.topic), state, is_confidential))
            .map_err(|kind| ImportError::new(row, if is_confidential { kind.without_content() } else { kind }))
    }

    fn read_state(&self, row: &PythonRow) -> Result<Value, ImportErrorKind> {
        let json = self.decompress(self.decrypt(&row.state)?)?;
        json::read(&json, &self.transcodings)
    }

    #[cfg(feature = "encryption")]
    fn decrypt(&self, state: &[u8]) -> Result<Plaintext, ImportErrorKind> {
        let opened = self.cipher.as_ref().map(|cipher| cipher.open(state));
        opened.map_or_else(
            || Ok(state.to_vec().into()),
            |opened| opened.map_err(ImportErrorKind::Cipher),
        )
    }

    #[cfg(not(feature = "encryption"))]
    #[expect(
        clippy::unused_self,
        clippy::unnecessary_wraps,
        reason = "it decrypts where there is a cipher"
    )]
    fn decrypt(&self, state: &[u8]) -> Result<Plaintext, ImportErrorKind> {
        Ok(state.to_vec().into())
    }

    #[cfg(feature = "zlib")]
    fn decompress(&self, state: Plaintext) -> Result<Plaintext, ImportErrorKind> {
        let Some(zlib) = &self.zlib else { return Ok(state) };
        let json = zlib
            .decompress(&state, MAX_SIZE)
            .map_err(ImportErrorKind::Compression)?;
        Ok(json.into())
    }

    #[cfg(not(feature = "zlib"))]
    #[expect(
        clippy::unused_self,
        clippy::unnecessary_wraps,
        reason = "it decompresses where there is zlib"
    )]
    fn decompress(&self, state: Plaintext) -> Result<Plaintext, ImportErrorKind> {
        Ok(state)
    }

    /// Returns `true` if errors must not quote states: they were encrypted.
    #[cfg(feature = "encryption")]
    const fn is_confidential(&self) -> bool {
        self.cipher.is_some()
    }

    #[cfg(not(feature = "encryption"))]
    #[expect(clippy::unused_self, reason = "it matters where there is a cipher")]
    const fn is_confidential(&self) -> bool {
        false
    }

    fn topic(&self, python: &str) -> String {
        let behind_colon = || python.rsplit_once(':').map_or(python, |(_, name)| name);
        self.topics
            .get(python)
            .map_or_else(behind_colon, String::as_str)
            .to_owned()
    }
}

impl fmt::Debug for PythonImporter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = f.debug_struct("PythonImporter");
        #[cfg(feature = "encryption")]
        text.field("cipher", &self.cipher);
        #[cfg(feature = "zlib")]
        text.field("zlib", &self.zlib);
        text.field("transcodings", &self.transcodings.keys())
            .field("topics", &self.topics)
            .finish()
    }
}
