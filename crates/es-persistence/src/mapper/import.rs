//! Events of a database of the Python library `eventsourcing`, version 9.
//!
//! Its rows have the same columns as ours, and other bytes in the state. A [`PythonImporter`] reads them; what has been
//! read is stored anew, by the mapper of the application. It is an import and not a second way of reading: nothing in
//! this library takes a state for one of Python's when something else has failed.
//!
//! ```
//! use es_domain::prelude::*;
//! use es_persistence::{Mapper, OriginatorId, StoredEvent, import::PythonImporter};
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
//! let row = StoredEvent {
//!     originator_id: OriginatorId::Uuid("b5aaabf7-4d7b-4a50-8bd6-6e2d7e1d0ab9".parse()?),
//!     originator_version: 1,
//!     topic: "dogschool.domain:Dog.Registered".into(),
//!     state: br#"{"timestamp":{"_type_":"datetime_iso","_data_":"2024-01-02T03:04:05+00:00"},"name":"Fido","originator_topic":"dogschool.domain:Dog"}"#.to_vec(),
//! };
//!
//! let importer = PythonImporter::new();
//! let event = importer.read(&row)?.into_event::<DogEvent>()?;
//! assert!(matches!(event.bodies(), [DogEvent::Registered { name }] if name == "Fido"));
//!
//! for event in event.into_domain_events() {
//!     let stored = Mapper::default().to_stored(&event)?;
//!     assert_eq!(stored.topic, "Dog.Registered");
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod error;
mod event;
mod json;

use std::{collections::BTreeMap, fmt};

use serde_json::Value;

pub use self::{
    error::{ImportError, ImportErrorKind},
    event::ImportedEvent,
};
use crate::{
    BoxError, Compressor as _, StoredEvent, Zlib,
    cipher::{LegacyPythonCipher, Plaintext},
};

/// Turns what a transcoding of Python has encoded into the JSON that a field of ours is read from.
pub type Transcoding = fn(Value) -> Result<Value, BoxError>;

/// Reads rows that the Python library has stored.
///
/// It knows the transcodings that an application there has by itself: `uuid_hex` becomes the UUID's usual text,
/// `decimal_str` and `datetime_iso` stay texts.
pub struct PythonImporter {
    cipher: Option<LegacyPythonCipher>,
    zlib: Option<Zlib>,
    transcodings: BTreeMap<String, Transcoding>,
    topics: BTreeMap<String, String>,
}

/// How large a state may be when it is decompressed.
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
            cipher: None,
            zlib: None,
            transcodings: known.map(|(name, transcoding)| (name.to_owned(), transcoding)).into(),
            topics: BTreeMap::new(),
        }
    }

    /// Decrypts states first: `CIPHER_KEY` was set there. All of them are encrypted then.
    #[must_use]
    pub fn with_cipher(self, cipher: LegacyPythonCipher) -> Self {
        Self {
            cipher: Some(cipher),
            ..self
        }
    }

    /// Decompresses states, after decrypting: `COMPRESSOR_TOPIC` was set there. All of them are compressed then.
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
    pub fn read(&self, row: &StoredEvent) -> Result<ImportedEvent, ImportError> {
        self.read_state(row)
            .and_then(|state| ImportedEvent::new(row, self.topic(&row.topic), state))
            .map_err(|kind| ImportError::new(row, kind))
    }

    fn read_state(&self, row: &StoredEvent) -> Result<Value, ImportErrorKind> {
        let json = match &self.cipher {
            None => Plaintext::from(row.state.clone()),
            Some(cipher) => cipher.open(&row.state).map_err(ImportErrorKind::Cipher)?,
        };
        let json = match &self.zlib {
            None => json,
            Some(zlib) => zlib
                .decompress(&json, MAX_SIZE)
                .map_err(ImportErrorKind::Compression)?
                .into(),
        };
        json::read(&json, &self.transcodings)
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
        f.debug_struct("PythonImporter")
            .field("cipher", &self.cipher)
            .field("zlib", &self.zlib)
            .field("transcodings", &self.transcodings.keys())
            .field("topics", &self.topics)
            .finish()
    }
}
