//! Values to bytes and back.

use std::{collections::BTreeMap, sync::Arc};

use es_domain::Timestamp;
use es_persistence::{
    BoxError, Decode, Mapper, MapperConfig, MapperErrorKind, StateFormat, Transcode, Transcoder, erased_serde,
};
use serde_json::Value;
use uuid::Uuid;

use crate::fixture::{chain, check_round_trip, config, fails, note, registered, tagged, transcoding, value};

#[test]
fn json_has_no_white_space_and_keeps_characters_as_they_are() {
    let state = Mapper::default().to_stored(&registered()).unwrap().state;
    assert_eq!(
        String::from_utf8(state).unwrap(),
        r#"{"name":"Fido \"the\" Żółć 🐕","chip":"c1c1c1c1-c1c1-c1c1-c1c1-c1c1c1c1c1c1","born":"1970-01-01T00:00:00.000000Z"}"#
    );
}

#[test]
fn json_is_byte_for_byte_that_of_the_reference_where_no_transcoding_is_needed() {
    let check = |json: &str| {
        let value: Value = Transcoder::Json.decode(value(), json.as_bytes()).unwrap();
        assert_eq!(Transcoder::Json.encode(&value).unwrap(), json.as_bytes());
    };
    for json in [
        r#""a""#,
        r#""abc""#,
        r#""a'bc""#,
        r#""a\"bc""#,
        r#""😊 我喜欢""#,
        "{}",
        r#"{"a":1}"#,
        r#"{"a":1,"b":2}"#,
        r#"{"a":{},"b":[]}"#,
        r#"{"a":{"b":{"c":null}},"d":[true,false]}"#,
        r#"{"_data_":1,"something":2}"#,
    ] {
        check(json);
    }
}

#[test]
fn json_with_escaped_characters_is_read_as_well() {
    let text: String = Transcoder::Json.decode(value(), br#""\u00e9\ud83d\ude0a""#).unwrap();
    assert_eq!(text, "é😊");
}

#[test]
fn messagepack_keeps_field_names_and_writes_the_texts_of_uuids_and_timestamps_as_extensions() {
    let mapper = transcoding(Transcoder::MessagePack);
    let state = mapper.to_stored(&registered()).unwrap().state;
    assert_eq!(StateFormat::of(&state), Some(StateFormat::MESSAGE_PACK));
    let has = |part: &[u8]| state.windows(part.len()).any(|window| window == part);
    assert!(has(b"chip") && has(b"born"));
    assert!(has(&[[0xd8, 1].as_slice(), &[0xc1; 16]].concat()));
    assert!(has(&[0xd7, 0xff, 0, 0, 0, 0, 0, 0, 0, 0]));
    check_round_trip(&mapper);
}

#[test]
fn messagepack_is_what_others_read_and_write() {
    type Values = (
        Option<u8>,
        Vec<i64>,
        f64,
        f32,
        BTreeMap<String, Vec<char>>,
        (bool, String),
        (),
    );
    let values: Values = (
        None,
        vec![
            0,
            127,
            128,
            255,
            65_535,
            65_536,
            i64::MAX,
            -1,
            -32,
            -33,
            -129,
            -32_769,
            i64::MIN,
        ],
        0.1,
        0.1,
        BTreeMap::from([("a".to_owned(), vec!['ż'; 20])]),
        (true, "text ".repeat(20_000)),
        (),
    );
    let bytes = Transcoder::MessagePack.encode(&values).unwrap();
    assert_eq!(rmp_serde::from_slice::<Values>(&bytes).unwrap(), values);
    assert_eq!(rmp_serde::to_vec_named(&values).unwrap(), bytes);
}

#[test]
fn messagepack_is_smaller() {
    let sizes = [Transcoder::Json, Transcoder::MessagePack]
        .map(|transcoder| transcoding(transcoder).to_stored(&registered()).unwrap().state.len());
    assert!(sizes[1] * 4 < sizes[0] * 3, "{sizes:?}");
}

#[test]
fn each_transcoder_reads_what_the_other_has_written() {
    let (json, messagepack) = (Mapper::default(), transcoding(Transcoder::MessagePack));
    for event in [note(), tagged()] {
        for (writer, reader) in [(&json, &messagepack), (&messagepack, &json)] {
            let stored = writer.to_stored(&event).unwrap();
            assert_eq!(reader.to_domain(&stored).unwrap(), event);
        }
    }
}

#[test]
fn trailing_bytes_are_refused() {
    for transcoder in [Transcoder::Json, Transcoder::MessagePack] {
        let mapper = transcoding(transcoder);
        let mut stored = mapper.to_stored(&registered()).unwrap();
        for more in [&b"1"[..], &[0xc1], &[0xd9]] {
            let len = stored.state.len();
            stored.state.extend_from_slice(more);
            let error = fails(&mapper, &stored);
            assert!(matches!(error.kind(), MapperErrorKind::Decoding(_)), "{error:?}");
            stored.state.truncate(len);
        }
    }
}

#[test]
fn values_of_many_types_come_back_from_messagepack() {
    type Values = (Uuid, Timestamp, Option<u8>, i128, f64, BTreeMap<String, Vec<char>>, ());
    let values: Values = (
        Uuid::from_u128(7),
        Timestamp::from_micros(-1).unwrap(),
        None,
        i128::MIN,
        0.1,
        BTreeMap::from([("a".to_owned(), vec!['ż'])]),
        (),
    );
    let bytes = Transcoder::MessagePack.encode(&values).unwrap();
    let read: Values = Transcoder::MessagePack.decode(value(), &bytes).unwrap();
    assert_eq!(read, values);
}

/// JSON for eyes.
#[derive(Debug)]
struct Pretty;

impl Transcode for Pretty {
    fn name(&self) -> &'static str {
        "pretty JSON"
    }

    fn format(&self) -> StateFormat {
        StateFormat::own(3).unwrap()
    }

    fn encode(&self, value: &dyn erased_serde::Serialize, bytes: &mut Vec<u8>) -> Result<(), BoxError> {
        Ok(serde_json::to_writer_pretty(bytes, value)?)
    }

    fn decode<'de>(&self, bytes: &'de [u8], read: Decode<'_, 'de>) -> Result<(), BoxError> {
        let mut reader = serde_json::Deserializer::from_slice(bytes);
        read(&mut <dyn erased_serde::Deserializer<'_>>::erase(&mut reader))?;
        Ok(reader.end()?)
    }
}

#[test]
fn a_transcoder_of_ones_own_writes_and_reads_events() {
    let mapper = transcoding(Transcoder::Own(Arc::new(Pretty)));
    let stored = mapper.to_stored(&registered()).unwrap();
    assert_eq!(stored.state[0], 0x13);
    assert!(stored.state.starts_with(b"\x13{\n  \"name\": "));
    check_round_trip(&mapper);

    let error = fails(&Mapper::default(), &stored);
    assert!(matches!(error.kind(), MapperErrorKind::UnknownFormat(format) if format.byte() == 0x13));
    let reading = Mapper::new(MapperConfig {
        more_transcoders: vec![Arc::new(Pretty)],
        ..config()
    });
    assert_eq!(reading.to_domain(&stored).unwrap(), registered());
}

#[test]
fn what_a_transcoder_of_ones_own_cannot_read_is_an_error_of_it() {
    let mapper = transcoding(Transcoder::Own(Arc::new(Pretty)));
    let mut stored = mapper.to_stored(&registered()).unwrap();
    stored.state.truncate(40);
    let text = chain(&fails(&mapper, &stored));
    assert!(
        text.contains("cannot be read: pretty JSON cannot be read as the value: EOF"),
        "{text}"
    );
}

#[test]
fn topics_choose_transcoders() {
    for (topic, name) in [
        ("json", "JSON"),
        ("MessagePack", "MessagePack"),
        ("eventsourcing.persistence:JSONTranscoder", "JSON"),
    ] {
        assert_eq!(topic.parse::<Transcoder>().unwrap().name(), name);
    }
    assert_eq!(
        "yaml".parse::<Transcoder>().unwrap_err().to_string(),
        "no transcoder has this name"
    );
}

#[derive(serde::Serialize)]
struct Measured {
    name: &'static str,
    values: Vec<BTreeMap<&'static str, f64>>,
}

#[test]
fn json_refuses_floats_that_it_lacks_and_names_the_field() {
    for float in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let measured = Measured {
            name: "temperature",
            values: vec![BTreeMap::new(), BTreeMap::from([("secret", float)])],
        };
        let error = Transcoder::Json.encode(&measured).unwrap_err();
        assert_eq!(error.field(), Some("values[1][…]"));
        assert_eq!(
            chain(&error),
            "JSON cannot express the value of field `values[1][…]`: NaN and infinities are no numbers of this format: \
             use an `Option`, or MessagePack"
        );
        assert!(Transcoder::MessagePack.encode(&measured).is_ok(), "it has them");
    }
    assert_eq!(Transcoder::Json.encode(&f32::NAN).unwrap_err().field(), None);
}

#[derive(Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
struct Tree {
    branch: Option<Box<Self>>,
    twigs: Vec<()>,
}

/// A tree that is nested so many levels deep.
fn tree(levels: usize) -> Tree {
    let grow = |branch, _| Tree {
        branch: Some(Box::new(branch)),
        twigs: Vec::new(),
    };
    (2..levels).fold(Tree::default(), grow)
}

#[test]
fn whatever_is_written_is_not_too_deep_for_the_reader() {
    for transcoder in [Transcoder::Json, Transcoder::MessagePack] {
        let bytes = transcoder.encode(&tree(127)).unwrap();
        let read: Tree = transcoder.decode(value(), &bytes).unwrap();
        assert_eq!(read, tree(127));
        assert_eq!(transcoder.decode_state(&bytes).unwrap().into_value(), Ok(tree(127)));

        let error = chain(&transcoder.encode(&tree(128)).unwrap_err());
        assert!(error.contains("nested more than 127 levels deep"), "{error}");
        assert!(chain(&transcoder.encode(&tree(1_000)).unwrap_err()).len() < 4_000);
    }
}
