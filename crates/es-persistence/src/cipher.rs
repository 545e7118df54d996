//! Encryption of states: who steals the database cannot read it, and who can write it cannot pass one row off as another.
//!
//! [`Aes256GcmCipher`] encrypts each state under a key of its aggregate, derived from a master key of a [`KeyRing`], and
//! binds it to its row: a state that is moved to another row, version, topic, aggregate or application is refused. What
//! a cipher of your own has to keep to stands at [`Cipher`].
//!
//! | who | can | is |
//! |---|---|---|
//! | the thief of a backup, a disk, a replica | read rows | kept out |
//! | whoever can write to the tables | change, swap, move, replay states | found out when the row is read; a row that is removed is not |
//! | whoever can run code in the process | read the keys | not kept out |
//!
//! Not hidden are IDs, versions, topics, the number of events and the sizes of states: compression makes sizes tell more.
//! Processes that hold keys should run without core dumps.

mod aes_256_gcm;
mod associated_data;
mod derived_key;
mod error;
mod header;
mod key;
mod key_ring;
mod legacy;
mod plaintext;
mod randomness;

use std::fmt;

use es_domain::OriginatorId;

pub use self::{
    aes_256_gcm::Aes256GcmCipher,
    error::CipherError,
    key::{CipherKey, CreateKeyError, InvalidKey, create_key},
    key_ring::{InvalidKeyRing, KeyId, KeyRing},
    legacy::LegacyPythonCipher,
    plaintext::Plaintext,
    randomness::{Randomness, RandomnessError, SystemRandomness},
};
use crate::StateFormat;

/// Where a state belongs: everything that must not be exchangeable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SealContext<'a> {
    /// The application, by the name that its states are bound to.
    pub application: &'a str,
    /// What kind of row it is.
    pub kind: RecordKind,
    /// The aggregate.
    pub originator_id: &'a OriginatorId,
    /// The version that the aggregate has with it.
    pub originator_version: u64,
    /// The topic as it is stored, never what it has been renamed to.
    pub topic: &'a str,
}

/// What a state is the state of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RecordKind {
    /// An event.
    Event,
    /// A snapshot of an aggregate.
    Snapshot,
}

/// Encrypts states.
///
/// # Contract
///
/// - What is sealed in a context opens in an equal one, and in no other: then it is an error.
/// - The first byte of what is sealed is that of [`format`](Self::format).
/// - Bytes that were not sealed by it, or were changed, are an error: never another plaintext, never a panic.
/// - No error says more than its kind, and nothing prints a key.
pub trait Cipher: fmt::Debug + Send + Sync + 'static {
    /// What it begins with what it has sealed.
    fn format(&self) -> StateFormat;

    /// Encrypts `plaintext` and binds it to `context`.
    ///
    /// # Errors
    ///
    /// [`CipherError`] when there is no randomness or the key has been used too often.
    fn seal(&self, context: &SealContext<'_>, plaintext: &[u8]) -> Result<Vec<u8>, CipherError>;

    /// Decrypts what was sealed in `context`.
    ///
    /// # Errors
    ///
    /// [`CipherError`] when it was not, or not with a key that is there.
    fn open(&self, context: &SealContext<'_>, sealed: &[u8]) -> Result<Plaintext, CipherError>;
}

impl RecordKind {
    /// The number that ciphertexts are bound to.
    const fn code(self) -> u8 {
        match self {
            Self::Event => 1,
            Self::Snapshot => 2,
        }
    }
}
