//! Encryption.

use std::sync::Arc;

use es_domain::OriginatorId;
use es_persistence::{
    Mapper, MapperErrorKind, StateFormat,
    cipher::{
        Aes256GcmCipher, Cipher as _, CipherError, CipherKey, InvalidKey, InvalidKeyRing, KeyId, KeyRing,
        LegacyPythonCipher, Randomness, RandomnessError, RecordKind, SealContext, create_key,
    },
};
use uuid::Uuid;

use crate::fixture::{
    HELLO_WORLD, KEY, OTHER_KEY, chain, check_round_trip, cipher, encrypting, fails, note, registered,
};

fn context(id: &OriginatorId) -> SealContext<'_> {
    SealContext {
        application: "Dogs",
        kind: RecordKind::Event,
        originator_id: id,
        originator_version: 1,
        topic: "Dog.Registered",
    }
}

#[test]
fn what_is_sealed_opens() {
    check_round_trip(&encrypting(KEY));
    let id = OriginatorId::from("rex");
    let cipher = cipher(KEY);
    for plaintext in [&b""[..], b"a", &[0; 5_000]] {
        let sealed = cipher.seal(&context(&id), plaintext).unwrap();
        assert_eq!(sealed.len(), plaintext.len() + 35);
        assert_eq!(*cipher.open(&context(&id), &sealed).unwrap(), *plaintext);
    }
}

#[test]
fn nothing_of_the_plaintext_is_in_the_state() {
    let state = encrypting(KEY).to_stored(&note()).unwrap().state;
    assert!(!state.windows(5).any(|window| window == b"rolls" || window == b"event"));
}

#[test]
fn the_same_event_is_never_encrypted_to_the_same_bytes() {
    let mapper = encrypting(KEY);
    let states: std::collections::HashSet<_> = (0..1_000)
        .map(|_| mapper.to_stored(&registered()).unwrap().state)
        .collect();
    assert_eq!(states.len(), 1_000);
}

#[test]
fn every_flipped_bit_is_an_error() {
    let mapper = encrypting(KEY);
    let mut stored = mapper.to_stored(&registered()).unwrap();
    for bit in 0..stored.state.len() * 8 {
        stored.state[bit / 8] ^= 1 << (bit % 8);
        let error = fails(&mapper, &stored);
        let is_typed = match error.kind() {
            MapperErrorKind::NotEncrypted => bit < 8,
            MapperErrorKind::Cipher(CipherError::UnknownFormat) => (8..24).contains(&bit),
            MapperErrorKind::Cipher(CipherError::UnknownKey(_)) => (24..56).contains(&bit),
            MapperErrorKind::Cipher(CipherError::AuthenticationFailed) => bit >= 56,
            _ => false,
        };
        assert!(is_typed, "bit {bit}: {error:?}");
        stored.state[bit / 8] ^= 1 << (bit % 8);
    }
}

#[test]
fn every_truncation_and_extension_is_an_error() {
    let mapper = encrypting(KEY);
    let mut stored = mapper.to_stored(&registered()).unwrap();
    let state = stored.state.clone();
    for len in 1..state.len() {
        stored.state = state[..len].to_vec();
        let error = fails(&mapper, &stored);
        let expected = if len < 7 {
            "UnknownFormat"
        } else {
            "AuthenticationFailed"
        };
        assert!(format!("{error:?}").contains(expected), "{len}: {error:?}");
    }
    stored.state = [&state[..], b"x"].concat();
    assert!(matches!(
        fails(&mapper, &stored).kind(),
        MapperErrorKind::Cipher(CipherError::AuthenticationFailed)
    ));
    stored.state.clear();
    assert!(matches!(fails(&mapper, &stored).kind(), MapperErrorKind::NotEncrypted));
}

#[test]
fn another_key_of_the_same_id_does_not_decrypt() {
    let stored = encrypting(KEY).to_stored(&registered()).unwrap();
    let error = fails(&encrypting(OTHER_KEY), &stored);
    assert!(
        matches!(error.kind(), MapperErrorKind::Cipher(CipherError::AuthenticationFailed)),
        "{error:?}"
    );
}

#[test]
fn keys_are_rotated_in_two_steps() {
    let old = encrypting(&format!("1:{KEY}"));
    let both_old_first = encrypting(&format!("1:{KEY},2:{OTHER_KEY}"));
    let both_new_first = encrypting(&format!("2:{OTHER_KEY}, 1:{KEY}"));
    let new = encrypting(&format!("2:{OTHER_KEY}"));

    let written_old = both_old_first.to_stored(&registered()).unwrap();
    let written_new = both_new_first.to_stored(&registered()).unwrap();
    assert_eq!(written_old.state[3..7], [0, 0, 0, 1]);
    assert_eq!(written_new.state[3..7], [0, 0, 0, 2]);
    for reader in [&old, &both_old_first, &both_new_first] {
        assert_eq!(reader.to_domain(&written_old).unwrap(), registered());
    }
    for reader in [&both_old_first, &both_new_first, &new] {
        assert_eq!(reader.to_domain(&written_new).unwrap(), registered());
    }
    let error = fails(&old, &written_new);
    assert!(
        matches!(error.kind(), MapperErrorKind::Cipher(CipherError::UnknownKey(KeyId(2)))),
        "{error:?}"
    );
}

#[test]
fn plain_states_are_refused_where_states_are_encrypted_unless_they_are_accepted() {
    let plain = Mapper::default().to_stored(&registered()).unwrap();
    let error = fails(&encrypting(KEY), &plain);
    assert!(matches!(error.kind(), MapperErrorKind::NotEncrypted), "{error:?}");
    let accepting = encrypting(KEY).accepting_plain_states();
    assert_eq!(accepting.to_domain(&plain).unwrap(), registered());
    let written = accepting.to_stored(&registered()).unwrap();
    assert_eq!(StateFormat::of(&written.state), Some(StateFormat::ENCRYPTED));
}

#[test]
fn encrypted_states_are_an_error_of_their_own_where_there_is_no_cipher() {
    let stored = encrypting(KEY).to_stored(&registered()).unwrap();
    let error = fails(&Mapper::default(), &stored);
    assert!(matches!(error.kind(), MapperErrorKind::Encrypted), "{error:?}");
}

#[derive(Debug)]
struct Broken;

impl Randomness for Broken {
    fn fill(&self, _bytes: &mut [u8]) -> Result<(), RandomnessError> {
        Err(RandomnessError::new("the dice are lost"))
    }
}

#[test]
fn without_randomness_nothing_is_encrypted() {
    let cipher = Aes256GcmCipher::new(KEY.parse().unwrap()).with_randomness(Arc::new(Broken));
    let error = Mapper::default()
        .with_cipher("Dogs", Arc::new(cipher))
        .to_stored(&registered())
        .unwrap_err();
    assert!(
        matches!(error.kind(), MapperErrorKind::Cipher(CipherError::Rng(_))),
        "{error:?}"
    );
    assert!(chain(&error).ends_with("the dice are lost"), "{}", chain(&error));
}

#[test]
fn more_aggregates_than_keys_are_kept_make_no_difference() {
    let cipher = cipher(KEY);
    let ids: Vec<_> = (0..3_000_u128)
        .map(|number| OriginatorId::from(Uuid::from_u128(number)))
        .collect();
    let sealed: Vec<_> = ids
        .iter()
        .map(|id| cipher.seal(&context(id), b"woof").unwrap())
        .collect();
    for (id, sealed) in ids.iter().zip(&sealed) {
        assert_eq!(*cipher.open(&context(id), sealed).unwrap(), *b"woof");
    }
}

#[test]
fn keys_are_base64_of_16_24_or_32_bytes() {
    for len in [16, 24, 32] {
        let key = create_key(len).unwrap();
        assert_eq!(key.parse::<KeyRing>().unwrap().primary_id(), KeyId(1));
        assert_ne!(key, create_key(len).unwrap());
        check_round_trip(&encrypting(&key));
    }
    for len in [0, 1, 15, 17, 31, 33, 64] {
        let error = create_key(len).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("a key has 16, 24 or 32 bytes, and not {len}")
        );
    }
    assert_eq!("c2hvcnQ=".parse::<CipherKey>(), Err(InvalidKey::Length(5)));
    assert_eq!("sword fish".parse::<CipherKey>(), Err(InvalidKey::NotBase64));
}

#[test]
fn a_wrong_key_ring_tells_which_key_is_wrong_and_how() {
    let check = |text: &str, expected| assert_eq!(text.parse::<KeyRing>(), Err(expected));
    let key = |number, source| InvalidKeyRing::Key { number, source };
    check("", key(1, InvalidKey::Length(0)));
    check(&format!("{KEY},"), key(2, InvalidKey::Length(0)));
    check(&format!("1:{KEY},2:swordfish"), key(2, InvalidKey::NotBase64));
    check(&format!("first:{KEY}"), InvalidKeyRing::Id { number: 1 });
    check(&format!("-1:{KEY}"), InvalidKeyRing::Id { number: 1 });
    check(&format!("4294967296:{KEY}"), InvalidKeyRing::Id { number: 1 });
    check(&format!("7:{KEY},7:{OTHER_KEY}"), InvalidKeyRing::SameId(KeyId(7)));
    check(&format!("{KEY},{OTHER_KEY}"), InvalidKeyRing::SameId(KeyId(1)));
}

#[test]
fn no_key_is_ever_printed() {
    let mapper = encrypting(KEY);
    let ring: KeyRing = KEY.parse().unwrap();
    let key: CipherKey = KEY.parse().unwrap();
    let printed = format!("{mapper:?} {ring:?} {key:?} {:?}", cipher(KEY));
    assert!(printed.contains("***"));
    assert!(!printed.contains("AAEC"), "{printed}");
    assert!(!printed.contains("1, 2, 3"), "{printed}");
}

#[test]
fn no_error_quotes_an_encrypted_state() {
    let sealing = encrypting(KEY);
    let stored = sealing.to_stored(&registered()).unwrap();
    let context = sealing.context(RecordKind::Event, &stored.originator_id, 1, &stored.topic);
    for (state, expected) in [
        (r#"{"event_id":"swordfish"}"#, "line 1 column"),
        (
            r#"{"event_id":"01920000-0000-7000-8000-000000000001","body":{"name":"swordfish"}}"#,
            "missing field `chip`",
        ),
        (r#"{"timestamp":"swordfish"}"#, "line 1 column"),
    ] {
        let value: serde_json::Value = serde_json::from_str(state).unwrap();
        let mut stored = stored.clone();
        stored.state = sealing.write_state(&context, &value).unwrap();
        let error = fails(&sealing, &stored);
        let text = format!("{} {error:?}", chain(&error));
        assert!(!text.contains("swordfish"), "{text}");
        assert!(text.contains(expected), "{text}");
    }
}

#[test]
fn the_reference_librarys_bytes_are_decrypted_and_nothing_else() {
    let key: CipherKey = "AAECAwQFBgcICQoLDA0ODw==".parse().unwrap();
    let cipher = LegacyPythonCipher::new(key);
    let sealed = HELLO_WORLD;
    assert_eq!(*cipher.open(&sealed).unwrap(), *b"hello world");
    for bit in 0..sealed.len() * 8 {
        let mut sealed = sealed;
        sealed[bit / 8] ^= 1 << (bit % 8);
        assert!(matches!(cipher.open(&sealed), Err(CipherError::AuthenticationFailed)));
    }
    for len in 0..28 {
        assert!(matches!(cipher.open(&sealed[..len]), Err(CipherError::UnknownFormat)));
    }
}
