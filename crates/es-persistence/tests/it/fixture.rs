//! An aggregate, events of it that never change, and settings to write them under.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use es_domain::{Metadata, Stamp, Timestamp, prelude::*};
use es_persistence::{
    Compression, Compressor, Encryption, EncryptionMode, Mapper, MapperConfig, StoredEvent, Transcoder,
    cipher::{Aes256GcmCipher, Cipher as _, KeyRing, Randomness, RandomnessError, RecordKind, SealContext},
};
use serde::de::DeserializeOwned;
use uuid::Uuid;

#[derive(Aggregate, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Dog {
    root: Root<Self>,
    name: String,
    notes: Vec<String>,
}

#[events(vis = pub(crate), derive(PartialEq))]
impl Dog {
    #[event(Registered)]
    pub(crate) fn register(name: &str, chip: Uuid, born: Option<Timestamp>) -> Self {
        let _ = (chip, born);
        Self {
            name: name.to_owned(),
            ..Self::default()
        }
    }

    #[event(NoteAdded)]
    pub(crate) fn add_note(&mut self, text: &str) {
        self.notes.push(text.to_owned());
    }
}

/// Bytes that look random and are the same in each run.
pub(crate) fn id(byte: u8) -> Id<Dog> {
    Id::from_uuid(Uuid::from_bytes([byte; 16]))
}

pub(crate) fn stamp(version: u64) -> Stamp {
    Stamp::new(
        Uuid::from_u128(0x0192_0000_0000_7000_8000_0000_0000_0000 + u128::from(version)),
        Timestamp::from_micros(1_700_000_000_000_006).unwrap(),
    )
}

pub(crate) fn event(version: u64, body: DogEvent) -> DomainEvent<DogEvent> {
    DomainEvent::new(id(0xd0), version, stamp(version), body)
}

pub(crate) fn registered() -> DomainEvent<DogEvent> {
    event(
        1,
        DogEvent::Registered {
            name: "Fido \"the\" Żółć 🐕".to_owned(),
            chip: Uuid::from_bytes([0xc1; 16]),
            born: Some(Timestamp::UNIX_EPOCH),
        },
    )
}

/// Long enough to be compressed.
pub(crate) fn note() -> DomainEvent<DogEvent> {
    event(
        2,
        DogEvent::NoteAdded {
            text: "rolls over when asked, and when not asked. ".repeat(20),
        },
    )
}

/// With metadata.
pub(crate) fn tagged() -> DomainEvent<DogEvent> {
    let metadata = Metadata::new().correlation_id("request-1").with("user", "ann");
    let text = "sits".to_owned();
    DomainEvent::new(
        id(0xd0),
        3,
        stamp(3).with_metadata(metadata),
        DogEvent::NoteAdded { text },
    )
}

pub(crate) fn check_round_trip(mapper: &Mapper) {
    for event in [registered(), note(), tagged()] {
        let stored = mapper.to_stored(&event).unwrap();
        assert_eq!(mapper.to_domain::<DogEvent>(&stored).unwrap(), event);
    }
}

/// Bytes that count up: never the same twice, and the same in each run.
#[derive(Debug, Default)]
pub(crate) struct Counting(AtomicU64);

impl Randomness for Counting {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), RandomnessError> {
        let number = self.0.fetch_add(1, Ordering::Relaxed).to_be_bytes();
        for (byte, source) in bytes
            .iter_mut()
            .rev()
            .zip(number.iter().rev().chain(std::iter::repeat(&0)))
        {
            *byte = *source;
        }
        Ok(())
    }
}

/// 32 bytes from 0 up, and 32 from 32 up.
pub(crate) const KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
pub(crate) const OTHER_KEY: &str = "ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8=";

pub(crate) fn cipher(keys: &str) -> Arc<Aes256GcmCipher> {
    let ring: KeyRing = keys.parse().unwrap();
    Arc::new(Aes256GcmCipher::new(ring).with_randomness(Arc::new(Counting::default())))
}

pub(crate) fn config() -> MapperConfig {
    MapperConfig {
        application: "Dogs".into(),
        ..MapperConfig::default()
    }
}

pub(crate) fn encrypted_in(mode: EncryptionMode, keys: &str) -> MapperConfig {
    let cipher = cipher(keys);
    MapperConfig {
        encryption: Some(Encryption { cipher, mode }),
        ..config()
    }
}

pub(crate) fn encrypted(keys: &str) -> MapperConfig {
    encrypted_in(EncryptionMode::Required, keys)
}

pub(crate) fn encrypting(keys: &str) -> Mapper {
    Mapper::new(encrypted(keys))
}

pub(crate) fn compression(compressor: impl Compressor, min_size: usize) -> Compression {
    Compression {
        compressor: Arc::new(compressor),
        min_size,
    }
}

pub(crate) fn compressing(compressor: impl Compressor, min_size: usize) -> Mapper {
    Mapper::new(MapperConfig {
        compression: Some(compression(compressor, min_size)),
        ..config()
    })
}

pub(crate) fn transcoding(transcoder: Transcoder) -> Mapper {
    Mapper::new(MapperConfig { transcoder, ..config() })
}

/// Encrypts `state` for the row, and leaves the row's state as it is.
pub(crate) fn sealed(row: &StoredEvent, kind: RecordKind, state: &[u8]) -> Vec<u8> {
    let context = SealContext::of_event("Dogs", row, kind);
    cipher(KEY).seal(&context, state).unwrap()
}

/// The causes of an error, one after the other.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        text = format!("{text}: {next}");
        cause = next.source();
    }
    text
}

pub(crate) fn fails(mapper: &Mapper, stored: &StoredEvent) -> es_persistence::MapperError {
    mapper.to_domain::<DogEvent>(stored).unwrap_err()
}

/// Any value of a state, for tests of states that hold no event.
pub(crate) fn value<T: DeserializeOwned>() -> std::marker::PhantomData<T> {
    std::marker::PhantomData
}

/// `hello world`, as the reference has encrypted it with the key of the bytes 0 to 15.
pub(crate) const HELLO_WORLD: [u8; 39] = [
    0x64, 0x65, 0x66, 0x67, 0x68, 0x69, 0x6a, 0x6b, 0x6c, 0x6d, 0x6e, 0x6f, 0xa9, 0x34, 0xe6, 0x2e, 0x51, 0xbb, 0xc6,
    0x6b, 0xa1, 0x19, 0x89, 0x5f, 0x3f, 0x90, 0x26, 0xb7, 0x72, 0x07, 0x22, 0xc9, 0xb4, 0x22, 0xcf, 0x95, 0xe9, 0x52,
    0x33,
];
