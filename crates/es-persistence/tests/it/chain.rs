//! Events that are tied together.

use std::borrow::Cow;

use es_domain::{EventHash, OriginatorId};
use es_persistence::{
    ChainError, HashChain, Mapper, MapperErrorKind, StateFormat, StoredEvent, Zstd,
    cipher::{KeyId, KeyRing},
};

use crate::fixture::{DogEvent, KEY, OTHER_KEY, cipher, event, id, note, registered};

fn ring(text: &str) -> KeyRing {
    text.parse().unwrap()
}

fn keyed() -> Mapper {
    Mapper::default().with_hash_chain("Dogs", HashChain::keyed(&ring(KEY)))
}

fn start(mapper: &Mapper) -> EventHash {
    mapper.chain_start(&id(0xd0).to_originator_id()).unwrap()
}

fn log(mapper: &Mapper) -> Vec<StoredEvent> {
    let events = [
        registered(),
        note(),
        event(
            3,
            DogEvent::NoteAdded {
                text: "sits".to_owned(),
            },
        ),
        event(
            4,
            DogEvent::NoteAdded {
                text: "sits".to_owned(),
            },
        ),
    ];
    let mut head = start(mapper);
    events
        .iter()
        .map(|event| mapper.to_stored_after(event, &mut head).unwrap())
        .collect()
}

fn replay(mapper: &Mapper, rows: &[StoredEvent]) -> Result<EventHash, es_persistence::MapperError> {
    let mut head = start(mapper);
    for row in rows {
        mapper.verify_after(row, &mut head)?;
    }
    Ok(head)
}

fn chain_error(mapper: &Mapper, rows: &[StoredEvent]) -> ChainError {
    match replay(mapper, rows).unwrap_err().kind() {
        MapperErrorKind::Chain(error) => *error,
        other => panic!("{other:?}"),
    }
}

use es_domain::AggregateId as _;

#[test]
fn a_chain_is_verified_under_every_setting() {
    let zstd = || std::sync::Arc::new(Zstd::default());
    for mapper in [
        keyed(),
        keyed().with_compressor(zstd(), 256),
        keyed()
            .with_compressor(zstd(), 256)
            .with_cipher("Dogs", cipher(OTHER_KEY)),
        Mapper::new(es_persistence::Transcoder::MessagePack).with_hash_chain("Dogs", HashChain::unkeyed()),
        Mapper::default().with_hash_chain("Dogs", HashChain::salted("pepper").with_genesis("first")),
    ] {
        let rows = log(&mapper);
        let mut head = start(&mapper);
        let first: es_domain::ReadEvent<DogEvent> = mapper.to_domain_after(&rows[0], &mut head).unwrap();
        assert_eq!(first, registered());
        assert_ne!(replay(&mapper, &rows).unwrap(), head);
    }
}

#[test]
fn the_hash_is_of_what_was_transcoded_and_not_of_how_it_is_stored() {
    let zstd = std::sync::Arc::new(Zstd::default());
    let stored_otherwise = keyed().with_compressor(zstd, 1).with_cipher("Dogs", cipher(OTHER_KEY));
    assert_eq!(
        replay(&keyed(), &log(&keyed())).unwrap(),
        replay(&stored_otherwise, &log(&stored_otherwise)).unwrap()
    );
}

#[test]
fn every_flipped_bit_of_every_stored_field_is_found() {
    let mapper = keyed();
    let rows = log(&mapper);
    for number in 0..rows.len() {
        for bit in 0..rows[number].state.len() * 8 {
            let mut rows = rows.clone();
            rows[number].state[bit / 8] ^= 1 << (bit % 8);
            let error = replay(&mapper, &rows).unwrap_err();
            assert_eq!(error.originator_version(), rows[number].originator_version, "{error:?}");
        }
        for bit in 0..64 {
            let mut rows = rows.clone();
            rows[number].originator_version ^= 1 << bit;
            assert_eq!(chain_error(&mapper, &rows), ChainError::Broken);
        }
        for bit in 0..rows[number].topic.len() * 7 {
            let mut rows = rows.clone();
            let mut topic = rows[number].topic.clone().into_owned().into_bytes();
            topic[bit / 7] ^= 1 << (bit % 7);
            rows[number].topic = Cow::Owned(String::from_utf8(topic).unwrap());
            assert_eq!(chain_error(&mapper, &rows), ChainError::Broken);
        }
    }
}

#[test]
fn the_id_of_the_aggregate_counts() {
    let mapper = keyed();
    let rows = log(&mapper);
    let uuid = id(0xd0).to_originator_id().as_uuid().unwrap();
    for bit in 0..128 {
        let other = OriginatorId::from(uuid::Uuid::from_u128(uuid.as_u128() ^ 1 << bit));
        let mut head = mapper.chain_start(&other).unwrap();
        let error = mapper.verify_after(&rows[0], &mut head).unwrap_err();
        assert!(
            matches!(error.kind(), MapperErrorKind::Chain(ChainError::Broken)),
            "{error:?}"
        );
    }
}

#[test]
fn removed_swapped_repeated_and_inserted_events_are_found() {
    let mapper = keyed();
    let rows = log(&mapper);
    let row = |number: usize| rows[number].clone();
    for order in [&[1_usize][..], &[0, 2], &[1, 0], &[0, 1, 3, 2], &[0, 0], &[0, 1, 1]] {
        let rows: Vec<_> = order.iter().map(|number| row(*number)).collect();
        assert_eq!(chain_error(&mapper, &rows), ChainError::Broken, "{order:?}");
    }
    // Equal fields at another version are no excuse.
    let mut moved = rows.clone();
    moved[3].state = rows[2].state.clone();
    assert_eq!(chain_error(&mapper, &moved), ChainError::Broken);
    // The end can be cut off: that only shows beside a head that was kept.
    assert_ne!(replay(&mapper, &rows[..3]).unwrap(), replay(&mapper, &rows).unwrap());
}

#[test]
fn who_has_not_the_key_cannot_compute_hashes() {
    let attacker = Mapper::default().with_hash_chain("Dogs", HashChain::keyed(&ring(OTHER_KEY)));
    assert_eq!(chain_error(&keyed(), &log(&attacker)), ChainError::Broken);
    let unkeyed = Mapper::default().with_hash_chain("Dogs", HashChain::unkeyed());
    assert_eq!(chain_error(&keyed(), &log(&unkeyed)), ChainError::UnknownKey(KeyId(0)));
    assert_eq!(
        chain_error(&keyed(), &[Mapper::default().to_stored(&registered()).unwrap()]),
        ChainError::NotChained
    );
}

#[test]
fn a_key_is_rotated_and_the_chain_goes_on() {
    let mut rows = Vec::new();
    let mut head = start(&keyed());
    rows.push(keyed().to_stored_after(&registered(), &mut head).unwrap());
    let keys = ring(&format!("1:{KEY},2:{OTHER_KEY}"));
    let rotated_keys = ring(&format!("2:{OTHER_KEY},1:{KEY}"));
    let rotated = Mapper::default().with_hash_chain("Dogs", HashChain::keyed(&rotated_keys));
    rows.push(rotated.to_stored_after(&note(), &mut head).unwrap());
    // Chains begin with the key that was the first when they began.
    let both = Mapper::default().with_hash_chain("Dogs", HashChain::keyed(&keys));
    assert_eq!(replay(&both, &rows).unwrap(), head);
    assert_eq!(chain_error(&keyed(), &rows), ChainError::UnknownKey(KeyId(2)));
}

#[test]
fn applications_and_installations_have_chains_of_their_own() {
    let chain = || HashChain::keyed(&ring(KEY));
    for other in [
        Mapper::default().with_hash_chain("Cats", chain()),
        Mapper::default().with_hash_chain("Dogs", chain().with_genesis("second")),
    ] {
        assert_eq!(chain_error(&other, &log(&keyed())), ChainError::Broken);
    }
}

#[test]
fn chained_events_are_read_without_the_chain_and_it_must_be_there_for_verifying() {
    let rows = log(&keyed());
    assert_eq!(StateFormat::of(&rows[0].state), Some(StateFormat::CHAINED));
    assert_eq!(Mapper::default().to_domain::<DogEvent>(&rows[0]).unwrap(), registered());
    let mut head = start(&keyed());
    let error = Mapper::default().verify_after(&rows[0], &mut head).unwrap_err();
    assert!(
        matches!(error.kind(), MapperErrorKind::Chain(ChainError::NoChain)),
        "{error:?}"
    );
    assert_eq!(head, start(&keyed()));
}

#[test]
fn a_truncated_chained_state_is_a_typed_error() {
    let mapper = keyed();
    let mut row = log(&mapper).remove(0);
    let state = row.state.clone();
    for len in 0..state.len() {
        row.state = state[..len].to_vec();
        let mut head = start(&mapper);
        let error = mapper.verify_after(&row, &mut head).unwrap_err();
        assert!(matches!(error.kind(), MapperErrorKind::Chain(_)), "{len}: {error:?}");
    }
}

#[test]
fn a_hash_prints_in_hexadecimal_and_no_key_is_printed() {
    assert_eq!(EventHash::from_bytes([0xa0; 32]).to_string(), "a0".repeat(32));
    let text = format!("{:?} {:?}", keyed(), HashChain::salted("swordfish"));
    assert!(!text.contains("AAEC") && !text.contains("swordfish"), "{text}");
}
