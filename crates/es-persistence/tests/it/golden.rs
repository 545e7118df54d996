//! Bytes that were written once are read for ever.
//!
//! The files in `tests/golden` are added to and never changed. One that is missing is written when `ES_GOLDEN=write` is
//! set, and is an error otherwise.

use std::{env, fs, path::PathBuf, sync::Arc};

use es_domain::{AggregateId as _, DomainEvent};
use es_persistence::{
    HashChain, Mapper, StoredEvent, Transcoder, Zlib, Zstd, ZstdDictionary,
    cipher::{Aes256GcmCipher, LegacyPythonCipher, Randomness, RandomnessError, RecordKind},
    import::PythonImporter,
};

use crate::fixture::{DogEvent, KEY, id, note, registered, value};

fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/golden")
        .join(name)
}

fn golden(name: &str, write: impl FnOnce() -> Vec<u8>) -> Vec<u8> {
    let path = path(name);
    if !path.exists() && env::var("ES_GOLDEN").is_ok_and(|value| value == "write") {
        fs::write(&path, write()).unwrap();
    }
    fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The nonce of the reference's test vector.
#[derive(Debug)]
struct FixedNonce;

impl Randomness for FixedNonce {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), RandomnessError> {
        for (byte, number) in bytes.iter_mut().zip(0x64..) {
            *byte = number;
        }
        Ok(())
    }
}

fn encrypting(mapper: Mapper) -> Mapper {
    let ring = format!("258:{KEY}").parse().unwrap();
    let cipher = Aes256GcmCipher::new(ring).with_randomness(Arc::new(FixedNonce));
    mapper.with_cipher("Dogs", Arc::new(cipher))
}

/// Reads the file as the state of `event`.
fn check_read(mapper: &Mapper, name: &str, event: &DomainEvent<DogEvent>) -> StoredEvent {
    let written = mapper.to_stored(event).unwrap();
    let state = golden(name, || written.state.clone());
    let stored = StoredEvent { state, ..written };
    assert_eq!(&mapper.to_domain::<DogEvent>(&stored).unwrap(), event, "{name}");
    stored
}

/// Reads the file, and writes the same bytes.
fn check_both(mapper: &Mapper, name: &str, event: &DomainEvent<DogEvent>) {
    let stored = check_read(mapper, name, event);
    assert_eq!(mapper.to_stored(event).unwrap().state, stored.state, "{name}");
}

#[test]
fn json() {
    check_both(&Mapper::default(), "json-registered.json", &registered());
    check_both(&Mapper::default(), "json-note.json", &note());
}

#[test]
fn messagepack() {
    let mapper = Mapper::new(Transcoder::MessagePack);
    check_both(&mapper, "messagepack-registered.bin", &registered());
    check_both(&mapper, "messagepack-note.bin", &note());
}

// What a compressor makes of the same bytes may change with its version, so these are read only.

#[test]
fn zlib() {
    let mapper = Mapper::default().with_compressor(Arc::new(Zlib::default()), 0);
    check_read(&mapper, "zlib-note.bin", &note());
    check_read(&Mapper::default(), "zlib-note.bin", &note());
}

#[test]
fn zstd() {
    let mapper = Mapper::default().with_compressor(Arc::new(Zstd::default()), 0);
    check_read(&mapper, "zstd-note.bin", &note());
    check_read(&Mapper::default(), "zstd-note.bin", &note());
}

#[test]
fn zstd_with_dictionary() {
    let dictionary = golden("zstd-dictionary.bin", || {
        let state = Mapper::default().to_stored(&registered()).unwrap().state;
        let samples: Vec<_> = (0..500_usize)
            .map(|number| [&state[..100], &number.to_le_bytes()].concat())
            .collect();
        ZstdDictionary::train(&samples, 1_024).unwrap().as_bytes().to_vec()
    });
    let zstd = Zstd::default().with_dictionaries([ZstdDictionary::new(dictionary).unwrap()]);
    let mapper = Mapper::default().with_compressor(Arc::new(zstd), 0);
    check_read(&mapper, "zstd-with-dictionary-registered.bin", &registered());
}

#[test]
fn encrypted() {
    check_both(
        &encrypting(Mapper::default()),
        "cipher-v1-registered.bin",
        &registered(),
    );
    let compressing = Mapper::default().with_compressor(Arc::new(Zstd::default()), 256);
    check_read(&encrypting(compressing), "cipher-v1-zstd-note.bin", &note());
}

#[test]
fn chained() {
    let ring = format!("258:{KEY}").parse().unwrap();
    for (name, chain) in [
        ("chained-hmac-registered.bin", HashChain::keyed(&ring)),
        ("chained-sha-256-registered.bin", HashChain::unkeyed()),
        (
            "chained-salt-registered.bin",
            HashChain::salted("pepper").with_genesis("first"),
        ),
    ] {
        let mapper = Mapper::default().with_hash_chain("Dogs", chain);
        let start = || mapper.chain_start(&id(0xd0).to_originator_id()).unwrap();
        let written = mapper.to_stored_after(&registered(), &mut start()).unwrap();
        let state = golden(name, || written.state.clone());
        assert_eq!(written.state, state, "{name}");
        let read = mapper.to_domain_after::<DogEvent>(&written, &mut start()).unwrap();
        assert_eq!(read, registered());
    }
}

#[test]
fn any_value_of_a_snapshot() {
    let mapper = encrypting(Mapper::new(Transcoder::MessagePack));
    let id = id(0xd0).to_originator_id();
    let place = mapper.context(RecordKind::Snapshot, &id, 7, "Dog");
    let state = golden("cipher-v1-snapshot.bin", || {
        mapper.write_state(&place, &(7, "Fido")).unwrap()
    });
    let read: (u8, String) = mapper.read_state(&place, &state, value()).unwrap();
    assert_eq!(read, (7, "Fido".to_owned()));
    assert_eq!(mapper.write_state(&place, &read).unwrap(), state);
}

/// Made by Python's `json`, `zlib` and `cryptography`.
#[test]
fn python() {
    let cipher = || LegacyPythonCipher::new("AAECAwQFBgcICQoLDA0ODw==".parse().unwrap());
    let importer = PythonImporter::new;
    for (name, importer) in [
        ("python.json", importer()),
        ("python-zlib.bin", importer().with_zlib()),
        ("python-aes.bin", importer().with_cipher(cipher())),
        ("python-zlib-aes.bin", importer().with_zlib().with_cipher(cipher())),
    ] {
        let row = StoredEvent {
            originator_id: id(0xd0).to_originator_id(),
            originator_version: 1,
            topic: "dogschool.domain:Dog.Registered".into(),
            state: fs::read(path(name)).unwrap(),
        };
        let event = importer.read(&row).unwrap();
        assert_eq!(event.timestamp(), "2024-01-02T03:04:05.678901Z".parse().unwrap());
        let event = event.into_event::<DogEvent>().unwrap();
        let [DogEvent::Registered { name: dog, chip, born }] = event.bodies() else {
            panic!("{name}");
        };
        assert_eq!((dog.as_str(), chip.as_bytes()), ("Fido 🐕", &[0xc1; 16]));
        assert_eq!(*born, Some("2023-04-30T22:00:00Z".parse().unwrap()));
    }
}
