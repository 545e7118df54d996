//! No error, no `Debug` and no cause quotes what a cipher protects.
//!
//! Every way in which writing or reading a row can fail is taken twice: with a cipher, when no text may have the secret,
//! and without one, when many texts have it: that shows that the test would find it.

use std::{
    error::Error,
    fmt::Write as _,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use es_domain::{Metadata, SnapshotRef, Stamp, State, prelude::*};
use es_persistence::{
    Environment, EventStore, Mapper, MapperConfig, PersistenceModules, StoredEvent, StoredSnapshot, Transcoder,
    cipher::{Cipher as _, LegacyPythonCipher, RecordKind, SealContext},
    import::{PythonImporter, PythonRow},
};
use serde::{Deserializer, Serializer, de, ser};

use crate::fixture::{KEY, OTHER_KEY, cipher, config, encrypted, sealed, stamp};

const SECRET: &str = "swordfish";

/// A text whose own code quotes it in errors.
#[derive(Clone, Debug, Default, PartialEq)]
struct Word(String);

impl Serialize for Word {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0.starts_with("unwritable") {
            return Err(ser::Error::custom(format!("cannot write {}", self.0)));
        }
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Word {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if text.starts_with("unreadable") {
            return Err(de::Error::custom(format!("cannot read {text}")));
        }
        Ok(Self(text))
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Kind {
    Plain,
}

#[derive(Aggregate, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[aggregate(upcast(refuse))]
struct Vault {
    root: Root<Self>,
    word: Word,
}

#[events(derive(PartialEq), retired("Vault.Moved" = read_moved))]
impl Vault {
    #[event(Filled, upcast(refuse, twist))]
    fn fill(word: Word, number: u8, kind: Option<Kind>) -> Self {
        let _ = (number, kind);
        Self {
            word,
            ..Self::default()
        }
    }

    #[event(Opened)]
    fn open(&mut self, word: Word) -> Result<(), String> {
        if word != self.word {
            return Err(format!("{} is wrong", word.0));
        }
        Ok(())
    }
}

/// Quotes the whole state.
#[expect(clippy::needless_pass_by_value, reason = "upcasters take states")]
fn refuse(state: State) -> Result<State, String> {
    Err(format!("{state:?}"))
}

/// Makes something that cannot be read.
fn twist(state: State) -> State {
    let word = state.get("word").cloned().unwrap_or_default();
    state.with("number", word.as_text().unwrap_or_default())
}

#[expect(clippy::needless_pass_by_value, reason = "what reads retired events takes states")]
fn read_moved(state: State) -> Result<Vec<VaultEvent>, String> {
    Err(format!("cannot read {state:?}"))
}

/// The states of which each cannot be read as an event `Filled`, with the version that the row has.
fn broken() -> Vec<(u16, Vec<u8>)> {
    let json = |version, text: String| (version, text.into_bytes());
    let messagepack = |value: serde_json::Value| {
        let bytes = Transcoder::MessagePack.encode(&value).unwrap();
        (3, [&[2], &bytes[..]].concat())
    };
    let mut not_utf8 = format!(r#"{{"word":"{SECRET}"#).into_bytes();
    not_utf8.extend([0xff, b'"', b'}']);
    let damaged = |format: u8| (3, [&[format], SECRET.as_bytes()].concat());
    vec![
        json(3, format!(r#"{{"word":"x","number":"{SECRET}"}}"#)),
        json(3, format!(r#"{{"word":["{SECRET}"],"number":1}}"#)),
        json(3, format!(r#"{{"word":"unreadable {SECRET}","number":1}}"#)),
        json(3, format!(r#"{{"word":"{SECRET}"}}"#)),
        json(3, format!(r#"{{"word":"x","number":1,"kind":"{SECRET}"}}"#)),
        json(3, format!(r#"{{"word":"{SECRET}","word":"{SECRET}","number":1}}"#)),
        json(3, format!(r#"{{"word":"{SECRET}"#)),
        json(3, format!(r#"{{"word":"{SECRET}","number":1}}{SECRET}"#)),
        json(3, format!(r#""{SECRET}""#)),
        json(3, SECRET.to_owned()),
        json(3, format!("{}\"{SECRET}\"", "[".repeat(300))),
        json(9, format!(r#"{{"word":"{SECRET}","number":"{SECRET}"}}"#)),
        json(1, format!(r#"{{"word":"{SECRET}","number":1}}"#)),
        json(2, format!(r#"{{"word":"{SECRET}","number":1}}"#)),
        json(1, format!(r#"{{"word":"{SECRET}"#)),
        (3, not_utf8),
        messagepack(serde_json::json!({ "word": "x", "number": SECRET })),
        messagepack(serde_json::json!({ "word": format!("unreadable {SECRET}"), "number": 1 })),
        messagepack(serde_json::json!({ "word": SECRET })),
        messagepack(serde_json::json!(SECRET)),
        damaged(3),
        damaged(4),
        damaged(5),
        damaged(0x10),
    ]
}

type Faults = Vec<(String, Box<dyn Error + Send>)>;

/// Whether rows are encrypted, and so what puts bytes into them.
#[derive(Clone, Copy, PartialEq)]
enum Rows {
    Plain,
    Sealed,
}

impl Rows {
    fn config(self) -> MapperConfig {
        match self {
            Self::Plain => config(),
            Self::Sealed => encrypted(KEY),
        }
    }

    fn bytes(self, row: &StoredEvent, kind: RecordKind, bytes: &[u8]) -> Vec<u8> {
        match self {
            Self::Plain => bytes.to_vec(),
            Self::Sealed => sealed(row, kind, bytes),
        }
    }

    fn event(self, topic: &str, version: u16, state: &[u8]) -> StoredEvent {
        let stamp = stamp(1);
        let mut row = StoredEvent::new(vault_id().to_originator_id(), 1, topic.to_owned(), Vec::new())
            .with_stamp(stamp.event_id(), stamp.timestamp())
            .with_schema_version(version);
        row.state = self.bytes(&row, RecordKind::Event, state);
        row
    }

    fn snapshot(self, version: u16, state: &[u8]) -> StoredSnapshot {
        let mut row = StoredSnapshot::new(vault_id().to_originator_id(), 1, "Vault", Vec::new())
            .with_timestamp(stamp(1).timestamp())
            .with_schema_version(version);
        row.state = match self {
            Self::Plain => state.to_vec(),
            Self::Sealed => cipher(KEY)
                .seal(&SealContext::of_snapshot("Dogs", &row), state)
                .unwrap(),
        };
        row
    }
}

fn vault_id() -> Id<Vault> {
    Id::from_uuid(uuid::Uuid::from_bytes([0x5a; 16]))
}

fn filled(word: &str) -> DomainEvent<VaultEvent> {
    let metadata: Metadata = [("by", SECRET)].into_iter().collect();
    let body = VaultEvent::Filled {
        word: Word(word.to_owned()),
        number: 1,
        kind: None,
    };
    DomainEvent::new(vault_id(), 1, stamp(1).with_metadata(metadata), body)
}

fn add<T>(faults: &mut Faults, name: impl Into<String>, result: Result<T, impl Error + Send + 'static>) {
    let name = name.into();
    match result {
        Ok(_) => panic!("{name} does not fail"),
        Err(error) => faults.push((name, Box::new(error))),
    }
}

fn reading(rows: Rows, faults: &mut Faults) {
    let mapper = Mapper::new(rows.config());
    for (number, (version, state)) in broken().into_iter().enumerate() {
        let row = rows.event("Vault.Filled", version, &state);
        add(faults, format!("event {number}"), mapper.to_domain::<VaultEvent>(&row));
        let snapshot = rows.snapshot(version.min(2), &state);
        add(
            faults,
            format!("snapshot {number}"),
            mapper.to_snapshot::<Vault>(&snapshot),
        );
        if version == 3 {
            let mut row = rows.event("Vault.Filled", 3, b"{}");
            row.metadata = Some(rows.bytes(&row, RecordKind::Metadata, &state));
            // Some of these states are metadata: texts by name.
            if let Err(error) = mapper.metadata(&row) {
                faults.push((format!("metadata {number}"), Box::new(error)));
            }
        }
    }
    let sound = format!(r#"{{"word":"{SECRET}","number":1}}"#);
    let moved = rows.event("Vault.Moved", 1, sound.as_bytes());
    add(faults, "retired", mapper.to_domain::<VaultEvent>(&moved));
    let unknown = rows.event("Vault.Lost", 1, sound.as_bytes());
    add(faults, "unknown topic", mapper.to_domain::<VaultEvent>(&unknown));
    let mut elsewhere = rows.event("Vault.Filled", 3, sound.as_bytes());
    elsewhere.originator_id = "rex".into();
    add(faults, "wrong ID", mapper.to_domain::<VaultEvent>(&elsewhere));
    let old = rows.snapshot(1, format!(r#"{{"word":"{SECRET}"}}"#).as_bytes());
    add(faults, "snapshot upcaster", mapper.to_snapshot::<Vault>(&old));
}

fn writing(rows: Rows, faults: &mut Faults) {
    for transcoder in [Transcoder::Json, Transcoder::MessagePack] {
        let mapper = Mapper::new(MapperConfig {
            transcoder,
            ..rows.config()
        });
        let event = filled(&format!("unwritable {SECRET}"));
        add(faults, "unwritable", mapper.to_stored(&event));
        let mut vault = Vault::replay([event]).unwrap().unwrap();
        add(
            faults,
            "unwritable snapshot",
            mapper.to_stored_snapshot(&SnapshotRef::take(&vault).unwrap()),
        );
        vault.word = Word(SECRET.to_owned());
        let strict = Mapper::new(MapperConfig {
            max_state_size: 5,
            ..mapper.config().clone()
        });
        add(faults, "too large", strict.to_stored(&filled(SECRET)));
        add(
            faults,
            "too large snapshot",
            strict.to_stored_snapshot(&SnapshotRef::take(&vault).unwrap()),
        );
        let written = mapper.to_stored(&filled(SECRET)).unwrap();
        if rows == Rows::Sealed {
            add(
                faults,
                "no key",
                Mapper::new(config()).to_domain::<VaultEvent>(&written),
            );
            let wrong = Mapper::new(encrypted(OTHER_KEY));
            add(faults, "wrong key", wrong.to_domain::<VaultEvent>(&written));
            let unknown = Mapper::new(encrypted(&format!("7:{OTHER_KEY}")));
            add(faults, "unknown key", unknown.to_domain::<VaultEvent>(&written));
        }
        // The snapshot of another aggregate.
        let mut row = mapper.to_stored_snapshot(&SnapshotRef::take(&vault).unwrap()).unwrap();
        row.originator_version += 1;
        add(faults, "other snapshot", mapper.to_snapshot::<Vault>(&row));
    }
}

async fn replaying(rows: Rows, faults: &mut Faults) {
    let modules = PersistenceModules::memory_only();
    let environment = Environment::new("Vaults");
    let datastore = modules.choose(&environment).unwrap().open(&environment).await.unwrap();
    let mapper = Mapper::new(rows.config());
    let store = EventStore::new(datastore.application_recorder().await.unwrap(), mapper.clone());
    let stamp: Stamp = stamp(2);
    let body = VaultEvent::Opened {
        word: Word(format!("{SECRET} 2")),
    };
    let opened = DomainEvent::new(vault_id(), 2, stamp, body);
    let stored = [filled(SECRET), opened].map(|event| mapper.to_stored(&event).unwrap());
    let mut vault = None;
    add(faults, "apply", store.apply::<Vault>(&vault_id(), &mut vault, &stored));
    drop(store.put(stored.to_vec()).await.unwrap());
    let caught_up = store.catch_up::<Vault>(&vault_id(), &mut None, u64::MAX).await;
    add(faults, "catch up", caught_up);
}

fn importing(rows: Rows, faults: &mut Faults) {
    let stamp = r#""timestamp":{"_type_":"datetime_iso","_data_":"2024-01-02T03:04:05+00:00"}"#;
    let states = [
        format!(r#"{{"timestamp":{{"_type_":"datetime_iso","_data_":"{SECRET}"}}}}"#),
        format!(r#"{{"timestamp":{{"_type_":"datetime_iso","_data_":["{SECRET}"]}}}}"#),
        format!(r#"{{{stamp},"chip":{{"_type_":"uuid_hex","_data_":"{SECRET}"}}}}"#),
        format!(r#"{{{stamp},"word":"{SECRET}"#),
        format!(r#"["{SECRET}"]"#),
        SECRET.to_owned(),
    ];
    let importer = match rows {
        Rows::Plain => PythonImporter::new(),
        Rows::Sealed => PythonImporter::new().with_cipher(LegacyPythonCipher::new(KEY.parse().unwrap())),
    };
    let python = |state: &str| PythonRow {
        originator_id: vault_id().to_originator_id(),
        originator_version: 1,
        topic: "vaults:Vault.Filled".to_owned(),
        state: match rows {
            Rows::Plain => state.as_bytes().to_vec(),
            Rows::Sealed => python_sealed(state),
        },
    };
    for (number, state) in states.iter().enumerate() {
        add(faults, format!("import {number}"), importer.read(&python(state)));
    }
    for body in [
        format!(r#""word":"x","number":"{SECRET}""#),
        format!(r#""word":"unreadable {SECRET}","number":1"#),
        format!(r#""word":"{SECRET}","number":1,"class_version":1"#),
    ] {
        let class_version = if body.contains("class_version") {
            ""
        } else {
            r#","class_version":3"#
        };
        let read = importer
            .read(&python(&format!("{{{stamp},{body}{class_version}}}")))
            .unwrap();
        if rows == Rows::Sealed {
            let debug = format!("{read:?} {importer:?}");
            assert!(!debug.contains(SECRET), "{debug}");
        }
        add(faults, "import event", read.to_event::<VaultEvent>());
    }
}

/// As Python's library encrypts: nonce, tag, ciphertext.
fn python_sealed(plain: &str) -> Vec<u8> {
    use aes_gcm::{AeadInOut as _, Aes256Gcm, KeyInit as _};
    static COUNTER: AtomicUsize = AtomicUsize::new(0);
    let mut nonce = [0; 12];
    nonce[..8].copy_from_slice(&COUNTER.fetch_add(1, Ordering::Relaxed).to_be_bytes());
    let key: Vec<u8> = (0..32).collect();
    let aes = Aes256Gcm::new_from_slice(&key).unwrap();
    let mut bytes = plain.as_bytes().to_vec();
    let tag = aes
        .encrypt_inout_detached((&nonce).into(), b"", bytes.as_mut_slice().into())
        .unwrap();
    [&nonce[..], &tag, &bytes].concat()
}

async fn faults(rows: Rows) -> Faults {
    let mut faults = Vec::new();
    reading(rows, &mut faults);
    writing(rows, &mut faults);
    replaying(rows, &mut faults).await;
    importing(rows, &mut faults);
    faults
}

/// Everything that an error can print.
fn texts(error: &dyn Error) -> String {
    let mut texts = String::new();
    let mut next = Some(error);
    while let Some(error) = next {
        write!(texts, "{error}\n{error:#}\n{error:?}\n{error:#?}\n").unwrap();
        next = error.source();
    }
    texts
}

fn quotes(error: &dyn Error) -> bool {
    texts(error).contains(SECRET)
}

#[tokio::test]
async fn no_error_quotes_what_a_cipher_protects() {
    let faults = faults(Rows::Sealed).await;
    assert!(faults.len() > 80, "{}", faults.len());
    for (name, error) in &faults {
        assert!(!quotes(&**error), "{name}: {}", texts(&**error));
    }
}

#[tokio::test]
async fn without_a_cipher_errors_quote_the_state_so_that_this_test_can_fail() {
    let faults = faults(Rows::Plain).await;
    let quoting = faults.iter().filter(|(_, error)| quotes(&**error));
    let names: std::collections::BTreeSet<_> = quoting.map(|(name, _)| name.as_str()).collect();
    for name in [
        "event 0",
        "event 2",
        "event 4",
        "event 12",
        "event 13",
        "event 16",
        "retired",
        "snapshot upcaster",
        "unwritable",
        "unwritable snapshot",
        "metadata 8",
        "apply",
        "catch up",
        "import 0",
        "import event",
    ] {
        assert!(names.contains(name), "{name} of {names:?}");
    }
}

#[test]
fn the_texts_of_the_vault_are_as_the_tests_need_them() {
    let mut vault = Vault::fill(Word(SECRET.to_owned()), 1, None);
    vault.open(Word(SECRET.to_owned())).unwrap();
    let error = vault.open(Word(format!("{SECRET} 2"))).unwrap_err();
    assert_eq!(error, format!("{SECRET} 2 is wrong"));
}

#[test]
fn no_setting_prints_a_secret() {
    let mapper = Mapper::new(encrypted(KEY));
    let text = format!("{mapper:?} {:?} {:#?}", Arc::new(mapper.clone()), mapper.config());
    assert!(!text.contains("AAECAwQ"), "{text}");
}
