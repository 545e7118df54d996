//! Mappers from the environment.

use std::fs;

use es_persistence::{Environment, EnvironmentError, Mapper, StateFormat, ZstdDictionary};

use crate::{
    account::{self, Account},
    fixture::{KEY, OTHER_KEY, check_round_trip, note, registered},
};

fn environment(values: &[(&str, &str)]) -> Environment {
    values
        .iter()
        .fold(Environment::new("Dogs"), |environment, (key, value)| {
            environment.with(*key, *value)
        })
}

fn mapper(values: &[(&str, &str)]) -> Mapper {
    Mapper::from_environment(&environment(values)).unwrap()
}

fn format(mapper: &Mapper) -> Option<StateFormat> {
    check_round_trip(mapper);
    StateFormat::of(&mapper.to_stored(&note()).unwrap().state)
}

fn refusal(values: &[(&str, &str)]) -> String {
    Mapper::from_environment(&environment(values)).unwrap_err().to_string()
}

#[test]
fn without_variables_states_are_plain_json() {
    assert_eq!(format(&mapper(&[])), None);
}

#[test]
fn topics_choose_what_is_done() {
    let check = |key, topic, expected| assert_eq!(format(&mapper(&[(key, topic)])), expected);
    check("TRANSCODER_TOPIC", "json", None);
    check("TRANSCODER_TOPIC", "messagepack", Some(StateFormat::MESSAGE_PACK));
    check("TRANSCODER_TOPIC", "eventsourcing.persistence:JSONTranscoder", None);
    check("COMPRESSOR_TOPIC", "none", None);
    check("COMPRESSOR_TOPIC", "zlib", Some(StateFormat::ZLIB));
    check(
        "COMPRESSOR_TOPIC",
        "eventsourcing.compressor:ZlibCompressor",
        Some(StateFormat::ZLIB),
    );
    check("COMPRESSOR_TOPIC", "ZSTD", Some(StateFormat::ZSTD));
    check("CIPHER_KEY", KEY, Some(StateFormat::ENCRYPTED));
    for topic in [
        "aes-256-gcm",
        "eventsourcing.cipher:AESCipher",
        "eventsourcing.cryptography:AESCipher",
    ] {
        let mapper = mapper(&[("CIPHER_TOPIC", topic), ("CIPHER_KEY", KEY)]);
        assert_eq!(format(&mapper), Some(StateFormat::ENCRYPTED));
    }
    assert_eq!(format(&mapper(&[("CIPHER_TOPIC", "none"), ("CIPHER_KEY", KEY)])), None);
}

#[test]
fn an_application_has_settings_of_its_own() {
    let own = mapper(&[("COMPRESSOR_TOPIC", "zlib"), ("DOGS_COMPRESSOR_TOPIC", "zstd")]);
    assert_eq!(format(&own), Some(StateFormat::ZSTD));
}

#[test]
fn sizes_are_set() {
    let eager = mapper(&[
        ("COMPRESSOR_TOPIC", "zlib"),
        ("COMPRESSOR_MIN_SIZE", "1"),
        ("COMPRESSOR_LEVEL", "9"),
    ]);
    assert_eq!(
        StateFormat::of(&eager.to_stored(&registered()).unwrap().state),
        Some(StateFormat::ZLIB)
    );
    let lazy = mapper(&[("COMPRESSOR_TOPIC", "zstd"), ("COMPRESSOR_MIN_SIZE", "5000")]);
    assert_eq!(format(&lazy), None);
    let strict = mapper(&[("STATE_MAX_SIZE", "300")]);
    let text = strict.to_stored(&note()).unwrap_err().to_string();
    assert!(text.contains("more than the limit of 300"), "{text}");
}

#[test]
fn a_dictionary_is_read_from_its_file_and_stays_readable_when_another_compressor_writes() {
    let samples: Vec<_> = (0..500_u32)
        .map(|number| {
            format!(
                r#"{{"name":"Fido \"the\" Żółć 🐕","chip":"c1c1c1c1-c1c1-c1c1-c1c1-c1c1c1c1{number:04}","born":"1970"#
            )
        })
        .collect();
    let file = tempfile::NamedTempFile::new().unwrap();
    let dictionary = ZstdDictionary::train(&samples, 2_048).unwrap();
    fs::write(file.path(), dictionary.as_bytes()).unwrap();
    let path = file.path().to_str().unwrap();

    let writer = mapper(&[("COMPRESSOR_TOPIC", "zstd"), ("COMPRESSOR_DICTIONARY", path)]);
    let stored = writer.to_stored(&registered()).unwrap();
    assert_eq!(StateFormat::of(&stored.state), Some(StateFormat::ZSTD));
    for topic in ["zlib", "none", "zstd"] {
        let reader = mapper(&[("COMPRESSOR_TOPIC", topic), ("COMPRESSOR_DICTIONARY", path)]);
        assert_eq!(reader.to_domain(&stored).unwrap(), registered(), "{topic}");
    }
}

#[test]
fn several_keys_rotate() {
    let keys = format!("2:{OTHER_KEY},1:{KEY}");
    let stored = mapper(&[("CIPHER_KEY", KEY)]).to_stored(&registered()).unwrap();
    let rotated = mapper(&[("CIPHER_KEY", &keys)]);
    assert_eq!(rotated.to_domain(&stored).unwrap(), registered());
    assert_eq!(rotated.to_stored(&registered()).unwrap().state[3..7], [0, 0, 0, 2]);
}

#[test]
fn states_are_bound_to_the_applications_name_or_to_the_one_that_is_given() {
    let key = ("CIPHER_KEY", KEY);
    let stored = mapper(&[key]).to_stored(&registered()).unwrap();
    let renamed = |values: &[(&str, &str)]| Mapper::from_environment(&environment(values).named("Hounds")).unwrap();
    crate::fixture::fails(&renamed(&[key]), &stored);
    let same = renamed(&[key, ("APPLICATION_IDENTITY", "Dogs")]);
    assert_eq!(same.to_domain(&stored).unwrap(), registered());
}

#[test]
fn plain_states_are_accepted_when_the_environment_says_so() {
    let stored = mapper(&[]).to_stored(&registered()).unwrap();
    let accepting = mapper(&[("CIPHER_KEY", KEY), ("CIPHER_ACCEPT_PLAIN", "y")]);
    assert_eq!(accepting.to_domain(&stored).unwrap(), registered());
}

#[test]
fn a_wrong_value_is_an_error_that_names_key_value_and_what_is_allowed() {
    let check =
        |key, value, expected: &str| assert_eq!(refusal(&[("COMPRESSOR_TOPIC", "zlib"), (key, value)]), expected);
    check(
        "TRANSCODER_TOPIC",
        "yaml",
        r#"TRANSCODER_TOPIC is "yaml", which is not json or messagepack"#,
    );
    check(
        "COMPRESSOR_TOPIC",
        "bzip2",
        r#"COMPRESSOR_TOPIC is "bzip2", which is not zstd, zlib or none"#,
    );
    check(
        "COMPRESSOR_LEVEL",
        "10",
        r#"COMPRESSOR_LEVEL is "10", which is not a number from 0 to 9"#,
    );
    check(
        "COMPRESSOR_LEVEL",
        "high",
        r#"COMPRESSOR_LEVEL is "high", which is not a number from 0 to 9"#,
    );
    check(
        "COMPRESSOR_MIN_SIZE",
        "-1",
        r#"COMPRESSOR_MIN_SIZE is "-1", which is not a number of bytes"#,
    );
    check(
        "STATE_MAX_SIZE",
        "8 MiB",
        r#"STATE_MAX_SIZE is "8 MiB", which is not a number of bytes above 0"#,
    );
    check(
        "STATE_MAX_SIZE",
        "0",
        r#"STATE_MAX_SIZE is "0", which is not a number of bytes above 0"#,
    );
    check(
        "HASH_CHAIN_ACCEPT",
        "everything",
        r#"HASH_CHAIN_ACCEPT is "everything", which is not nothing, unkeyed, unchained or interrupted"#,
    );
    check(
        "CIPHER_TOPIC",
        "rot13",
        r#"CIPHER_TOPIC is "rot13", which is not aes-256-gcm or none"#,
    );
    let text = refusal(&[("COMPRESSOR_DICTIONARY", "/nowhere/at/all")]);
    assert!(
        text.starts_with(r#"COMPRESSOR_DICTIONARY is "/nowhere/at/all", which is not the paths of zstd"#),
        "{text}"
    );
}

#[test]
fn a_cipher_without_a_key_is_an_error_and_a_wrong_key_is_not_shown() {
    let error = Mapper::from_environment(&environment(&[("CIPHER_TOPIC", "aes-256-gcm")])).unwrap_err();
    assert!(
        matches!(error, EnvironmentError::Missing { ref key, .. } if key == "CIPHER_KEY"),
        "{error:?}"
    );
    let text = refusal(&[("CIPHER_KEY", "swordfish")]);
    assert!(
        text.starts_with(r#"CIPHER_KEY is "***", which is not a key in base64"#),
        "{text}"
    );
    assert!(!text.contains("swordfish"), "{text}");
}

#[test]
fn chains_are_computed_by_key_by_salt_or_by_neither() {
    let head = |values: &[(&str, &str)]| {
        let mapper = mapper(values);
        let mut stream = mapper.stream::<Account>(&account::id());
        stream.to_stored(&account::events()[0]).unwrap().hash
    };
    let heads = [
        head(&[]),
        head(&[("HASH_CHAIN_KEY", KEY)]),
        head(&[("HASH_CHAIN_KEY", OTHER_KEY)]),
        head(&[("SALT_FOR_DATA_INTEGRITY", "pepper")]),
        head(&[("GENESIS_HASH", "first")]),
        head(&[("APPLICATION_IDENTITY", "Cats")]),
    ];
    for (number, one) in heads.iter().enumerate() {
        assert!(!heads[number + 1..].contains(one), "{number}");
    }
    assert!(heads.iter().all(Option::is_some));
    let both = [("HASH_CHAIN_KEY", KEY), ("SALT_FOR_DATA_INTEGRITY", "pepper")];
    assert_eq!(head(&both), heads[1], "beside a key, the salt links nothing");
    let ring = format!("0:{KEY}");
    let text = refusal(&[("HASH_CHAIN_KEY", &ring), ("SALT_FOR_DATA_INTEGRITY", "pepper")]);
    assert_eq!(
        text,
        r#"HASH_CHAIN_KEY is "***", which is not a ring without the key ID 0: beside SALT_FOR_DATA_INTEGRITY, that is the ID of the key made of the salt"#
    );
    let text = refusal(&[("HASH_CHAIN_KEY", "swordfish")]);
    assert!(
        text.starts_with(r#"HASH_CHAIN_KEY is "***", which is not a key"#),
        "{text}"
    );
}

#[test]
fn an_empty_or_blank_secret_is_an_error_and_never_no_encryption() {
    for blank in ["", " ", "\t\n"] {
        for values in [
            &[("CIPHER_KEY", blank)][..],
            &[("CIPHER_KEY", blank), ("CIPHER_TOPIC", "none")],
            &[("DOGS_CIPHER_KEY", blank), ("CIPHER_KEY", KEY)],
            &[("HASH_CHAIN_KEY", blank)],
            &[("SALT_FOR_DATA_INTEGRITY", blank)],
            &[("SALT_FOR_DATA_INTEGRITY", blank), ("HASH_CHAIN_KEY", KEY)],
            &[("COMPRESSOR_TOPIC", blank)],
            &[("TRANSCODER_TOPIC", blank)],
        ] {
            let (key, _) = values[0];
            assert_eq!(
                refusal(values),
                format!("{key} is empty: give it a value, or remove it")
            );
        }
    }
}
