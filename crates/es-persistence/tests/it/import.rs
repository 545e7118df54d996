//! Rows of the Python library become our events.

use es_domain::{AggregateId as _, OriginatorId};
use es_persistence::{
    Compressor as _, Transcoder, Zlib,
    cipher::LegacyPythonCipher,
    import::{ImportErrorKind, PythonImporter, PythonRow},
};
use proptest::prelude::*;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::fixture::{DogEvent, HELLO_WORLD, chain, encrypting, id, transcoding};

/// As the library there writes it.
const REGISTERED: &str = r#"{"timestamp":{"_type_":"datetime_iso","_data_":"2024-01-02T03:04:05.678901+00:00"},"originator_topic":"dogschool.domain:Dog","name":"Fido","chip":{"_type_":"uuid_hex","_data_":"c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1"},"born":{"_type_":"datetime_iso","_data_":"2023-05-01T00:00:00+02:00"}}"#;

fn row(state: &str) -> PythonRow {
    PythonRow {
        originator_id: id(0xd0).to_originator_id(),
        originator_version: 1,
        topic: "dogschool.domain:Dog.Registered".to_owned(),
        state: state.as_bytes().to_vec(),
    }
}

fn check_registered(importer: &PythonImporter, row: &PythonRow) {
    let event = importer.read(row).unwrap().to_event::<DogEvent>().unwrap();
    assert_eq!(event.originator_version(), 1);
    assert_eq!(event.timestamp(), "2024-01-02T03:04:05.678901Z".parse().unwrap());
    let body = DogEvent::Registered {
        name: "Fido".to_owned(),
        chip: Uuid::from_bytes([0xc1; 16]),
        born: Some("2023-04-30T22:00:00Z".parse().unwrap()),
    };
    assert_eq!(event.bodies(), [body]);
}

fn refusal(row: &PythonRow) -> String {
    let importer = PythonImporter::new();
    match importer.read(row) {
        Ok(event) => chain(&event.to_event::<DogEvent>().unwrap_err()),
        Err(error) => chain(&error),
    }
}

#[test]
fn a_row_becomes_an_event_of_ours_and_a_row_of_ours() {
    check_registered(&PythonImporter::new(), &row(REGISTERED));
    let imported = PythonImporter::new().read(&row(REGISTERED)).unwrap();
    assert_eq!(imported.originator_topic(), Some("dogschool.domain:Dog"));
    assert_eq!(imported.class_version(), 1);
    let mapper = encrypting(crate::fixture::KEY);
    let event = imported.to_event::<DogEvent>().unwrap();
    let stored = imported.to_stored(&mapper).unwrap();
    assert_eq!((&*stored.topic, stored.originator_version), ("Dog.Registered", 1));
    assert_eq!(
        (stored.event_id, stored.timestamp),
        (event.event_id(), event.timestamp())
    );
    assert_eq!(mapper.to_domain::<DogEvent>(&stored).unwrap(), event);
}

#[test]
fn the_uuids_and_times_of_an_imported_row_are_read_under_every_transcoder() {
    let imported = PythonImporter::new().read(&row(REGISTERED)).unwrap();
    for transcoder in [Transcoder::Json, Transcoder::MessagePack] {
        let mapper = transcoding(transcoder);
        let stored = imported.to_stored(&mapper).unwrap();
        assert_eq!(
            mapper.to_domain::<DogEvent>(&stored).unwrap(),
            imported.to_event().unwrap()
        );
    }
}

#[test]
fn importing_twice_gives_the_same_event_and_other_rows_give_others() {
    let import = |version| {
        let row = PythonRow {
            originator_version: version,
            ..row(REGISTERED)
        };
        PythonImporter::new()
            .read(&row)
            .unwrap()
            .to_event::<DogEvent>()
            .unwrap()
    };
    assert_eq!(import(1), import(1));
    assert_ne!(import(1).event_id(), import(2).event_id());
    assert_eq!(import(1).event_id().get_version_num(), 8);
}

#[test]
fn compressed_and_encrypted_rows_are_read_when_the_importer_is_told_so() {
    let mut compressed = Vec::new();
    Zlib::default()
        .compress(REGISTERED.as_bytes(), &mut compressed)
        .unwrap();
    let row = PythonRow {
        state: compressed,
        ..row("")
    };
    check_registered(&PythonImporter::new().with_zlib(), &row);
    let error = PythonImporter::new().read(&row).unwrap_err();
    assert!(matches!(error.kind(), ImportErrorKind::Json(_)), "{error:?}");
}

#[test]
fn an_encrypted_row_is_read_and_a_plain_one_is_refused_then() {
    // It decrypts, and is no JSON.
    let cipher = LegacyPythonCipher::new("AAECAwQFBgcICQoLDA0ODw==".parse().unwrap());
    let importer = PythonImporter::new().with_cipher(cipher);
    let error = importer
        .read(&PythonRow {
            state: HELLO_WORLD.to_vec(),
            ..row("")
        })
        .unwrap_err();
    assert!(matches!(error.kind(), ImportErrorKind::Json(_)), "{error:?}");
    let error = importer.read(&row(REGISTERED)).unwrap_err();
    assert!(matches!(error.kind(), ImportErrorKind::Cipher(_)), "{error:?}");
}

#[test]
fn topics_are_mapped() {
    let other = PythonRow {
        topic: "dogschool.domain:Dog.Born".to_owned(),
        ..row(REGISTERED)
    };
    assert_eq!(
        refusal(&other),
        "event \"Dog.Born\", version 1 of aggregate d0d0d0d0-d0d0-d0d0-d0d0-d0d0d0d0d0d0, is not an event that Dog knows; \
         if it was renamed, give the event the old topic as alias"
    );
    let importer = PythonImporter::new().with_topic("dogschool.domain:Dog.Born", "Dog.Registered");
    check_registered(&importer, &other);
}

#[test]
fn older_versions_of_a_class_are_brought_up_to_date_by_hand() {
    let old = row(
        r#"{"timestamp":{"_type_":"datetime_iso","_data_":"2024-01-02T03:04:05+00:00"},"class_version":2,"called":"Fido","chip":{"_type_":"uuid_hex","_data_":"c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1"}}"#,
    );
    let mut imported = PythonImporter::new().read(&old).unwrap();
    assert_eq!(imported.class_version(), 2);
    let name = imported.fields_mut().remove("called").unwrap();
    imported.fields_mut().insert("name".to_owned(), name);
    let event = imported.to_event::<DogEvent>().unwrap();
    assert!(matches!(event.bodies(), [DogEvent::Registered { name, born: None, .. }] if name == "Fido"));
}

fn fields(json: &str) -> Result<Value, ImportErrorKind> {
    fn point(data: Value) -> Result<Value, es_persistence::BoxError> {
        let (x, y): (Value, Value) = serde_json::from_value(data)?;
        Ok(json!({ "x": x, "y": y }))
    }
    let state =
        format!(r#"{{"timestamp":{{"_type_":"datetime_iso","_data_":"2024-01-02T03:04:05+00:00"}},"f":{json}}}"#);
    let importer = PythonImporter::new().with_transcoding("point", point);
    let event = importer.read(&row(&state)).map_err(|error| match error.kind() {
        ImportErrorKind::BigInteger(digits) => ImportErrorKind::BigInteger(digits.clone()),
        ImportErrorKind::UnknownTranscoding(name) => ImportErrorKind::UnknownTranscoding(name.clone()),
        other => panic!("{other:?}"),
    })?;
    Ok(event.fields()["f"].clone())
}

#[test]
fn transcoded_values_are_decoded_wherever_they_are() {
    let check = |json: &str, expected: Value| assert_eq!(fields(json).unwrap(), expected, "{json}");
    check(r#"{"_type_":"decimal_str","_data_":"10.50"}"#, json!("10.50"));
    check(
        r#"[{"_type_":"uuid_hex","_data_":"00000000000000000000000000000007"}]"#,
        json!(["00000000-0000-0000-0000-000000000007"]),
    );
    check(
        r#"{"a":{"_type_":"point","_data_":[1,{"_type_":"decimal_str","_data_":"2"}]}}"#,
        json!({"a": {"x": 1, "y": "2"}}),
    );
    check(r#"{"_data_":1,"something":2}"#, json!({"_data_": 1, "something": 2}));
    check(r#"{"_type_":"point"}"#, json!({"_type_": "point"}));
    check(
        r#"{"_type_":"point","_data_":[1,2],"more":3}"#,
        json!({"_type_": "point", "_data_": [1, 2], "more": 3}),
    );
    check(r#""😊\u00e9""#, json!("😊é"));
    check(
        r#"[18446744073709551615,-9223372036854775808,1e30,"99999999999999999999\"1"]"#,
        json!([u64::MAX, i64::MIN, 1e30, "99999999999999999999\"1"]),
    );
}

#[test]
fn unknown_transcodings_and_integers_of_more_than_64_bits_are_errors() {
    let error = fields(r#"{"_type_":"custom","_data_":1}"#).unwrap_err();
    assert!(matches!(error, ImportErrorKind::UnknownTranscoding(name) if name == "custom"));
    for digits in [
        "18446744073709551616",
        "-9223372036854775809",
        "123456789012345678901234567890",
    ] {
        let error = fields(&format!("[1,{digits}]")).unwrap_err();
        assert!(matches!(error, ImportErrorKind::BigInteger(found) if found == digits));
    }
}

#[test]
fn what_is_no_event_is_refused_with_the_reason() {
    let check = |state: &str, expected: &str| {
        let text = refusal(&row(state));
        assert!(text.contains(expected), "{state}: {text}");
    };
    check("", "the state is not JSON: EOF");
    check("[]", "the state is not an object");
    check("{}", "the state has no timestamp");
    check(
        r#"{"timestamp":{"_type_":"datetime_iso","_data_":"2024-01-02T03:04:05"}}"#,
        "the timestamp cannot be read",
    );
    check(
        r#"{"timestamp":{"_type_":"datetime_iso","_data_":7}}"#,
        "cannot decode a value: it is no text",
    );
    check(
        r#"{"x":{"_type_":"uuid_hex","_data_":"xyz"}}"#,
        r#"the transcoding "uuid_hex" cannot decode a value"#,
    );
    check(
        r#"{"timestamp":{"_type_":"datetime_iso","_data_":"2024-01-02T03:04:05Z"}}"#,
        "missing field `name`",
    );
    check(&"[".repeat(100_000), "recursion limit");
    let text = refusal(&PythonRow {
        originator_id: OriginatorId::from("rex"),
        ..row(REGISTERED)
    });
    assert!(text.ends_with("has an ID of another kind than Dog has"), "{text}");
}

proptest! {
    #[test]
    fn no_bytes_make_an_importer_panic(state in proptest::collection::vec(any::<u8>(), 0..200)) {
        let importer = PythonImporter::new();
        drop(importer.read(&PythonRow { state: state.clone(), ..row("") }));
        drop(importer.with_zlib().read(&PythonRow { state, ..row("") }));
    }
}
