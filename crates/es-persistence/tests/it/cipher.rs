//! Encryption.

use std::sync::Arc;

use es_domain::OriginatorId;
use es_persistence::{
    Encryption, EncryptionMode, Mapper, MapperConfig, MapperErrorKind, StateFormat, StoredEvent,
    cipher::{
        Aes256GcmCipher, Cipher as _, CipherError, CipherKey, InvalidKey, InvalidKeyRing, KeyId, KeyRing,
        LegacyPythonCipher, Randomness, RandomnessError, RecordKind, SealContext, create_key,
    },
};
use uuid::Uuid;

use crate::fixture::{
    HELLO_WORLD, KEY, OTHER_KEY, chain, check_round_trip, cipher, config, encrypted_in, encrypting, fails, note,
    registered, sealed, tagged,
};

fn row(id: impl Into<OriginatorId>) -> StoredEvent {
    StoredEvent::new(id.into(), 1, "Dog.Registered", Vec::new())
}

fn context(row: &StoredEvent) -> SealContext<'_> {
    SealContext::of_event("Dogs", row, RecordKind::Event)
}

#[test]
fn what_is_sealed_opens() {
    check_round_trip(&encrypting(KEY));
    let row = row("rex");
    let cipher = cipher(KEY);
    for plaintext in [&b""[..], b"a", &[0; 5_000]] {
        let sealed = cipher.seal(&context(&row), plaintext).unwrap();
        assert_eq!(sealed.len(), plaintext.len() + 35);
        assert_eq!(*cipher.open(&context(&row), &sealed).unwrap(), *plaintext);
    }
}

#[test]
fn nothing_of_the_plaintext_is_in_the_state() {
    let has = |bytes: &[u8], text: &str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
    let state = encrypting(KEY).to_stored(&note()).unwrap().state;
    assert!(!has(&state, "rolls") && !has(&state, "text"));
    let metadata = encrypting(KEY).to_stored(&tagged()).unwrap().metadata.unwrap();
    assert!(!has(&metadata, "ann") && !has(&metadata, "user"));
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
            MapperErrorKind::Cipher(CipherError::NotAuthentic(KeyId(1))) => bit >= 56,
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
        let expected = match len {
            ..7 => "UnknownFormat",
            7..35 => "AuthenticationFailed",
            _ => "NotAuthentic",
        };
        assert!(format!("{error:?}").contains(expected), "{len}: {error:?}");
    }
    stored.state = [&state[..], b"x"].concat();
    assert!(matches!(
        fails(&mapper, &stored).kind(),
        MapperErrorKind::Cipher(CipherError::NotAuthentic(_))
    ));
    stored.state.clear();
    assert!(matches!(fails(&mapper, &stored).kind(), MapperErrorKind::NotEncrypted));
}

#[test]
fn another_key_of_the_same_id_does_not_decrypt() {
    let stored = encrypting(KEY).to_stored(&registered()).unwrap();
    let error = fails(&encrypting(OTHER_KEY), &stored);
    assert!(
        matches!(
            error.kind(),
            MapperErrorKind::Cipher(CipherError::NotAuthentic(KeyId(1)))
        ),
        "{error:?}"
    );
    assert!(
        chain(&error).ends_with(
            "cannot be encrypted or decrypted: the state is not authentic under key 1: it was changed or moved to another row, \
             or CIPHER_KEY has another key under this ID"
        ),
        "{}",
        chain(&error)
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
    let text = chain(&error);
    assert!(
        text.ends_with("the state was encrypted with key 2, which is not in CIPHER_KEY: add it"),
        "{text}"
    );
}

#[test]
fn plain_states_are_refused_where_states_are_encrypted_unless_they_are_accepted() {
    let plain = Mapper::default().to_stored(&registered()).unwrap();
    let error = fails(&encrypting(KEY), &plain);
    assert!(matches!(error.kind(), MapperErrorKind::NotEncrypted), "{error:?}");
    let accepting = Mapper::new(encrypted_in(EncryptionMode::Begun, KEY));
    assert_eq!(accepting.to_domain(&plain).unwrap(), registered());
    let written = accepting.to_stored(&registered()).unwrap();
    assert_eq!(StateFormat::of(&written.state), Some(StateFormat::ENCRYPTED));
}

#[test]
fn a_cipher_that_has_ended_only_decrypts() {
    let ended = Mapper::new(encrypted_in(EncryptionMode::Ended, KEY));
    let stored = encrypting(KEY).to_stored(&tagged()).unwrap();
    assert_eq!(ended.to_domain(&stored).unwrap(), tagged());
    assert_eq!(
        ended.to_stored(&tagged()).unwrap(),
        Mapper::default().to_stored(&tagged()).unwrap()
    );
}

#[test]
fn plain_metadata_are_refused_where_states_are_encrypted() {
    let mapper = encrypting(KEY);
    let mut stored = mapper.to_stored(&tagged()).unwrap();
    stored.metadata = Some(br#"{"user":"eve"}"#.to_vec());
    let error = fails(&mapper, &stored);
    assert!(matches!(error.kind(), MapperErrorKind::NotEncrypted), "{error:?}");
    assert!(error.to_string().starts_with("metadata of event "), "{error}");
}

#[test]
fn encrypted_states_are_an_error_of_their_own_where_there_is_no_cipher() {
    let stored = encrypting(KEY).to_stored(&registered()).unwrap();
    let error = fails(&Mapper::default(), &stored);
    assert!(
        matches!(error.kind(), MapperErrorKind::Encrypted { key: Some(KeyId(1)) }),
        "{error:?}"
    );
    let expected = "is encrypted with key 1, and there is no key to read it: set CIPHER_KEY";
    assert!(error.to_string().ends_with(expected), "{error}");
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
    let mapper = Mapper::new(MapperConfig {
        encryption: Some(Encryption {
            cipher: Arc::new(cipher),
            mode: EncryptionMode::Required,
        }),
        ..config()
    });
    let error = mapper.to_stored(&registered()).unwrap_err();
    assert!(
        matches!(error.kind(), MapperErrorKind::Cipher(CipherError::Rng(_))),
        "{error:?}"
    );
    assert!(chain(&error).ends_with("the dice are lost"), "{}", chain(&error));
}

#[test]
fn more_aggregates_than_keys_are_kept_make_no_difference() {
    let cipher = cipher(KEY);
    let rows: Vec<_> = (0..3_000_u128).map(|number| row(Uuid::from_u128(number))).collect();
    let sealed: Vec<_> = rows
        .iter()
        .map(|row| cipher.seal(&context(row), b"woof").unwrap())
        .collect();
    for (row, sealed) in rows.iter().zip(&sealed) {
        assert_eq!(*cipher.open(&context(row), sealed).unwrap(), *b"woof");
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
    for (state, expected) in [
        (r#"{"name":"Fido","chip":"swordfish"}"#, "line 1 column"),
        (r#"{"name":"swordfish"}"#, "missing field `chip`"),
        (r#"{"born":"swordfish"}"#, "line 1 column"),
    ] {
        let mut stored = stored.clone();
        stored.state = sealed(&stored, RecordKind::Event, state.as_bytes());
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
