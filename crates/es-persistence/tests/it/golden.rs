//! Rows that were written once are read for ever.
//!
//! The files in `tests/golden` are added to and never changed. One that is missing is written when `ES_GOLDEN=write` is
//! set, and is an error otherwise.

use std::{env, fs, path::PathBuf, sync::Arc};

use es_domain::{SnapshotRef, prelude::*};
use es_persistence::{
    Encryption, EncryptionMode, HashChain, Mapper, MapperConfig, StoredEvent, StoredSnapshot, Transcoder, Zlib, Zstd,
    ZstdDictionary,
    cipher::{Aes256GcmCipher, LegacyPythonCipher, Randomness, RandomnessError},
    import::{PythonImporter, PythonRow},
};

use crate::{
    account::{self, Account, chained, keyed, log, replay},
    fixture::{Dog, DogEvent, KEY, compressing, compression, config, id, note, registered, tagged, transcoding},
    golden_row::{event_of_text, event_to_text, snapshot_of_text, snapshot_to_text},
};

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

fn golden_text(name: &str, write: impl FnOnce() -> String) -> String {
    String::from_utf8(golden(name, || write().into_bytes())).unwrap()
}

fn golden_event(name: &str, written: &StoredEvent) -> StoredEvent {
    event_of_text(&golden_text(name, || event_to_text(written)))
}

fn golden_snapshot(name: &str, written: &StoredSnapshot) -> StoredSnapshot {
    snapshot_of_text(&golden_text(name, || snapshot_to_text(written)))
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

fn encrypting(config: MapperConfig) -> Mapper {
    let ring = format!("258:{KEY}").parse().unwrap();
    let cipher = Aes256GcmCipher::new(ring).with_randomness(Arc::new(FixedNonce));
    Mapper::new(MapperConfig {
        encryption: Some(Encryption {
            cipher: Arc::new(cipher),
            mode: EncryptionMode::Required,
        }),
        ..config
    })
}

/// Reads the file as `event`.
fn check_read(mapper: &Mapper, name: &str, event: &DomainEvent<DogEvent>) -> StoredEvent {
    let stored = golden_event(name, &mapper.to_stored(event).unwrap());
    assert_eq!(&mapper.to_domain::<DogEvent>(&stored).unwrap(), event, "{name}");
    stored
}

/// Reads the file, and writes the same row.
fn check_both(mapper: &Mapper, name: &str, event: &DomainEvent<DogEvent>) {
    let stored = check_read(mapper, name, event);
    assert_eq!(mapper.to_stored(event).unwrap(), stored, "{name}");
}

#[test]
fn json() {
    check_both(&Mapper::default(), "json-registered.row", &registered());
    check_both(&Mapper::default(), "json-note.row", &note());
    check_both(&Mapper::default(), "json-tagged.row", &tagged());
}

#[test]
fn messagepack() {
    let mapper = transcoding(Transcoder::MessagePack);
    check_both(&mapper, "messagepack-registered.row", &registered());
    check_both(&mapper, "messagepack-note.row", &note());
    check_both(&mapper, "messagepack-tagged.row", &tagged());
}

// A compressor may compress the same bytes otherwise in another version, so these are read only.

#[test]
fn zlib() {
    check_read(&compressing(Zlib::default(), 0), "zlib-note.row", &note());
    check_read(&Mapper::default(), "zlib-note.row", &note());
}

#[test]
fn zstd() {
    check_read(&compressing(Zstd::default(), 0), "zstd-note.row", &note());
    check_read(&Mapper::default(), "zstd-note.row", &note());
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
    check_read(
        &compressing(zstd, 0),
        "zstd-with-dictionary-registered.row",
        &registered(),
    );
}

#[test]
fn encrypted() {
    check_both(&encrypting(config()), "cipher-registered.row", &registered());
    check_both(&encrypting(config()), "cipher-tagged.row", &tagged());
    let messagepack = encrypting(MapperConfig {
        transcoder: Transcoder::MessagePack,
        ..config()
    });
    check_both(&messagepack, "cipher-messagepack-tagged.row", &tagged());
    let compressing = encrypting(MapperConfig {
        compression: Some(compression(Zstd::default(), 256)),
        ..config()
    });
    check_read(&compressing, "cipher-zstd-note.row", &note());
}

fn chains() -> [(&'static str, Mapper); 4] {
    let salted = HashChain::salted("pepper").with_genesis("first");
    let sealed = encrypting(MapperConfig {
        chain: HashChain::unkeyed(),
        ..config()
    });
    [
        ("hmac", chained(keyed(&format!("258:{KEY}")))),
        ("sha-256", chained(HashChain::unkeyed())),
        ("salt", chained(salted)),
        ("sha-256-cipher", sealed),
    ]
}

#[test]
fn linked() {
    for (name, mapper) in chains() {
        let written = log(&mapper);
        let name = |number: usize| format!("chain-{name}-{number}.row");
        let rows: Vec<_> = (1..)
            .zip(&written)
            .map(|(number, row)| golden_event(&name(number), row))
            .collect();
        assert_eq!(replay(&mapper, &rows).unwrap().balance, 17);
        assert_eq!(written, rows);
    }
}

fn dog() -> Dog {
    let events = [registered(), note(), tagged()];
    Dog::replay(events).unwrap().unwrap()
}

#[test]
fn snapshots() {
    for (name, mapper) in [
        ("snapshot-json.row", Mapper::default()),
        ("snapshot-messagepack.row", transcoding(Transcoder::MessagePack)),
        ("snapshot-cipher.row", encrypting(config())),
    ] {
        let dog = dog();
        let written = mapper.to_stored_snapshot(&SnapshotRef::take(&dog).unwrap()).unwrap();
        let stored = golden_snapshot(name, &written);
        assert_eq!(written, stored, "{name}");
        assert_eq!(*mapper.to_snapshot::<Dog>(&stored).unwrap().aggregate(), dog, "{name}");
    }
}

#[test]
fn linked_snapshots() {
    for (name, mapper) in chains() {
        let account = replay(&mapper, &log(&mapper)).unwrap();
        let written = mapper
            .to_stored_snapshot(&SnapshotRef::take(&account).unwrap())
            .unwrap();
        let stored = golden_snapshot(&format!("snapshot-chain-{name}.row"), &written);
        assert_eq!(written, stored, "{name}");
        let snapshot = mapper.to_snapshot::<Account>(&stored).unwrap();
        assert_eq!(*snapshot.aggregate(), account, "{name}");
        assert_eq!(snapshot.originator_id(), account::id());
    }
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
        let row = PythonRow {
            originator_id: id(0xd0).to_originator_id(),
            originator_version: 1,
            topic: "dogschool.domain:Dog.Registered".to_owned(),
            state: fs::read(path(name)).unwrap(),
        };
        let event = importer.read(&row).unwrap();
        assert_eq!(event.timestamp(), "2024-01-02T03:04:05.678901Z".parse().unwrap());
        let event = event.to_event::<DogEvent>().unwrap();
        let [DogEvent::Registered { name: dog, chip, born }] = event.bodies() else {
            panic!("{name}");
        };
        assert_eq!((dog.as_str(), chip.as_bytes()), ("Fido 🐕", &[0xc1; 16]));
        assert_eq!(*born, Some("2023-04-30T22:00:00Z".parse().unwrap()));
    }
}
