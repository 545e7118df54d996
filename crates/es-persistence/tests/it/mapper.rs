//! Events to rows and back, whatever is in the rows.

use es_domain::{AggregateId as _, OriginatorId};
use es_persistence::{Mapper, MapperErrorKind, StoredEvent};

use crate::fixture::{DogEvent, KEY, chain, encrypting, fails, registered, tagged};

fn stored() -> StoredEvent {
    Mapper::default().to_stored(&registered()).unwrap()
}

#[test]
fn an_error_names_topic_id_version_and_field() {
    let mut stored = stored();
    stored.state = br#"{"name":"Fido","born":null}"#.to_vec();
    assert_eq!(
        chain(&fails(&Mapper::default(), &stored)),
        "event \"Dog.Registered\", version 1 of aggregate d0d0d0d0-d0d0-d0d0-d0d0-d0d0d0d0d0d0, cannot be read: \
         JSON cannot be read as the value: missing field `chip` at line 1 column 27"
    );
}

#[test]
fn unknown_fields_are_ignored() {
    let mut stored = stored();
    let text = String::from_utf8(stored.state).unwrap();
    stored.state = text.replacen('{', r#"{"later":{"deep":[1,{}]},"#, 1).into_bytes();
    assert_eq!(Mapper::default().to_domain(&stored).unwrap(), registered());
}

#[test]
fn an_unknown_topic_and_an_id_of_the_wrong_kind_are_errors_of_their_own() {
    let mut renamed = stored();
    renamed.topic = "Dog.Lost".into();
    assert!(matches!(
        fails(&Mapper::default(), &renamed).kind(),
        MapperErrorKind::UnknownTopic { aggregate: "Dog" }
    ));
    let mut foreign = stored();
    foreign.topic = "school.Trainer.Hired".into();
    let error = fails(&Mapper::default(), &foreign);
    assert!(
        matches!(error.kind(), MapperErrorKind::ForeignTopic { aggregate: "Dog", other } if other == "school.Trainer"),
        "{error}"
    );
    let text = "not an event of Dog but one of school.Trainer";
    assert!(error.to_string().contains(text), "{error}");
    let mut moved = stored();
    moved.originator_id = OriginatorId::from("rex");
    assert!(matches!(
        fails(&Mapper::default(), &moved).kind(),
        MapperErrorKind::WrongId { aggregate: "Dog" }
    ));
}

#[test]
fn deep_nesting_is_an_error_and_not_a_stack_overflow() {
    let mut stored = stored();
    for (open, prefix) in [
        (&b"["[..], &b""[..]),
        (b"{\"a\":", b""),
        (&[0x91], &[0x02]),
        (&[0x81, 0x01], &[0x02]),
    ] {
        stored.state = [prefix, &open.repeat(100_000)].concat();
        let error = fails(&Mapper::default(), &stored);
        assert!(matches!(error.kind(), MapperErrorKind::Decoding(_)), "{error:?}");
        let within = [&b"{\"unknown\":"[..], &open.repeat(100_000)].concat();
        stored.state = within;
        let error = fails(&Mapper::default(), &stored);
        assert!(matches!(error.kind(), MapperErrorKind::Decoding(_)), "{error:?}");
    }
}

#[test]
fn huge_lengths_in_messagepack_take_no_memory() {
    let mut stored = stored();
    for start in [
        &[0xdd][..],
        &[0xdf],
        &[0xdb],
        &[0xc6],
        &[0x81, 0xa4, b'n', b'a', b'm', b'e', 0xdd],
    ] {
        stored.state = [&[0x02], start, &[0xff; 4], b"abc"].concat();
        let error = fails(&Mapper::default(), &stored);
        assert!(matches!(error.kind(), MapperErrorKind::Decoding(_)), "{error:?}");
    }
}

#[test]
fn every_first_byte_is_json_a_known_format_or_an_error() {
    let mut stored = stored();
    for byte in 0..=u8::MAX {
        stored.state = vec![byte, 0, 0, 0];
        let error = fails(&Mapper::default(), &stored);
        let is_typed = match (byte, error.kind()) {
            (0x01, MapperErrorKind::Encrypted { key: None })
            | (0x02, MapperErrorKind::Decoding(_))
            | (0x03 | 0x04, MapperErrorKind::Compression(_)) => true,
            (_, MapperErrorKind::Decoding(_)) => byte.is_ascii_graphic() || byte.is_ascii_whitespace(),
            (_, MapperErrorKind::UnknownFormat(format)) => format.byte() == byte,
            _ => false,
        };
        assert!(is_typed, "{byte:#04x}: {error:?}");
    }
    stored.state = Vec::new();
    assert!(matches!(
        fails(&Mapper::default(), &stored).kind(),
        MapperErrorKind::Decoding(_)
    ));
}

#[test]
fn versions_and_topics_of_any_kind_are_mapped_or_refused_and_never_a_panic() {
    let mapper = encrypting(KEY);
    for version in [0, 1, u64::MAX, i64::MAX.unsigned_abs()] {
        for topic in ["", "\0", "Dog.Registered", "Dog."] {
            let mut row = stored();
            row.originator_version = version;
            row.topic = topic.into();
            drop(mapper.to_domain::<DogEvent>(&row));
            drop(mapper.to_domain_of::<DogEvent>(&row));
        }
    }
}

#[test]
fn a_row_has_a_column_for_everything_and_the_state_is_the_body() {
    let stored = Mapper::default().to_stored(&tagged()).unwrap();
    assert_eq!(stored.originator_id, tagged().originator_id().to_originator_id());
    assert_eq!((stored.originator_version, stored.schema_version), (3, 1));
    assert_eq!(stored.topic, "Dog.NoteAdded");
    assert_eq!(stored.event_id, tagged().event_id());
    assert_eq!(stored.timestamp, tagged().timestamp());
    assert_eq!(stored.state, br#"{"text":"sits"}"#);
    let metadata = br#"{"correlation_id":"request-1","user":"ann"}"#;
    assert_eq!(stored.metadata.as_deref(), Some(&metadata[..]));
    assert_eq!(stored.hash, None);
    assert_eq!(Mapper::default().to_stored(&registered()).unwrap().metadata, None);
}

#[test]
fn metadata_are_read_alone_and_an_error_names_them() {
    let mapper = Mapper::default();
    let mut stored = mapper.to_stored(&tagged()).unwrap();
    stored.state = b"broken".to_vec();
    assert_eq!(mapper.metadata(&stored).unwrap(), *tagged().metadata());
    let mut stored = mapper.to_stored(&tagged()).unwrap();
    stored.metadata = Some(b"[]".to_vec());
    let text = chain(&fails(&mapper, &stored));
    assert!(
        text.starts_with("metadata of event \"Dog.NoteAdded\", version 3 of"),
        "{text}"
    );
    assert!(
        text.contains("cannot be read: JSON cannot be read as the value"),
        "{text}"
    );
}

#[test]
fn debug_prints_no_state_and_no_metadata() {
    let stored = Mapper::default().to_stored(&tagged()).unwrap();
    let text = format!("{stored:?}");
    assert!(!text.contains("sits") && !text.contains("ann"), "{text}");
    assert!(text.contains("state: 15 bytes, metadata: 43 bytes"), "{text}");
}

#[test]
fn what_is_shared_between_threads_can_be() {
    const fn check<T: Send + Sync + Clone>() {}
    check::<Mapper>();
    check::<es_persistence::Transcoder>();
    check::<es_persistence::HashChain>();
    check::<std::sync::Arc<dyn es_persistence::cipher::Cipher>>();
    check::<std::sync::Arc<dyn es_persistence::Compressor>>();
}
