//! Encryption of states. A thief of the database cannot read them, and an attacker who can write to the tables cannot pass
//! one row off as another.
//!
//! [`Aes256GcmCipher`] encrypts each state under a key of its aggregate, derived from a master key of a [`KeyRing`], and
//! binds it to its row: a state that is moved to another row, version, topic, aggregate or application is refused. What
//! a cipher of your own has to guarantee is documented at [`Cipher`].
//!
//! | attacker | can | result |
//! |---|---|---|
//! | a thief of a backup, a disk or a replica | read rows | learns nothing of the states |
//! | somebody with write access to the tables | change, swap, move or replay states | is noticed when the row is read; the removal of a row is not |
//! | somebody who runs code in the process | read the keys | is not stopped |
//!
//! IDs, versions, topics, the number of events and the sizes of states are not hidden. With compression, a size tells more
//! about the content. The values of tags are replaced by keyed hashes; it is not hidden which events have the same tag.
//! Processes that hold keys should run without core dumps.

#[cfg(feature = "encryption")]
mod aes_256_gcm;
#[cfg(feature = "encryption")]
mod associated_data;
#[cfg(feature = "encryption")]
mod derived_key;
mod error;
#[cfg(feature = "encryption")]
mod header;
mod key;
mod key_ring;
#[cfg(feature = "encryption")]
mod legacy;
mod plaintext;
mod randomness;
#[cfg(feature = "encryption")]
mod tag_key;

use std::fmt;

use es_domain::{OriginatorId, Timestamp};
use uuid::Uuid;

#[cfg(feature = "encryption")]
pub use self::{aes_256_gcm::Aes256GcmCipher, legacy::LegacyPythonCipher};
pub use self::{
    error::CipherError,
    key::{CipherKey, CreateKeyError, InvalidKey, create_key},
    key_ring::{InvalidKeyRing, KeyId, KeyRing},
    plaintext::Plaintext,
    randomness::{Randomness, RandomnessError, SystemRandomness},
};
use crate::{StateFormat, StoredEvent, StoredSnapshot};

/// The place of a state: every column of its row but the position, the hash and the bytes themselves.
///
/// A cipher binds what it seals to this place, so that no row can be altered or moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SealContext<'a> {
    /// The identity of the application.
    pub application: &'a str,
    /// The kind of row and column.
    pub kind: RecordKind,
    /// The aggregate.
    pub originator_id: &'a OriginatorId,
    /// The version of the aggregate.
    pub originator_version: u64,
    /// The topic as it is stored, never what it has been renamed to.
    pub topic: &'a str,
    /// The ID of the event; the nil UUID for a snapshot.
    pub event_id: Uuid,
    /// The time of the event.
    pub timestamp: Timestamp,
    /// The version of the body or state.
    pub schema_version: u16,
    /// `true` for the state of an event that has metadata. So metadata cannot be removed from a row.
    pub has_metadata: bool,
}

impl<'a> SealContext<'a> {
    /// Returns the place of a column of an event.
    pub fn of_event(application: &'a str, row: &'a StoredEvent, kind: RecordKind) -> Self {
        Self {
            application,
            kind,
            originator_id: &row.originator_id,
            originator_version: row.originator_version,
            topic: &row.topic,
            event_id: row.event_id,
            timestamp: row.timestamp,
            schema_version: row.schema_version,
            has_metadata: kind == RecordKind::Event && row.metadata.is_some(),
        }
    }

    /// Returns the place of the state of a snapshot.
    pub fn of_snapshot(application: &'a str, row: &'a StoredSnapshot) -> Self {
        Self {
            application,
            kind: RecordKind::Snapshot,
            originator_id: &row.originator_id,
            originator_version: row.originator_version,
            topic: &row.topic,
            event_id: Uuid::nil(),
            timestamp: row.timestamp,
            schema_version: row.schema_version,
            has_metadata: false,
        }
    }
}

/// A keyed hash of a tag.
pub type TagHash = [u8; 16];

/// The kind of row and column that a state stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RecordKind {
    /// The state of an event: its body.
    Event,
    /// The metadata of an event.
    Metadata,
    /// The state of a snapshot.
    Snapshot,
}

impl fmt::Display for RecordKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Event => "event",
            Self::Metadata => "metadata of event",
            Self::Snapshot => "snapshot",
        })
    }
}

/// Encrypts states.
///
/// # Contract
///
/// - A state that was sealed in a context can be opened in an equal context. In any other context, opening is an error.
/// - The first byte of a sealed state is that of [`format`](Self::format).
/// - Bytes that the cipher did not seal, or that were changed, are an error. They never give another plaintext or a panic.
/// - An error tells its kind only, and nothing prints a key.
pub trait Cipher: fmt::Debug + Send + Sync + 'static {
    /// The first byte of every state that this cipher seals.
    fn format(&self) -> StateFormat;

    /// Encrypts `plaintext` and binds it to `context`.
    ///
    /// # Errors
    ///
    /// [`CipherError`] if the system gives no random bytes or the key has been used too often.
    fn seal(&self, context: &SealContext<'_>, plaintext: &[u8]) -> Result<Vec<u8>, CipherError>;

    /// Decrypts a state that was sealed in `context`.
    ///
    /// # Errors
    ///
    /// [`CipherError`] if the state was not sealed in `context`, or its key is not in the key ring.
    fn open(&self, context: &SealContext<'_>, sealed: &[u8]) -> Result<Plaintext, CipherError>;

    /// Returns what stands in the place of a confidential tag: a hash of it under each key, so that only who has the key can
    /// tell which tag it is. The first one is written, and all are looked for.
    ///
    /// A cipher that returns none leaves tags as they are.
    fn tag_hashes(&self, application: &str, tag: &str) -> Vec<TagHash> {
        let _ = (application, tag);
        Vec::new()
    }
}

#[cfg(feature = "encryption")]
impl RecordKind {
    /// Returns the number that ciphertexts are bound to.
    const fn code(self) -> u8 {
        match self {
            Self::Event => 1,
            Self::Snapshot => 2,
            Self::Metadata => 3,
        }
    }
}
