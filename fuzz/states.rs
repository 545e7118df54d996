//! What holds for any bytes in a row: an error that has a type, or a value; never a panic, and never unbounded memory.
//!
//! The fuzz targets and a normal test of `es-persistence`, which feeds the corpus, share these functions.

use std::{marker::PhantomData, sync::Arc};

use es_domain::{OriginatorId, Snapshot, Timestamp, prelude::*};
use es_persistence::{
    Compressor, HashChain, Mapper, StoredEvent, Zlib, Zstd,
    cipher::{Aes256GcmCipher, CipherKey, LegacyPythonCipher, RecordKind},
    import::PythonImporter,
};

#[derive(Aggregate, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
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

const KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

fn key() -> CipherKey {
    KEY.parse().expect("it is a key")
}

fn row(state: &[u8]) -> StoredEvent {
    StoredEvent {
        originator_id: OriginatorId::Uuid("d0d0d0d0-d0d0-d0d0-d0d0-d0d0d0d0d0d0".parse().expect("it is a UUID")),
        originator_version: 1,
        topic: "Dog.Registered".into(),
        state: state.to_vec(),
    }
}

/// Bytes that nobody has sealed do not open, whatever stands in their header.
pub(crate) fn ciphertext(bytes: &[u8]) {
    let ring = KEY.parse().expect("it is a key ring");
    let mapper = Mapper::default().with_cipher("Dogs", Arc::new(Aes256GcmCipher::new(ring)));
    let headed = [&[1, 1, 0, 0, 0, 0, 1], bytes].concat();
    for state in [bytes, &headed] {
        let event = mapper.to_domain::<DogEvent>(&row(state));
        assert!(event.is_err(), "it was forged");
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

/// What is read as an event is written and read again as the same.
pub(crate) fn state(bytes: &[u8]) {
    let mapper = Mapper::default().with_hash_chain("Dogs", HashChain::unkeyed());
    for event in Dog::register(&String::from_utf8_lossy(bytes), None, Vec::new()).pending_events() {
        let stored = mapper.to_stored(event).expect("any text is a name");
        assert_eq!(&mapper.to_domain::<DogEvent>(&stored).expect("it was written"), event);
    }
    let messagepack = [&[2], bytes].concat();
    for state in [bytes, &messagepack] {
        let row = row(state);
        if let Ok(event) = mapper.to_domain::<DogEvent>(&row) {
            for event in event.into_domain_events() {
                let again = mapper.to_stored(&event).expect("it was read");
                assert_eq!(mapper.to_domain::<DogEvent>(&again).expect("it was written"), event);
            }
        }
        let place = mapper.context(RecordKind::Snapshot, &row.originator_id, 1, "Dog");
        drop(mapper.read_state(&place, state, PhantomData::<Dog>));
        if let Ok(mut head) = mapper.chain_start(&row.originator_id) {
            drop(mapper.verify_after(&row, &mut head));
        }
    }
}

/// What is read as a snapshot is written and read again as the same.
pub(crate) fn snapshot(bytes: &[u8]) {
    let mapper = Mapper::default();
    let row = row(bytes);
    let place = mapper.context(RecordKind::Snapshot, &row.originator_id, 1, "Dog");
    let read = |state: &[u8]| mapper.read_state(&place, state, PhantomData::<Snapshot<Dog>>);
    let messagepack = [&[2], bytes].concat();
    for state in [bytes, &messagepack] {
        if let Ok(snapshot) = read(state) {
            let again = mapper.write_state(&place, &snapshot).expect("it was read");
            assert_eq!(read(&again).expect("it was written"), snapshot);
        }
    }
}

/// What is imported once is imported again as the same.
pub(crate) fn python(bytes: &[u8]) {
    let row = row(bytes);
    for importer in [PythonImporter::new(), PythonImporter::new().with_zlib()] {
        let Ok(imported) = importer.read(&row) else { continue };
        assert_eq!(importer.read(&row).ok().as_ref(), Some(&imported));
        drop(imported.into_event::<DogEvent>());
    }
}
