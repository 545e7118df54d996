//! Events to rows and back, whatever is in the rows.

use std::borrow::Cow;

use es_domain::OriginatorId;
use es_persistence::{Mapper, MapperErrorKind, StoredEvent, cipher::RecordKind};

use crate::fixture::{DogEvent, KEY, chain, encrypting, fails, registered, value};

fn stored() -> StoredEvent {
    Mapper::default().to_stored(&registered()).unwrap()
}

#[test]
fn an_error_names_topic_id_version_and_field() {
    let mut stored = stored();
    stored.state = br#"{"event_id":"01920000-0000-7000-8000-000000000001","timestamp":"2023-11-14T22:13:20Z","body":{"name":"Fido","born":null}}"#.to_vec();
    assert_eq!(
        chain(&fails(&Mapper::default(), &stored)),
        "event \"Dog.Registered\", version 1 of aggregate d0d0d0d0-d0d0-d0d0-d0d0-d0d0d0d0d0d0, cannot be read: \
         JSON cannot be read as the value: missing field `chip` at line 1 column 120"
    );
}

#[test]
fn unknown_fields_are_ignored() {
    let mut stored = stored();
    let text = String::from_utf8(stored.state).unwrap();
    stored.state = text
        .replacen('{', r#"{"later":{"deep":[1,{}]},"#, 1)
        .replace(r#""body":{"#, r#""body":{"size":7,"#)
        .into_bytes();
    assert_eq!(Mapper::default().to_domain(&stored).unwrap(), registered());
}

#[test]
fn an_unknown_topic_and_an_id_of_the_wrong_kind_are_errors_of_their_own() {
    let stored = stored();
    let renamed = StoredEvent {
        topic: Cow::Borrowed("Dog.Lost"),
        ..stored.clone()
    };
    assert!(matches!(
        fails(&Mapper::default(), &renamed).kind(),
        MapperErrorKind::UnknownTopic { aggregate: "Dog" }
    ));
    let moved = StoredEvent {
        originator_id: OriginatorId::from("rex"),
        ..stored
    };
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
        &[0x81, 0xa4, b'b', b'o', b'd', b'y', 0xdd],
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
            (0x01, MapperErrorKind::Encrypted)
            | (0x02, MapperErrorKind::Decoding(_))
            | (0x03 | 0x04, MapperErrorKind::Compression(_))
            | (0x05, MapperErrorKind::Chain(_)) => true,
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
            let row = StoredEvent {
                originator_version: version,
                topic: Cow::Owned(topic.to_owned()),
                ..stored()
            };
            drop(mapper.to_domain::<DogEvent>(&row));
            drop(mapper.to_domain_of::<DogEvent>(&row));
        }
    }
}

#[test]
fn any_value_can_be_a_state_bound_to_its_place() {
    let mapper = encrypting(KEY);
    let id = OriginatorId::from("rex");
    let place = mapper.context(RecordKind::Snapshot, &id, 7, "Dog");
    let state = mapper.write_state(&place, &vec![1, 2, 3]).unwrap();
    let read: Vec<i32> = mapper.read_state(&place, &state, value()).unwrap();
    assert_eq!(read, [1, 2, 3]);
    let elsewhere = mapper.context(RecordKind::Event, &id, 7, "Dog");
    let error = mapper
        .read_state::<_, Vec<i32>>(&elsewhere, &state, value())
        .unwrap_err();
    assert!(matches!(error.kind(), MapperErrorKind::Cipher(_)), "{error:?}");
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
