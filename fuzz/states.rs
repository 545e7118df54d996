//! What holds for any bytes in a row: an error that has a type, or a value; never a panic, and never unbounded memory.
//!
//! The fuzz targets and a normal test of `es-persistence`, which feeds the corpus, share these functions.

use std::sync::Arc;

use es_domain::{OriginatorId, RootAccess as _, SnapshotRef, Timestamp, prelude::*};
use es_persistence::{
    Compressor, Encryption, EncryptionMode, Mapper, MapperConfig, StoredEvent, StoredSnapshot, Zlib, Zstd,
    cipher::{Aes256GcmCipher, CipherKey, LegacyPythonCipher},
    import::{PythonImporter, PythonRow},
};

#[derive(Aggregate, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[aggregate(hash_chain)]
struct Dog {
    root: Root<Self>,
    name: String,
}

#[events(derive(PartialEq))]
impl Dog {
    #[event(Registered)]
    fn register(name: &str, born: Option<Timestamp>, sizes: Vec<i64>) -> Self {
        drop((born, sizes));
        Self {
            name: name.to_owned(),
            ..Self::default()
        }
    }
}

#[derive(Aggregate, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Cat {
    root: Root<Self>,
    name: String,
}

#[events(derive(PartialEq))]
impl Cat {
    #[event(Adopted)]
    fn adopt(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            ..Self::default()
        }
    }
}

const KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

fn key() -> CipherKey {
    KEY.parse().expect("it is a key")
}

const ID: &str = "d0d0d0d0-d0d0-d0d0-d0d0-d0d0d0d0d0d0";

fn originator_id() -> OriginatorId {
    OriginatorId::Uuid(ID.parse().expect("it is a UUID"))
}

fn row(state: &[u8]) -> StoredEvent {
    StoredEvent::new(originator_id(), 1, "Dog.Registered", state.to_vec())
}

/// Bytes that nobody has sealed do not open, whatever stands in their header.
pub(crate) fn ciphertext(bytes: &[u8]) {
    let ring = KEY.parse().expect("it is a key ring");
    let mapper = Mapper::new(MapperConfig {
        application: "Dogs".into(),
        encryption: Some(Encryption {
            cipher: Arc::new(Aes256GcmCipher::new(ring)),
            mode: EncryptionMode::Required,
        }),
        ..MapperConfig::default()
    });
    let headed = [&[1, 1, 0, 0, 0, 0, 1], bytes].concat();
    for state in [bytes, &headed] {
        let event = mapper.to_domain::<DogEvent>(&row(state));
        assert!(event.is_err(), "it was forged");
        let metadata = mapper.metadata(&row(b"{}").with_metadata(Some(state.to_vec())));
        assert!(metadata.is_err(), "it was forged");
        let opened = LegacyPythonCipher::new(key()).open(state);
        assert!(opened.is_err(), "it was forged");
    }
}

/// Nothing that is decompressed exceeds the limit, and what was compressed comes back.
pub(crate) fn compressed(bytes: &[u8]) {
    const LIMIT: usize = 10_000;
    let both: [&dyn Compressor; 2] = [&Zlib::default(), &Zstd::default()];
    for compressor in both {
        if let Ok(plain) = compressor.decompress(bytes, LIMIT) {
            assert!(plain.len() <= LIMIT);
        }
        let mut compressed = Vec::new();
        compressor
            .compress(bytes, &mut compressed)
            .expect("all bytes can be compressed");
        let plain = compressor.decompress(&compressed, bytes.len());
        assert_eq!(plain.expect("it was compressed"), bytes);
    }
}

/// What is read as an event is written and read again as the same. No link can be guessed.
pub(crate) fn state(bytes: &[u8]) {
    let mapper = Mapper::default();
    for event in Dog::register(&String::from_utf8_lossy(bytes), None, Vec::new()).pending_events() {
        let stored = mapper.to_stored(event).expect("any text is a name");
        assert_eq!(&mapper.to_domain::<DogEvent>(&stored).expect("it was written"), event);
    }
    let messagepack = [&[2], bytes].concat();
    for state in [bytes, &messagepack] {
        let row = row(state).with_metadata(Some(state.to_vec()));
        if let Ok(event) = mapper.to_domain::<DogEvent>(&row) {
            for event in event.into_domain_events() {
                let again = mapper.to_stored(&event).expect("it was read");
                assert_eq!(mapper.to_domain::<DogEvent>(&again).expect("it was written"), event);
            }
        }
        drop(mapper.metadata(&row));
        let linked = row.with_hash(Some(bytes.to_vec()));
        let mut stream = mapper.stream::<Dog>(&ID.parse().expect("it is an ID"));
        assert!(stream.verify(&linked).is_err(), "it was forged");
    }
}

/// What is read as a snapshot is written and read again as the same.
pub(crate) fn snapshot(bytes: &[u8]) {
    let mapper = Mapper::default();
    let mut cat = Cat::adopt(&String::from_utf8_lossy(bytes));
    drop(cat.collect_events());
    let taken = SnapshotRef::take(&cat).expect("it is saved");
    let stored = mapper.to_stored_snapshot(&taken).expect("any text is a name");
    let read = mapper.to_snapshot::<Cat>(&stored).expect("it was written");
    assert_eq!(*read.aggregate(), cat);
    let messagepack = [&[2], bytes].concat();
    for state in [bytes, &messagepack] {
        let at = "2026-01-02T03:04:05.000006Z".parse().expect("it is a time");
        let row = StoredSnapshot::new(originator_id(), 3, "Cat", state.to_vec()).with_timestamp(at);
        if let Ok(snapshot) = mapper.to_snapshot::<Cat>(&row) {
            let taken = SnapshotRef::take(snapshot.aggregate()).expect("it was taken");
            let again = mapper.to_stored_snapshot(&taken).expect("it was read");
            assert_eq!(mapper.to_snapshot::<Cat>(&again).expect("it was written"), snapshot);
        }
        let forged = row.with_hash(Some(bytes.to_vec()));
        assert!(mapper.to_snapshot::<Dog>(&forged).is_err(), "it was forged");
    }
}

/// What is imported once is imported again as the same, and can be stored.
pub(crate) fn python(bytes: &[u8]) {
    let row = PythonRow {
        originator_id: originator_id(),
        originator_version: 1,
        topic: "dogschool.domain:Dog.Registered".to_owned(),
        state: bytes.to_vec(),
    };
    for importer in [PythonImporter::new(), PythonImporter::new().with_zlib()] {
        let Ok(imported) = importer.read(&row) else { continue };
        assert_eq!(importer.read(&row).ok().as_ref(), Some(&imported));
        let stored = imported.to_stored(&Mapper::default()).expect("it is JSON");
        let events = (
            imported.to_event::<DogEvent>(),
            Mapper::default().to_domain::<DogEvent>(&stored),
        );
        assert_eq!(events.0.ok(), events.1.ok());
    }
}
